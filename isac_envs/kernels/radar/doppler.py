r"""Delay, delay rate and Doppler shift of an echo, and the Doppler lines of vibrations and rotors.

There is one code path, the bistatic one: a monostatic radar passes one state as transmitter and
receiver, and there is no factor of two elsewhere. Signs: an increasing distance has a positive
rate; the Doppler shift is positive when the path gets shorter. With unit vectors u from a node to
the target, :math:`f = -(u_1 \cdot (v - v_{tx}) + u_2 \cdot (v - v_{rx})) / \lambda`, to first order
in :math:`v / c`.

Sources: 3GPP TR 38.901 V19.4.0, eq. 7.9.4-2 (delay) and 7.9.4-5 (Doppler shift, same sign; micro-
motion adds to the target's velocity); V. C. Chen, "The Micro-Doppler Effect in Radar", 2nd ed.,
2019, chapter 2 (recalled, not read again): vibrations and rotors, monostatic.
"""

import functools
import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from isac_envs.engine import mathx
from isac_envs.engine.elementwise import Range, Real, check_range, elementwise
from isac_envs.engine.jit import inlined, jit
from isac_envs.kernels.constants import SPEED_OF_LIGHT_M_S

Array = npt.NDArray[np.float64]

_DISTANCE = Range(0.0, 1e9, "m")
_SPEED = Range(-1e6, 1e6, "m/s")
_CARRIER = Range(1e6, 1e13, "Hz")
_RESCALE, _UNSCALE = math.ldexp(1.0, 500), math.ldexp(1.0, -500)


@inlined
def leg_one(x: Real, y: Real, z: Real, vx: Real, vy: Real, vz: Real) -> tuple[Real, Real]:
    """Return length (m) and rate (m/s) of a leg from the target's state minus the node's.

    Args:
        x: Position difference along x in m.
        y: Along y in m.
        z: Along z in m.
        vx: Velocity difference along x in m/s.
        vy: Along y in m/s.
        vz: Along z in m/s.
    """
    distance = math.sqrt(x * x + y * y + z * z)
    return distance, (x * vx + y * vy + z * vz) / max(distance, 1e-300)


@inlined
def bistatic_delay_one(d_tx_m: Real, d_rx_m: Real) -> Real:
    """Return the delay of an echo in s.

    :math:`(R_1 + R_2) / c`.

    Args:
        d_tx_m: Distance from transmitter to target in m.
        d_rx_m: Distance from target to receiver in m; the same for a monostatic radar.
    """
    return (d_tx_m + d_rx_m) / SPEED_OF_LIGHT_M_S


@inlined
def bistatic_doppler_one(rate_tx_m_s: Real, rate_rx_m_s: Real, f_hz: Real) -> Real:
    r"""Return the Doppler shift of an echo in Hz.

    :math:`-(dR_1 / dt + dR_2 / dt) / \lambda`.

    Args:
        rate_tx_m_s: Rate of the distance from transmitter to target in m/s, positive if it grows.
        rate_rx_m_s: The same from target to receiver; equal for a monostatic radar.
        f_hz: Carrier frequency in Hz.
    """
    return -(rate_tx_m_s + rate_rx_m_s) * (f_hz / SPEED_OF_LIGHT_M_S)


@inlined
def _leg_between(target: Any, node: Any, k: int) -> tuple[Real, Real]:
    x, y = target[0, k] - node[0, k], target[1, k] - node[1, k]
    z, vx = target[2, k] - node[2, k], target[3, k] - node[3, k]
    vy, vz = target[4, k] - node[4, k], target[5, k] - node[5, k]
    return leg_one(x, y, z, vx, vy, vz)


