"""Phases of a surface, and beams, for several users."""
