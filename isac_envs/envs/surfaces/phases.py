"""Phases of the elements: what was asked for, what is set, and what it does."""

import math
from typing import Any

import numpy as np

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import atan2_turns, sincos_turns
from isac_envs.engine.noise import single_pair
from isac_envs.engine.rng import uniform
from isac_envs.envs.surfaces.params import SurfaceParams
from isac_envs.kernels.ris.phase import coupled_amplitude_one, quantised_phase_one

ABSENT = SurfaceParams.code("surface", "absent")
INCREMENTS = SurfaceParams.code("action", "increments")
PHASES = SurfaceParams.code("action", "phases")
LEVELS = SurfaceParams.code("action", "levels")


@jit
def begin_phases(p: Record, state: Any, key: Any, first: int) -> None:
    """Draw uniform phases, and the errors that stay.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        key: Key of the draws of the errors, uint64.
        first: Number of the first draw.
    """
    elements = state.elements
    for n in range(elements.shape[0]):
        elements[n].turns = uniform(state.env.world)
        elements[n].error_turns = p.error_turns * single_pair(key, np.uint64(first + n))[0]


@inlined
def set_turns_one(p: Record, turns: float) -> float:
    """Return the phase in turns that an element takes when another one is asked for."""
    return quantised_phase_one(turns, p.phase_bits) if p.phase_bits > 0 else turns


@inlined
def coefficient_one(p: Record, turns: float, error_turns: float) -> Any:
    """Return the reflection coefficient of an element; 0 without a surface.

    The amplitude depends on the phase that is set, not on the error.

    Args:
        p: Parameters of the environment, one record.
        turns: Phase that is asked for.
        error_turns: What is added to the phase.
    """
    turns = set_turns_one(p, turns)
    size = 0.0 if p.surface == ABSENT else 1.0
    if p.least_amplitude < 1.0:
        size *= coupled_amplitude_one(
            turns, p.least_amplitude, p.amplitude_offset_turns, p.amplitude_steepness
        )
    sine, cosine = sincos_turns(turns + error_turns)
    return complex(size * cosine, size * sine)


@jit
def fill_reflection(p: Record, elements: Any, errors: float, out: Any) -> None:
    """Write the reflection coefficients of all elements.

    Args:
        p: Parameters of the environment, one record.
        elements: Elements, shape ``(N,)``.
        errors: 1 for what the elements do, 0 for what is known of it.
        out: Receives the coefficients, shape ``(N,)``.
    """
    for n in range(out.shape[0]):
        out[n] = coefficient_one(p, elements[n].turns, errors * elements[n].error_turns)


@inlined
def fill_coefficients(p: Record, turns: Any, out: Any) -> None:
    """Write the reflection coefficients that are known for phases.

    Args:
        p: Parameters of the environment, one record.
        turns: Phases that are asked for, in turns, shape ``(N,)``.
        out: Receives the coefficients, shape ``(N,)``.
    """
    for n in range(out.shape[0]):
        out[n] = coefficient_one(p, turns[n], 0.0)


@inlined
def fill_turns(reflection: Any, out: Any) -> None:
    """Write the phases of coefficients in turns, in [0, 1).

    Args:
        reflection: Coefficients, shape ``(N,)``.
        out: Receives the phases, shape ``(N,)``.
    """
    for n in range(out.shape[0]):
        turns = atan2_turns(reflection[n].imag, reflection[n].real)
        out[n] = turns + 1.0 if turns < 0.0 else turns


@inlined
def beam_turns_one(p: Record, beam: int) -> float:
    """Return the phase per element, in turns, of a beam of the codebook.

    It sends what comes from the base station towards a cosine with the surface.

    Args:
        p: Parameters of the environment, one record.
        beam: Number of the beam, 0..B-1.
    """
    cosine = (2.0 * beam + 1.0) / p.codebook_size - 1.0
    return -0.5 * (p.surface_cosine + cosine)


@inlined
def fill_beam_turns(p: Record, beam: int, turns: Any) -> None:
    """Write the phases of a beam of the codebook in turns, shape ``(N,)``.

    Args:
        p: Parameters of the environment, one record.
        beam: Number of the beam, 0..B-1.
        turns: Receives the phases.
    """
    step = beam_turns_one(p, beam)
    for n in range(turns.shape[0]):
        turns[n] = n * step


@jit
def set_phases(p: Record, elements: Any, action: Any) -> None:
    """Ask for the phases of an action.

    Args:
        p: Parameters of the environment, one record.
        elements: Elements, shape ``(N,)``, changed in place.
        action: Action of the copy, which begins with the phases or the beam.
    """
    scale = p.largest_increment_deg / 360.0
    levels = 1.0 / (1 << p.phase_bits)
    for n in range(elements.shape[0]):
        if p.action == INCREMENTS:
            turns = elements[n].turns + scale * action[n]
            elements[n].turns = turns - math.floor(turns)
        elif p.action == PHASES:
            elements[n].turns = 0.5 * action[n]
        elif p.action == LEVELS:
            elements[n].turns = levels * action[n]
        else:
            elements[n].turns = n * beam_turns_one(p, min(int(action[0]), p.codebook_size - 1))
