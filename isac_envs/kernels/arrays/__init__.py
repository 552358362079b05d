"""Antenna arrays: positions and steering vectors, beam gains, directivity.

Consequences of geometry and weights. Reflecting surfaces are in ``ris``.
"""
