"""From a target to its detection: cross sections, echoes, Doppler, clutter, maps, thresholds.

Measured powers and probabilities of detection. What a measurement implies about the target's state
is in ``estimation``.
"""
