"""A base station with a surface, and an eavesdropper who steers: a game of two."""
