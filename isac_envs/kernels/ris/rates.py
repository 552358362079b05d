r"""Surfaces for the weighted sum rate of a downlink: phases and precoder in turns.

One user: the phases that align all paths for a fixed beam, and the matched beam for fixed phases,
in turns. With one antenna the first turn is the optimum, :math:`P (\lvert h_d \rvert + \sum_n \lvert
h_{r,n} \rvert \lvert g_n \rvert)^2`.

Several users: an element changes the gains of all users and beams by a matrix of rank one,
:math:`T = T_0 + \Gamma_n h_{r,n} (G W)_n`. For fixed receivers and weights of WMMSE the weighted
error is linear in the phase of :math:`\Gamma_n`, so the best phase is a closed form. Receivers and
weights are renewed for every element: they need nothing but T. A pass over the elements costs
:math:`N K^2`, and a step of WMMSE follows. No part lowers the rate. The result depends on the
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
from isac_envs.engine.jit import inlined, jit
from isac_envs.kernels.link.metrics import shannon_rate_one
from isac_envs.kernels.numerics.hermitian import fill_gram, scaled_one, square_one
from isac_envs.kernels.precoding.linear import fill_adjoint_product, fill_maximum_ratio
from isac_envs.kernels.precoding.rates import (
    complex_matrix,
    fill_gains,
    power_of,
    received_powers,
    scale_to_power,
    weighted_rate,
)
from isac_envs.kernels.precoding.wmmse import (
    Downlink,
    WmmseWork,
    check_stopping,
    downlink_of,
    start_with_power,
    update_beams,
    weigh_users,
    wmmse_work,
)
from isac_envs.kernels.ris.cascade import Links, fill_cascade
from isac_envs.kernels.ris.phase import aligned_one

_SIZE = Range(1.0, 65536.0, whole=True)


class SurfaceWork(NamedTuple):
    """Scratch of the functions that optimise a surface; nothing in it is kept between calls."""

    channels: Any
    """Channels over the surface, complex128, shape ``(K, M)``."""
    beams: Any
    """What arrives of each beam at each element, G W, shape ``(N, K)``."""
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
    return SurfaceWork(np.zeros((k, m), np.complex128), np.zeros((n, k), np.complex128), wmmse)


@inlined
def _slope_one(gains: Any, beams: Any, leg: Any, present: Any, user: int, noise_w: float) -> Any:
    """Return a user's part of the slope of :func:`fill_slopes`, and of the inertia of an element.

    Args:
        gains: T with the element's present coefficient.
        beams: What arrives at the element, shape ``(K,)``.
        leg: From the element to the user.
        present: Present coefficient.
        user: Which user.
        noise_w: Noise power in W.
    """
    heard, arriving, others = complex(0.0, 0.0), 0.0, noise_w
    for j in range(gains.shape[1]):
        heard += gains[user, j] * beams[j].conjugate()
        arriving += square_one(beams[j])
        others += square_one(gains[user, j]) if j != user else 0.0
    signal = square_one(gains[user, user])
    heard -= scaled_one(present * leg, arriving)  # without the element
    own = square_one(beams[user])
    wanted = gains[user, user] * beams[user].conjugate() - scaled_one(present * leg, own)
    scale = 1.0 / (others * (signal + others))
    slope = scaled_one(wanted, (signal + others) * scale) - scaled_one(heard, signal * scale)
    return leg.conjugate() * slope, square_one(leg) * own / others


@jit
def fill_slopes(
    links: Links, precoder: Any, downlink: Downlink, work: SurfaceWork, reflection: Any, out: Any
) -> None:
    r"""Write what the coefficient of each element does to the weighted sum rate.

    With the beams and all other elements fixed, each power that a user receives is a constant plus
    twice the real part of :math:`\Gamma_n^*` times a number. A slope is the sum of these numbers
    with the derivatives of the rate, in nats, by the powers: its part across :math:`\Gamma_n` is
    the slope of the rate, and for one user its angle is the best phase. The elements share all
    derivatives, so a slope takes K M products.

    Args:
        links: The channels that the surface connects.
        precoder: W, shape ``(M, K)``.
        downlink: Power, noise and weights.
        work: Its ``wmmse.gains`` are T with the present coefficients; channels and factors are
            overwritten.
        reflection: Present coefficients, shape ``(N,)``.
        out: Receives the slopes, shape ``(N,)``.
    """
    gains, factors, pulls = work.wmmse.gains, work.wmmse.factors, work.channels
    users, antennas = pulls.shape
    for k in range(users):
        signal, others = received_powers(gains, k, downlink.noise_w)
        wanted = downlink.weights[k] / others
        heard = wanted * signal / (signal + others)
        factors[0, k], factors[1, k] = wanted, heard
        for m in range(antennas):
            total = scaled_one(gains[k, k] * precoder[m, k].conjugate(), wanted)
            for j in range(users):
                total -= scaled_one(gains[k, j] * precoder[m, j].conjugate(), heard)
            pulls[k, m] = total
    for n in range(out.shape[0]):
        slope, own = complex(0.0, 0.0), 0.0
        arriving = 0.0
        for j in range(users):
            beam = complex(0.0, 0.0)
            for m in range(antennas):
                beam += links.incident[n, m] * precoder[m, j]
            square = square_one(beam)
            arriving += square
            own += factors[0, j] * square * square_one(links.reflected[j, n])
        for k in range(users):
            leg, pull = links.reflected[k, n], complex(0.0, 0.0)
            for m in range(antennas):
                pull += pulls[k, m] * links.incident[n, m].conjugate()
            slope += leg.conjugate() * pull
            own -= factors[1, k] * arriving * square_one(leg)
        out[n] = slope - scaled_one(reflection[n], own)


@jit
def changed_rate(gains: Any, beams: Any, legs: Any, downlink: Downlink, change: Any) -> float:
    """Return the weighted sum rate in bit/s/Hz after a change of one coefficient.

    Args:
        gains: T before the change, shape ``(K, K)``.
        beams: What arrives of each beam at the element, shape ``(K,)``.
        legs: Legs from the element to the users, shape ``(K,)``.
        downlink: Power, noise and weights.
        change: What is added to the coefficient.
    """
    rate = 0.0
    for k in range(gains.shape[0]):
        weight, signal, others = change * legs[k], 0.0, downlink.noise_w
        for j in range(gains.shape[1]):
            power = square_one(gains[k, j] + weight * beams[j])
            signal = power if j == k else signal
            others += power if j != k else 0.0
        rate += downlink.weights[k] * shannon_rate_one(signal / others)
    return rate


@jit
def free_phase(gains: Any, beams: Any, legs: Any, downlink: Downlink, present: Any) -> Any:
    """Return a better coefficient of one element, of the same magnitude, if there is one.

    It takes the angle of :func:`fill_slopes`, which is the best one of a single user. Where that
    lowers the rate, it takes the angle of the least weighted error, which never does: fixed
    receivers hold an element back, they add an inertia to the slope.

    Args:
        gains: T with the present coefficient, shape ``(K, K)``.
        beams: What arrives of each beam at the element, shape ``(K,)``.
        legs: Legs from the element to the users, shape ``(K,)``.
        downlink: Power, noise and weights.
        present: Present coefficient.
    """
    wanted, held = complex(0.0, 0.0), 0.0
    for k in range(gains.shape[0]):
        slope, inertia = _slope_one(gains, beams, legs[k], present, k, downlink.noise_w)
        wanted += scaled_one(slope, downlink.weights[k])
        held += inertia * downlink.weights[k]
    length = square_one(present)
    size = square_one(wanted)
    if not size > 0.0:
        return present
    moved = scaled_one(wanted, math.sqrt(length / size))
    before = changed_rate(gains, beams, legs, downlink, complex(0.0, 0.0))
    if changed_rate(gains, beams, legs, downlink, moved - present) >= before:
        return moved
    wanted += scaled_one(present, held)
    size = square_one(wanted)
    return scaled_one(wanted, math.sqrt(length / size)) if size > 0.0 else present


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
        rate = changed_rate(gains, beams, legs, downlink, states[i] - present)
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
    channels, inner = work.channels, work.wmmse
    fill_cascade(links, reflection, channels)
    start_with_power(channels, downlink, inner, precoder)
    fill_gains(channels, precoder, inner.gains)
    rate = weighted_rate(inner.gains, downlink.noise_w, downlink.weights)
    rounds = 0
    while rounds < most:
        rounds += 1
        fill_gains(links.incident, precoder, work.beams)
        sweep_elements(links.reflected, work.beams, downlink, states, inner.gains, reflection)
        fill_cascade(links, reflection, channels)
        fill_gram(channels, inner.gram)
        fill_gains(channels, precoder, inner.gains)
        loading = weigh_users(inner.gains, downlink, inner.factors)[1]
        if update_beams(downlink, loading, inner):
            fill_adjoint_product(channels, inner.coefficients, precoder)
            scale_to_power(precoder, downlink.power_w)
            fill_gains(channels, precoder, inner.gains)
        before = rate
        rate = weighted_rate(inner.gains, downlink.noise_w, downlink.weights)
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


def checked_links(
    direct: npt.ArrayLike, reflected: npt.ArrayLike, incident: npt.ArrayLike
) -> Links:
    """Return copies of the channels that a surface connects, checked.

    Args:
        direct: Direct paths h_d, complex, shape ``(K, M)``.
        reflected: Legs h_r between users and elements, shape ``(K, N)``.
        incident: Legs G between elements and antennas, shape ``(N, M)``.

    Raises:
        ValueError: A shape does not fit, or a value is not finite.
    """
    paths = complex_matrix("direct", direct, -1, -1)
    users, antennas = paths.shape
    legs = complex_matrix("reflected", reflected, users, -1)
    return Links(paths, legs, complex_matrix("incident", incident, legs.shape[1], antennas))


def checked_reflection(reflection: npt.ArrayLike | None, elements: int) -> np.ndarray:
    """Return a copy of reflection coefficients; ones for None.

    Args:
        reflection: Coefficients of magnitude 1 at most, shape ``(N,)``, or None.
        elements: Number N of elements.

    Raises:
        ValueError: The shape does not fit, or a magnitude exceeds 1.
    """
    if reflection is None:
        return np.ones(elements, np.complex128)
    out = complex_matrix("reflection", reflection, elements)
    check_range("abs(reflection)", np.abs(out), Range(0.0, 1.0 + 1e-9))
    return out


def checked_states(states: npt.ArrayLike | None) -> np.ndarray:
    """Return a copy of the coefficients that an element can have; an empty array for None.

    Args:
        states: Coefficients of magnitude 1 at most, shape ``(L,)``, or None for free phases.

    Raises:
        ValueError: They are no vector, or a magnitude exceeds 1.
    """
    if states is None:
        return np.zeros(0, np.complex128)
    out = complex_matrix("states", states, -1)
    check_range("abs(states)", np.abs(out), Range(0.0, 1.0 + 1e-9))
    return out


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
            :func:`~isac_envs.kernels.ris.phase.reflection_states`; None for free phases.
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
            gain :math:`\lVert h
    Vert^2`, which times the transmit power is the received power.

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
