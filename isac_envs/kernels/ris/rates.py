r"""Surfaces for the weighted sum rate of a downlink: phases and precoder in turns.

One user: the phases that align all paths for a fixed beam, and the matched beam for fixed phases,
in turns. With one antenna the first turn is the optimum, with the gain :math:`(\lvert h_d \rvert +
\sum_n \lvert h_{r,n} \rvert \lvert g_n \rvert)^2`.

Several users: an element changes the gains of all users and beams by a matrix of rank one,
:math:`T = T_0 + \Gamma_n h_{r,n} (G W)_n`. For fixed receivers and weights of WMMSE the weighted
error is linear in the phase of :math:`\Gamma_n`, so the best phase is a closed form. Receivers and
weights are renewed for every element: they need nothing but T. (For one user the step would be
short where the ratio is high, and the best phase is known anyway.) A pass over the elements costs
:math:`N K^2`, and steps of WMMSE follow. No part lowers the rate. The result depends on the
start, so callers may try several.

Sources: H. Guo, Y.-C. Liang, J. Chen and E. G. Larsson, IEEE Trans. Wireless Commun. 19(5), 2020
(weighted sum rate with a surface); Q. Wu and R. Zhang, IEEE Trans. Wireless Commun. 18(11), 2019
(one user). Recalled; the update of an element was derived here.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from isac_envs.engine.elementwise import Range, check_range
from isac_envs.engine.jit import jit
from isac_envs.engine.passes import copy_row
from isac_envs.kernels.link.metrics import shannon_rate_one
from isac_envs.kernels.numerics.hermitian import fill_gram, scaled_one, square_one
from isac_envs.kernels.precoding.linear import fill_maximum_ratio
from isac_envs.kernels.precoding.rates import (
    complex_matrix,
    fill_gains,
    power_of,
    scale_to_power,
    weighted_rate,
)
from isac_envs.kernels.precoding.wmmse import (
    Downlink,
    WmmseWork,
    check_stopping,
    downlink_of,
    finish_beams,
    start_with_power,
    update_beams,
    weigh_users,
    wmmse_work,
)
from isac_envs.kernels.ris.cascade import (
    Links,
    checked_links,
    checked_reflection,
    checked_states,
    fill_cascade,
)
from isac_envs.kernels.ris.extrapolation import (
    copy_matrix,
    extrapolate_beams,
    extrapolate_phases,
    next_factor,
)
from isac_envs.kernels.ris.phase import aligned_one

_BEAM_STEPS = 4  # of WMMSE in a round: cheap beside a pass over the elements
_SIZE = Range(1.0, 65536.0, whole=True)


class SurfaceWork(NamedTuple):
    """Scratch of the functions that optimise a surface; nothing in it is kept between calls."""

    channels: Any
    """Channels over the surface, complex128, shape ``(K, M)``."""
    beams: Any
    """What arrives of each beam at each element, G W, shape ``(N, K)``."""
    past: Any
    """Coefficients before a round, and then those that are tried, shape ``(N,)``."""
    past_precoder: Any
    """The precoder to them, shape ``(M, K)``."""
    wmmse: WmmseWork


def surface_work(users: int, antennas: int, elements: int) -> SurfaceWork:
    """Return scratch for a downlink over a surface.

    Args:
        users: Number K of users, 1..1024.
        antennas: Number M of antennas, 1..65536.
        elements: Number N of elements of the surface, 1..65536.

    Raises:
        ValueError: An argument is outside its range.
    """
    wmmse = wmmse_work(users)
    for name, value in (("antennas", antennas), ("elements", elements)):
        check_range(name, float(value), _SIZE)
    k, m, n = int(users), int(antennas), int(elements)
    return SurfaceWork(
        channels=np.zeros((k, m), np.complex128),
        beams=np.zeros((n, k), np.complex128),
        past=np.zeros(n, np.complex128),
        past_precoder=np.zeros((m, k), np.complex128),
        wmmse=wmmse,
    )


@jit
def free_phase(gains: Any, beams: Any, legs: Any, downlink: Downlink, present: Any) -> Any:
    """Return the coefficient of one element with the least weighted error, magnitude unchanged.

    For one user, the coefficient of the largest gain.

    Args:
        gains: T with the present coefficient, shape ``(K, K)``.
        beams: What arrives of each beam at the element, shape ``(K,)``.
        legs: Legs from the element to the users, shape ``(K,)``.
        downlink: Power, noise and weights.
        present: Present coefficient.
    """
    if gains.shape[0] == 1:  # the exact best: aligned with all other paths
        added = legs[0] * beams[0]
        others = gains[0, 0] - present * added
        re, im = aligned_one(others.real, others.imag, added.real, added.imag)
        return scaled_one(complex(re, im), math.sqrt(square_one(present)))
    arriving, pull = 0.0, complex(0.0, 0.0)
    for j in range(gains.shape[0]):
        arriving += square_one(beams[j])
    for k in range(gains.shape[0]):
        heard = scaled_one((present * legs[k]).conjugate(), -arriving)  # as without the element
        disturbing = downlink.noise_w
        for j in range(gains.shape[0]):
            heard += gains[k, j].conjugate() * beams[j]
            disturbing += square_one(gains[k, j]) if j != k else 0.0
        signal = square_one(gains[k, k])
        total = signal + disturbing
        wanted = gains[k, k].conjugate() * beams[k]
        scale = downlink.weights[k] / (disturbing * total)
        error = scaled_one(heard, signal * scale) - scaled_one(wanted, total * scale)
        pull += legs[k] * error
    size = square_one(pull)
    if not size > 0.0:
        return present
    return scaled_one(pull.conjugate(), -math.sqrt(square_one(present) / size))


@jit
def best_state(
    gains: Any, beams: Any, legs: Any, downlink: Downlink, states: Any, present: Any
) -> Any:
    """Return the coefficient of one element with the largest weighted sum rate.

    Args:
        gains: T with the present coefficient, shape ``(K, K)``.
        beams: What arrives of each beam at the element, shape ``(K,)``.
        legs: Legs from the element to the users, shape ``(K,)``.
        downlink: Power, noise and weights.
        states: The coefficients to choose from, shape ``(L,)``.
        present: Present coefficient.
    """
    best, most = present, -1.0
    for i in range(states.shape[0]):
        change, rate = states[i] - present, 0.0
        for k in range(gains.shape[0]):
            weight, signal, others = change * legs[k], 0.0, downlink.noise_w
            for j in range(gains.shape[1]):
                power = square_one(gains[k, j] + weight * beams[j])
                signal = power if j == k else signal
                others += power if j != k else 0.0
            rate += downlink.weights[k] * shannon_rate_one(signal / others)
        best = states[i] if rate > most else best
        most = max(rate, most)
    return best


@jit
def sweep_elements(
    reflected: Any, beams: Any, downlink: Downlink, states: Any, gains: Any, reflection: Any
) -> None:
    """Improve the coefficients of all elements once, one after the other, for fixed beams.

    Args:
        reflected: Legs between users and elements, shape ``(K, N)``.
        beams: What arrives of each beam at each element, G W, shape ``(N, K)``.
        downlink: Power, noise and weights.
        states: The coefficients that an element can have, shape ``(L,)``; none for free phases.
        gains: T, shape ``(K, K)``, changed in place.
        reflection: Coefficients, shape ``(N,)``, changed in place.
    """
    for n in range(reflection.shape[0]):
        legs, arriving, present = reflected[:, n], beams[n], reflection[n]
        if states.shape[0] > 0:
            moved = best_state(gains, arriving, legs, downlink, states, present)
        else:
            moved = free_phase(gains, arriving, legs, downlink, present)
        reflection[n] = moved
        change = moved - present
        for k in range(gains.shape[0]):
            weight = change * legs[k]
            for j in range(gains.shape[1]):
                gains[k, j] += weight * arriving[j]


@jit
def _improve_beams(channels: Any, downlink: Downlink, work: WmmseWork, precoder: Any) -> None:
    """Improve a precoder with all the power by a few steps of WMMSE; ``work.gains`` are its own."""
    fill_gram(channels, work.gram)
    fill_gains(channels, precoder, work.gains)
    updated = False
    for _ in range(_BEAM_STEPS):
        loading = weigh_users(work.gains, downlink, work.factors)[1]
        updated = update_beams(channels, downlink, loading, work, precoder) or updated
    if updated:
        finish_beams(channels, downlink, work, precoder)


@jit
def _rate_of(
    links: Links, downlink: Downlink, reflection: Any, precoder: Any, work: SurfaceWork
) -> float:
    """Return the rate of a surface and a precoder; channels and gains stay in ``work``."""
    fill_cascade(links, reflection, work.channels)
    fill_gains(work.channels, precoder, work.wmmse.gains)
    return weighted_rate(work.wmmse.gains, downlink.noise_w, downlink.weights)


@jit
def maximise_surface_rate(
    links: Links,
    downlink: Downlink,
    states: Any,
    tolerance: float,
    most: int,
    work: SurfaceWork,
    reflection: Any,
    precoder: Any,
) -> tuple[float, int]:
    """Improve surface and precoder until a round gains little; the rate never falls.

    With free phases, a round ends with an attempt to go on in its direction.

    Args:
        links: The channels that the surface connects.
        downlink: Power, noise and weights.
        states: The coefficients that an element can have, complex128, shape ``(L,)``; length 0 for
            free phases, at the magnitudes of the start. The first round moves a start with other
            coefficients to these.
        tolerance: The gain of a round, in bit/s/Hz, at which it stops.
        most: Largest number of rounds.
        work: Scratch of :func:`surface_work`.
        reflection: Start of the coefficients, shape ``(N,)``; receives the result.
        precoder: Start W, shape ``(M, K)``, of any power; receives the result, with all the power.
            Zeros are replaced by regularised zero forcing.

    Returns:
        The weighted sum rate in bit/s/Hz, and the number of rounds.
    """
    past, past_precoder = work.past, work.past_precoder
    fill_cascade(links, reflection, work.channels)
    start_with_power(work.channels, downlink, work.wmmse, precoder)
    rate = _rate_of(links, downlink, reflection, precoder, work)
    rounds, factor = 0, 1.0
    while rounds < most:
        rounds += 1
        copy_row(reflection, past)
        copy_matrix(precoder, past_precoder)
        fill_gains(links.incident, precoder, work.beams)
        sweep_elements(links.reflected, work.beams, downlink, states, work.wmmse.gains, reflection)
        fill_cascade(links, reflection, work.channels)
        _improve_beams(work.channels, downlink, work.wmmse, precoder)
        before = rate
        rate = weighted_rate(work.wmmse.gains, downlink.noise_w, downlink.weights)
        if states.shape[0] == 0:
            extrapolate_phases(past, reflection, factor)
            extrapolate_beams(past_precoder, precoder, factor)
            scale_to_power(past_precoder, downlink.power_w)
            tried = _rate_of(links, downlink, past, past_precoder, work)
            better = tried > rate
            if better:
                copy_row(past, reflection)
                copy_matrix(past_precoder, precoder)
                rate = tried
            else:
                rate = _rate_of(links, downlink, reflection, precoder, work)
            factor = next_factor(factor, better)
        if not rate - before > tolerance:
            break
    return rate, rounds


@jit
def maximise_surface_gain(
    links: Links, tolerance: float, most: int, work: SurfaceWork, reflection: Any, beam: Any
) -> tuple[float, int]:
    r"""Align a surface with the matched beam of one user, in turns; the gain never falls.

    With one antenna the second round finds nothing to gain: the first is the optimum.

    Args:
        links: The channels that the surface connects, K = 1.
        tolerance: The relative gain of a round at which it stops.
        most: Largest number of rounds.
        work: Scratch of :func:`surface_work` for one user.
        reflection: Start of the coefficients, shape ``(N,)``; receives the result, with the same
            magnitudes.
        beam: Receives the matched beam of power 1, shape ``(M, 1)``.

    Returns:
        The squared length of the user's channel, and the number of rounds.
    """
    channels, beams = work.channels, work.beams
    fill_cascade(links, reflection, channels)
    fill_maximum_ratio(channels, 1.0, beam)
    gain, rounds = power_of(channels), 0
    while rounds < most:
        rounds += 1
        fill_gains(links.incident, beam, beams)
        fill_gains(links.direct, beam, work.wmmse.gains)
        direct = work.wmmse.gains[0, 0]
        for n in range(reflection.shape[0]):
            leg = links.reflected[0, n] * beams[n, 0]
            re, im = aligned_one(direct.real, direct.imag, leg.real, leg.imag)
            reflection[n] = scaled_one(complex(re, im), math.sqrt(square_one(reflection[n])))
        fill_cascade(links, reflection, channels)
        fill_maximum_ratio(channels, 1.0, beam)
        before = gain
        gain = power_of(channels)
        if not gain - before > tolerance * before:
            break
    return gain, rounds


def surface_for_rate(
    direct: npt.ArrayLike,
    reflected: npt.ArrayLike,
    incident: npt.ArrayLike,
    power_w: float = 1.0,
    noise_w: float = 1.0,
    weights: npt.ArrayLike | None = None,
    reflection: npt.ArrayLike | None = None,
    precoder: npt.ArrayLike | None = None,
    states: npt.ArrayLike | None = None,
    tolerance: float = 1e-4,
    iterations: int = 1000,
) -> tuple[np.ndarray, np.ndarray, float, int]:
    """Return a surface and a precoder of large weighted sum rate.

    Args:
        direct: Direct paths h_d, complex, shape ``(K, M)``.
        reflected: Legs h_r between users and elements, shape ``(K, N)``.
        incident: Legs G between elements and antennas, shape ``(N, M)``.
        power_w: Power budget P in W, in (0, 1e30].
        noise_w: Noise power of a user in W, in [1e-300, 1e30].
        weights: Weights of the users in [0, 1e12], one or ``(K,)``; None is 1, the sum rate.
        reflection: Coefficients to begin with, of magnitude 1 at most, shape ``(N,)``; None is 1.
            Free phases keep these magnitudes.
        precoder: Precoder to begin with, shape ``(M, K)``; None is regularised zero forcing.
        states: The coefficients that an element can have, shape ``(L,)``, such as those of
            :func:`~isac_envs.kernels.ris.phase.reflection_states`; None for free phases. With few
            states more depends on the start; a result with free phases is a good one.
        tolerance: The gain of a round, in bit/s/Hz, at which it stops; at least 0.
        iterations: Largest number of rounds, in [0, 1e9].

    Returns:
        Coefficients, complex128, shape ``(N,)``; precoder, shape ``(M, K)``, of power P; weighted
        sum rate in bit/s/Hz; number of rounds.

    Raises:
        ValueError: A shape does not fit, or a value is outside its range.
    """
    links = checked_links(direct, reflected, incident)
    (users, antennas), elements = links.direct.shape, len(links.incident)
    phases = checked_reflection(reflection, elements)
    zeros = np.zeros((antennas, users), np.complex128)
    beams = zeros if precoder is None else complex_matrix("precoder", precoder, *zeros.shape)
    downlink = downlink_of(power_w, noise_w, weights, users)
    stop, most = check_stopping(tolerance, iterations)
    work = surface_work(users, antennas, elements)
    rate, rounds = maximise_surface_rate(
        links, downlink, checked_states(states), stop, most, work, phases, beams
    )
    return phases, beams, float(rate), int(rounds)


def surface_for_one_user(
    direct: npt.ArrayLike,
    reflected: npt.ArrayLike,
    incident: npt.ArrayLike,
    reflection: npt.ArrayLike | None = None,
    tolerance: float = 1e-9,
    iterations: int = 1000,
) -> tuple[np.ndarray, np.ndarray, float]:
    r"""Return a surface and a beam of large gain for one user; the optimum for one antenna.

    Args:
        direct: Direct paths h_d, complex, shape ``(M,)``.
        reflected: Legs h_r between the user and the elements, shape ``(N,)``.
        incident: Legs G between elements and antennas, shape ``(N, M)``.
        reflection: Coefficients to begin with, of magnitude 1 at most, shape ``(N,)``; None is 1.
            Their magnitudes stay.
        tolerance: The relative gain of a round at which it stops, at least 0.
        iterations: Largest number of rounds, in [0, 1e9].

    Returns:
        Coefficients, complex128, shape ``(N,)``; the matched beam of power 1, shape ``(M,)``; the
        gain :math:`\lVert h \rVert^2`, which times the transmit power is the received power.

    Raises:
        ValueError: A shape does not fit, or a value is outside its range.
    """
    paths, legs = complex_matrix("direct", direct, -1), complex_matrix("reflected", reflected, -1)
    links = checked_links(paths[None], legs[None], incident)
    phases = checked_reflection(reflection, legs.size)
    stop, most = check_stopping(tolerance, iterations)
    beam = np.empty((paths.size, 1), np.complex128)
    work = surface_work(1, paths.size, legs.size)
    gain, _ = maximise_surface_gain(links, stop, most, work, phases, beam)
    return phases, beam[:, 0].copy(), float(gain)
