"""Antenna arrays: positions and steering vectors, beam gains, directivity.

What follows from geometry and weights. Surfaces that reflect are in ``ris``.
"""
