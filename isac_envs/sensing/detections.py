"""Detections: what a look hands to the tracker."""

from isac_envs.engine.jit import record

DETECTION = record(
    ("range_m", "f8"),
    ("range_rate_m_s", "f8"),  # positive when the distance grows
    ("sine", "f8"),  # of the angle from broadside
    ("statistic", "f8"),  # power of the cell over its noise
)
"""One detection."""

MOST_DETECTIONS = 24
"""Detections of a look that are kept."""
