"""Search for the phases and the share of a slot.

A climb turns all elements at once, along the slopes of the rate and of the radar SNR's logarithm.
The price of a shortfall sets in gradually, over a decibel on either side of the required SNR: at an
edge, steps along one slope would undo those along the other. The share is renewed on the way. It is
the one where the rate loses as much as the radar SNR saves, if the beams keep their directions.

A plan is an array: the phases of all elements in turns, the share, and what both are worth.
"""

import math
from typing import Any, NamedTuple

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import each_copy
from isac_envs.engine.mathx import atan2_turns, db_to_linear, log2
from isac_envs.engine.passes import copy_row
from isac_envs.envs.surfaces.phases import fill_beam_turns, fill_coefficients, fill_turns
from isac_envs.envs.surfaces.precoding import LEARNED
from isac_envs.envs.surfaces.records import State, estimated_links
from isac_envs.envs.surfaces.ris_isac.slot import (
    decibels,
    form_beams,
    radar_snr,
    sensing_power,
    shortfall_db,
)
from isac_envs.kernels.numerics.hermitian import square_one
from isac_envs.kernels.precoding.rates import fill_gains, received_powers, weighted_rate
from isac_envs.kernels.precoding.wmmse import Downlink
from isac_envs.kernels.ris.cascade import Links, fill_cascade
from isac_envs.kernels.ris.echoes import fill_echo_slopes
from isac_envs.kernels.ris.rates import maximise_surface_rate
from isac_envs.kernels.ris.slopes import fill_slopes

_PER_NAT = 1.4426950408889634  # bit
_DB_PER_NAT = 4.342944819032518
SOFT_DB = 1.0
"""Shortfall or excess of the radar SNR, in dB, between which the price of a climb sets in."""
_GOLDEN = 0.5 * (math.sqrt(5.0) - 1.0)


class Bench(NamedTuple):
    """What a search works with.

    Attributes:
        states: Coefficients that an element can have, complex128, shape ``(L,)``; none if it can
            have any phase at the same amplitude.
        most: Largest number of rounds.
        tolerance: Gain of a round, in the unit of the reward, at which a climb stops.
        ideal: Whether the base station is taken to know the channels that are believed.
        reach: How far phases may be from the present ones, in turns.
        divide: Whether every beam of a codebook is tried with a share of its own.
        reflection: Coefficients that are tried, complex128, shape ``(N,)``.
        tried: Phases that are tried, in turns, shape ``(N,)``.
        turning: How far each element would turn alone, in turns, shape ``(N,)``.
    """

    states: Any
    most: int
    tolerance: float
    ideal: bool
    reach: float
    divide: bool
    reflection: Any
    tried: Any
    turning: Any


class Found(NamedTuple):
    """What phases and a share give.

    Attributes:
        worth: Reward.
        rate: Sum of the rates.
        snr: Radar SNR, linear.
    """

    worth: float
    rate: float
    snr: float


@inlined
def worth_of(p: Record, rate: float, snr: float) -> float:
    """Return the reward of a rate and a radar SNR.

    Args:
        p: Parameters of the environment, one record.
        rate: Sum of the rates.
        snr: Radar SNR, linear.
    """
    missing_db = shortfall_db(p, decibels(snr))
    return p.weights[0] * rate + p.weights[1] * log2(1.0 + snr) + p.weights[2] * missing_db


@jit
def judge(p: Record, state: State, links: Links, ideal: bool, turns: Any, share: float) -> Found:
    """Return what phases and a share give with the beams that will be made for them.

    The base station makes them from its estimates, a learner from what it believes. The scratch
    holds these beams afterwards, the channels, the gains and the coefficients.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        links: The channels that are believed.
        ideal: Whether the base station is taken to know these as well.
        turns: Phases, shape ``(N,)``.
        share: Share of the power on the sensing stream.
    """
    scratch, work = state.scratch, state.scratch.work
    fill_coefficients(p, turns, scratch.reflection)
    own = ideal or p.precoder == LEARNED
    known = links if own else estimated_links(state)
    fill_cascade(known, scratch.reflection, work.channels)
    form_beams(p, work.channels, share, scratch, scratch.precoder)
    if not own:
        fill_cascade(links, scratch.reflection, work.channels)
    fill_gains(work.channels, scratch.precoder, work.wmmse.gains)
    rate = weighted_rate(work.wmmse.gains, 1.0, scratch.downlink.weights)
    snr = radar_snr(p, work.channels, scratch.precoder)
    return Found(worth_of(p, rate, snr), rate, snr)


