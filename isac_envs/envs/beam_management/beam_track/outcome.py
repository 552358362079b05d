"""Objectives, costs and metrics of a slot: means over the vehicles."""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.engine.mathx import acos_turns, linear_to_db
from isac_envs.envs.beam_management.beam_track.rates import link_snr

_DEGREES = 180.0 / math.pi
_LEAST = 1e-12


@jit
def estimate(v: Record) -> tuple[float, float]:
    """Return the angle error and the angle's deviation of the belief that aimed, in deg."""
    sine = math.sqrt(max(1.0 - v.aimed_cosine * v.aimed_cosine, _LEAST))
    error = acos_turns(v.aimed_cosine) - acos_turns(v.cosine)
    return 360.0 * error, _DEGREES * v.aimed_std / sine


@inlined
def write(p: Record, vehicles: Any, share: float, outcome: Outcome) -> None:
    """Write the outcome of the slot.

    Args:
        p: Parameters of the environment, one record.
        vehicles: Vehicles, shape ``(K,)``.
        share: Share of the slot for sensing, 0..1.
        outcome: What the step writes: objectives, costs and metrics.
    """
    objectives, costs, metrics = outcome
    count = vehicles.shape[0]
    rate = gain = error = deviation = detected = age = nees = antennas = 0.0
    misaligned = sensing = link = 0.0
    for k in range(count):
        v = vehicles[k]
        rate += v.rate
        gain += v.gain
        misaligned += 1.0 if v.gain < 0.5 else 0.0
        detected += 1.0 if v.detected else 0.0
        one, other = estimate(v)
        error += abs(one)
        deviation += other
        age += v.age
        nees += v.nees
        antennas += v.antennas
        sensing += v.sensing_snr
        link += link_snr(p, v, v.gain)
    part = 1.0 / count
    objectives[0] = part * rate
    objectives[1] = -p.misalignment_penalty * part * misaligned
    costs[0] = part * misaligned
    costs[1] = 1.0 - part * detected
    metrics.rate = part * rate
    metrics.gain = part * gain
    metrics.angle_error_deg = part * error
    metrics.angle_std_deg = part * deviation
    metrics.detection = part * detected
    metrics.sensing_snr_db = linear_to_db(max(part * sensing * p.receive_antennas, _LEAST))
    metrics.snr_db = linear_to_db(max(part * link, _LEAST))
    metrics.age = part * age
    metrics.nees = part * nees
    metrics.sensing_share = share
    metrics.active_antennas = part * antennas
