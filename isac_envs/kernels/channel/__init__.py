"""Link variations besides distance: fading, correlated shadowing, tapped delay lines.

Distributions and their evolution in time. Mean losses are in ``pathloss``, antennas in ``arrays``.
"""
