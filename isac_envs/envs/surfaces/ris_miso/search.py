"""Search for the phases of a slot: alternating optimisation, and trial of the whole codebook."""

import math
from typing import Any, NamedTuple

from isac_envs.engine.jit import Record, jit
from isac_envs.engine.loops import each_copy
from isac_envs.engine.mathx import atan2_turns
from isac_envs.engine.passes import copy_row
from isac_envs.envs.surfaces.phases import fill_beam_turns, fill_coefficients, fill_turns
from isac_envs.envs.surfaces.precoding import LEARNED, precode
from isac_envs.envs.surfaces.records import State, estimated_links
from isac_envs.envs.surfaces.ris_miso.observing import fill_directions
from isac_envs.kernels.precoding.rates import fill_gains, weighted_rate
from isac_envs.kernels.precoding.wmmse import maximise_weighted_rate
from isac_envs.kernels.ris.cascade import Links, fill_cascade
from isac_envs.kernels.ris.rates import (
    maximise_surface_gain,
    maximise_surface_rate,
    sweep_elements,
)


class Bench(NamedTuple):
    """What a search works with.

    Attributes:
        states: Coefficients that an element can have, complex128, shape ``(L,)``; none if it can
            have any phase at the same amplitude.
        tolerance: Gain of a round, in bit/s/Hz, at which a search stops.
        most: Largest number of rounds.
        refinements: Rounds that adapt phases to the precoder that the base station will make.
        reflection: Coefficients that are tried, complex128, shape ``(N,)``.
        tried: Phases that are tried, in turns, shape ``(N,)``.
    """

    states: Any
    tolerance: float
    most: int
    refinements: int
    reflection: Any
    tried: Any


@jit
def optimise(
    p: Record, state: State, bench: Bench, direct: Any, reflected: Any, turns: Any
) -> None:
    """Improve phases by alternating optimisation.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: Room, and when to stop.
        direct: Direct paths that are believed, shape ``(K, M)``.
        reflected: Legs between users and elements that are believed, shape ``(K, N)``.
        turns: Start of the phases, shape ``(N,)``; receives the result.
    """
    scratch, reflection = state.scratch, bench.reflection
    links = Links(direct, reflected, state.incident)
    fill_coefficients(p, turns, reflection)
    scratch.precoder[:, :] = 0.0
    if direct.shape[0] == 1 and bench.states.shape[0] == 0:
        maximise_surface_gain(links, 1e-12, bench.most, scratch.work, reflection, scratch.precoder)
    else:
        maximise_surface_rate(
            links, scratch.downlink, bench.states, bench.tolerance, bench.most, scratch.work,
            reflection, scratch.precoder,
        )  # fmt: skip
    fill_turns(reflection, turns)


@jit
def best_beams(
    p: Record, state: State, direct: Any, reflected: Any, turns: Any, precoder: Any
) -> None:
    """Write the WMMSE precoder for phases.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        direct: Direct paths that are believed, shape ``(K, M)``.
        reflected: Legs between users and elements that are believed, shape ``(K, N)``.
        turns: Phases, shape ``(N,)``.
        precoder: Receives the precoder, shape ``(M, K)``.
    """
    scratch = state.scratch
    fill_coefficients(p, turns, scratch.reflection)
    links = Links(direct, reflected, state.incident)
    fill_cascade(links, scratch.reflection, scratch.work.channels)
    precoder[:, :] = 0.0
    maximise_weighted_rate(
        scratch.work.channels, scratch.downlink, 1e-6, 300, scratch.work.wmmse, precoder
    )


@jit
def value(p: Record, state: State, direct: Any, reflected: Any, turns: Any) -> float:
    """Return the weighted rate of phases with the precoder that will be made for them.

    The base station makes it from its estimates, a learner from what it believes.
    ``scratch.precoder`` holds that precoder afterwards, ``scratch.work.wmmse.gains`` what users
    receive, and ``scratch.reflection`` the coefficients.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        direct: Direct paths that are believed, shape ``(K, M)``.
        reflected: Legs between users and elements that are believed, shape ``(K, N)``.
        turns: Phases, shape ``(N,)``.
    """
    scratch = state.scratch
    work = scratch.work
    fill_coefficients(p, turns, scratch.reflection)
    if p.precoder == LEARNED:
        best_beams(p, state, direct, reflected, turns, scratch.precoder)
    else:
        fill_cascade(estimated_links(state), scratch.reflection, work.channels)
        precode(p, work.channels, scratch.downlink, work.wmmse, scratch.precoder)
    links = Links(direct, reflected, state.incident)
    fill_cascade(links, scratch.reflection, work.channels)
    fill_gains(work.channels, scratch.precoder, work.wmmse.gains)
    return weighted_rate(work.wmmse.gains, 1.0, scratch.downlink.weights)


