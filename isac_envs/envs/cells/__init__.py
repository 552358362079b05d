"""Cells whose base stations disturb each other."""