@inlined
def _lit(state: State, share: float) -> tuple[float, float]:
    """Return the power at the target for each unit of the users' streams, and of the sensing one.

    After :func:`judge`.
    """
    scratch, last = state.scratch, state.users.shape[0] - 1
    gains, channels, nulled = scratch.work.wmmse.gains, scratch.work.channels, scratch.nulled
    users, own = 0.0, complex(0.0, 0.0)
    for j in range(last):
        users += square_one(gains[last, j])
    for m in range(channels.shape[1]):
        own += channels[last, m] * nulled[m, last]
    power = sensing_power(nulled)
    left = 1.0 - share
    return (users / left if left > 0.0 else 0.0), (square_one(own) / power if power > 0.0 else 0.0)


@inlined
def soft_one(p: Record, rate: float, snr: float) -> tuple[float, float]:
    """Return a reward whose shortfall sets in gradually, and its slope by the shortfall, 0..1.

    Args:
        p: Parameters of the environment, one record.
        rate: Sum of the rates.
        snr: Radar SNR, linear.
    """
    missing_db = p.required_snr_db - decibels(snr)
    slope = min(max(0.5 + 0.5 * missing_db / SOFT_DB, 0.0), 1.0)
    soft_db = missing_db if missing_db > SOFT_DB else SOFT_DB * slope * slope
    worth = p.weights[0] * rate + p.weights[1] * log2(1.0 + snr) + p.weights[2] * soft_db
    return worth, slope


@jit
def least_share(
    p: Record, state: State, share: float, snr: float, above_db: float, otherwise: float
) -> float:
    """Return the least share with a radar SNR if beams keep their directions.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy, after :func:`judge`.
        share: Share that was judged.
        snr: Radar SNR that it gave, linear.
        above_db: Radar SNR that is wanted over the required one, in dB.
        otherwise: Share to return where none has it.
    """
    users, own = _lit(state, share)
    present = (1.0 - share) * users + share * own
    wanted = present * db_to_linear(p.required_snr_db + above_db) / max(snr, 1e-300)
    if wanted <= users or own <= users:  # the sensing beam is not needed, or of no use
        return 0.0
    return (wanted - users) / (own - users) if own > wanted else otherwise


@jit
def better_share(p: Record, state: State, share: float, found: Found) -> float:
    """Return a share where the rate loses as much as a soft shortfall saves.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy, after :func:`judge`.
        share: Share that was judged.
        found: What it gave.
    """
    gains, last = state.scratch.work.wmmse.gains, state.users.shape[0] - 1
    users, own = _lit(state, share)
    left, lost = 1.0 - share, 0.0
    if left <= 0.0:
        return share
    for k in range(last):
        signal, others = received_powers(gains, k, 1.0)
        heard = square_one(gains[k, last])
        streams = (others - 1.0 - heard) / left  # of the other users, for each unit of power
        more = (heard / share if share > 0.0 else 0.0) - streams
        lost += (signal / left - more) / (signal + others) + more / others
    gained = (own - users) / max(left * users + share * own, 1e-300)
    price = -p.weights[2] * _DB_PER_NAT
    cheap = lost > 0.0 and gained > 0.0 and price > 0.0
    slope = p.weights[0] * _PER_NAT * lost / (gained * price) if cheap else 1.0
    above_db = SOFT_DB * (1.0 - 2.0 * min(slope, 1.0))
    return least_share(p, state, share, found.snr, above_db, share)


@jit
def _fill_turning(state: State, links: Links, rate: float, echo: float, turning: Any) -> None:
    """Write how far each element would turn alone, after :func:`judge`.

    Args:
        state: State of one copy.
        links: The channels that are believed.
        rate: Weight of the rate, for each nat.
        echo: Weight of the logarithm of the radar SNR.
        turning: Receives the turns, shape ``(N,)``.
    """
    scratch, work = state.scratch, state.scratch.work
    reflection, target = scratch.reflection, work.channels[work.channels.shape[0] - 1]
    fill_echo_slopes(links, target, scratch.precoder, reflection, scratch.echo_slopes)
    fill_slopes(links, scratch.precoder, scratch.downlink, work, reflection, scratch.slopes)
    for n in range(turning.shape[0]):
        re = rate * scratch.slopes[n].real + echo * scratch.echo_slopes[n].real
        im = rate * scratch.slopes[n].imag + echo * scratch.echo_slopes[n].imag
        towards = complex(re, im) * reflection[n].conjugate()
        turning[n] = atan2_turns(towards.imag, towards.real)


