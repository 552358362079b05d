"""What stations do to each other's looks: the direct path from one array to another.

A station receives the beams of the others as noise. The level over the noise of a resource element
is INR = P G_t G_r (lambda / (4 pi d))^2 / (N_0 L), with the gains of arrays and elements in the
direction of the other, side lobes included, and an isolation L: the direct path is known and is
cancelled by so much. What is left is white, so the SNR of a look falls by 1 + INR.

Sources: Friis (:mod:`isac_envs.kernels.pathloss.free_space`); 3GPP TR 38.901 V19.4.0, table 7.3-1
(element, 30 dB below its peak behind the array).
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.engine.elementwise import Range, check_range
from isac_envs.engine.jit import Record, inlined, jit, record
from isac_envs.kernels.arrays.beams import element_gain_38901, ula_beam_gain_one
from isac_envs.kernels.numerics import portable
from isac_envs.kernels.pathloss.free_space import friis_gain, thermal_noise
from isac_envs.sensing.looks import Look, Radar

Array = npt.NDArray[np.float64]

BEAM = record(
    ("sine", "f8"),  # of the direction
    ("columns", "f8"),  # that form it
    ("share", "f8"),  # of the slot in which it is sent; 0: not at all
    ("noise_rise", "f8"),  # 1 + INR of the look with it; 0 where there is no look
)
"""One beam of a slot."""


def direct_paths(
    radar: Radar, places_m: npt.ArrayLike, headings_turns: npt.ArrayLike, isolation_db: float
) -> tuple[Array, Array]:
    """Return what stations of one kind receive of each other, but for the gains of their arrays.

    Args:
        radar: What each station is.
        places_m: x and y of the stations, shape ``(N, 2)``; no two at one place.
        headings_turns: Directions of their boresights from the x axis, shape ``(N,)``.
        isolation_db: By how much the direct path is cancelled, in [0, 300] dB.

    Returns:
        INR at station i (rows) of arrays of gain 1 at station j, linear; and the sine of the
        azimuth of j for i. Both of shape ``(N, N)``, with zeros on the diagonal.

    Raises:
        ValueError: If the isolation is out of range or two stations are at one place.
    """
    check_range("isolation_db", float(isolation_db), Range(0.0, 300.0, "dB"))
    places, headings = np.asarray(places_m, float), np.asarray(headings_turns, float)
    count = len(headings)
    gains, sines, elements = (np.zeros((count, count)) for _ in range(3))
    for i in range(count):
        for j in range(count):
            if i != j:
                x, y = places[j] - places[i]
                turns = portable.atan2_turns(y, x) - headings[i]
                turns -= np.round(turns)
                sines[i, j] = portable.sincos_turns(turns)[0]
                elements[i, j] = element_gain_38901(90.0, 360.0 * turns)
    noise = thermal_noise(radar.subcarrier_spacing_hz, radar.noise_figure_db)
    for i in range(count):
        for j in range(count):
            if i != j:
                distance = float(np.sqrt(np.square(places[j] - places[i]).sum()))
                level_db = elements[i, j] + elements[j, i] - isolation_db
                spread = friis_gain(distance, radar.carrier_hz) * portable.db_to_linear(level_db)
                gains[i, j] = radar.power_w * spread / noise
    return gains, sines


@inlined
def mean_gain(beams: Any, sine: float) -> float:
    """Return the mean gain of a station's array over a slot, at most the number of columns.

    Args:
        beams: Its beams, records of :data:`BEAM`, shape ``(B,)``.
        sine: Sine of the azimuth in which it is asked for.
    """
    total = 0.0
    for k in range(beams.shape[0]):
        beam = beams[k]
        if beam.share > 0.0:
            total += beam.share * ula_beam_gain_one(sine, beam.sine, beam.columns)
    return total


@inlined
def _heard(p: Record, beams: Any, m: int, j: int) -> float:
    """Return the INR of the beams of station j at station m if its array has a gain of 1."""
    return p.path_gain[m, j] * mean_gain(beams[j], p.path_sine[j, m])


@inlined
def mean_noise_rise(p: Record, beams: Any, m: int) -> float:
    """Return 1 + INR where the receiver forms beams to anywhere: over these, its mean gain is 1.

    Args:
        p: Parameters with ``path_gain`` and ``path_sine`` of :func:`direct_paths`.
        beams: Beams of all stations, records of :data:`BEAM`, shape ``(N, B)``.
        m: Number of the station that receives.
    """
    total = 0.0
    for j in range(beams.shape[0]):
        if j != m:
            total += _heard(p, beams, m, j)
    return 1.0 + total


@jit
def noise_rise_one(p: Record, beams: Any, m: int, look: Look) -> float:
    """Return 1 + INR of a look: the factor by which the beams of the others raise its noise.

    Args:
        p: Parameters with ``path_gain`` and ``path_sine`` of :func:`direct_paths`.
        beams: Beams of all stations, records of :data:`BEAM`, shape ``(N, B)``.
        m: Number of the station that looks.
        look: The look.
    """
    total = 0.0
    for j in range(beams.shape[0]):
        if j != m:
            received = ula_beam_gain_one(p.path_sine[m, j], look.sine, look.columns)
            total += _heard(p, beams, m, j) * received
    return 1.0 + total
