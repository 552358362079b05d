"""How well a state can be known: Cramer-Rao bounds, resolution, Kalman filters.

Bounds and filters for given measurements. How an echo becomes a measurement is in ``radar``.
"""
