r"""Channels of the legs: Rician, far field, with a carrier phase that follows the user.

Each is its amplitude times a line of sight and a scattered part (``kernels/channel/fading``). The
line of sight has the carrier phase :math:`-2 \pi d / \lambda` and the steering vectors of the
present direction. Arrays are linear with half a wavelength between neighbours and the middle as
origin; cosines are those with the array's axis: y at the base station, x at the surface.

The scattered parts of a slot are numbered draws of one key: first the direct paths, then the legs
between users and surface, and in the first slot the leg between base station and surface.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import db_to_linear
from isac_envs.engine.noise import single_pair
from isac_envs.kernels.channel.fading import ar1_step_one, rician_one
from isac_envs.kernels.pathloss.log_distance import log_distance_one

NEAREST_M = 1.0
"""Distances are not taken below it, in m."""
_ROOT_2 = math.sqrt(2.0)
_SIGHT_ALONE = 1e300  # Rician factor that leaves nothing scattered


class Law(NamedTuple):
    """Losses and fading of the legs to a kind of receiver.

    Attributes:
        direct_loss_1m_db: Loss of a direct path at 1 m, dB.
        direct_slope_db: Its growth per decade, dB.
        direct_k: Its Rician factor, linear.
        reflected_loss_1m_db: Loss between surface and receiver at 1 m, dB.
        reflected_slope_db: Its growth per decade, dB.
        reflected_k: Its Rician factor, linear.
    """

    direct_loss_1m_db: float
    direct_slope_db: float
    direct_k: float
    reflected_loss_1m_db: float
    reflected_slope_db: float
    reflected_k: float


@inlined
def users_law(p: Record) -> Law:
    """Return the law of the legs to the users.

    Args:
        p: Parameters of the environment, one record.
    """
    return Law(
        p.direct_loss_1m_db, p.direct_slope_db, p.direct_k,
        p.reflected_loss_1m_db, p.reflected_slope_db, p.reflected_k,
    )  # fmt: skip


@jit
def draw_row(key: Any, first: int, noise: Any, count: int) -> None:
    """Write pairs of standard normal variates, alone so that the loop fills vector registers.

    Args:
        key: Key of the draws, uint64.
        first: Number of the first pair.
        noise: Receives the pairs, shape ``(2, N)``.
        count: Number of pairs.
    """
    first_row, second_row = noise[0], noise[1]
    for n in range(count):
        x, y = single_pair(key, np.uint64(first + n))
        first_row[n] = x
        second_row[n] = y


@jit
def scatter(key: Any, first: int, correlation: float, noise: Any, parts: Any) -> None:
    """Advance scattered parts of mean power 1 by one AR(1) step.

    Args:
        key: Key of the draws, uint64.
        first: Number of the first draw.
        correlation: With the slot before; 0 draws anew.
        noise: Room for the draws of a row, shape ``(2, N)``.
        parts: Changed in place, shape ``(A, B)``.
    """
    for i in range(parts.shape[0]):
        row = parts[i]
        draw_row(key, first + i * row.shape[0], noise, row.shape[0])
        for j in range(row.shape[0]):
            re = ar1_step_one(row[j].real, correlation, noise[0, j])
            row[j] = complex(re, ar1_step_one(row[j].imag, correlation, noise[1, j]))


@jit
def fill_row(scattered: Any, amplitude: float, k_lin: float, turns: Any, out: Any) -> None:
    """Write the channels between one place and an array.

    Args:
        scattered: Scattered parts, shape ``(N,)``.
        amplitude: Root of the mean gain.
        k_lin: Rician factor, linear.
        turns: Phase of the line of sight in the middle of the array, and half the cosine with it.
        out: Receives the channels, shape ``(N,)``.
    """
    first = turns[0] - 0.5 * (out.shape[0] - 1) * turns[1]
    for n in range(out.shape[0]):
        x, y = _ROOT_2 * scattered[n].real, _ROOT_2 * scattered[n].imag
        re, im = rician_one(x, y, k_lin, first + n * turns[1])
        out[n] = complex(amplitude * re, amplitude * im)


@jit
def fill_incident(p: Record, key: Any, first: int, noise: Any, incident: Any) -> None:
    """Draw the leg between base station and surface, which stays.

    Args:
        p: Parameters of the environment, one record.
        key: Key of the draws, uint64.
        first: Number of the first draw.
        noise: Room for the draws of a row, shape ``(2, N)``.
        incident: Receives G, shape ``(N, M)``.
    """
    scatter(key, first, 0.0, noise, incident)
    middle = 0.5 * (incident.shape[0] - 1)
    for n in range(incident.shape[0]):
        turns = p.incident_turns + 0.5 * (n - middle) * p.surface_cosine, 0.5 * p.station_cosine
        fill_row(incident[n], p.incident_amplitude, p.incident_k, turns, incident[n])


@inlined
def _apart(x: float, y: float) -> float:
    return max(NEAREST_M, math.sqrt(x * x + y * y))


@inlined
def _amplitude(p: Record, distance_m: float, loss_1m_db: float, slope_db: float) -> float:
    """Return the root of a mean gain, in the unit of the channels."""
    return db_to_linear(0.5 * (p.budget_db - log_distance_one(distance_m, loss_1m_db, slope_db)))


@jit
def fill_legs(p: Record, state: Any, law: Law, rows: Any) -> None:
    """Write channels from places and scattered parts, for the present slot.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        law: Law of these receivers.
        rows: Number of the first receiver, and that after the last.
    """
    users, now = state.users, state.env.now
    for k in range(rows[0], rows[1]):
        user, x, y = users[k], users[k].x_m, users[k].y_m
        far_m = _apart(x, y)
        user.direct_amplitude = _amplitude(p, far_m, law.direct_loss_1m_db, law.direct_slope_db)
        turns = -far_m * p.per_wavelength, 0.5 * y / far_m
        fill_row(
            state.scattered_direct[k], user.direct_amplitude, law.direct_k, turns,
            state.direct[now, k],
        )  # fmt: skip
        x, y = x - p.surface_m[0], y - p.surface_m[1]
        far_m = _apart(x, y)
        user.reflected_amplitude = _amplitude(
            p, far_m, law.reflected_loss_1m_db, law.reflected_slope_db
        )
        turns = -far_m * p.per_wavelength, 0.5 * x / far_m
        fill_row(
            state.scattered_reflected[k], user.reflected_amplitude, law.reflected_k, turns,
            state.reflected[now, k],
        )  # fmt: skip


@jit
def fill_sights(p: Record, law: Law, place_m: Any, direct: Any, reflected: Any) -> None:
    """Write the lines of sight to a receiver at a place, with all of the mean gain.

    Args:
        p: Parameters of the environment, one record.
        law: Law of the receiver.
        place_m: Its x and y.
        direct: Receives those of the base station, shape ``(M,)``.
        reflected: Receives those of the surface, shape ``(N,)``.
    """
    for own in range(2):
        x, y = place_m[0] - own * p.surface_m[0], place_m[1] - own * p.surface_m[1]
        far_m = _apart(x, y)
        turns = -far_m * p.per_wavelength, 0.5 * (x if own == 1 else y) / far_m
        loss_1m_db = law.reflected_loss_1m_db if own == 1 else law.direct_loss_1m_db
        slope_db = law.reflected_slope_db if own == 1 else law.direct_slope_db
        out = reflected if own == 1 else direct
        for n in range(out.shape[0]):
            out[n] = complex(0.0, 0.0)
        fill_row(out, _amplitude(p, far_m, loss_1m_db, slope_db), _SIGHT_ALONE, turns, out)


@jit
def begin_legs(p: Record, state: Any, key: Any) -> int:
    """Draw all scattered parts of a new episode; return the number of the first draw that is left.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        key: Key of the draws, uint64.
    """
    count, noise = state.scattered_direct.size, state.scratch.noise
    scatter(key, 0, 0.0, noise, state.scattered_direct)
    scatter(key, count, 0.0, noise, state.scattered_reflected)
    count += state.scattered_reflected.size
    fill_incident(p, key, count, noise, state.incident)
    return count + state.incident.size


@jit
def scatter_again(state: Any, key: Any, correlation: float, rows: Any) -> None:
    """Advance the scattered parts of some receivers by a slot.

    Args:
        state: State of one copy.
        key: Key of the draws of the slot, uint64.
        correlation: With the slot before.
        rows: Number of the first receiver, and that after the last.
    """
    noise, (first, last) = state.scratch.noise, rows
    direct, reflected = state.scattered_direct, state.scattered_reflected
    at = first * direct.shape[1]
    scatter(key, at, correlation, noise, direct[first:last])
    at = direct.size + first * reflected.shape[1]
    scatter(key, at, correlation, noise, reflected[first:last])
