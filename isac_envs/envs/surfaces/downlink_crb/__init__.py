"""Beams for users and for the angle of a target that moves, under channels that age."""
