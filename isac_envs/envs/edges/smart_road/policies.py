"""Rules for the road and for the host, compiled, for all vehicles of a copy at once."""

from typing import Any

import numpy as np

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import each_copy
from isac_envs.envs.edges.grid import NOWHERE, ROADS, distance, neighbour, shortest_road
from isac_envs.envs.edges.servers import network_delay, server_delay
from isac_envs.envs.edges.smart_road.kernel import AHEAD, LIGHTEST, STAY
from isac_envs.envs.edges.smart_road.records import State
from isac_envs.kernels.platforms.road_traffic import link_time_one

ROUTES = ("random", "shortest", "aware", "coordinated")
HOSTINGS = ("never", "always", "lazy", "balance")
RANDOM, SHORTEST, AWARE, COORDINATED = range(4)
NEVER, ALWAYS, LAZY, BALANCE = range(4)
LAZY_ROADS = 2  # between vehicle and twin, from which a lazy twin follows
TIMES, TWINS, PLANNED = 0, 1, 2  # rows of the room
ROOM_ROWS = PLANNED + ROADS


@inlined
def _cost(p: Record, state: State, room: Any, node: int, road: int) -> float:
    """Return the predicted time of a road with those who have already chosen it, s."""
    flow = state.roads[node, road].predicted + room[PLANNED + road, node] + 1.0
    return link_time_one(p.free_time_s, flow, p.road_capacity)


@jit
def _times_to(p: Record, state: State, room: Any, target: int) -> None:
    """Write the shortest predicted time from each node to a target (Bellman and Ford)."""
    count, changed = state.nodes.shape[0], True
    for node in range(count):
        room[TIMES, node] = 0.0 if node == target else np.inf
    while changed:
        changed = False
        for node in range(count):
            for road in range(ROADS):
                end = neighbour(p.side, node, road)
                if end != NOWHERE:
                    time = _cost(p, state, room, node, road) + room[TIMES, end]
                    if time < room[TIMES, node]:
                        room[TIMES, node] = time
                        changed = True


@jit
def _fastest_road(p: Record, state: State, room: Any, node: int) -> int:
    """Return the road with the least predicted time to the target of the room's times."""
    best, least = 0, np.inf
    for road in range(ROADS):
        end = neighbour(p.side, node, road)
        if end != NOWHERE:
            time = _cost(p, state, room, node, road) + room[TIMES, end]
            if time < least:
                best, least = road, time
    return best


@inlined
def _random_road(p: Record, node: int, drawn: float) -> int:
    """Return a road of a node, by a uniform number in [0, 1)."""
    count = 0
    for road in range(ROADS):
        count += 1 if neighbour(p.side, node, road) != NOWHERE else 0
    rank, chosen = int(drawn * count), 0
    for road in range(ROADS):
        if neighbour(p.side, node, road) != NOWHERE:
            if rank == 0:
                chosen = road
            rank -= 1
    return chosen


@inlined
def _price(p: Record, room: Any, own: Record, end: int, host: int) -> float:
    """Return what the step costs a vehicle with this host, but for its travel."""
    moves = host != own.host
    twins = room[TWINS, host] + (1.0 if moves else 0.0)
    delay = network_delay(p, distance(p.side, host, end)) + server_delay(p, twins)
    return p.weights[1] * delay + (p.weights[2] if moves else 0.0)


@inlined
def _lightest(p: Record, room: Any, node: int) -> int:
    """Return the neighbour with the fewest twins, as the room counts them."""
    best = NOWHERE
    for road in range(ROADS):
        end = neighbour(p.side, node, road)
        if end != NOWHERE and (best == NOWHERE or room[TWINS, end] < room[TWINS, best]):
            best = end
    return best


@jit
def _choose_host(p: Record, room: Any, own: Record, end: int, rule: int) -> int:
    """Return the choice of the host by a rule, and count the twin where it will be."""
    lightest = _lightest(p, room, end)
    choice, host = STAY, own.host
    if rule == ALWAYS or (rule == LAZY and distance(p.side, own.host, end) >= LAZY_ROADS):
        choice, host = AHEAD, end
    elif rule == BALANCE:
        least = _price(p, room, own, end, own.host)
        for option in (AHEAD, LIGHTEST):
            place = end if option == AHEAD else lightest
            price = _price(p, room, own, end, place)
            if price < least:
                choice, host, least = option, place, price
    room[TWINS, own.host] -= 1.0
    room[TWINS, host] += 1.0
    return choice


@jit
def follow(p: Record, state: State, rules: Any, drawn: Any, room: Any, actions: Any) -> None:
    """Write the actions of all vehicles by a rule for the road and one for the host.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        rules: Numbers of both rules, shape ``(2,)``.
        drawn: Uniform numbers for random roads, shape ``(V,)``.
        room: Intermediate results, shape ``(ROOM_ROWS, N)``.
        actions: Receives roads and hosts, shape ``(V, 2)``.
    """
    for node in range(state.nodes.shape[0]):
        room[TWINS, node] = state.nodes[node].twins
        for road in range(ROADS):
            room[PLANNED + road, node] = 0.0
    for v in range(state.vehicles.shape[0]):
        own = state.vehicles[v]
        actions[v, 0] = 0
        actions[v, 1] = STAY
        if own.active:
            if rules[0] == RANDOM:
                road = _random_road(p, own.node, drawn[v])
            elif rules[0] == SHORTEST:
                road = shortest_road(p.side, own.node, own.target)
            else:
                _times_to(p, state, room, own.target)
                road = _fastest_road(p, state, room, own.node)
            if rules[0] == COORDINATED:
                room[PLANNED + road, own.node] += 1.0
            end = neighbour(p.side, own.node, road)
            actions[v, 0] = road
            actions[v, 1] = _choose_host(p, room, own, end, rules[1])


follow_batch = each_copy(follow, "rules")
