"""Dynamics of sparse-array beam learning: a scene, a beam, and what is fed back of it.

A scene - paths, phase errors, radar direction - comes from a stream of its own, seeded by the
stream ``world`` or by a parameter. The noise of the feedback comes from ``measurement``: four draws
for the radar, two for communication; the mode is independent of the action, so that two policies
meet the same noise.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.engine.mathx import linear_to_db, sincos_turns
from isac_envs.engine.rng import bernoulli, integer, next_u64, normal, seed_stream, uniform
from isac_envs.envs.beam_management.sparse_array_beam.params import SparseArrayBeamParams
from isac_envs.envs.beam_management.sparse_array_beam.pattern import pattern_peaks, pointing_loss_db
from isac_envs.kernels.ris.discrete_phases import best_levels, nearest_level_one

STATE_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("scene", "u8", (4,)),  # stream that the scene is drawn from
    ("mode", "i8"),  # what the coming beam is for
    ("steer_sine", "f8"),  # sine of the radar direction
    ("bound", "f8"),  # largest gain of free phases
    ("optimum", "f8"),  # largest gain of the levels
    ("last", "f8", (2,)),  # what was measured last in each mode
    ("best", "f8", (2,)),  # the best of it in the episode
)
ELEMENT_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("level", "i8"),  # present phase
    ("error_turns", "f8"),  # its fixed error
    ("channel_re", "f8"),  # communication channel, the error taken off
    ("channel_im", "f8"),
    ("steer_re", "f8"),  # steering vector of the radar direction, the error taken off
    ("steer_im", "f8"),
    ("optimum", "i8"),  # best level for communication
    ("key", "f8"),  # scratch of the optimum
    ("order", "i8"),  # likewise
)

RADAR, COMMUNICATION = 0, 1
SWITCHING = SparseArrayBeamParams.code("mode", "switching")
ONLY_RADAR = SparseArrayBeamParams.code("mode", "radar")
ONLY_COMMUNICATION = SparseArrayBeamParams.code("mode", "communication")
FIXED = SparseArrayBeamParams.code("channel", "fixed")
MULTI_DISCRETE = SparseArrayBeamParams.code("action", "multi_discrete")
LEVEL = SparseArrayBeamParams.code("reward", "level")
DELTA = SparseArrayBeamParams.code("reward", "delta")
LIMIT = 8.0  # observed measurements are clipped to it
_STREAM = np.uint64(3)


class State(NamedTuple):
    """The array and the scene of one copy; of a batch, with an axis of copies in front.

    Attributes:
        env: The environment.
        elements: Phase shifters, with the channel and the radar direction, shape ``(N,)``.
        sums: Scratch of the pattern, shape ``(4, samples)``.
    """

    env: Any
    elements: Any
    sums: Any


@inlined
def _draw_scene(p: Record, e: Record, elements: Any) -> None:
    """Draw paths, radar direction and phase errors."""
    drawn = next_u64(e.world)
    seed_stream(e.scene, np.uint64(p.channel_seed) if p.channel == FIXED else drawn, _STREAM)
    spread = p.steer_sine_high - p.steer_sine_low
    e.steer_sine = p.steer_sine_low + spread * uniform(e.scene)
    for n in range(elements.shape[0]):
        elements[n].channel_re = elements[n].channel_im = 0.0
    scale = math.sqrt(0.5 / p.paths)
    for _ in range(p.paths):
        re, im = scale * normal(e.scene), scale * normal(e.scene)
        half_turns = sincos_turns(p.sector_turns * (uniform(e.scene) - 0.5))[0]
        for n in range(elements.shape[0]):
            sine, cosine = sincos_turns(0.5 * p.places[n] * half_turns)
            elements[n].channel_re += re * cosine - im * sine
            elements[n].channel_im += re * sine + im * cosine
    for n in range(elements.shape[0]):
        element = elements[n]
        element.error_turns = p.error_turns * normal(e.scene)
        turns = 0.5 * p.places[n] * e.steer_sine - element.error_turns
        element.steer_im, element.steer_re = sincos_turns(turns)
        sine, cosine = sincos_turns(-element.error_turns)
        re, im = element.channel_re, element.channel_im
        element.channel_re = re * cosine - im * sine
        element.channel_im = re * sine + im * cosine


@inlined
def _bound(elements: Any) -> float:
    total = 0.0
    for n in range(elements.shape[0]):
        re, im = elements[n].channel_re, elements[n].channel_im
        total += math.sqrt(re * re + im * im)
    return total * total / elements.shape[0]


@inlined
def _field(p: Record, elements: Any) -> tuple[float, float]:
    """Return h^H w of the present levels."""
    sum_re, sum_im = 0.0, 0.0
    for n in range(elements.shape[0]):
        re, im = p.level_re[elements[n].level], p.level_im[elements[n].level]
        sum_re += elements[n].channel_re * re + elements[n].channel_im * im
        sum_im += elements[n].channel_re * im - elements[n].channel_im * re
    scale = 1.0 / math.sqrt(elements.shape[0])
    return scale * sum_re, scale * sum_im


@inlined
def _noisy(p: Record, e: Record, re: float, im: float) -> float:
    """Return the power of a field with noise, both relative to full gain."""
    re, im = re + p.noise * normal(e.measurement), im + p.noise * normal(e.measurement)
    return re * re + im * im + 1e-30  # its dB stay finite


@inlined
def _hear_radar(p: Record, e: Record, main: float, side: float, centre: float, count: int) -> float:
    """Return a radar's measurements of both lobes, each with independent noise."""
    full = 1.0 / count
    seen_main = _noisy(p, e, math.sqrt(main * full), 0.0)
    seen_side = _noisy(p, e, math.sqrt(side * full), 0.0)
    loss_db = p.pointing_loss_weight * pointing_loss_db(main, centre)
    return (linear_to_db(seen_main / seen_side) - loss_db) / p.radar_scale_db


