"""Radar cross sections of sensing targets: the tables of 3GPP TR 38.901 clause 7.9.2.

Source: 3GPP TR 38.901 V19.4.0, tables 7.9.2.1-1 to 7.9.2.1-7 (cross sections), the table of k_1 and
k_2 below eq. 7.9.2-3, table 7.9.2.2-1 (cross-polarisation), tables 7.9.1-1 to 7.9.1-5 (sizes).
Angles are in degrees as printed: the front of a target faces azimuth 0 and zenith 90, its top
zenith 0.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Lobe(NamedTuple):
    """One row of a table: a face of a target, or one of its scattering points."""

    name: str
    azimuth_deg: float
    azimuth_width_deg: float
    """3 dB width; infinite where the pattern does not depend on the azimuth."""
    zenith_deg: float
    zenith_width_deg: float
    peak_dbsm: float
    """G_max: the mean cross section 10 lg(sigma_M) is in it and must not be added again."""
    depth_db: float
    """sigma_max: the floor of the pattern is ``peak_dbsm - depth_db``."""
    zenith_from_deg: float
    zenith_to_deg: float
    azimuth_from_deg: float
    azimuth_to_deg: float


class Target(NamedTuple):
    """A sensing target and the parameters of its cross section."""

    model: int
    """1: one isotropic mean; 2: one pattern for each face."""
    mean_dbsm: float
    """10 lg(sigma_M), the mean of the linear monostatic cross section."""
    deviation_db: float
    """Standard deviation of the lognormal component 10 lg(sigma_S)."""
    xpr_mean_db: float
    xpr_deviation_db: float
    size_m: tuple[float, float, float]
    """Length, width, height."""
    k_1: float = 0.0
    k_2: float = 0.0
    lobes: tuple[Lobe, ...] = ()
    several_points: bool = False
    """Each lobe is a scattering point of its own; otherwise the direction selects one lobe."""


def _faces(rows: str, zenith: tuple[float, float]) -> tuple[Lobe, ...]:
    """Return lobes from lines of name and six numbers; a quarter of the azimuth each.

    A lobe without azimuth (roof, bottom) covers the zenith angles beyond those of the faces.
    """
    lobes = []
    for line in rows.strip().splitlines():
        name, *texts = line.split()
        azimuth, width, centre, zenith_width, peak, depth = (
            math.nan if text == "-" else float(text) for text in texts
        )
        around = (azimuth - 45.0, azimuth + 45.0)
        covered = zenith
        if math.isnan(azimuth):
            azimuth, width, around = 0.0, math.inf, (0.0, 360.0)
            covered = (0.0, zenith[0]) if centre < 90.0 else (zenith[1], 180.0)
        lobes.append(
            Lobe(name, azimuth, width, centre, zenith_width, peak, depth, *covered, *around)
        )
    return tuple(lobes)


_UAV_LARGE = _faces(
    """
    left    90  7.13 90  8.68  7.43 14.30
    back   180 10.09 90 11.43  3.99 10.86
    right  270  7.13 90  8.68  7.43 14.30
    front    0 14.19 90 16.53  1.02  7.89
    bottom   -     - 180 4.93 13.55 20.42
    roof     -     -  0  4.93 13.55 20.42
    """,
    (45.0, 135.0),
)
_VEHICLE = _faces(
    """
    left    90 26.90 79.70 44.42 20.75 13.68
    back   180 36.32 79.65 36.73 14.56  7.50
    right  270 26.90 79.70 44.42 20.75 13.68
    front    0 40.54 71.75 29.13 15.52  8.45
    roof     -     -  0.00 18.13 21.26 14.19
    """,
    (30.0, 180.0),
)
_VEHICLE_POINTS = _faces(
    """
    left    90 26.90 79.70 44.42 20.60 20.52
    back   180 36.32 79.65 36.73 13.90 13.82
    right  270 26.90 79.70 44.42 20.60 20.52
    front    0 40.54 71.75 29.13 14.99 14.91
    roof     -     -  0.00 18.13 21.12 21.05
    """,
    (0.0, 180.0),
)
_AGV = _faces(
    """
    front    0 13.68 90 13.68 13.02 23.29
    left    90 15.53 75 20.03  7.33 17.60
    back   180 12.49 90 11.89 11.01 21.28
    right  270 15.53 75 20.03  7.33 17.60
    roof     -     -  0 11.44 11.79 22.06
    """,
    (30.0, 180.0),
)
_AGV_POINTS = _faces(
    """
    front    0 13.68 90 13.68 13.00 30.26
    left    90 15.53 75 20.03  7.27 24.53
    back   180 12.49 90 11.89 10.98 28.24
    right  270 15.53 75 20.03  7.27 24.53
    roof     -     -  0 11.44 11.77 29.03
    """,
    (0.0, 180.0),
)
_HUMAN = (
    Lobe("front", 0.0, 216.65, 90.0, 55.7, 2.14, 7.7, 0.0, 180.0, -90.0, 90.0),
    Lobe("back", 180.0, 216.65, 90.0, 55.7, 2.14, 7.7, 0.0, 180.0, 90.0, 270.0),
)
_ADULT = (0.5, 0.5, 1.75)
_CAR = (5.0, 2.0, 1.6)
_CART = (0.5, 1.0, 0.5)

TARGETS: dict[str, Target] = {
    "uav_small": Target(1, -12.81, 3.74, 13.75, 7.07, (0.3, 0.4, 0.2)),
    "human": Target(1, -1.37, 3.94, 19.81, 4.25, _ADULT),
    "uav_large": Target(2, -5.85, 2.50, 13.75, 7.07, (1.6, 1.5, 0.7), 6.05, 1.33, _UAV_LARGE),
    "human_directional": Target(2, -1.37, 3.94, 19.81, 4.25, _ADULT, 0.5714, 0.1, _HUMAN),
    "vehicle": Target(2, 11.25, 3.41, 21.12, 6.88, _CAR, 6.0, 1.65, _VEHICLE),
    "vehicle_points": Target(
        2, 11.25, 3.41, 21.12, 6.88, _CAR, 6.0, 1.65, _VEHICLE_POINTS, several_points=True
    ),
    "agv": Target(2, -4.25, 2.51, 9.60, 6.85, _CART, 12.0, 1.45, _AGV),
    "agv_points": Target(
        2, -4.25, 2.51, 9.60, 6.85, _CART, 12.0, 1.45, _AGV_POINTS, several_points=True
    ),
}
"""Targets by name; those that end in ``_points`` have one scattering point for each face."""

OTHER_SIZES_M: dict[str, tuple[float, float, float]] = {
    "child": (0.2, 0.3, 1.0),
    "agv_large": (1.5, 3.0, 1.5),
    "animal": (1.5, 0.5, 1.0),
}
"""Sizes that the evaluation tables list without a cross section of their own, m."""

HUMAN_POINT_HEIGHT_M = 1.5
"""Height of the scattering point of a pedestrian, m (table 7.9.6.1-2, note)."""


def lobe_table(target: Target) -> npt.NDArray[np.float64]:
    """Return the numbers of a target's lobes for the kernels, shape ``(L, 10)``, in degrees."""
    return np.array([lobe[1:] for lobe in target.lobes], dtype=np.float64).reshape(-1, 10)
