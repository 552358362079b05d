r"""Clutter: surfaces, heavy-tailed amplitudes, and the background channel of TR 38.901 clause 7.9.

The second parameter of the gamma laws of the background channel is a RATE (the mean is
:math:`\alpha / \beta`), which the standard states below eq. 7.9.4-15.

Sources: 3GPP TR 38.901 V19.4.0, clause 7.9.4.2, tables 7.9.4.2-1 and 7.9.4.2-2 (background), eq.
7.9.5-14 (moving scatterers); M. I. Skolnik, "Introduction to Radar Systems", 3rd ed., 2001, chapter
7 (surface clutter of constant gamma, K and Weibull amplitudes: recalled, not read again); Marsaglia
and Tsang, ACM TOMS 26(3), 2000 (gamma variates).
"""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from isac_envs.engine import mathx, rng
from isac_envs.engine.elementwise import Range, Real, check_range, elementwise
from isac_envs.engine.jit import inlined, jit
from isac_envs.kernels.constants import SPEED_OF_LIGHT_M_S
from isac_envs.kernels.numerics.gamma import exp_or_zero
from isac_envs.kernels.radar.swerling import exponential

_THIRD = 1.0 / 3.0


class Background(NamedTuple):
    """Gamma laws of ground distance and height of a reference point: shape, rate, offset in m."""

    distance_shape: float
    distance_rate: float
    distance_offset_m: float
    height_shape: float
    height_rate: float
    height_offset_m: float


STATION_BACKGROUND: dict[str, Background] = {
    "umi": Background(6.1996, 0.1558, 15.2697, 12.0487, 2.3261, 0.0157),
    "uma": Background(10.3370, 0.1317, 68.7778, 16.2253, 1.9218, 2.6142),
    "rma": Background(6.2025, 0.0391, 1.2940, 0.0007, 5.0146, 0.0522),
    "inh": Background(4.236, 0.19255, 4.99, 1.3293, 0.1442, -13.19),
    "inf": Background(0.039836, 0.179783, 1.130020, 0.283447, 0.435965, -17.043530),
}
"""Monostatic sensing by a base station (table 7.9.4.2-1); some heights are negative as printed."""

TERMINAL_BACKGROUND: dict[str, Background] = {
    "umi": Background(10.0220, 1.2522, 11.0040, 3.0487, 1.9128, 0.1785),
    "uma": Background(2.9072, 0.1031, 3.8471, 1.6640, 1.6215, -1.4205),
    "rma": Background(10.2421, 0.0526, 3.3131, 0.3175, 1.4150, 1.5906),
    "inh": Background(4.3733, 0.4457, 4.6302, 0.2974, 0.4103, 2.9711),
    "inf": Background(0.231418, 0.128133, 2.004903, 0.462968, 0.281526, -16.921515),
}
"""Monostatic sensing by a terminal or vehicle on the ground (table 7.9.4.2-2, part 1)."""

MOVING_SHARE = 0.2
"""Share of scatterers that move, in the calibration of the fast fading."""


@inlined
def surface_rcs_one(gamma_db: Real, grazing_rad: Real, area_m2: Real) -> Real:
    r"""Return the clutter cross section of a patch of ground in m^2.

    :math:`\gamma \sin(\psi) A`.

    Args:
        gamma_db: Reflectivity gamma in dB; -20 (smooth) to -10 (rough land).
        grazing_rad: Angle psi between the ray and the ground.
        area_m2: Area of the resolution cell on the ground in m^2.
    """
    return mathx.db_to_linear(gamma_db) * mathx.sincos_turns(grazing_rad / math.tau)[0] * area_m2


@jit
def gamma_variate(stream: rng.Stream, shape: float) -> float:
    r"""Return a gamma variate of scale 1; divide by a rate, or multiply by a scale.

    Args:
        stream: Random stream.
        shape: Above 0; below 1 the variate of shape + 1 is multiplied by
            :math:`u^{1 / \mathrm{shape}}`.
    """
    d = (shape + 1.0 if shape < 1.0 else shape) - _THIRD
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        x = rng.normal(stream)
        v = 1.0 + c * x
        if v > 0.0:
            v = v * v * v
            u = 1.0 - rng.uniform(stream)
            if mathx.ln(u) < 0.5 * x * x + d * (1.0 - v + mathx.ln(v)):
                break
    if shape < 1.0:
        return d * v * exp_or_zero(-exponential(stream) / shape)
    return d * v


@jit
def k_power(stream: rng.Stream, shape: float) -> float:
    r"""Return a clutter power of mean 1 with K-distributed amplitude: speckle times texture.

    Args:
        stream: Random stream of the world.
        shape: nu > 0; small is spiky, infinity Rayleigh. The second moment is
            :math:`2 (1 + 1 / \nu)`.
    """
    return exponential(stream) * gamma_variate(stream, shape) / shape