@inlined
def _hear_user(p: Record, e: Record, re: float, im: float) -> float:
    """Return a user's report of a field, relative to the gain of free phases."""
    scale = 1.0 / math.sqrt(e.bound)
    return _noisy(p, e, scale * re, scale * im)


@jit
def reset(p: Record, state: State) -> None:
    """Start with random phases, measured once in each mode."""
    e, elements, sums = state
    _draw_scene(p, e, elements)
    e.bound = _bound(elements)
    levels = p.level_re.shape[0]
    e.optimum = best_levels(
        elements["channel_re"], elements["channel_im"], levels, elements["key"],
        elements["order"], elements["optimum"],
    )  # fmt: skip
    coin = integer(e.world, 2)
    e.mode = coin
    if p.mode == ONLY_RADAR:
        e.mode = RADAR
    elif p.mode == ONLY_COMMUNICATION:
        e.mode = COMMUNICATION
    for n in range(elements.shape[0]):
        elements[n].level = integer(e.world, levels)
    main, side, centre = pattern_peaks(p, elements, sums)
    re, im = _field(p, elements)
    e.last[RADAR] = _hear_radar(p, e, main, side, centre, elements.shape[0])
    e.last[COMMUNICATION] = _hear_user(p, e, re, im)
    for mode in range(2):
        e.best[mode] = e.last[mode]


@inlined
def _set_levels(p: Record, elements: Any, action: Any) -> None:
    levels = p.level_re.shape[0]
    for n in range(elements.shape[0]):
        if p.action == MULTI_DISCRETE:
            elements[n].level = int(action[n])
        else:
            elements[n].level = nearest_level_one(action[n], levels)


@inlined
def _reward(p: Record, e: Record, measured: float) -> float:
    """Return the reward of a measurement; the one before is still the last."""
    change = measured - e.last[e.mode]
    if p.reward == LEVEL:
        return measured
    return change if p.reward == DELTA else (1.0 if change > 0.0 else -1.0)


@inlined
def step(p: Record, state: State, action: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Set one beam, measure it and write its outcome; return (terminated, truncated).

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        action: Action of the copy, shape ``(W,)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    e, elements, sums = state
    objectives, _, metrics = outcome
    _set_levels(p, elements, action)
    in_radar = e.mode == RADAR
    metrics.radar = 1.0 if in_radar else 0.0
    metrics.communication = 0.0 if in_radar else 1.0
    if in_radar:
        main, side, centre = pattern_peaks(p, elements, sums)
        measured = _hear_radar(p, e, main, side, centre, elements.shape[0])
        metrics.main_lobe_db = linear_to_db(main)
        metrics.side_lobe_db = linear_to_db(side)
        metrics.side_lobe_ratio_db = linear_to_db(main / side)
        metrics.pointing_loss_db = pointing_loss_db(main, centre)
        metrics.gain = metrics.gain_over_bound = metrics.gain_over_optimum = 0.0
    else:
        re, im = _field(p, elements)
        measured = _hear_user(p, e, re, im)
        gain = re * re + im * im
        metrics.main_lobe_db = metrics.side_lobe_db = 0.0
        metrics.side_lobe_ratio_db = metrics.pointing_loss_db = 0.0
        metrics.gain = gain
        metrics.gain_over_bound = gain / e.bound
        metrics.gain_over_optimum = gain / e.optimum
    metrics.measured = measured
    reward = _reward(p, e, measured)
    objectives[RADAR] = reward if in_radar else 0.0
    objectives[COMMUNICATION] = 0.0 if in_radar else reward

    e.last[e.mode] = measured
    e.best[e.mode] = max(measured, e.best[e.mode])
    switches = bernoulli(e.world, p.switch_probability) and p.mode == SWITCHING
    e.mode = 1 - e.mode if switches else e.mode
    e.time += 1
    return False, e.time >= p.horizon


@inlined
def _clipped(value: float) -> float:
    return min(max(value, -LIMIT), LIMIT)


@inlined
def observe(p: Record, state: State, observation: Any) -> None:
    """Write the present phases, the coming mode and what was measured in it.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observation: Receives the observation, shape ``(D,)``.
    """
    e, elements = state.env, state.elements
    count = elements.shape[0]
    for n in range(count):
        observation[n] = p.level_re[elements[n].level]
        observation[count + n] = p.level_im[elements[n].level]
    observation[2 * count] = 1.0 - e.mode
    observation[2 * count + 1] = e.mode
    observation[2 * count + 2] = e.steer_sine
    observation[2 * count + 3] = _clipped(e.last[e.mode])
    observation[2 * count + 4] = _clipped(e.best[e.mode])
