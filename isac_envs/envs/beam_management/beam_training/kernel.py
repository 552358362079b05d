"""Dynamics of ``isac/BeamTraining-v0``: probe or commit."""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.engine.mathx import linear_to_db, log2
from isac_envs.engine.rng import normal
from isac_envs.envs.beam_management.beam_training.belief import most_probable, weigh
from isac_envs.envs.beam_management.beam_training.codebook import calibrate
from isac_envs.envs.beam_management.beam_training.params import BeamTrainingParams
from isac_envs.envs.beam_management.beam_training.records import State
from isac_envs.envs.beam_management.beam_training.world import (
    begin_slot,
    next_slot,
    place_vehicle,
    sense,
)
from isac_envs.kernels.estimation.kalman import normalised_error_squared
from isac_envs.kernels.link.metrics import shannon_rate_one

RANKED = BeamTrainingParams.code("action", "ranked")
POSTERIOR = BeamTrainingParams.code("observation", "posterior")
HIGHEST_RATE = 16.0
"""Rate in bit/s/Hz of a measured power that is seen as 1."""


@inlined
def reset(p: Record, state: State) -> None:
    """Start an episode: an array, a vehicle anywhere, and no data yet."""
    e = state.env
    e.slot, e.last, e.informed = 0, state.beams.shape[0] // 2, False
    e.heard, e.range_m, e.cosine = False, 0.0, 0.0
    calibrate(p, state)
    place_vehicle(p, state)
    begin_slot(p, state)


@jit
def probe(p: Record, state: State, b: int) -> None:
    """Measure a beam; one that was probed already is measured anew.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        b: The beam.
    """
    e, beam = state.env, state.beams[b]
    scale = math.sqrt(0.5 * p.probe_noise)
    real = math.sqrt(beam.power) + scale * normal(e.measurement)
    imaginary = scale * normal(e.measurement)
    beam.probed, beam.measured = True, real * real + imaginary * imaginary
    e.used += 1
    if beam.measured > e.best_power:
        e.best, e.best_power = b, beam.measured
    weigh(p, state, b, beam.measured)


@inlined
def _close(p: Record, state: State, outcome: Outcome, b: int, share: float) -> None:
    """End the slot with data in a beam, or with none; write what it brought."""
    e, beams = state.env, state.beams
    objectives, costs, metrics = outcome
    objectives[0] = share * shannon_rate_one(beams[b].power)
    metrics.slot_ends, metrics.probes, costs[0] = 1.0, e.used, share <= 0.0
    metrics.lost = share <= 0.0
    metrics.rate = objectives[0]
    best = beams[e.truly_best].power
    if share > 0.0 and beams[b].power > 0.0:
        metrics.loss_db = linear_to_db(best / beams[b].power)
        metrics.served = 1.0
        e.last = b
    metrics.top_1, metrics.top_3 = e.rank_of_best < 1, e.rank_of_best < 3
    sense(p, state, b, share)
    error = 0.0 if e.informed else abs(e.x_m - e.estimate[0])
    objectives[1] = -min(error, p.position_std_m)
    metrics.position_error_m = error
    metrics.position_std_m = math.sqrt(max(e.covariance[0, 0], 0.0))
    scratch = state.scratch
    scratch.error[0] = e.x_m - e.estimate[0]
    scratch.error[1] = e.speed_m_s - e.estimate[1]
    scratch.error[2] = e.y_m - e.estimate[2]
    nees = 0.0
    if not p.replayed:
        nees = normalised_error_squared(scratch.error, e.covariance, scratch.work)
    metrics.nees = nees if nees >= 0.0 else 0.0
    metrics.detected = e.heard


@inlined
def step(p: Record, state: State, action: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Probe a beam or commit; return (terminated, truncated).

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        action: Action of the copy, shape ``(1,)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    e = state.env
    objectives, costs, metrics = outcome
    objectives[0], objectives[1], costs[0] = 0.0, 0.0, 0.0
    metrics.slot_ends = metrics.probes = metrics.lost = metrics.served = metrics.rate = 0.0
    metrics.loss_db = metrics.top_1 = metrics.top_3 = metrics.detected = 0.0
    metrics.position_std_m = metrics.position_error_m = metrics.nees = 0.0
    commits = action[0] == (1 if p.action == RANKED else state.beams.shape[0])
    if commits:
        b = e.best if e.best >= 0 else e.last
        if e.informed:
            b = e.truly_best
        _close(p, state, outcome, b, 1.0 - e.used / p.slot_probes)
    else:
        probe(p, state, most_probable(state) if p.action == RANKED else action[0])
        if e.used >= p.slot_probes:
            _close(p, state, outcome, e.last, 0.0)
    e.informed = False
    if metrics.slot_ends > 0.0:
        next_slot(p, state)
    e.time += 1
    return e.slot >= p.episode_slots, e.time >= p.horizon


@inlined
def _level(power: float) -> float:
    """Return a power as it is seen: its rate over the highest."""
    return min(log2(1.0 + power) / HIGHEST_RATE, 1.0)


@inlined
def observe(p: Record, state: State, observation: Any) -> None:
    """Write what the base station sees.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observation: Receives the observation, shape ``(D,)``.
    """
    e, beams = state.env, state.beams
    count = beams.shape[0]
    for b in range(count):
        observation[b] = _level(beams[b].measured)
    observation[count] = _level(e.best_power)
    observation[count + 1] = e.used / p.slot_probes
    observation[count + 2] = e.last / (count - 1)
    observation[count + 3] = e.slot / p.episode_slots
    at = count + 4
    if p.observation == POSTERIOR:
        most, left = 0.0, 0.0
        for b in range(count):
            probability = min(beams[b].probability, 1.0)
            observation[at + b] = probability
            if not beams[b].probed:
                most, left = max(most, probability), left + probability
        at += count
        squared = e.estimate[0] * e.estimate[0] + e.estimate[2] * e.estimate[2]
        aligned = p.coherent * p.snr_one * state.elements.shape[0] / squared
        deviation = math.sqrt(max(e.covariance[0, 0], 0.0)) / p.position_std_m
        observation[at], observation[at + 1] = most, min(left, 1.0)
        observation[at + 2] = _level(aligned)
        observation[at + 3] = min(deviation, 1.0)
        observation[at + 4] = e.believed_blocked
    else:
        far = p.half_length_m
        observation[at] = min(max(e.gps_x_m / far, -1.5), 1.5)
        observation[at + 1] = min(max(e.gps_y_m / p.middle_m - 1.0, -1.5), 1.5)
        observation[at + 2] = 1.0 if e.heard else 0.0
        observation[at + 3] = min(max(e.range_m / (far + p.middle_m), 0.0), 1.5)
        observation[at + 4] = min(max(e.cosine, -1.5), 1.5)
        observation[at + 5] = 1.0 if e.is_new else 0.0


@inlined
def allow(p: Record, state: State, valid: Any) -> None:
    """Write the valid actions: beams that are not probed yet, and to commit.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        valid: Receives 1 for each valid action, 0 for the others.
    """
    beams, last = state.beams, valid.shape[0] - 1
    valid[last] = True
    if p.action == RANKED:
        valid[0] = False
        for b in range(beams.shape[0]):
            if not beams[b].probed:
                valid[0] = True
    else:
        for b in range(beams.shape[0]):
            valid[b] = not beams[b].probed
