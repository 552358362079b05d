"""Limits of state estimation: Cramer-Rao bounds, resolution, Kalman filters.

Bounds and filters for given measurements. How an echo becomes a measurement is in ``radar``.
"""
