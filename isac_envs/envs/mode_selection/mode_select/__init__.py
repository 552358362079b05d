"""Radar or communication: the mode selection problem of an autonomous vehicle."""
