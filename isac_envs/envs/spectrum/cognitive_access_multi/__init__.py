"""Several secondary users who sense the same channels and get in each other's way."""
