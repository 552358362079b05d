r"""Radar cross sections of UAVs, humans, vehicles and AGVs, 3GPP TR 38.901 clause 7.9.2.

:math:`\sigma = \sigma_M \sigma_D \sigma_S`: mean, pattern over the directions of transmitter and
receiver seen from the target, and a lognormal fluctuation of linear mean 1. Patterns here are
:math:`10 \lg(\sigma_M \sigma_D)`: the mean is inside the peak :math:`G_\mathrm{max}` of a pattern.
Directions are unit vectors from the target in its own frame (x to the front, z up); angles at the
interface are radians, zenith from the top. A monostatic radar has two equal directions. For exactly
opposite directions, where the bisector is not defined, the pattern is at its floor.

Source: 3GPP TR 38.901 V19.4.0, eq. 7.9.2-1 (mean of the fluctuation), 7.9.2-2 (model 1), 7.9.2-3
(model 2), 7.9.4-1 (its limit), 7.9.4-3 (cross-polarisation); forward scattering is minus infinity.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.engine import mathx, rng
from isac_envs.engine.elementwise import Range, Real, check_range, elementwise
from isac_envs.engine.jit import inlined, jit
from isac_envs.kernels.radar.rcs_data import TARGETS, Target, lobe_table

_TWO_PI = 2.0 * math.pi
_TO_DEG = 360.0
_EDGE_DEG = 1e-9  # boundaries of lobes are resolved to this
_LN10_20 = 0.11512925464970229  # ln(10) / 20
_TRUNCATION = 3.0


@inlined
def mean_pattern_one(mean_dbsm: Real, half_sine: Real) -> Real:
    r"""Return model 1 in dBsm.

    :math:`10 \lg \sigma_M - 3 \sin(\beta / 2)`, with the bistatic angle beta.

    Args:
        mean_dbsm: :math:`10 \lg \sigma_M`.
        half_sine: :math:`\sin(\beta / 2)`, 0 for a monostatic radar.
    """
    return mean_dbsm - 3.0 * half_sine


@jit
def _lobe(
    lobe: Any, zenith: float, azimuth: float, half_turns: float, k_1: float, k_2: float
) -> Real:
    """Return eq. 7.9.2-3 in dBsm; angles of the bisector in degrees, beta / 2 in turns."""
    depth = lobe[5]
    aside = azimuth - lobe[0]
    aside -= 360.0 * mathx.round_even(aside / 360.0)
    up, across = (zenith - lobe[2]) / lobe[3], aside / lobe[1]
    fall = min(min(12.0 * up * up, depth) + min(12.0 * across * across, depth), depth)
    cosine = mathx.sincos_turns(half_turns)[1]
    bistatic = k_1 * mathx.sincos_turns(k_2 * half_turns)[0]
    bistatic -= 5.0 * mathx.log10(max(cosine, 1e-30))
    return max(lobe[4] - fall - bistatic, lobe[4] - depth)


@jit
def _covers(lobe: Any, zenith: float, azimuth: float) -> bool:
    """Whether the half-open ranges of a lobe hold a direction (the last zenith range is closed)."""
    ends = 180.1 if lobe[7] == 180.0 else lobe[7] - _EDGE_DEG
    if zenith < lobe[6] - _EDGE_DEG or zenith >= ends:
        return False
    above = azimuth - lobe[8] + _EDGE_DEG
    above -= 360.0 * math.floor(above / 360.0)
    return above < lobe[9] - lobe[8]


@jit
def pattern_dbsm(
    to_tx: Any, to_rx: Any, lobes: Any, k_1: float, k_2: float, several: bool, out: Any
) -> None:
    r"""Write the pattern of model 2 in dBsm.

    :math:`10 \lg(\sigma_M \sigma_D)`.

    Args:
        to_tx: Unit vector from the target to the transmitter in the target's frame, shape ``(3,)``.
        to_rx: The same to the receiver.
        lobes: Table of :func:`~isac_envs.kernels.radar.rcs_data.lobe_table`.
        k_1: First constant of the bistatic angle.
        k_2: Second constant of the bistatic angle.
        several: Whether every lobe is a scattering point of its own.
        out: Receives one number, or one for each lobe of a target of several points.
    """
    bx, by, bz = to_tx[0] + to_rx[0], to_tx[1] + to_rx[1], to_tx[2] + to_rx[2]
    dx, dy, dz = to_tx[0] - to_rx[0], to_tx[1] - to_rx[1], to_tx[2] - to_rx[2]
    flat = math.sqrt(bx * bx + by * by)
    half_cosine, half_sine = (
        math.sqrt(bx * bx + by * by + bz * bz),
        math.sqrt(dx * dx + dy * dy + dz * dz),
    )
    half_turns = mathx.atan2_turns(half_sine, half_cosine)
    zenith = _TO_DEG * mathx.atan2_turns(flat, bz)
    azimuth = _TO_DEG * mathx.atan2_turns(by, bx)
    for k in range(lobes.shape[0]):
        if several:
            out[k] = _lobe(lobes[k], zenith, azimuth, half_turns, k_1, k_2)
        elif _covers(lobes[k], zenith, azimuth):
            out[0] = _lobe(lobes[k], zenith, azimuth, half_turns, k_1, k_2)
            return


@inlined
def fluctuation_db_one(normal: Real, deviation_db: Real) -> Real:
    r"""Return the fluctuation in dB: lognormal of linear mean 1, cut at its mean plus 3 deviations.

    :math:`10 \lg \sigma_S`, with the mean :math:`-\ln(10) / 20\, s^2` in dB, not 0. The cut lowers
    the linear mean by up to 0.5 % for the deviations of the standard.

    Args:
        normal: Standard normal variate.
        deviation_db: Standard deviation s of :math:`10 \lg \sigma_S` in dB.
    """
    return min(normal, _TRUNCATION) * deviation_db - _LN10_20 * deviation_db * deviation_db


@inlined
def xpr_one(normal: Real, mean_db: Real, deviation_db: Real) -> Real:
    """Return a cross-polarisation ratio (linear) whose logarithm is normal in dB.

    Args:
        normal: Standard normal variate.
        mean_db: Mean of the ratio in dB.
        deviation_db: Its standard deviation in dB.
    """
    return mathx.db_to_linear(mean_db + deviation_db * normal)


@jit
def draw_fluctuation(stream: rng.Stream, deviation_db: float) -> float:
    """Return a draw of sigma_S, linear; see :func:`fluctuation_db`."""
    return mathx.db_to_linear(fluctuation_db_one(rng.normal(stream), deviation_db))


@jit
def _pattern_loop(
    tx: Any, rx: Any, lobes: Any, k_1: float, k_2: float, several: bool, out: Any
) -> None:
    for i in range(out.shape[0]):
        pattern_dbsm(tx[i], rx[i], lobes, k_1, k_2, several, out[i])


@jit
def _mean_loop(tx: Any, rx: Any, mean_dbsm: float, out: Any) -> None:
    for i in range(out.shape[0]):
        x, y, z = tx[i, 0] - rx[i, 0], tx[i, 1] - rx[i, 1], tx[i, 2] - rx[i, 2]
        out[i, 0] = mean_pattern_one(mean_dbsm, 0.5 * math.sqrt(x * x + y * y + z * z))


@jit
def _unit_vectors(zenith: Any, azimuth: Any, out: Any) -> None:
    for i in range(out.shape[0]):
        sine, cosine = mathx.sincos_turns(zenith[i] / _TWO_PI)
        across, along = mathx.sincos_turns(azimuth[i] / _TWO_PI)
        out[i, 0], out[i, 1], out[i, 2] = sine * along, sine * across, cosine


def find_target(name: str) -> Target:
    """Return a target of the standard; raises ValueError that lists the known names."""
    if name not in TARGETS:
        raise ValueError(f"target = {name!r} is not one of {', '.join(TARGETS)}")
    return TARGETS[name]


def rcs_dbsm(
    target: str,
    zenith_tx_rad: npt.ArrayLike,
    azimuth_tx_rad: npt.ArrayLike,
    zenith_rx_rad: npt.ArrayLike | None = None,
    azimuth_rx_rad: npt.ArrayLike | None = None,
) -> Any:
    r"""Return the deterministic cross section of a target in dBsm.

    :math:`10 \lg(\sigma_M \sigma_D)`.

    Args:
        target: Key of :data:`~isac_envs.kernels.radar.rcs_data.TARGETS`.
        zenith_tx_rad: Zenith angle of the transmitter seen from the target, in [0, pi].
        azimuth_tx_rad: Its azimuth, in [-10, 10] rad; 0 is the front, pi/2 the left side.
        zenith_rx_rad: Zenith angle of the receiver; by default the transmitter's.
        azimuth_rx_rad: Azimuth of the receiver; by default the transmitter's.

    Returns:
        A float for numbers, else an array of the broadcast shape; a target of several scattering
        points has one more axis at the end, with a value for each point.

    Raises:
        ValueError: The target is unknown or an angle outside its range.
    """
    known = find_target(target)
    receiver = (
        zenith_tx_rad if zenith_rx_rad is None else zenith_rx_rad,
        azimuth_tx_rad if azimuth_rx_rad is None else azimuth_rx_rad,
    )
    angles = [np.asarray(a, np.float64) for a in (zenith_tx_rad, azimuth_tx_rad, *receiver)]
    for kind, value in zip(("zenith", "azimuth") * 2, angles, strict=True):
        limits = Range(0.0, math.pi, "rad") if kind == "zenith" else Range(-10.0, 10.0, "rad")
        check_range(f"{kind}_rad", value, limits)
    shape = np.broadcast_shapes(*(each.shape for each in angles))
    flat = [np.array(np.broadcast_to(each, shape)).reshape(-1) for each in angles]
    tx, rx = np.empty((flat[0].size, 3)), np.empty((flat[0].size, 3))
    _unit_vectors(flat[0], flat[1], tx)
    _unit_vectors(flat[2], flat[3], rx)
    points = len(known.lobes) if known.several_points else 1
    out = np.empty((flat[0].size, points))
    if known.model == 1:
        _mean_loop(tx, rx, known.mean_dbsm, out)
    else:
        _pattern_loop(tx, rx, lobe_table(known), known.k_1, known.k_2, known.several_points, out)
    result = out.reshape((*shape, points) if known.several_points else shape)
    return result if result.ndim else result.item()


_NORMAL = Range(-40.0, 40.0)
_DEVIATION = Range(0.0, 30.0, "dB")
fluctuation_db = elementwise(fluctuation_db_one, normal=_NORMAL, deviation_db=_DEVIATION)
xpr = elementwise(
    xpr_one, normal=_NORMAL, mean_db=Range(-100.0, 100.0, "dB"), deviation_db=_DEVIATION
)
