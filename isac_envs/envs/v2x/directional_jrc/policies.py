"""Compiled helpers of the baselines: what each beam and sector would deliver, by the true state."""

from typing import Any, NamedTuple

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import each_copy
from isac_envs.engine.mathx import exp
from isac_envs.envs.v2x.directional_jrc.geometry import direction_of, in_beam
from isac_envs.envs.v2x.directional_jrc.links import packet_success, reach_m, reaches
from isac_envs.envs.v2x.directional_jrc.maps import offset
from isac_envs.envs.v2x.directional_jrc.radio import arriving
from isac_envs.envs.v2x.directional_jrc.records import (
    BEAMS,
    COLUMNS,
    NULL,
    RADAR,
    ROWS,
    SECTORS,
    State,
)

ALONE, AWARE, LEFT_OVER = 0, 1, 2
"""How greedy vehicles reckon: as if alone on air and in sight; with line of sight, noise and the
beams chosen before; or alone, with what the sums of earlier beams left behind, as published."""


class Reckoning(NamedTuple):
    """What greedy vehicles choose with.

    Attributes:
        mode: ``ALONE``, ``AWARE`` or ``LEFT_OVER``.
        weights: Weights of communication and sensing, shape ``(2,)``.
        claims: Scratch: what is delivered on each face so far, below 0 where nothing arrives,
            shape ``(N, 4)``.
        one: Scratch: usefulness of each sector to one vehicle, shape ``(4,)``.
        sums: Scratch: what a beam delivers with each sector, shape ``(4,)``.
    """

    mode: Any
    weights: Any
    claims: Any
    one: Any
    sums: Any


@inlined
def round_robin(time: int, k: int, interval: int) -> int:
    """Return the action of vehicle ``k`` in a round robin: radar every ``interval`` steps.

    In between it goes through the 16 pairs of beam and sector, beginning with pair ``k`` at time
    0, which is never radar.

    Args:
        time: Number of the step.
        k: Number of the vehicle.
        interval: Steps between two uses of radar.
    """
    radars = (time + k) // interval - k // interval
    radar = time > 0 and (time + k) % interval == 0
    return RADAR if radar else (k + time - radars) % NULL


@jit
def take_turns(p: Record, state: State, actions: Any) -> None:
    """Write the round robin's actions of the first vehicles, shape ``(A,)``.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        actions: Receives the actions, shape ``(A,)``.
    """
    for k in range(actions.shape[0]):
        actions[k] = round_robin(state.env.time, k, p.radar_interval)


@jit
def sector_values(p: Record, state: State, i: int, j: int, out: Any) -> None:
    """Write the usefulness to ``j`` of each sector of ``i``.

    Args:
        p: Parameters.
        state: The road.
        i: The sender.
        j: The receiver.
        out: Receives the values, shape ``(4,)``.
    """
    labels, ages, heading = state.labels, state.ages, state.vehicles[j].heading
    rows, columns = offset(p, state.vehicles[i], state.vehicles[j])
    for sector in range(SECTORS):
        out[sector] = 0.0
    for row in range(max(0, rows), min(ROWS, ROWS + rows)):
        for column in range(max(0, columns), min(COLUMNS, COLUMNS + columns)):
            cell = row * COLUMNS + column
            label = labels[i, cell]
            if label > 0:
                there = cell - rows * COLUMNS - columns
                out[label - 1] += (p.age_max - ages[i, cell]) * p.importance[heading, there]


@jit
def success_alone(p: Record, state: State, i: int, j: int) -> float:
    """Return the probability that a packet arrives without interference.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        i: Number of the sender.
        j: Number of the receiver.
    """
    signal_w = arriving(p, state, state.scratch.law, p.signal_w, i, j)
    return packet_success(p.packet_bits, signal_w / p.noise_w)


