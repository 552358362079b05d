"""Dynamics of vehicles on a grid of roads, whose twins run on the servers beside them.

A step takes the same draws whatever the actions: where backgrounds can change, two for each road.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.engine.rng import integer
from isac_envs.envs.edges.grid import NOWHERE, ROADS, distance, neighbour
from isac_envs.envs.edges.servers import network_delay, server_delay
from isac_envs.envs.edges.smart_road.observing import observe_flat, observe_planes
from isac_envs.envs.edges.smart_road.params import SmartRoadParams
from isac_envs.envs.edges.smart_road.records import State
from isac_envs.envs.edges.smart_road.traffic import draw_background
from isac_envs.kernels.platforms.road_traffic import link_time_one

PLANES = SmartRoadParams.code("observation", "planes")
STAY, AHEAD, LIGHTEST = range(3)  # where the twin runs
HOSTS = 3


@jit
def reset(p: Record, state: State) -> None:
    """Start an episode: backgrounds drawn, each vehicle at a node, with its twin, and a target."""
    e, vehicles, nodes = state.env, state.vehicles, state.nodes
    count = nodes.shape[0]
    draw_background(p, state, 1.0)
    for node in range(count):
        nodes[node].twins = 0
        nodes[node].visitors = 0
        for road in range(ROADS):
            state.roads[node, road].vehicles = 0
    for v in range(vehicles.shape[0]):
        own = vehicles[v]
        own.node = integer(e.world, count)
        own.target = (own.node + 1 + integer(e.world, count - 1)) % count
        own.host = own.node
        own.ahead = own.node
        own.road = NOWHERE
        own.active = True
        own.moved_twin = False
        nodes[own.host].twins += 1


@inlined
def lightest_neighbour(p: Record, nodes: Any, node: int) -> int:
    """Return the neighbour of a node with the fewest twins, the first of several.

    Args:
        p: Parameters of the environment, one record.
        nodes: Nodes, shape ``(N,)``.
        node: The node.
    """
    best = NOWHERE
    for road in range(ROADS):
        end = neighbour(p.side, node, road)
        if end != NOWHERE and (best == NOWHERE or nodes[end].twins < nodes[best].twins):
            best = end
    return best


@inlined
def set_off(p: Record, state: State, actions: Any) -> None:
    """Send each vehicle on its road; where there is none, it waits.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        actions: Roads and hosts, shape ``(V, 2)``.
    """
    vehicles, nodes, roads = state.vehicles, state.nodes, state.roads
    for node in range(nodes.shape[0]):
        nodes[node].visitors = 0
        for road in range(ROADS):
            roads[node, road].vehicles = 0
    for v in range(vehicles.shape[0]):
        own = vehicles[v]
        if own.active:
            end = neighbour(p.side, own.node, actions[v, 0])
            there = end != NOWHERE
            own.road = actions[v, 0] if there else NOWHERE
            own.ahead = end if there else own.node
            roads[own.node, actions[v, 0]].vehicles += 1 if there else 0
            nodes[own.ahead].visitors += 1


@inlined
def migrate(p: Record, state: State, actions: Any) -> None:
    """Move the twins, one vehicle after the other: each finds the loads that others left.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        actions: Roads and hosts, shape ``(V, 2)``.
    """
    vehicles, nodes = state.vehicles, state.nodes
    for v in range(vehicles.shape[0]):
        own = vehicles[v]
        if own.active:
            host = own.host
            if actions[v, 1] == AHEAD:
                host = own.ahead
            elif actions[v, 1] == LIGHTEST:
                host = lightest_neighbour(p, nodes, own.ahead)
            own.moved_twin = host != own.host
            nodes[own.host].twins -= 1
            nodes[host].twins += 1
            own.host = host


@inlined
def report(p: Record, state: State, v: int, outcome: Outcome) -> None:
    """Write what the step brought a vehicle that has not arrived before it.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        v: Number of the vehicle.
        outcome: Receives its objectives, costs and metrics.
    """
    own, nodes = state.vehicles[v], state.nodes
    objectives, costs, metrics = outcome
    travel = p.free_time_s
    if own.road != NOWHERE:
        road = state.roads[own.node, own.road]
        flow = float(road.background + road.vehicles)
        travel = link_time_one(p.free_time_s, flow, p.road_capacity)
    away = distance(p.side, own.host, own.ahead)
    uplink = p.uplink_s * nodes[own.ahead].visitors
    delay = uplink + network_delay(p, away) + server_delay(p, float(nodes[own.host].twins))
    moved = 1.0 if own.moved_twin else 0.0
    objectives[0] = -travel
    objectives[1] = -delay
    objectives[2] = -moved
    costs[0] = 1.0 if delay > p.delay_limit_s else 0.0
    metrics.under_way = 1.0
    metrics.travel_s = travel
    metrics.delay_s = delay
    metrics.uplink_s = uplink
    metrics.migrated = moved
    metrics.late = costs[0]
    metrics.roads_to_host = away
    metrics.arrived = 1.0 if own.ahead == own.target else 0.0


@inlined
def rest(outcome: Outcome) -> None:
    """Write that a vehicle which has arrived costs nothing more.

    Args:
        outcome: Receives its objectives, costs and metrics.
    """
    objectives, costs, metrics = outcome
    objectives[0] = objectives[1] = objectives[2] = 0.0
    costs[0] = 0.0
    metrics.under_way = metrics.travel_s = metrics.delay_s = metrics.uplink_s = 0.0
    metrics.migrated = metrics.late = metrics.roads_to_host = metrics.arrived = 0.0


@inlined
def arrive(state: State) -> bool:
    """Move all vehicles to the ends of their roads; return whether some are still under way.

    Args:
        state: State of one copy.
    """
    vehicles, under_way = state.vehicles, False
    for v in range(vehicles.shape[0]):
        own = vehicles[v]
        if own.active:
            own.node = own.ahead
            if own.node == own.target:
                own.active = False
                state.nodes[own.host].twins -= 1
        under_way = under_way or own.active
    return under_way


@inlined
def step(p: Record, state: State, actions: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance all vehicles by a road; return (terminated, truncated).

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        actions: Roads and hosts, shape ``(V, 2)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    e, (objectives, costs, metrics) = state.env, outcome
    set_off(p, state, actions)
    migrate(p, state, actions)
    for v in range(state.vehicles.shape[0]):
        own = Outcome(objectives[v], costs[v], metrics[v])
        if state.vehicles[v].active:
            report(p, state, v, own)
        else:
            rest(own)
    under_way = arrive(state)
    if p.redraw_probability > 0.0:
        draw_background(p, state, p.redraw_probability)
    e.time += 1
    return not under_way, under_way and e.time >= p.horizon


@jit
def observe(p: Record, state: State, observations: Any) -> None:
    """Write the observation of each vehicle.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observations: Receives an observation for each agent, shape ``(V, D)``.
    """
    count = 3 * state.nodes.shape[0]
    for v in range(observations.shape[0]):
        if p.observation == PLANES:
            observe_planes(p, state, v, observations[v])
            for k in range(count, observations.shape[1] if v else count):
                observations[v, k] = observations[0, k]  # the same for all
        else:
            observe_flat(p, state, v, observations[v])


@inlined
def allow(p: Record, state: State, valid: Any) -> None:
    """Write which roads there are; all hosts are valid, and all actions of who has arrived.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        valid: Receives 1 for each valid value of both parts of the action, shape ``(V, 7)``.
    """
    for v in range(valid.shape[0]):
        own = state.vehicles[v]
        for road in range(ROADS):
            there = neighbour(p.side, own.node, road) != NOWHERE
            valid[v, road] = there or not own.active
        for host in range(HOSTS):
            valid[v, ROADS + host] = True