@jit
def climb(p: Record, state: State, bench: Bench, direct: Any, reflected: Any, plan: Any) -> None:
    """Improve phases and share together; the reward with a soft shortfall never falls.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: Room, and when to stop.
        direct: Direct paths that are believed, shape ``(S, M)``.
        reflected: Legs between receivers and elements that are believed, shape ``(S, N)``.
        plan: Start, shape ``(N + 2,)``; receives the result.
    """
    links, turns = Links(direct, reflected, state.incident), plan[:-2]
    tried, turning, step, now = bench.tried, bench.turning, 0.5, plan[-2]
    best = judge(p, state, links, bench.ideal, turns, now)
    most, slope = soft_one(p, best.rate, best.snr)
    for _ in range(bench.most):
        echo = p.weights[1] * _PER_NAT * best.snr / (1.0 + best.snr)
        echo -= p.weights[2] * _DB_PER_NAT * slope
        _fill_turning(state, links, p.weights[0] * _PER_NAT, echo, turning)
        before = most
        for _ in range(4):
            for n in range(tried.shape[0]):
                present = state.elements[n].turns
                way = turns[n] + step * turning[n] - present
                way -= math.floor(way + 0.5)
                tried[n] = present + min(max(way, -bench.reach), bench.reach)
            found, other = judge(p, state, links, bench.ideal, tried, now), now
            worth, incline = soft_one(p, found.rate, found.snr)
            wanted = better_share(p, state, now, found)
            if abs(wanted - now) > 1e-4:
                again = judge(p, state, links, bench.ideal, tried, wanted)
                worth_again, incline_again = soft_one(p, again.rate, again.snr)
                if worth_again >= worth:
                    found, other, worth, incline = again, wanted, worth_again, incline_again
                elif worth > most:
                    judge(p, state, links, bench.ideal, tried, now)
            if worth > most:
                best, now, most, slope = found, other, worth, incline
                copy_row(tried, turns)
                step = min(1.5 * step, 1.0)
                break
            step *= 0.5
        if not most - before > bench.tolerance:
            break
    plan[-2], plan[-1] = now, best.worth


@jit
def choose_share(p: Record, state: State, direct: Any, reflected: Any, plan: Any) -> None:
    """Write the best share for phases.

    A golden-section search, beside no share and the least that meets the requirement.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        direct: Direct paths that are believed, shape ``(S, M)``.
        reflected: Legs between receivers and elements that are believed, shape ``(S, N)``.
        plan: Phases and a first share, shape ``(N + 2,)``; receives the best share.
    """
    links, turns, best = Links(direct, reflected, state.incident), plan[:-2], plan[-2]
    most = judge(p, state, links, False, turns, best)
    for _ in range(3):
        tried = least_share(p, state, best, most.snr, 0.0, best)
        found = judge(p, state, links, False, turns, tried)
        if not found.worth > most.worth:
            break
        best, most = tried, found
    low, high = 0.0, 1.0
    left, right = 1.0 - _GOLDEN, _GOLDEN
    at_left = judge(p, state, links, False, turns, left).worth
    at_right = judge(p, state, links, False, turns, right).worth
    for _ in range(9):
        if at_left >= at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = judge(p, state, links, False, turns, left).worth
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = judge(p, state, links, False, turns, right).worth
    none = judge(p, state, links, False, turns, 0.0).worth
    worth = most.worth
    for i in range(3):
        tried = (0.0, left, right)[i]
        found_worth = (none, at_left, at_right)[i]
        best = tried if found_worth > worth else best
        worth = max(worth, found_worth)
    plan[-2], plan[-1] = best, worth


@jit
def climb_rate(
    p: Record, state: State, bench: Bench, direct: Any, reflected: Any, plan: Any
) -> None:
    """Improve phases for the rate alone, with WMMSE and all power on the users.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: Room, and when to stop.
        direct: Direct paths that are believed, shape ``(S, M)``.
        reflected: Legs between receivers and elements that are believed, shape ``(S, N)``.
        plan: Start of the phases, shape ``(N + 2,)``; receives the result.
    """
    scratch, last = state.scratch, state.users.shape[0] - 1
    downlink = Downlink(1.0, 1.0, scratch.users)
    links = Links(direct[:last], reflected[:last], state.incident)
    fill_coefficients(p, plan[:-2], bench.reflection)
    scratch.user_beams[:, :] = 0.0
    maximise_surface_rate(
        links, downlink, bench.states, bench.tolerance, bench.most, scratch.user_work,
        bench.reflection, scratch.user_beams,
    )  # fmt: skip
    fill_turns(bench.reflection, plan[:-2])


