"""Phases of a surface, beams for several users, and power for the echo of a target."""
