r"""Beams against a receiver of which only a covariance is known: little leakage, strong noise.

What a beam w brings to the receiver is :math:`w^H R\, w` with :math:`R = E[h_e^H h_e]`, channels
being rows. The beam with the largest ratio of the user's signal to leakage and noise,

.. math::

    \frac{\lvert h_b w \rvert^2}{\sigma^2 / P + w^H R\, w}, \quad
    w \propto \left(\tfrac{\sigma^2}{P} I + R\right)^{-1} h_b^H

is a closed form, because the user's channel has rank one. Artificial noise goes where R is
strongest in the null space of the user's channel, by power iteration.

Source: M. Sadek, A. Tarighat and A. H. Sayed, IEEE Trans. Wireless Commun. 6(5), 2007 (signal to
leakage and noise); S. Goel and R. Negi, IEEE Trans. Wireless Commun. 7(6), 2008 (noise in the null
space; recalled).
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.engine.elementwise import Range, check_range
from isac_envs.engine.jit import jit
from isac_envs.kernels.numerics.hermitian import (
    scaled_one,
    solve_positive,
    square_one,
    squared_length,
)
from isac_envs.kernels.precoding.rates import complex_matrix, scale_to_power

ITERATIONS = 24
"""Products of the power iteration."""
_NOISE = Range(1e-30, 1e30)
_SYMMETRIC = 1e-9  # largest difference from the adjoint, over the largest entry


@jit
def add_outer(row: Any, weight: float, covariance: Any) -> None:
    r"""Add the covariance of a channel, :math:`c\, h^H h`.

    Args:
        row: h, shape ``(M,)``.
        weight: c.
        covariance: Changed in place, shape ``(M, M)``.
    """
    for i in range(row.shape[0]):
        for j in range(row.shape[0]):
            covariance[i, j] += scaled_one(row[i].conjugate() * row[j], weight)


@jit
def fill_mean_powers(gains: Any, shares: Any, out: Any) -> None:
    r"""Write what a receiver hears of each beam, :math:`\sum_i c_i \lvert T_{ij} \rvert^2`.

    Args:
        gains: What its channels make of the beams, T, shape ``(I, J)``.
        shares: Shares c of the channels, shape ``(I,)``.
        out: Receives the powers, shape ``(J,)``.
    """
    for j in range(gains.shape[1]):
        total = 0.0
        for i in range(shares.shape[0]):
            total += shares[i] * square_one(gains[i, j])
        out[j] = total


@jit
def fill_leakage_beam(user: Any, covariance: Any, noise: float, room: Any, out: Any) -> None:
    """Write the beam of power 1 with the largest ratio of signal to leakage and noise.

    Args:
        user: Channel of the user, shape ``(M,)``.
        covariance: R of the other receiver, shape ``(M, M)``.
        noise: Noise power over transmit power, above 0.
        room: Scratch, shape ``(M, M)``.
        out: Receives the beam, shape ``(M, 1)``.
    """
    for i in range(user.shape[0]):
        out[i, 0] = user[i].conjugate()
        for j in range(user.shape[0]):
            room[i, j] = covariance[i, j]
        room[i, i] = complex(covariance[i, i].real + noise, 0.0)
    solve_positive(room, out)
    scale_to_power(out, 1.0)


@jit
def _project(covariance: Any, avoided: Any, inverse: float, room: Any) -> None:
    """Write :math:`P R P`, P the projection on the null space of a channel.

    Args:
        covariance: R, shape ``(M, M)``.
        avoided: The channel, shape ``(M,)``.
        inverse: 1 over its squared length; 0 makes P the identity.
        room: Receives the product, shape ``(M + 1, M)``; the last row is not touched.
    """
    antennas = avoided.shape[0]
    for j in range(antennas):
        heard = complex(0.0, 0.0)
        for k in range(antennas):
            heard += avoided[k] * covariance[k, j]
        heard = scaled_one(heard, inverse)
        for i in range(antennas):
            room[i, j] = covariance[i, j] - avoided[i].conjugate() * heard
    for i in range(antennas):
        heard = complex(0.0, 0.0)
        for k in range(antennas):
            heard += room[i, k] * avoided[k].conjugate()
        heard = scaled_one(heard, inverse)
        for j in range(antennas):
            room[i, j] -= heard * avoided[j]


@jit
def _avoid(avoided: Any, inverse: float, beam: Any) -> None:
    """Remove what a channel hears of a beam, shape ``(M,)``, and set its power to 1."""
    heard, total = complex(0.0, 0.0), 0.0
    for m in range(avoided.shape[0]):
        heard += avoided[m] * beam[m]
    heard = scaled_one(heard, inverse)
    for m in range(avoided.shape[0]):
        beam[m] -= avoided[m].conjugate() * heard
        total += square_one(beam[m])
    scale = 1.0 / math.sqrt(total) if total > 0.0 else 0.0
    for m in range(avoided.shape[0]):
        beam[m] = scaled_one(beam[m], scale)


@jit
def fill_strongest_beam(covariance: Any, avoided: Any, room: Any, out: Any) -> None:
    r"""Write the beam of power 1 that brings most to a receiver, and nothing to another one.

    With one antenna nothing can be avoided, and the beam is that antenna. Where the receiver hears
    nothing in the null space, the beam is any in it.

    Args:
        covariance: R of the receiver, shape ``(M, M)``.
        avoided: Channel of the other one, shape ``(M,)``; zeros avoid nothing.
        room: Scratch, shape ``(M + 1, M)``.
        out: Receives the beam, shape ``(M,)``.
    """
    antennas, length = avoided.shape[0], squared_length(avoided)
    inverse = 1.0 / length if length > 0.0 and antennas > 1 else 0.0
    _project(covariance, avoided, inverse, room)
    start, most, quiet = 0, 0.0, 0
    for m in range(antennas):
        start = m if room[m, m].real > most else start
        most = max(most, room[m, m].real)
        quiet = m if square_one(avoided[m]) < square_one(avoided[quiet]) else quiet
    for m in range(antennas):
        out[m] = room[m, start]
        if not most > 1e-200:
            out[m] = complex(1.0 if m == quiet else 0.0, 0.0)
    _avoid(avoided, inverse, out)
    scale, spare = 1.0 / most if most > 1e-200 else 0.0, room[antennas]
    for _ in range(ITERATIONS if scale > 0.0 else 0):
        for m in range(antennas):
            heard = complex(0.0, 0.0)
            for i in range(antennas):
                heard += room[m, i] * out[i]
            spare[m] = scaled_one(heard, scale)
        for m in range(antennas):
            out[m] = spare[m]
        _avoid(avoided, inverse, out)
    _avoid(avoided, inverse, out)  # what rounding left of the first time


def _checked(covariance: npt.ArrayLike, antennas: int) -> np.ndarray:
    """Return a copy of a covariance, Hermitian and without negative powers."""
    out = complex_matrix("covariance", covariance, antennas, antennas)
    far = np.abs(out - out.conj().T).max()
    if far > _SYMMETRIC * np.abs(out).max():
        raise ValueError(f"covariance differs from its adjoint by {far:g}")
    if (np.diag(out).real < 0.0).any():
        raise ValueError("covariance has a negative power on its diagonal")
    return out


def leakage_beam(user: npt.ArrayLike, covariance: npt.ArrayLike, noise: float = 1.0) -> np.ndarray:
    """Return the beam of power 1 with the largest ratio of signal to leakage and noise.

    Args:
        user: Channel of the user, complex, shape ``(M,)``.
        covariance: R of the other receiver, Hermitian, shape ``(M, M)``.
        noise: Noise power over transmit power, in [1e-30, 1e30].

    Returns:
        complex128, shape ``(M,)``; zeros for a channel of zeros.

    Raises:
        ValueError: A shape does not fit, or a value is outside its range.
    """
    channel = complex_matrix("user", user, -1)
    matrix = _checked(covariance, channel.size)
    check_range("noise", float(noise), _NOISE)
    out = np.empty((channel.size, 1), np.complex128)
    fill_leakage_beam(channel, matrix, float(noise), np.empty_like(matrix), out)
    return out[:, 0]


def strongest_beam(covariance: npt.ArrayLike, avoided: npt.ArrayLike | None = None) -> np.ndarray:
    """Return the beam of power 1 that brings most to a receiver, and nothing to another one.

    Args:
        covariance: R of the receiver, Hermitian, shape ``(M, M)``.
        avoided: Channel of the other one, complex, shape ``(M,)``; None avoids nothing.

    Returns:
        complex128, shape ``(M,)``.

    Raises:
        ValueError: A shape does not fit, or a value is not finite.
    """
    antennas = len(np.atleast_1d(np.asarray(covariance)))
    matrix = _checked(covariance, antennas)
    channel = np.zeros(antennas, np.complex128)
    if avoided is not None:
        channel = complex_matrix("avoided", avoided, antennas)
    out, room = np.empty(antennas, np.complex128), np.empty((antennas + 1, antennas), np.complex128)
    fill_strongest_beam(matrix, channel, room, out)
    return out
