r"""Surfaces for secrecy: phases and the optimal beam in turns, for one user and one eavesdropper.

For a fixed beam both received amplitudes are linear in the coefficient of an element, :math:`B_0 +
\Gamma p` at the user and :math:`E_0 + \Gamma q` at the eavesdropper. So the ratio that is to be
largest is a quotient of two sinusoids of the phase of :math:`\Gamma`,

.. math::

    \frac{\sigma^2 + \lvert B_0 + \Gamma p \rvert^2}{\sigma^2 + \lvert E_0 + \Gamma q \rvert^2}
    = \frac{a + \operatorname{Re}(\Gamma u)}{b + \operatorname{Re}(\Gamma v)}

Its largest value t is the larger root of :math:`(a - t b)^2 = \lvert \Gamma \rvert^2 \lvert u - t v
\rvert^2`, at the phase of :math:`(u - t v)^*`. The beam for fixed phases is that of
``precoding.secrecy``, which is optimal. No part lowers the secrecy rate.

Source: V. Kumar, M. F. Flanagan, D. W. K. Ng and L.-N. Tran, IEEE GLOBECOM 2021 (element by element
for one beam; set-up of the tests). The closed form was derived here.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.engine import mathx
from isac_envs.engine.elementwise import check_range
from isac_envs.engine.jit import inlined, jit
from isac_envs.engine.passes import copy_row
from isac_envs.kernels.numerics.hermitian import scaled_one, square_one
from isac_envs.kernels.precoding.rates import NOISE, POWER, fill_gains
from isac_envs.kernels.precoding.secrecy import fill_secrecy_beam, secrecy_ratio
from isac_envs.kernels.precoding.wmmse import check_stopping
from isac_envs.kernels.ris.cascade import (
    Links,
    checked_links,
    checked_reflection,
    checked_states,
    fill_cascade,
)
from isac_envs.kernels.ris.extrapolation import extrapolate_phases, next_factor
from isac_envs.kernels.ris.rates import SurfaceWork, surface_work


@inlined
def _extremes_one(rest: Any, part: Any, magnitude: float, noise_w: float) -> tuple[float, float]:
    """Return mean and product of the least and the largest power of rest plus a turning part."""
    length, radius = math.sqrt(square_one(rest)), magnitude * math.sqrt(square_one(part))
    low, high = length - radius, length + radius
    middle = noise_w + length * length + radius * radius
    return middle, (noise_w + low * low) * (noise_w + high * high)


@jit
def secret_phase(
    user: Any, eavesdropper: Any, p: Any, q: Any, magnitude: float, noise_w: float, present: Any
) -> Any:
    """Return the coefficient of one element with the largest ratio, of a magnitude.

    Args:
        user: What arrives at the user without the element.
        eavesdropper: What arrives at the eavesdropper without it.
        p: What the element adds at the user, per coefficient.
        q: What it adds at the eavesdropper.
        magnitude: Magnitude of the coefficient.
        noise_w: Noise power in W.
        present: Coefficient where all phases are equally good.
    """
    a, product_a = _extremes_one(user, p, magnitude, noise_w)
    b, product_b = _extremes_one(eavesdropper, q, magnitude, noise_w)
    u = scaled_one(user.conjugate() * p, 2.0)
    v = scaled_one(eavesdropper.conjugate() * q, 2.0)
    mixed = a * b - magnitude * magnitude * (u.real * v.real + u.imag * v.imag)
    t = (mixed + math.sqrt(max(mixed * mixed - product_a * product_b, 0.0))) / product_b
    towards = u - scaled_one(v, t)
    size = square_one(towards)
    return scaled_one(towards.conjugate(), magnitude / math.sqrt(size)) if size > 0.0 else present


@jit
def sweep_for_secrecy(
    reflected: Any, arriving: Any, noise_w: float, states: Any, received: Any, reflection: Any
) -> None:
    """Improve the coefficients of all elements once, one after the other, for a fixed beam.

    Args:
        reflected: Legs to the user and to the eavesdropper, shape ``(2, N)``.
        arriving: What arrives of the beam at each element, shape ``(N, C)``, in column 0.
        noise_w: Noise power of both in W.
        states: The coefficients that an element can have, shape ``(L,)``; none for free phases.
        received: What user and eavesdropper receive, in column 0, changed in place.
        reflection: Coefficients, shape ``(N,)``, changed in place.
    """
    user, eavesdropper = received[0, 0], received[1, 0]
    for n in range(reflection.shape[0]):
        p, q = reflected[0, n] * arriving[n, 0], reflected[1, n] * arriving[n, 0]
        present = reflection[n]
        rest_user, rest_eavesdropper = user - present * p, eavesdropper - present * q
        best = present
        above, below = noise_w + square_one(user), noise_w + square_one(eavesdropper)
        candidates = max(states.shape[0], 1)
        for i in range(candidates):
            if states.shape[0] > 0:
                tried = states[i]
            else:
                magnitude = math.sqrt(square_one(present))
                tried = secret_phase(
                    rest_user, rest_eavesdropper, p, q, magnitude, noise_w, present
                )
            over = noise_w + square_one(rest_user + tried * p)
            under = noise_w + square_one(rest_eavesdropper + tried * q)
            better = over * below > above * under or (i == 0 and states.shape[0] > 0)
            best = tried if better else best
            above, below = (over, under) if better else (above, below)
        reflection[n] = best
        user = rest_user + best * p
        eavesdropper = rest_eavesdropper + best * q
    received[0, 0], received[1, 0] = user, eavesdropper


@jit
def _rate_of(
    links: Links, powers: tuple[float, float], reflection: Any, channels: Any, beam: Any
) -> float:
    """Write channels and beam of a surface; return the secrecy rate, also where it is negative."""
    fill_cascade(links, reflection, channels)
    fill_secrecy_beam(channels, powers[0], powers[1], beam)
    return mathx.log2(secrecy_ratio(channels, beam, powers[1]))


@jit
def maximise_surface_secrecy(
    links: Links,
    powers: tuple[float, float],
    states: Any,
    tolerance: float,
    most: int,
    work: SurfaceWork,
    reflection: Any,
    beam: Any,
) -> tuple[float, int]:
    """Improve surface and beam until a round gains little; the secrecy rate never falls.

    With free phases, a round ends with an attempt to go on in its direction.

    Args:
        links: The channels that the surface connects: row 0 to the user, row 1 to the
            eavesdropper.
        powers: Power P and noise power of both receivers, in W.
        states: The coefficients that an element can have, complex128, shape ``(L,)``; length 0 for
            free phases, at the magnitudes of the start. The first round moves a start with other
            coefficients to these.
        tolerance: The gain of a round, in bit/s/Hz, at which it stops.
        most: Largest number of rounds.
        work: Scratch of :func:`~isac_envs.kernels.ris.rates.surface_work` for two users.
        reflection: Start of the coefficients, shape ``(N,)``; receives the result.
        beam: Receives the beam with all the power, shape ``(M, 1)``.

    Returns:
        The secrecy rate in bit/s/Hz, and the number of rounds. The rate is 0 where no secret can
        be kept; then the best beam is none.
    """
    noise_w = powers[1]
    channels, past, received = work.channels, work.past, work.wmmse.gains
    rate = _rate_of(links, powers, reflection, channels, beam)
    rounds, factor = 0, 1.0
    while rounds < most:
        rounds += 1
        copy_row(reflection, past)
        fill_gains(links.incident, beam, work.beams[:, :1])
        fill_gains(channels, beam, received[:, :1])
        sweep_for_secrecy(links.reflected, work.beams, noise_w, states, received, reflection)
        before = rate
        rate = _rate_of(links, powers, reflection, channels, beam)
        if states.shape[0] == 0:
            extrapolate_phases(past, reflection, factor)
            tried = _rate_of(links, powers, past, channels, beam)
            better = tried > rate
            if better:
                copy_row(past, reflection)
                rate = tried
            else:
                rate = _rate_of(links, powers, reflection, channels, beam)
            factor = next_factor(factor, better)
        if not rate - before > tolerance:
            break
    return max(rate, 0.0), rounds


def surface_for_secrecy(
    direct: npt.ArrayLike,
    reflected: npt.ArrayLike,
    incident: npt.ArrayLike,
    power_w: float = 1.0,
    noise_w: float = 1.0,
    reflection: npt.ArrayLike | None = None,
    states: npt.ArrayLike | None = None,
    tolerance: float = 1e-5,
    iterations: int = 1000,
) -> tuple[np.ndarray, np.ndarray, float, int]:
    """Return a surface and a beam of large secrecy rate.

    Args:
        direct: Direct paths to the user and to the eavesdropper, complex, shape ``(2, M)``.
        reflected: Legs between both and the elements, shape ``(2, N)``.
        incident: Legs G between elements and antennas, shape ``(N, M)``.
        power_w: Power budget P in W, in (0, 1e30].
        noise_w: Noise power of both in W, in [1e-300, 1e30].
        reflection: Coefficients to begin with, of magnitude 1 at most, shape ``(N,)``; None is 1.
            Free phases keep these magnitudes.
        states: The coefficients that an element can have, shape ``(L,)``; None for free phases.
        tolerance: The gain of a round, in bit/s/Hz, at which it stops; at least 0.
        iterations: Largest number of rounds, in [0, 1e9].

    Returns:
        Coefficients, complex128, shape ``(N,)``; beam, shape ``(M,)``, of power P, or zeros where
        no secret can be kept; secrecy rate in bit/s/Hz; number of rounds.

    Raises:
        ValueError: A shape does not fit, or a value is outside its range.
    """
    links = checked_links(direct, reflected, incident)
    users, antennas = links.direct.shape
    if users != 2:
        raise ValueError(f"direct has {users} rows, must have 2: user and eavesdropper")
    check_range("power_w", float(power_w), POWER._replace(open_low=True))
    check_range("noise_w", float(noise_w), NOISE)
    elements = len(links.incident)
    phases = checked_reflection(reflection, elements)
    stop, most = check_stopping(tolerance, iterations)
    beam = np.empty((antennas, 1), np.complex128)
    work = surface_work(2, antennas, elements)
    powers = float(power_w), float(noise_w)
    rate, rounds = maximise_surface_secrecy(
        links, powers, checked_states(states), stop, most, work, phases, beam
    )
    return phases, beam[:, 0] * float(rate > 0.0), float(rate), int(rounds)
