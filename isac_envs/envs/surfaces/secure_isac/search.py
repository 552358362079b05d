"""Search for the phases and shares of a slot, judged by beliefs or by the truth.

The base station makes its beams from what it knows. Whoever searches judges them by channels of its
own: ``scratch.judged``.
"""

import math
from typing import Any, NamedTuple

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import each_copy
from isac_envs.engine.mathx import atan2_turns, log2, sincos_turns
from isac_envs.engine.passes import copy_row
from isac_envs.envs.surfaces.phases import fill_beam_turns, fill_coefficients, fill_turns
from isac_envs.envs.surfaces.secure_isac.observing import fill_directions
from isac_envs.envs.surfaces.secure_isac.records import Receivers, State
from isac_envs.envs.surfaces.secure_isac.slot import (
    LEARNED,
    fill_beams,
    fill_known,
    fill_powers,
    give_power,
    links_of,
)
from isac_envs.kernels.precoding.rates import fill_gains
from isac_envs.kernels.ris.cascade import fill_cascade
from isac_envs.kernels.ris.noisy_secrecy import sweep_with_noise

HERS = 0.2
"""Weight of the eavesdropper's direction beside the user's: the steps of all elements add up."""


class Bench(NamedTuple):
    """What a search works with, and for what.

    Attributes:
        states: Coefficients that an element can have, complex128, shape ``(L,)``; none if it can
            have any phase at the same amplitude.
        levels: Shares that are tried, ascending from 0, shape ``(S,)``.
        shares: Shares of the eavesdropper's channels in the judgement, shape ``(I,)``; zeros look
            at the user alone.
        truth: Whether the true channels judge, else what is known.
        rounds: Largest number of rounds.
        tolerance: Gain of a round, in bit/s/Hz, at which a search stops.
        sensing: Share of the power for sensing.
        reflection: Coefficients that are tried, complex128, shape ``(N,)``.
        tried: Phases that are tried, in turns, shape ``(N,)``.
    """

    states: Any
    levels: Any
    shares: Any
    truth: bool
    rounds: int
    tolerance: float
    sensing: float
    reflection: Any
    tried: Any


@jit
def fill_judged(p: Record, state: State, bench: Bench) -> None:
    """Write what is known, and the channels that judge.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: By what to judge.
    """
    scratch, e = state.scratch, state.env
    judged = scratch.judged
    fill_known(p, state, scratch.known)
    copy_row(bench.shares, judged.shares)
    if not bench.truth:
        for i in range(judged.direct.shape[0]):
            copy_row(scratch.known.direct[i], judged.direct[i])
            copy_row(scratch.known.reflected[i], judged.reflected[i])
        for i in range(judged.apart.shape[0]):
            copy_row(scratch.known.apart[i], judged.apart[i])
        return
    for i in range(judged.direct.shape[0]):
        k = min(i, 1)
        copy_row(state.direct[e.now, k], judged.direct[i])
        for n in range(judged.reflected.shape[1]):
            sine, cosine = sincos_turns(state.elements[n].error_turns)
            judged.reflected[i, n] = state.reflected[e.now, k, n] * complex(cosine, sine)
    for i in range(judged.apart.shape[0]):
        for m in range(judged.apart.shape[1]):
            judged.apart[i, m] = complex(0.0, 0.0)


@inlined
def _makers(p: Record, state: State) -> Receivers:
    """Return the channels that beams are made for; learned ones by who judges."""
    return state.scratch.judged if p.precoder == LEARNED else state.scratch.known


@jit
def prepare(p: Record, state: State, reflection: Any) -> None:
    """Write the beams that will be made for coefficients, and their powers by who judges.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy; ``scratch.judged`` and ``scratch.known`` are written.
        reflection: Coefficients, shape ``(N,)``.
    """
    scratch, makers = state.scratch, _makers(p, state)
    fill_cascade(links_of(state, makers), reflection, scratch.channels)
    fill_beams(makers, scratch)
    if p.precoder != LEARNED:
        fill_cascade(links_of(state, scratch.judged), reflection, scratch.channels)
    fill_powers(scratch.judged, scratch, scratch.beams)


@jit
def best_share(state: State, bench: Bench) -> tuple[float, float]:
    """Return the share of artificial noise with the largest secrecy rate, and the rate.

    The rate may be negative.

    Args:
        state: State of one copy; ``scratch.powers`` are those of beams of power 1.
        bench: Shares that are tried.
    """
    powers, best, most = state.scratch.powers, 0.0, 0.0
    for s in range(bench.levels.shape[0]):
        noise = bench.levels[s]
        message = 1.0 - noise - bench.sensing
        if message >= 0.0:
            noise_b = 1.0 + noise * powers[0, 1] + bench.sensing * powers[0, 2]
            noise_e = 1.0 + noise * powers[1, 1] + bench.sensing * powers[1, 2]
            above = (noise_b + message * powers[0, 0]) * noise_e
            found = above / (noise_b * (noise_e + message * powers[1, 0]))
            best, most = (noise, found) if found > most else (best, most)
    return best, log2(most)