@jit
def weigh_beam(
    p: Record, state: State, reckoning: Reckoning, i: int, beam: int, commit: int
) -> None:
    """Add up what a beam of ``i`` delivers with each sector, less what it destroys.

    Args:
        p: Parameters.
        state: The road.
        reckoning: Its mode is read, and its sums are written.
        i: The sender.
        beam: Direction, 0..3.
        commit: Sector to enter into the claims, or -1 to leave them.
    """
    vehicles, order = state.vehicles, state.order
    claims, one, sums = reckoning.claims, reckoning.one, reckoning.sums
    for sector in range(SECTORS):
        sums[sector] = 0.0
    for r in range(state.env.on_road):
        j = order[r]
        if j == i:
            continue
        if reckoning.mode != AWARE:
            dx = vehicles[j].x_m - vehicles[i].x_m
            if not in_beam(beam, dx, vehicles[j].y_m - vehicles[i].y_m, p.beam_slope):
                continue
            sector_values(p, state, i, j, one)
            for sector in range(SECTORS):
                sums[sector] += one[sector]
            continue
        if abs(vehicles[j].x_m - vehicles[i].x_m) > reach_m(p, beam):
            continue
        if not reaches(p, state, i, j, beam):
            continue
        sector_values(p, state, i, j, one)
        success = success_alone(p, state, i, j)
        free = claims[j, beam] < 0.0 or not p.collisions
        for sector in range(SECTORS):
            sums[sector] += success * one[sector] if free else -claims[j, beam]
        if commit >= 0:
            claims[j, beam] = success * one[commit] if free else 0.0


@jit
def choose(p: Record, state: State, reckoning: Reckoning, i: int) -> int:
    """Return the action of vehicle ``i`` with the largest reward in this step, radar among ties.

    Args:
        p: Parameters.
        state: The road.
        reckoning: What the vehicle chooses with.
        i: Number of the vehicle.
    """
    vehicle = state.vehicles[i]
    if not vehicle.present:
        return NULL
    communication, sums = reckoning.weights[0], reckoning.sums
    left = 0.0  # the published sums keep the last sector of the beams before
    risk = reckoning.weights[1] * exp(p.risk_s_m * abs(vehicle.velocity_m_s))
    best, action = 0.0, RADAR
    for turn in range(BEAMS):
        weigh_beam(p, state, reckoning, i, direction_of(turn, vehicle.heading), -1)
        for sector in range(SECTORS):
            reward = communication * (sums[sector] + left) - risk
            if reward > best:
                best, action = reward, turn * SECTORS + sector
        if reckoning.mode == LEFT_OVER:
            left += sums[SECTORS - 1]
    if communication * left >= best:
        action = RADAR
    if reckoning.mode == AWARE and action < NULL:
        beam = direction_of(action // SECTORS, vehicle.heading)
        weigh_beam(p, state, reckoning, i, beam, action % SECTORS)
    return action


@jit
def greedy(p: Record, state: State, reckoning: Reckoning, first: int, actions: Any) -> None:
    """Write the one-step greedy actions of the first ``first`` vehicles.

    Args:
        p: Parameters.
        state: The road.
        reckoning: What vehicles choose with.
        first: How many vehicles decide.
        actions: Receives the actions, shape ``(first,)`` or wider.
    """
    for k in range(reckoning.claims.shape[0]):
        for beam in range(BEAMS):
            reckoning.claims[k, beam] = -1.0
    for k in range(first):
        actions[k] = choose(p, state, reckoning, k)


@jit
def nearest(p: Record, state: State, stretched: bool, actions: Any) -> None:
    """Write beam and same-numbered sector towards the nearest vehicle inside any beam.

    Args:
        p: Parameters.
        state: The road.
        stretched: Angles are those of coordinates over length and width of the road, as
            published, not of metres.
        actions: Receives the actions of the first vehicles, shape ``(A,)``; radar where no other
            vehicle is inside a beam.
    """
    vehicles = state.vehicles
    unit_x = p.road_m if stretched else 1.0
    unit_y = 2.0 * p.lane_width_m * p.lane_y_m.shape[0] if stretched else 1.0
    for k in range(actions.shape[0]):
        action, closest = RADAR, 1e300
        for j in range(vehicles.shape[0]):
            if j == k or not vehicles[j].present:
                continue
            dx = vehicles[j].x_m - vehicles[k].x_m
            dy = vehicles[j].y_m - vehicles[k].y_m
            squared = dx * dx + dy * dy
            if squared >= closest:
                continue
            for turn in range(BEAMS):
                beam = direction_of(turn, vehicles[k].heading)
                if in_beam(beam, dx / unit_x, dy / unit_y, p.beam_slope):
                    action, closest = turn * SECTORS + turn, squared
        actions[k] = action if vehicles[k].present else NULL


take_turns_batch = each_copy(take_turns)
greedy_batch = each_copy(greedy, "reckoning", "first")
nearest_batch = each_copy(nearest, "stretched")
