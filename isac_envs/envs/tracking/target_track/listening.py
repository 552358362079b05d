"""Looks at the targets of a scene, in either fidelity: by their statistics, or at their echoes."""

import math
from typing import Any

import numpy as np

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.envs.tracking.target_track.records import State
from isac_envs.envs.tracking.target_track.slot import DRAWN, K_LAW
from isac_envs.envs.tracking.target_track.world import sine_of
from isac_envs.kernels.radar.clutter import k_power
from isac_envs.kernels.radar.doppler import leg_one
from isac_envs.kernels.radar.swerling import exponential
from isac_envs.sensing import rotors
from isac_envs.sensing.echo_work import Beam, EchoWork
from isac_envs.sensing.echoes import find_echoes
from isac_envs.sensing.looks import (
    Echo,
    Look,
    detect,
    false_alarms,
    mean_snr_one,
    speed_cell_m_s,
)

_NEAR_CELLS = 2.0  # a detection this near to a target is its own


@inlined
def echo_of(p: Record, look: Look, target: Record) -> Echo:
    """Return a target as a look meets it.

    Args:
        p: Parameters.
        look: The look.
        target: The target.
    """
    distance, rate = leg_one(target.x, target.y, 0.0, target.v_x, target.v_y, 0.0)
    if look.sender.apart_m > 0.0:
        x, y = target.x - look.sender.x_m, target.y - look.sender.y_m
        rate = 0.5 * (rate + leg_one(x, y, 0.0, target.v_x, target.v_y, 0.0)[1])
    section = p.cross_sections_m2[target.kind]
    if p.cross_sections == DRAWN:
        section *= target.fluctuation
    return Echo(distance, rate, sine_of(target), section)


@jit
def listen(p: Record, state: State, look: Look, echo: Any) -> tuple[int, int]:
    """Write the detections of a look, those of targets first.

    Args:
        p: Parameters.
        state: The scene; the stream of the look has been seeded.
        look: The look.
        echo: What a look at echoes works in. Where it is None, the look is one by its statistics;
            the compiler knows, and leaves the other half of this function away.

    Returns:
        How many detections are of targets, and how many there are.
    """
    if echo is not None:
        return _hear(p, state, look, echo)
    e, found, targets = state.env, state.detections, state.targets
    variances = state.scratch.bench[0].work.variances
    count = 0
    for k in range(targets.shape[0]):
        if not targets[k].alive or count == found.shape[0]:
            continue
        if detect(p, look, e.look, echo_of(p, look, targets[k]), variances, found[count]):
            count += 1
    return count, false_alarms(p, look, e.look, found, count)


@jit
def _illuminate(p: Record, state: State, look: Look) -> int:
    """Write the paths of the echoes that a look receives and return their number."""
    e, paths, count = state.env, state.scratch.paths, 0
    # the phase between the halves of a beam of fewer columns, in columns of the whole array
    wide = look.columns / p.columns
    for k in range(state.targets.shape[0]):
        if not state.targets[k].alive:
            continue
        echo = echo_of(p, look, state.targets[k])
        snr = mean_snr_one(p, look, echo.range_m, echo.sine) * echo.cross_section_m2
        snr *= exponential(e.look)
        if snr > 0.0:
            path = paths[count]
            path.range_m, path.range_rate_m_s = echo.range_m, echo.range_rate_m_s
            path.offset, path.snr = wide * (echo.sine - look.sine), snr
            count += 1
    for k in range(p.clutter_ranges_m.shape[0]):
        path = paths[count]
        path.range_m, path.range_rate_m_s, path.offset = p.clutter_ranges_m[k], 0.0, 0.0
        if p.clutter_law == K_LAW:
            path.snr = p.clutter_snr * k_power(e.look, p.clutter_shape)
        else:
            path.snr = p.clutter_snr * exponential(e.look)
        count += 1
    return count


@jit
def _hear(p: Record, state: State, look: Look, echo: EchoWork) -> tuple[int, int]:
    """Write the detections in the echoes of a look."""
    e, found, scratch = state.env, state.detections, state.scratch
    paths = _illuminate(p, state, look)
    targets = paths - p.clutter_ranges_m.shape[0]
    beam = Beam(look.sine, int(look.symbols))
    heard = find_echoes(p, scratch.paths[:paths], beam, e.look, echo, found)
    total = 0
    for k in range(heard):
        one = found[k]
        inside = p.range_from_m <= one.range_m <= p.range_to_m
        if inside:
            sine = look.sine + (one.sine - look.sine) * p.columns / look.columns
            found[total].range_m, found[total].sine = one.range_m, min(max(sine, -1.0), 1.0)
            found[total].range_rate_m_s = one.range_rate_m_s
            found[total].statistic = one.statistic
            total += 1
    count = 0
    for k in range(total):
        if _is_of_a_target(p, look, scratch.paths[:targets], found[k]):
            _swap(found[count], found[k])
            count += 1
    return count, total


@jit
def watch_rotors(p: Record, state: State, look: Look, detections: Any, real: int) -> None:
    """Draw at which detections of a look blades are seen.

    Args:
        p: Parameters.
        state: The scene; the stream of the look goes on.
        look: The look.
        detections: Those of the look, shape ``(D,)``.
        real: How many of them are of targets; they come first.
    """
    targets = state.targets
    for j in range(detections.shape[0]):
        nearest, has_rotor = np.inf, False
        for k in range(targets.shape[0] if j < real else 0):
            if not targets[k].alive:
                continue
            apart = _apart(p, look, echo_of(p, look, targets[k]), detections[j])
            if apart < nearest:
                nearest, has_rotor = apart, p.kind_rotors[targets[k].kind] > 0.0
        rotors.watch(p, look, state.env.look, has_rotor, detections[j])


@inlined
def _apart(p: Record, look: Look, echo: Echo, one: Record) -> float:
    """Return how far a detection lies from a target: the largest of both axes, in cells."""
    around = 2.0 * p.fastest_m_s
    rate = echo.range_rate_m_s - one.range_rate_m_s
    rate -= around * math.floor(rate / around + 0.5)  # speeds alias
    cells = abs(echo.range_m - one.range_m) / p.range_cell_m
    return max(cells, abs(rate) / speed_cell_m_s(p, look))


@jit
def _is_of_a_target(p: Record, look: Look, paths: Any, one: Record) -> bool:
    """Tell whether a detection lies beside one of some paths; for the count of false alarms."""
    for k in range(paths.shape[0]):
        path = Echo(paths[k].range_m, paths[k].range_rate_m_s, 0.0, 0.0)
        if _apart(p, look, path, one) <= _NEAR_CELLS:
            return True
    return False


@inlined
def _swap(one: Record, other: Record) -> None:
    range_m, rate, sine, statistic = one.range_m, one.range_rate_m_s, one.sine, one.statistic
    one.range_m, one.range_rate_m_s = other.range_m, other.range_rate_m_s
    one.sine, one.statistic = other.sine, other.statistic
    other.range_m, other.range_rate_m_s = range_m, rate
    other.sine, other.statistic = sine, statistic