@jit
def weibull_power(stream: rng.Stream, shape: float, mean_factor: float) -> float:
    r"""Return a clutter power of mean 1 with Weibull amplitude.

    Args:
        stream: Random stream of the world.
        shape: Of the amplitude, above 0; 2 is Rayleigh, smaller is spikier.
        mean_factor: :math:`\Gamma(1 + 2 / \mathrm{shape})`.
    """
    exponent = 2.0 / shape
    return exp_or_zero(exponent * mathx.ln(exponential(stream) + 1e-300)) / mean_factor


@jit
def reference_points(stream: rng.Stream, laws: Any, out: Any) -> None:
    """Draw the three reference points of a monostatic background channel.

    Args:
        stream: Random stream of the world.
        laws: The six numbers of a :class:`Background`.
        out: Receives ground distance in m, height in m and azimuth in rad, shape ``(3, 3)``: one
            row for each point, their azimuths 120 degrees apart from a uniform first one.
    """
    first = rng.uniform(stream)
    for r in range(3):
        out[r, 0] = gamma_variate(stream, laws[0]) / laws[1] + laws[2]
        out[r, 1] = gamma_variate(stream, laws[3]) / laws[4] + laws[5]
        out[r, 2] = math.tau * ((first + r * _THIRD) % 1.0)


@jit
def scatterer_doppler(
    stream: rng.Stream, speed_m_s: float, carrier_hz: float, share: float
) -> float:
    r"""Return the Doppler shift of one end of a scattered path in Hz.

    :math:`2 \alpha D / \lambda`; alpha is 1 with probability ``share``, else 0; D is uniform
    between minus and plus the speed.

    Args:
        stream: Random stream that is drawn from.
        speed_m_s: Largest speed of a scatterer in m/s.
        carrier_hz: Carrier frequency in Hz.
        share: Fraction of scatterers that move, 0..1.
    """
    moves = rng.bernoulli(stream, share)
    drawn = speed_m_s * (2.0 * rng.uniform(stream) - 1.0)
    return 2.0 * drawn * carrier_hz / SPEED_OF_LIGHT_M_S if moves else 0.0


@jit
def _powers_all(streams: Any, weibull: bool, shape: float, factor: float, out: Any) -> None:
    for i in range(out.shape[0]):
        for k in range(out.shape[1]):
            if weibull:
                out[i, k] = weibull_power(streams[i], shape, factor)
            else:
                out[i, k] = k_power(streams[i], shape)


@jit
def _points_all(streams: Any, laws: Any, out: Any) -> None:
    for i in range(out.shape[0]):
        reference_points(streams[i], laws, out[i])


def draw_clutter_powers(
    streams: npt.NDArray[np.uint64], kind: str, shape: float, cells: int
) -> npt.NDArray[np.float64]:
    """Return clutter powers of mean 1 for the cells of n maps; the streams advance.

    Args:
        streams: uint64, shape ``(n, 4)``, changed in place.
        kind: ``"k"`` or ``"weibull"`` (the law of the amplitude).
        shape: Its shape parameter, in [0.05, 1e6] (K) or [0.2, 100] (Weibull).
        cells: Cells of a map, 1..1e9.

    Returns:
        Shape ``(n, cells)``.

    Raises:
        ValueError: The kind is unknown or an argument outside its range.
    """
    if kind not in ("k", "weibull"):
        raise ValueError(f"kind = {kind!r} is neither 'k' nor 'weibull'")
    valid = Range(0.05, 1e6) if kind == "k" else Range(0.2, 100.0)
    check_range("shape", float(shape), valid)
    check_range("cells", float(cells), Range(1.0, 1e9, whole=True))
    factor = math.gamma(1.0 + 2.0 / shape) if kind == "weibull" else 1.0
    out = np.empty((_count(streams), int(cells)))
    _powers_all(streams, kind == "weibull", float(shape), factor, out)
    return out


def draw_reference_points(
    streams: npt.NDArray[np.uint64], background: Background
) -> npt.NDArray[np.float64]:
    """Return the reference points of n background channels; the streams advance.

    Args:
        streams: uint64, shape ``(n, 4)``, changed in place.
        background: An entry of :data:`STATION_BACKGROUND` or :data:`TERMINAL_BACKGROUND`.

    Returns:
        Shape ``(n, 3, 3)``: of each point the ground distance in m, the height in m and the
        azimuth in rad.

    Raises:
        ValueError: The shape of the streams does not fit, or a shape or rate is not above 0.
    """
    for name, value in background._asdict().items():
        positive = not name.endswith("_m")
        check_range(name, float(value), Range(0.0 if positive else -1e6, 1e6, open_low=positive))
    out = np.empty((_count(streams), 3, 3))
    _points_all(streams, np.array(background, dtype=np.float64), out)
    return out


def _count(streams: npt.NDArray[np.uint64]) -> int:
    if streams.ndim != 2 or streams.shape[1] != 4 or streams.dtype != np.uint64:
        raise ValueError(f"streams = {streams.dtype} {streams.shape}, expected uint64 (n, 4)")
    return streams.shape[0]


surface_rcs = elementwise(
    surface_rcs_one,
    gamma_db=Range(-100.0, 50.0, "dB"),
    grazing_rad=Range(0.0, 1.5708, "rad"),
    area_m2=Range(0.0, 1e12, "m^2"),
)
