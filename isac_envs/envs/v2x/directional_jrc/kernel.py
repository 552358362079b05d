"""Dynamics of directional joint radar and communication, for all vehicles of a road.

A step decides, transmits, then drives. Its random draws (one a vehicle for the reception, three
for the traffic unless it is a trace, six a pair of vehicles for links under a law) are the same
whatever the actions, so that two policies meet the same traffic.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.engine.mathx import exp
from isac_envs.engine.rng import uniform
from isac_envs.envs.v2x.directional_jrc import links, radio, traffic
from isac_envs.envs.v2x.directional_jrc.geometry import direction_of, sort_along_road
from isac_envs.envs.v2x.directional_jrc.observing import allow_vehicle, observe_vehicle
from isac_envs.envs.v2x.directional_jrc.records import CELLS, NULL, RADAR, SECTORS, State


@jit
def reset(p: Record, state: State) -> None:
    """Start an episode with all vehicles on the road, or with those of the trace."""
    state.env.waiting = 0
    if p.from_trace:
        traffic.take_seats(p, state)
    else:
        traffic.place_all(p, state)
    for k in range(state.order.shape[0]):
        state.order[k] = k
    state.env.on_road = sort_along_road(state.vehicles, state.order)
    radio.begin_links(p, state, state.scratch.law)


@inlined
def decide(p: Record, vehicles: Any, k: int) -> None:
    """Turn the action of vehicle ``k`` into a beam or radar, and clear its outcome.

    Args:
        p: Parameters of the environment, one record.
        vehicles: Vehicles, shape ``(N,)``.
        k: Number of the vehicle.
    """
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
def play(p: Record, state: State) -> None:
    """Advance one road by a step with the actions in the vehicles' records."""
    e, vehicles = state.env, state.vehicles
    for k in range(vehicles.shape[0]):
        vehicles[k].reception_draw = uniform(e.world)
        decide(p, vehicles, k)
    links.transmit(p, state)
    if p.from_trace:
        for k in range(vehicles.shape[0]):
            traffic.follow(p, state, k)
    else:
        for k in range(vehicles.shape[0]):
            traffic.drive(p, state, k)
        traffic.let_in(p, state)
    e.on_road = sort_along_road(vehicles, state.order)
    radio.move_links(p, state, state.scratch.law)
    e.time += 1


@inlined
def report(p: Record, vehicle: Record, ages: Any, outcome: Outcome) -> None:
    """Write the outcome of a vehicle, with the ages ``(35,)`` of its map.

    Args:
        p: Parameters of the environment, one record.
        vehicle: Record of the vehicle.
        ages: Ages of its map, shape ``(35,)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    objectives, costs, metrics = outcome
    objectives[0] = vehicle.value
    objectives[1] = -vehicle.risk
    costs[0] = vehicle.radar_age_s
    metrics.r_comm = vehicle.value
    metrics.r_rad = vehicle.risk
    metrics.receivers = vehicle.receivers
    metrics.collisions = vehicle.collisions
    metrics.sinr_db = vehicle.sinr_db / max(1, vehicle.receivers)
    metrics.radar_used = vehicle.radar
    metrics.useful_cells = vehicle.useful_cells
    known = 0.0
    for cell in range(CELLS):
        known += p.importance[vehicle.heading, cell] * (ages[cell] > 0)
    metrics.known_cells = known
    metrics.on_road = vehicle.present


@inlined
def step(p: Record, state: State, actions: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance one road by a step and write its outcome; return (terminated, truncated).

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        actions: Actions of all agents, shape ``(A, W)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    vehicles, (objectives, costs, metrics) = state.vehicles, outcome
    for k in range(vehicles.shape[0]):
        vehicles[k].action = actions[k, 0]
    play(p, state)
    for k in range(vehicles.shape[0]):
        report(p, vehicles[k], state.ages[k], Outcome(objectives[k], costs[k], metrics[k]))
    return False, state.env.time >= p.horizon


@inlined
def observe(p: Record, state: State, observations: Any) -> None:
    """Write the observation of each vehicle.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observations: Receives an observation for each agent, shape ``(A, D)``.
    """
    for k in range(observations.shape[0]):
        observe_vehicle(p, state, k, observations[k])


@inlined
def allow(p: Record, state: State, valid: Any) -> None:
    """Write the valid actions of each vehicle.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        valid: Receives 1 for each valid action, 0 for the others, in the order of the action.
    """
    for k in range(valid.shape[0]):
        allow_vehicle(state.vehicles[k], valid[k])
