r"""Surfaces for secrecy with artificial noise, against a receiver of which channels are likely.

Beam 0 carries the message, the others disturb both receivers. The eavesdropper's channel is one of
several, with shares :math:`c_i`, and is judged by the powers that it receives on average. With the
powers S of the message and I of everything else, noise 1 included, what is to be largest is

.. math::

    \frac{1 + S_b / I_b}{1 + S_e / I_e} = \frac{(S_b + I_b)\, I_e}{I_b\, (S_e + I_e)}

For fixed beams each of these four is :math:`a + b \lvert \Gamma \rvert^2 + 2\, \mathrm{Re}(\Gamma
u)` of one element. Its best phase has no closed form: some phases are tried, and the best is
improved by halving steps. ``ris.secrecy`` has the closed form without noise. Derived here.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.engine.jit import inlined, jit
from isac_envs.engine.mathx import log2, sincos_turns
from isac_envs.kernels.numerics.hermitian import square_one
from isac_envs.kernels.precoding.leakage import fill_mean_powers
from isac_envs.kernels.precoding.rates import complex_matrix, fill_gains
from isac_envs.kernels.ris.cascade import (
    checked_links,
    checked_reflection,
    checked_states,
    fill_cascade,
)

_TRIED = 12  # phases, before the steps
_HALVINGS = 9
WORK_SHAPE = 4, 4
"""Shape of the scratch of :func:`sweep_with_noise`, float64."""


@inlined
def secrecy_quotient(user: Any, eavesdropper: Any) -> float:
    """Return :math:`(1 + S_b / I_b) / (1 + S_e / I_e)` for noise of power 1.

    Args:
        user: Power that the user receives of each beam, shape ``(J,)``.
        eavesdropper: The same of the eavesdropper.
    """
    noise_b, noise_e = 1.0, 1.0
    for j in range(1, user.shape[0]):
        noise_b += user[j]
        noise_e += eavesdropper[j]
    return (noise_b + user[0]) * noise_e / (noise_b * (noise_e + eavesdropper[0]))


@inlined
def _value(work: Any, row: int, tried: Any, square: float) -> float:
    turning = work[row, 2] * tried.real - work[row, 3] * tried.imag
    return work[row, 0] + work[row, 1] * square + 2.0 * turning


@inlined
def _quotient(work: Any, tried: Any) -> float:
    """Return the quotient for a coefficient of the element that ``work`` describes."""
    square = square_one(tried)
    above = _value(work, 0, tried, square) * _value(work, 3, tried, square)
    return above / (_value(work, 1, tried, square) * _value(work, 2, tried, square))


@jit
def _describe(legs: Any, beams: Any, shares: Any, gains: Any, present: Any, work: Any) -> None:
    """Write the four powers as functions of one coefficient, shape ``(4, 4)``: a, b, and u.

    Args:
        legs: Legs from the element to the receivers, shape ``(1 + I,)``.
        beams: What arrives of each beam at it, shape ``(J,)``.
        shares: Shares of the eavesdropper's channels, shape ``(I,)``.
        gains: What all receivers hear of the beams, shape ``(1 + I, J)``.
        present: Present coefficient.
        work: Receives the powers: all and interference of the user, then of the eavesdropper.
    """
    for row in range(4):
        work[row, 0] = 1.0
        for k in range(1, 4):
            work[row, k] = 0.0
    for i in range(legs.shape[0]):
        share = 1.0 if i == 0 else shares[i - 1]
        row = 0 if i == 0 else 2
        for j in range(beams.shape[0] if share > 0.0 else 0):
            part = legs[i] * beams[j]
            rest = gains[i, j] - present * part
            mixed = rest.conjugate() * part
            a, b = share * square_one(rest), share * square_one(part)
            for at in range(row, row + (1 if j == 0 else 2)):
                work[at, 0] += a
                work[at, 1] += b
                work[at, 2] += share * mixed.real
                work[at, 3] += share * mixed.imag


@jit
def _best_phase(work: Any, magnitude: float, present: Any) -> Any:
    """Return the best coefficient of a magnitude, never worse than the present one."""
    best, most = present, _quotient(work, present)
    for k in range(_TRIED):
        sine, cosine = sincos_turns(k / _TRIED)
        tried = complex(magnitude * cosine, magnitude * sine)
        found = _quotient(work, tried)
        best, most = (tried, found) if found > most else (best, most)
    step = 0.5 / _TRIED
    for _ in range(_HALVINGS if square_one(best) > 0.0 else 0):
        sine, cosine = sincos_turns(step)
        left, right = best * complex(cosine, -sine), best * complex(cosine, sine)
        lower, upper = _quotient(work, left), _quotient(work, right)
        best, most = (left, lower) if lower > most else (best, most)
        best, most = (right, upper) if upper > most else (best, most)
        step *= 0.5
    return best


@jit
def sweep_with_noise(
    reflected: Any,
    arriving: Any,
    shares: Any,
    states: Any,
    gains: Any,
    reflection: Any,
    work: Any,
) -> None:
    """Improve the coefficients of all elements once, one after the other, for fixed beams.

    Args:
        reflected: Legs to the user, then those that the eavesdropper may have, ``(1 + I, N)``.
        arriving: What arrives of each beam at each element, shape ``(N, J)``.
        shares: Shares of the eavesdropper's channels, shape ``(I,)``.
        states: The coefficients that an element can have, shape ``(L,)``; none for free phases.
        gains: What the receivers hear of the beams, shape ``(1 + I, J)``, changed in place.
        reflection: Coefficients, shape ``(N,)``, changed in place.
        work: Scratch of :data:`WORK_SHAPE`.
    """
    for n in range(reflection.shape[0]):
        present = reflection[n]
        _describe(reflected[:, n], arriving[n], shares, gains, present, work)
        if states.shape[0] > 0:
            best, most = present, -1.0
            for k in range(states.shape[0]):
                found = _quotient(work, states[k])
                best, most = (states[k], found) if found > most else (best, most)
        else:
            magnitude = math.sqrt(square_one(present))
            best = _best_phase(work, magnitude, present)
        reflection[n] = best
        for i in range(gains.shape[0]):
            moved = (best - present) * reflected[i, n]
            for j in range(gains.shape[1]):
                gains[i, j] += moved * arriving[n, j]


def sweep_surface_with_noise(
    direct: npt.ArrayLike,
    reflected: npt.ArrayLike,
    incident: npt.ArrayLike,
    precoder: npt.ArrayLike,
    reflection: npt.ArrayLike | None = None,
    states: npt.ArrayLike | None = None,
) -> tuple[np.ndarray, float]:
    """Return coefficients after one pass over the elements, and the secrecy rate in bit/s/Hz.

    The noise has power 1, the channels of the eavesdropper equal shares, together 1.

    Args:
        direct: Direct paths to the user, then those that the eavesdropper may have, complex, shape
            ``(1 + I, M)``.
        reflected: Legs between them and the elements, shape ``(1 + I, N)``.
        incident: Legs G between elements and antennas, shape ``(N, M)``.
        precoder: W, complex, shape ``(M, J)``; column 0 carries the message.
        reflection: Coefficients to begin with, of magnitude 1 at most, shape ``(N,)``; None is 1.
            Free phases keep these magnitudes.
        states: The coefficients that an element can have, shape ``(L,)``; None for free phases.

    Returns:
        Coefficients, complex128, shape ``(N,)``; the secrecy rate, at least 0.

    Raises:
        ValueError: A shape does not fit, or a value is outside its range.
    """
    links = checked_links(direct, reflected, incident)
    rows, antennas = links.direct.shape
    if rows < 2:
        raise ValueError(f"direct has {rows} rows, must have 2 or more: user and eavesdropper")
    beams = complex_matrix("precoder", precoder, antennas, -1)
    phases = checked_reflection(reflection, len(links.incident))
    allowed = checked_states(states)
    shares, columns = np.full(rows - 1, 1.0 / (rows - 1)), beams.shape[1]
    channels, gains = (np.empty((rows, width), np.complex128) for width in (antennas, columns))
    arriving = np.empty((len(phases), columns), np.complex128)
    fill_cascade(links, phases, channels)
    fill_gains(channels, beams, gains)
    fill_gains(links.incident, beams, arriving)
    sweep_with_noise(
        links.reflected, arriving, shares, allowed, gains, phases, np.empty(WORK_SHAPE)
    )
    fill_cascade(links, phases, channels)
    fill_gains(channels, beams, gains)
    heard = np.empty((2, columns))
    fill_mean_powers(gains[:1], np.ones(1), heard[0])
    fill_mean_powers(gains[1:], shares, heard[1])
    return phases, max(float(log2(secrecy_quotient(heard[0], heard[1]))), 0.0)
