"""Dynamics of directional joint radar and communication, for all vehicles of a road.

A step decides, transmits, then drives. Its random draws (one a vehicle for the reception, three
for the traffic) are the same whatever the actions, so that two policies meet the same traffic.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import exp
from isac_envs.engine.rng import uniform
from isac_envs.envs.v2x.directional_jrc import links, traffic
from isac_envs.envs.v2x.directional_jrc.geometry import direction_of, sort_along_road
from isac_envs.envs.v2x.directional_jrc.observing import allow, observe
from isac_envs.envs.v2x.directional_jrc.records import CELLS, NULL, RADAR, SECTORS


@jit
def reset_one(
    p: Record, e: Record, vehicles: Any, order: Any, labels: Any, ages: Any, incoming: Any
) -> None:
    """Start an episode with all vehicles on the road."""
    e.time = 0
    e.done = False
    e.waiting = 0
    traffic.place_all(p, e, vehicles, labels, ages, incoming)
    for k in range(vehicles.shape[0]):
        order[k] = k
    e.on_road = sort_along_road(vehicles, order)


@inlined
def decide(p: Record, vehicles: Any, k: int) -> None:
    """Turn the action of vehicle ``k`` into a beam or radar, and clear its outcome."""
    action = vehicles[k].action
    present = vehicles[k].present
    vehicles[k].took_part = present
    vehicles[k].sent_x_m = vehicles[k].x_m
    vehicles[k].sent_y_m = vehicles[k].y_m
    radar = present and action == RADAR
    vehicles[k].radar = radar
    vehicles[k].beam = -1
    if present and action < NULL:
        vehicles[k].beam = direction_of(action // SECTORS, vehicles[k].heading)
        vehicles[k].sector = action % SECTORS + 1
    quiet = present and not radar
    vehicles[k].risk = exp(p.risk_s_m * abs(vehicles[k].velocity_m_s)) if quiet else 0.0
    vehicles[k].radar_age_s = vehicles[k].radar_age_s + p.step_s if quiet else 0.0
    vehicles[k].value = 0.0
    vehicles[k].receivers = 0
    vehicles[k].collisions = 0
    vehicles[k].sinr_db = 0.0
    vehicles[k].useful_cells = 0


@jit
def play_one(
    p: Record, e: Record, vehicles: Any, order: Any, faces: Any, labels: Any, ages: Any,
    incoming: Any,
) -> None:  # fmt: skip
    """Advance one road by a step with the actions that stand in the vehicles' records."""
    for k in range(vehicles.shape[0]):
        vehicles[k].reception_draw = uniform(e.world)
        decide(p, vehicles, k)
    links.transmit(p, vehicles, order, faces, labels, ages, incoming, e.on_road)
    for k in range(vehicles.shape[0]):
        traffic.drive(p, vehicles, labels, ages, incoming, k)
    traffic.let_in(p, e, vehicles, labels, ages, incoming)
    e.on_road = sort_along_road(vehicles, order)
    e.time += 1
    e.done = e.time >= p.horizon


@jit
def report(
    p: Record, vehicles: Any, ages: Any, k: int, objectives: Any, costs: Any, metrics: Record
) -> None:
    """Write the outcome of vehicle ``k``."""
    objectives[0] = vehicles[k].value
    objectives[1] = -vehicles[k].risk
    costs[0] = vehicles[k].radar_age_s
    metrics.r_comm = vehicles[k].value
    metrics.r_rad = vehicles[k].risk
    metrics.receivers = vehicles[k].receivers
    metrics.collisions = vehicles[k].collisions
    metrics.sinr_db = vehicles[k].sinr_db / max(1, vehicles[k].receivers)
    metrics.radar_used = vehicles[k].radar
    metrics.useful_cells = vehicles[k].useful_cells
    known = 0.0
    for cell in range(CELLS):
        known += p.importance[vehicles[k].heading, cell] * (ages[k, cell] > 0)
    metrics.known_cells = known
    metrics.on_road = vehicles[k].present


@jit
def reset_batch(
    p: Any, env: Any, vehicles: Any, order: Any, faces: Any, labels: Any, ages: Any,
    incoming: Any, nearest: Any, mask: Any, observations: Any, masks: Any,
) -> None:  # fmt: skip
    """Reset the masked copies."""
    for i in range(env.shape[0]):
        if mask[i]:
            reset_one(p[0], env[i], vehicles[i], order[i], labels[i], ages[i], incoming[i])
            for k in range(vehicles.shape[1]):
                observe(
                    p[0], env[i], vehicles[i], order[i], labels[i], ages[i], nearest[i], k,
                    observations[i, k],
                )  # fmt: skip
                allow(vehicles[i], k, masks[i, k])


@jit
def step_batch(
    p: Any, env: Any, vehicles: Any, order: Any, faces: Any, labels: Any, ages: Any,
    incoming: Any, nearest: Any, actions: Any, restart: bool, observations: Any, masks: Any,
    objectives: Any, costs: Any, metrics: Any, ended: Any,
) -> None:  # fmt: skip
    """Step all copies; with ``restart``, reset those that are done instead."""
    for i in range(env.shape[0]):
        if restart and env[i].done:
            reset_one(p[0], env[i], vehicles[i], order[i], labels[i], ages[i], incoming[i])
        else:
            for k in range(vehicles.shape[1]):
                vehicles[i, k].action = actions[i, k, 0]
            play_one(p[0], env[i], vehicles[i], order[i], faces[i], labels[i], ages[i], incoming[i])
            for k in range(vehicles.shape[1]):
                report(p[0], vehicles[i], ages[i], k, objectives[i, k], costs[i, k], metrics[i, k])
            ended[i, 0] = False
            ended[i, 1] = env[i].done
        for k in range(vehicles.shape[1]):
            observe(
                p[0], env[i], vehicles[i], order[i], labels[i], ages[i], nearest[i], k,
                observations[i, k],
            )  # fmt: skip
            allow(vehicles[i], k, masks[i, k])