@jit
def bistatic_loop(transmitter: Any, target: Any, receiver: Any, f_hz: float, out: Any) -> None:
    """Write delay, delay rate and Doppler shift of every path into the rows of ``out``.

    Args:
        transmitter: Position in m (rows 0..2) and velocity in m/s (rows 3..5), shape ``(6, n)``.
        target: The same, shape ``(6, n)``.
        receiver: The same, shape ``(6, n)``; the transmitter itself for a monostatic radar.
        f_hz: Carrier frequency in Hz.
        out: Receives s, s/s and Hz, shape ``(3, n)``.
    """
    for k in range(out.shape[1]):
        d_tx, rate_tx = _leg_between(target, transmitter, k)
        d_rx, rate_rx = _leg_between(target, receiver, k)
        out[0, k] = bistatic_delay_one(d_tx, d_rx)
        out[1, k] = bistatic_delay_one(rate_tx, rate_rx)
        out[2, k] = bistatic_doppler_one(rate_tx, rate_rx, f_hz)


class Paths(NamedTuple):
    """Echo paths: arrays of the common shape of the states."""

    delay_s: Array
    delay_rate: Array
    doppler_hz: Array


def bistatic_paths(
    transmitter: npt.ArrayLike, target: npt.ArrayLike, receiver: npt.ArrayLike, carrier_hz: float
) -> Paths:
    """Return delay, delay rate and Doppler shift of echoes; all three nodes may move.

    Args:
        transmitter: Position in m and velocity in m/s, shape ``(..., 6)``.
        target: The same; the shapes broadcast.
        receiver: The same; the transmitter for a monostatic radar.
        carrier_hz: In [1e6, 1e13] Hz.

    Returns:
        Three float64 arrays of shape ``(...)``: s, s/s, Hz.

    Raises:
        ValueError: A state has no six numbers, is not finite or beyond 1e9 m or 1e6 m/s.
    """
    check_range("carrier_hz", float(carrier_hz), _CARRIER)
    given = {"transmitter": transmitter, "target": target, "receiver": receiver}
    states = np.broadcast_arrays(*(_state(name, value) for name, value in given.items()))
    shape = states[0].shape
    rows = [np.array(each.reshape(-1, 6).T, order="C") for each in states]
    for name, each in zip(given, rows, strict=True):
        check_range(f"{name} position", each[:3], Range(-1e9, 1e9, "m"))
        check_range(f"{name} velocity", each[3:], _SPEED)
    out = np.empty((3, rows[0].shape[1]))
    bistatic_loop(rows[0], rows[1], rows[2], float(carrier_hz), out)
    return Paths(*out.reshape((3, *shape[:-1])))


def _state(name: str, value: npt.ArrayLike) -> Array:
    state = np.asarray(value, dtype=np.float64)
    if state.shape[-1:] != (6,):
        raise ValueError(f"{name} has shape {state.shape}, expected (..., 6)")
    return state