@jit
def measure(p: Record, state: State, bench: Bench, direct: Any, reflected: Any, plan: Any) -> None:
    """Write what a plan is worth.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: Whether the base station is taken to know what is believed.
        direct: Direct paths that are believed, shape ``(S, M)``.
        reflected: Legs between receivers and elements that are believed, shape ``(S, N)``.
        plan: Phases and share, shape ``(N + 2,)``; receives the worth.
    """
    links = Links(direct, reflected, state.incident)
    plan[-1] = judge(p, state, links, bench.ideal, plan[:-2], plan[-2]).worth


@jit
def best_beams(
    p: Record, state: State, direct: Any, reflected: Any, plan: Any, precoder: Any
) -> None:
    """Write the beams of all streams for a plan.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        direct: Direct paths that are believed, shape ``(S, M)``.
        reflected: Legs between receivers and elements that are believed, shape ``(S, N)``.
        plan: Phases and share, shape ``(N + 2,)``.
        precoder: Receives the beams, shape ``(M, S)``.
    """
    judge(p, state, Links(direct, reflected, state.incident), True, plan[:-2], plan[-2])
    for m in range(precoder.shape[0]):
        copy_row(state.scratch.precoder[m], precoder[m])


@jit
def follow(p: Record, state: State, bench: Bench, direct: Any, reflected: Any, plan: Any) -> None:
    """Turn the present phases to where each is best with all others fixed.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: Room.
        direct: Direct paths that are believed, shape ``(S, M)``.
        reflected: Legs between receivers and elements that are believed, shape ``(S, N)``.
        plan: Holds the share, shape ``(N + 2,)``; receives the phases.
    """
    links, turns = Links(direct, reflected, state.incident), plan[:-2]
    for n in range(turns.shape[0]):
        turns[n] = state.elements[n].turns
    found = judge(p, state, links, True, turns, plan[-2])
    echo = p.weights[1] * _PER_NAT * found.snr / (1.0 + found.snr)
    echo -= p.weights[2] * _DB_PER_NAT * soft_one(p, found.rate, found.snr)[1]
    _fill_turning(state, links, p.weights[0] * _PER_NAT, echo, bench.turning)
    for n in range(turns.shape[0]):
        turns[n] += bench.turning[n]


@jit
def search_codebook(
    p: Record, state: State, bench: Bench, direct: Any, reflected: Any, plan: Any
) -> None:
    """Write the best beam of the codebook, with a share for it.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: Room, and whether every beam may have a share of its own.
        direct: Direct paths that are believed, shape ``(S, M)``.
        reflected: Legs between receivers and elements that are believed, shape ``(S, N)``.
        plan: Holds a first share, shape ``(N + 2,)``; receives the number of the beam in place of
            the first phase, its share and its worth.
    """
    links = Links(direct, reflected, state.incident)
    tried, start, best = bench.tried, plan[-2], 0
    plan[-1] = -1e300
    for beam in range(p.codebook_size):
        fill_beam_turns(p, beam, tried)
        now, found = start, judge(p, state, links, False, tried, start)
        if bench.divide:
            wanted = least_share(p, state, now, found.snr, 0.0, now)
            again = judge(p, state, links, False, tried, wanted)
            if again.worth > found.worth:
                now, found = wanted, again
        if found.worth > plan[-1]:
            best, plan[-2], plan[-1] = beam, now, found.worth
    plan[0] = best


@jit
def phases_of_beam(p: Record, state: State, beam: Any, plan: Any) -> None:
    """Write the phases of a beam of the codebook.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        beam: Number of the beam, shape ``(1,)``.
        plan: Receives the phases, shape ``(N + 2,)``.
    """
    fill_beam_turns(p, beam[0], plan[:-2])


follow_batch = each_copy(follow, "bench")
search_codebook_batch = each_copy(search_codebook, "bench")
phases_of_beam_batch = each_copy(phases_of_beam)
best_beams_batch = each_copy(best_beams)
climb_batch = each_copy(climb, "bench")
climb_rate_batch = each_copy(climb_rate, "bench")
choose_share_batch = each_copy(choose_share)
measure_batch = each_copy(measure, "bench")
