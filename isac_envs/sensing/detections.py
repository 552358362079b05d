"""Detections of a look for a tracker, at any fidelity."""

from isac_envs.engine.jit import record

DETECTION = record(
    ("range_m", "f8"),
    ("range_rate_m_s", "f8"),  # positive when the distance grows
    ("sine", "f8"),  # of the azimuth, from broadside
    ("statistic", "f8"),  # power over noise of the cell that crossed its threshold
    ("rotor", "i8"),  # 1: Doppler lines of blades were seen beside it, if they were looked for
)
"""One detection."""

MOST_DETECTIONS = 24
"""Largest number of detections of a look."""
