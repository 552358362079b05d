"""Compiled helpers of the baselines: what each beam and sector would deliver, by the true state."""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import exp, round_even
from isac_envs.envs.v2x.directional_jrc.geometry import direction_of, in_beam
from isac_envs.envs.v2x.directional_jrc.links import packet_success, reach_m, reaches
from isac_envs.envs.v2x.directional_jrc.maps import AWAY, cells_between
from isac_envs.envs.v2x.directional_jrc.records import (
    BEAMS,
    COLUMNS,
    NULL,
    RADAR,
    ROWS,
    SECTORS,
)

ALONE, AWARE, LEFT_OVER = 0, 1, 2
"""How greedy vehicles reckon: as if alone on air and in sight; with line of sight, noise and the
beams chosen before; or alone, with what the sums of earlier beams left behind, as published."""


@inlined
def round_robin(time: int, k: int, interval: int) -> int:
    """Return what vehicle ``k`` of a round robin does: radar every ``interval`` steps.

    In between it goes through the 16 pairs of beam and sector, beginning with pair ``k`` at time
    0, which is never radar.
    """
    radars = (time + k) // interval - k // interval
    radar = time > 0 and (time + k) % interval == 0
    return RADAR if radar else (k + time - radars) % NULL


@jit
def round_robin_batch(p: Any, env: Any, actions: Any) -> None:
    """Write the round robin's actions ``(n, A)`` of the first vehicles of all copies."""
    for i in range(env.shape[0]):
        for k in range(actions.shape[1]):
            actions[i, k] = round_robin(env[i].time, k, p[0].radar_interval)


@jit
def sector_values(
    p: Record, vehicles: Any, labels: Any, ages: Any, i: int, j: int, out: Any
) -> None:
    """Write the usefulness to ``j`` of each sector of ``i``, shape ``(4,)``."""
    columns = cells_between(p, vehicles[i].x_m, vehicles[j].x_m)
    rows = int(round_even((vehicles[j].y_m - vehicles[i].y_m) / p.lane_width_m))
    if p.displacement == AWAY:
        columns, rows = -columns, -rows
    heading = vehicles[j].heading
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
def success_alone(p: Record, vehicles: Any, i: int, j: int) -> float:
    """Return the probability that a packet arrives without interference."""
    dx = vehicles[j].x_m - vehicles[i].x_m
    dy = vehicles[j].y_m - vehicles[i].y_m
    return packet_success(p.packet_bits, p.signal_w / (dx * dx + dy * dy) / p.noise_w)


@jit
def weigh_beam(
    p: Record, e: Record, vehicles: Any, order: Any, labels: Any, ages: Any, claims: Any,
    one: Any, sums: Any, i: int, beam: int, aware: bool, commit: int,
) -> None:  # fmt: skip
    """Add up what a beam of ``i`` delivers with each sector, less what it destroys.

    Args:
        p: Parameters.
        e: Environment record.
        vehicles: Records ``(N,)``.
        order: Order along the road ``(N,)``.
        labels: Labels of the maps ``(N, 35)``.
        ages: Ages of the maps ``(N, 35)``.
        claims: What is delivered on each face so far, ``(N, 4)``; below 0 where nothing arrives.
        one: Scratch ``(4,)``.
        sums: Receives the sums ``(4,)``.
        i: The sender.
        beam: Direction, 0..3.
        aware: Consider range, line of sight, noise, and claims of others.
        commit: Sector to enter into the claims, or -1 to leave them.
    """
    for sector in range(SECTORS):
        sums[sector] = 0.0
    for r in range(e.on_road):
        j = order[r]
        if j == i:
            continue
        if not aware:
            dx = vehicles[j].x_m - vehicles[i].x_m
            if not in_beam(beam, dx, vehicles[j].y_m - vehicles[i].y_m, p.beam_slope):
                continue
            sector_values(p, vehicles, labels, ages, i, j, one)
            for sector in range(SECTORS):
                sums[sector] += one[sector]
            continue
        if abs(vehicles[j].x_m - vehicles[i].x_m) > reach_m(p, beam):
            continue
        if not reaches(p, vehicles, order, e.on_road, i, j, beam):
            continue
        sector_values(p, vehicles, labels, ages, i, j, one)
        success = success_alone(p, vehicles, i, j)
        free = claims[j, beam] < 0.0 or not p.collisions
        for sector in range(SECTORS):
            sums[sector] += success * one[sector] if free else -claims[j, beam]
        if commit >= 0:
            claims[j, beam] = success * one[commit] if free else 0.0


