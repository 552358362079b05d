"""What a vehicle sees: numbers about itself and its roads, or maps of the grid."""

from typing import Any

from isac_envs.engine.jit import Record, inlined
from isac_envs.envs.edges.grid import NOWHERE, ROADS, distance, neighbour
from isac_envs.envs.edges.servers import crowding
from isac_envs.envs.edges.smart_road.records import State
from isac_envs.kernels.platforms.road_traffic import link_time_one

PLANES = 5
FLAT = 9 + 3 * ROADS


@inlined
def expected_time(p: Record, state: State, node: int, road: int) -> float:
    """Return the predicted travel time of a road for a vehicle alone with the background, s.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        node: Where the road begins.
        road: Its direction.
    """
    others = state.roads[node, road].predicted
    return link_time_one(p.free_time_s, others + 1.0, p.road_capacity)


@inlined
def utilisation(p: Record, twins: int) -> float:
    """Return the share of its time that a server is busy, at most 1.

    Args:
        p: Parameters of the environment, one record.
        twins: Twins that run there.
    """
    return min(1.0, p.task_rate_hz * twins / p.service_rate_hz)


@inlined
def observe_flat(p: Record, state: State, v: int, seen: Any) -> None:
    """Write numbers about a vehicle and the roads from its node.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        v: Number of the vehicle.
        seen: Receives the observation, shape ``(D,)``.
    """
    own, side, nodes = state.vehicles[v], p.side, state.nodes
    inverse = 1.0 / (side - 1)
    seen[0] = own.node // side * inverse
    seen[1] = own.node % side * inverse
    seen[2] = (own.target // side - own.node // side) * inverse
    seen[3] = (own.target % side - own.node % side) * inverse
    seen[4] = (own.host // side - own.node // side) * inverse
    seen[5] = (own.host % side - own.node % side) * inverse
    seen[6] = utilisation(p, nodes[own.host].twins)
    seen[7] = 1.0 if own.active else 0.0
    seen[8] = (v + 1) / state.vehicles.shape[0]
    left = distance(side, own.node, own.target)
    for road in range(ROADS):
        end, at = neighbour(side, own.node, road), 9 + 3 * road
        there = end != NOWHERE
        safe = end if there else own.node
        nearer = left - distance(side, safe, own.target)
        extra = expected_time(p, state, own.node, road) - p.free_time_s
        seen[at] = nearer if there else 0.0
        seen[at + 1] = crowding(extra, p.free_time_s) if there else 1.0
        seen[at + 2] = utilisation(p, nodes[safe].twins) if there else 1.0


@inlined
def observe_planes(p: Record, state: State, v: int, seen: Any) -> None:
    """Write five maps, row by row: own node, target, host, congestion, load of the servers.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        v: Number of the vehicle.
        seen: Receives the observation, shape ``(5 * N,)``.
    """
    own, count = state.vehicles[v], state.nodes.shape[0]
    for node in range(count):
        seen[node] = 1.0 if own.node == node else 0.0
        seen[count + node] = 1.0 if own.target == node else 0.0
        seen[2 * count + node] = 1.0 if own.host == node else 0.0
        if v == 0:
            total, roads = 0.0, 0
            for road in range(ROADS):
                if neighbour(p.side, node, road) != NOWHERE:
                    total += expected_time(p, state, node, road) - p.free_time_s
                    roads += 1
            seen[3 * count + node] = crowding(total / roads, p.free_time_s)
            seen[4 * count + node] = utilisation(p, state.nodes[node].twins)