@jit
def value(p: Record, state: State, bench: Bench, turns: Any) -> tuple[float, float]:
    """Return the best share of artificial noise for phases, and the secrecy rate with it.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy; ``scratch.judged`` is written.
        bench: Shares that are tried.
        turns: Phases, shape ``(N,)``.
    """
    fill_coefficients(p, turns, state.scratch.reflection)
    prepare(p, state, state.scratch.reflection)
    return best_share(state, bench)


@jit
def improve(p: Record, state: State, bench: Bench, turns: Any, found: Any) -> None:
    """Improve phases by passes over the elements, beams and shares in turns; keep the best.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: Room, and when to stop.
        turns: Start of the phases, shape ``(N,)``; receives the result.
        found: Share of artificial noise in the first pass, and another number, shape ``(2,)``;
            receives the best share, and the secrecy rate.
    """
    scratch, reflection, tried = state.scratch, bench.reflection, bench.tried
    fill_judged(p, state, bench)
    noise = found[0]
    found[0], found[1] = value(p, state, bench, turns)
    copy_row(turns, tried)
    before, misses = found[1], 0
    for _ in range(bench.rounds):
        fill_coefficients(p, tried, reflection)
        give_power(scratch.beams, noise, bench.sensing, scratch.precoder)
        fill_gains(state.incident, scratch.precoder, scratch.arriving)
        fill_powers(scratch.judged, scratch, scratch.precoder)
        sweep_with_noise(
            scratch.judged.reflected, scratch.arriving, scratch.judged.shares, bench.states,
            scratch.gains, reflection, scratch.work,
        )  # fmt: skip
        fill_turns(reflection, tried)
        noise, rate = value(p, state, bench, tried)
        if rate > found[1]:
            copy_row(tried, turns)
            found[0], found[1] = noise, rate
        misses = misses + 1 if rate < before + bench.tolerance else 0
        before = max(rate, before)
        if misses > 1:
            break


@jit
def measure(p: Record, state: State, bench: Bench, turns: Any, found: Any) -> None:
    """Write the share of artificial noise for phases, and the secrecy rate, shape ``(2,)``.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: By what to judge.
        turns: Phases, shape ``(N,)``.
        found: Receives both.
    """
    fill_judged(p, state, bench)
    found[0], found[1] = value(p, state, bench, turns)


@jit
def search_codebook(p: Record, state: State, bench: Bench, best: Any, found: Any) -> None:
    """Write the best beam of the codebook.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: By what to judge.
        best: Receives the number of the beam, shape ``(1,)``.
        found: Receives the share of artificial noise, and the secrecy rate, shape ``(2,)``.
    """
    fill_judged(p, state, bench)
    found[1] = -1e300
    for beam in range(p.codebook_size):
        fill_beam_turns(p, beam, bench.tried)
        noise, rate = value(p, state, bench, bench.tried)
        if rate > found[1]:
            found[0], found[1], best[0] = noise, rate, beam


@jit
def measure_beam(p: Record, state: State, bench: Bench, beam: Any, found: Any) -> None:
    """Write :func:`measure` of a beam of the codebook.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: By what to judge.
        beam: Number of the beam, shape ``(1,)``.
        found: Receives both.
    """
    fill_beam_turns(p, beam[0], bench.tried)
    measure(p, state, bench, bench.tried, found)


@jit
def make_beams(
    p: Record, state: State, bench: Bench, turns: Any, noise: Any, precoder: Any
) -> None:
    """Write the beams for phases and a share of artificial noise.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: By what to judge.
        turns: Phases, shape ``(N,)``.
        noise: The share, shape ``(1,)``.
        precoder: Receives the beams, shape ``(M, 3)``.
    """
    fill_judged(p, state, bench)
    value(p, state, bench, turns)
    give_power(state.scratch.beams, noise[0], bench.sensing, precoder)


@jit
def follow(p: Record, state: State, turns: Any) -> None:
    """Write the phases that the observed directions point to, each with all others fixed.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        turns: Receives the phases, shape ``(N,)``.
    """
    slopes = state.scratch.slopes
    fill_directions(p, state)
    for n in range(turns.shape[0]):
        re = slopes[0, n].real - HERS * slopes[1, n].real
        im = slopes[0, n].imag - HERS * slopes[1, n].imag
        wanted = state.elements[n].turns + atan2_turns(im, re)
        turns[n] = wanted - math.floor(wanted)


improve_batch = each_copy(improve, "bench")
follow_batch = each_copy(follow)
measure_batch = each_copy(measure, "bench")
search_codebook_batch = each_copy(search_codebook, "bench")
measure_beam_batch = each_copy(measure_beam, "bench")
make_beams_batch = each_copy(make_beams, "bench")