@jit
def bessel_j_one(order: Real, x: Real) -> Real:
    r"""Return the Bessel function J_n of x, n whole, 0 <= x <= 1e5; absolute error below 1e-13.

    Miller's backward recurrence, normalised by :math:`J_0 + 2 (J_2 + J_4 + \dots) = 1`.
    """
    n = int(abs(order))
    top = max(float(n), x)
    start = 2 * (int(top + 3.0 * math.sqrt(top) + 40.0) // 2)
    inverse = 2.0 / max(x, 1e-100)
    above, here, found, total = 0.0, 1e-290, 0.0, 0.0
    for k in range(start, 0, -1):
        below = k * inverse * here - above
        above, here = here, below
        if abs(here) > _RESCALE:
            above, here = above * _UNSCALE, here * _UNSCALE
            found, total = found * _UNSCALE, total * _UNSCALE
        found = here if k - 1 == n else found
        if k % 2 == 1:
            total += here if k == 1 else 2.0 * here
    value = found / total
    return -value if order < 0.0 and n % 2 == 1 else value


@inlined
def vibration_index_one(amplitude_m: Real, f_hz: Real) -> Real:
    r"""Return the phase amplitude of a vibrating target in rad.

    :math:`4 \pi D / \lambda`.

    Args:
        amplitude_m: Amplitude D along the line of sight in m.
        f_hz: Carrier frequency in Hz.
    """
    return 2.0 * math.tau * amplitude_m * (f_hz / SPEED_OF_LIGHT_M_S)


@jit
def vibration_line_one(order: Real, amplitude_m: Real, f_hz: Real) -> Real:
    r"""Return the amplitude of the echo's line at n times the vibration rate.

    :math:`J_n(4 \pi D / \lambda)`. The phase is :math:`4 \pi D / \lambda \sin(2 \pi f_v t)`, its
    amplitude at most 1e5.

    Args:
        order: Whole number n, of either sign.
        amplitude_m: Amplitude D along the line of sight in m.
        f_hz: Carrier frequency in Hz.
    """
    return bessel_j_one(order, vibration_index_one(amplitude_m, f_hz))


@inlined
def vibration_peak_doppler_one(amplitude_m: Real, vibration_hz: Real, f_hz: Real) -> Real:
    r"""Return the largest Doppler shift of a vibration in Hz.

    :math:`2 (2 \pi f_v D) / \lambda`.

    Args:
        amplitude_m: Amplitude D in m.
        vibration_hz: Vibration rate f_v in Hz.
        f_hz: Carrier frequency in Hz.
    """
    return vibration_index_one(amplitude_m, f_hz) * vibration_hz


@inlined
def rotor_tip_doppler_one(blade_m: Real, rotation_hz: Real, tilt_rad: Real, f_hz: Real) -> Real:
    r"""Return the largest Doppler shift of the tip of a blade in Hz.

    :math:`2 \Omega L \cos(\beta) / \lambda`.

    Args:
        blade_m: Length L of a blade in m.
        rotation_hz: Revolutions per second, :math:`\Omega / (2 \pi)`.
        tilt_rad: Angle beta between the line of sight and the plane of rotation.
        f_hz: Carrier frequency in Hz.
    """
    tip_hz = vibration_index_one(blade_m, f_hz) * rotation_hz
    return tip_hz * mathx.sincos_turns(tilt_rad / math.tau)[1]


@inlined
def rotor_flash_rate_one(blades: Real, rotation_hz: Real) -> Real:
    """Return the rate of blade flashes in Hz: N_b a revolution, 2 N_b for an odd number.

    Args:
        blades: Number of blades N_b.
        rotation_hz: Revolutions a second.
    """
    return blades * (1.0 + blades - 2.0 * math.floor(0.5 * blades)) * rotation_hz


_LENGTH, _RATE = Range(0.0, 100.0, "m"), Range(0.0, 1e6, "Hz")
_INDEX = Range(0.0, 1e5, "rad")

bistatic_delay = elementwise(bistatic_delay_one, d_tx_m=_DISTANCE, d_rx_m=_DISTANCE)
_RATES = {"rate_tx_m_s": _SPEED, "rate_rx_m_s": _SPEED, "f_hz": _CARRIER}
bistatic_doppler = elementwise(bistatic_doppler_one, **_RATES)
vibration_index = elementwise(vibration_index_one, amplitude_m=_LENGTH, f_hz=_CARRIER)
_VIBRATION = {"amplitude_m": _LENGTH, "vibration_hz": _RATE, "f_hz": _CARRIER}
vibration_peak_doppler = elementwise(vibration_peak_doppler_one, **_VIBRATION)
_ROTOR = {
    "blade_m": _LENGTH,
    "rotation_hz": _RATE,
    "tilt_rad": Range(-1.571, 1.571, "rad"),
    "f_hz": _CARRIER,
}
rotor_tip_doppler = elementwise(rotor_tip_doppler_one, **_ROTOR)
rotor_flash_rate = elementwise(
    rotor_flash_rate_one, blades=Range(1.0, 100.0, whole=True), rotation_hz=_RATE
)
_LINE = {"order": Range(-1e4, 1e4, whole=True), "amplitude_m": _LENGTH, "f_hz": _CARRIER}
_line = elementwise(vibration_line_one, **_LINE)


@functools.wraps(_line)
def vibration_line(order: Real, amplitude_m: Real, f_hz: Real) -> Real:  # noqa: D103
    check_range("index 4 pi D / lambda", np.asarray(vibration_index(amplitude_m, f_hz)), _INDEX)
    return _line(order, amplitude_m, f_hz)
