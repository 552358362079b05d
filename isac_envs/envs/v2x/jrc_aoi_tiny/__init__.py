"""Radar or fresh packets at will: small enough for an exact solution."""