@jit
def adapt(p: Record, state: State, bench: Bench, direct: Any, reflected: Any, turns: Any) -> None:
    """Adapt phases to the precoder that will be made for them.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: Room, and the number of rounds.
        direct: Direct paths that are believed, shape ``(K, M)``.
        reflected: Legs between users and elements that are believed, shape ``(K, N)``.
        turns: Wanted phases, shape ``(N,)``; receives the result.
    """
    scratch, tried = state.scratch, bench.tried
    most = value(p, state, direct, reflected, turns)
    for _ in range(bench.refinements):
        fill_gains(state.incident, scratch.precoder, scratch.work.beams)
        sweep_elements(
            reflected, scratch.work.beams, scratch.downlink, bench.states,
            scratch.work.wmmse.gains, scratch.reflection,
        )  # fmt: skip
        fill_turns(scratch.reflection, tried)
        found = value(p, state, direct, reflected, tried)
        if found > most:
            most = found
            copy_row(tried, turns)


@jit
def polish(p: Record, state: State, direct: Any, reflected: Any, turns: Any) -> None:
    """Try every other level of each element once, with the precoder that will be made for it.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        direct: Direct paths that are believed, shape ``(K, M)``.
        reflected: Legs between users and elements that are believed, shape ``(K, N)``.
        turns: Phases, levels of ``phase_bits``, shape ``(N,)``; receives the result.
    """
    most, levels = value(p, state, direct, reflected, turns), 1 << p.phase_bits
    for n in range(turns.shape[0]):
        best, first = turns[n], turns[n]
        for level in range(1, levels):
            turns[n] = first + level / levels
            found = value(p, state, direct, reflected, turns)
            best = turns[n] if found > most else best
            most = max(found, most)
        turns[n] = best - math.floor(best)


@jit
def measure(p: Record, state: State, direct: Any, reflected: Any, turns: Any, found: Any) -> None:
    """Write :func:`value`, shape ``(1,)``.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        direct: Direct paths that are believed, shape ``(K, M)``.
        reflected: Legs between users and elements that are believed, shape ``(K, N)``.
        turns: Phases, shape ``(N,)``.
        found: Receives the rate.
    """
    found[0] = value(p, state, direct, reflected, turns)


@jit
def search_codebook(
    p: Record, state: State, bench: Bench, direct: Any, reflected: Any, best: Any
) -> None:
    """Write the beam of the codebook with the largest :func:`value`, shape ``(1,)``.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: Room.
        direct: Direct paths that are believed, shape ``(K, M)``.
        reflected: Legs between users and elements that are believed, shape ``(K, N)``.
        best: Receives the number of the beam.
    """
    tried, most = bench.tried, -1.0
    for beam in range(p.codebook_size):
        fill_beam_turns(p, beam, tried)
        found = value(p, state, direct, reflected, tried)
        if found > most:
            most = found
            best[0] = beam


@jit
def phases_of_beam(p: Record, state: State, beam: Any, turns: Any) -> None:
    """Write the phases of a beam of the codebook.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        beam: Number of the beam, shape ``(1,)``.
        turns: Receives the phases, shape ``(N,)``.
    """
    fill_beam_turns(p, beam[0], turns)


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
        wanted = state.elements[n].turns + atan2_turns(slopes[n].imag, slopes[n].real)
        turns[n] = wanted - math.floor(wanted)


optimise_batch = each_copy(optimise, "bench")
adapt_batch = each_copy(adapt, "bench")
polish_batch = each_copy(polish)
measure_batch = each_copy(measure)
search_codebook_batch = each_copy(search_codebook, "bench")
phases_of_beam_batch = each_copy(phases_of_beam)
best_beams_batch = each_copy(best_beams)
follow_batch = each_copy(follow)