@jit
def choose(
    p: Record, e: Record, vehicles: Any, order: Any, labels: Any, ages: Any, claims: Any,
    one: Any, sums: Any, i: int, mode: int, communication: float, sensing: float,
) -> int:  # fmt: skip
    """Return the action of vehicle ``i`` with the largest reward in this step, radar among ties."""
    if not vehicles[i].present:
        return NULL
    aware = mode == AWARE
    left = 0.0  # the published sums keep the last sector of the beams before
    risk = sensing * exp(p.risk_s_m * abs(vehicles[i].velocity_m_s))
    best, action = 0.0, RADAR
    for turn in range(BEAMS):
        beam = direction_of(turn, vehicles[i].heading)
        weigh_beam(p, e, vehicles, order, labels, ages, claims, one, sums, i, beam, aware, -1)
        for sector in range(SECTORS):
            reward = communication * (sums[sector] + left) - risk
            if reward > best:
                best, action = reward, turn * SECTORS + sector
        if mode == LEFT_OVER:
            left += sums[SECTORS - 1]
    if communication * left >= best:
        action = RADAR
    if aware and action < NULL:
        beam = direction_of(action // SECTORS, vehicles[i].heading)
        weigh_beam(
            p, e, vehicles, order, labels, ages, claims, one, sums, i, beam, aware,
            action % SECTORS,
        )  # fmt: skip
    return action


@jit
def greedy_batch(
    p: Any, env: Any, vehicles: Any, order: Any, labels: Any, ages: Any, claims: Any, one: Any,
    sums: Any, mode: int, communication: float, sensing: float, first: int, actions: Any,
) -> None:  # fmt: skip
    """Write the one-step greedy actions of the first ``first`` vehicles of all copies.

    Args:
        p: Parameters ``(1,)``.
        env: Environment records ``(n,)``.
        vehicles: Records ``(n, N)``.
        order: Order along the road ``(n, N)``.
        labels: Labels of the maps ``(n, N, 35)``.
        ages: Ages of the maps ``(n, N, 35)``.
        claims: Scratch ``(N, 4)``.
        one: Scratch ``(4,)``.
        sums: Scratch ``(4,)``.
        mode: ``ALONE``, ``AWARE`` or ``LEFT_OVER``.
        communication: Weight of the communication objective.
        sensing: Weight of the sensing objective.
        first: How many vehicles decide.
        actions: Receives the actions ``(n, first)`` or wider.
    """
    for i in range(env.shape[0]):
        for k in range(claims.shape[0]):
            for beam in range(BEAMS):
                claims[k, beam] = -1.0
        for k in range(first):
            actions[i, k] = choose(
                p[0], env[i], vehicles[i], order[i], labels[i], ages[i], claims, one, sums, k,
                mode, communication, sensing,
            )  # fmt: skip


@jit
def nearest_batch(p: Any, vehicles: Any, stretched: bool, first: int, actions: Any) -> None:
    """Write beam and same-numbered sector towards the nearest vehicle inside any beam.

    Args:
        p: Parameters ``(1,)``.
        vehicles: Records ``(n, N)``.
        stretched: Angles are those of coordinates over length and width of the road, as
            published, not of metres.
        first: How many vehicles decide; radar where no other vehicle is inside a beam.
        actions: Receives the actions ``(n, first)`` or wider.
    """
    unit_x = p[0].road_m if stretched else 1.0
    unit_y = 1.0
    if stretched:
        unit_y = 2.0 * p[0].lane_width_m * p[0].lane_y_m.shape[0]
    for i in range(vehicles.shape[0]):
        for k in range(first):
            action, closest = RADAR, 1e300
            for j in range(vehicles.shape[1]):
                if j == k or not vehicles[i, j].present:
                    continue
                dx = vehicles[i, j].x_m - vehicles[i, k].x_m
                dy = vehicles[i, j].y_m - vehicles[i, k].y_m
                squared = dx * dx + dy * dy
                if squared >= closest:
                    continue
                for turn in range(BEAMS):
                    beam = direction_of(turn, vehicles[i, k].heading)
                    if in_beam(beam, dx / unit_x, dy / unit_y, p[0].beam_slope):
                        action, closest = turn * SECTORS + turn, squared
            actions[i, k] = action if vehicles[i, k].present else NULL
