"""A base station and a surface that decide for themselves, for users and a target."""
