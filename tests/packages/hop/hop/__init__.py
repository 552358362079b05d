"""A node that talks and senses, and hops among channels to get out of the way of others."""
