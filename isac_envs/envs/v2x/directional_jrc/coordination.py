"""Search for the joint action that promises most in this step, for all vehicles of a road.

What a joint action can be expected to deliver follows from who reaches whom, which is worked out
once: a signal that is alone on a face of its receiver arrives with a probability that all others
in range lower. The choice of one vehicle has a part in what its surroundings receive only, so that
the work does not grow with the road beyond the number of vehicles.
"""

from typing import Any, NamedTuple

from isac_envs.engine.jit import Record, inlined, jit, record
from isac_envs.engine.loops import each_copy
from isac_envs.engine.mathx import exp
from isac_envs.envs.v2x.directional_jrc.geometry import direction_of, in_beam
from isac_envs.envs.v2x.directional_jrc.links import packet_success, reach_m, reaches
from isac_envs.envs.v2x.directional_jrc.policies import sector_values
from isac_envs.envs.v2x.directional_jrc.radio import arriving
from isac_envs.envs.v2x.directional_jrc.records import BEAMS, NULL, RADAR, SECTORS, State

LINK = record(
    ("beam", "i8"),  # direction in which one vehicle reaches the other, -1 = in none
    ("facing", "i8"),  # direction in which the other looks at the one, -1 = in none
    ("loss", "f8"),  # of power over that at 1 m in free space, 0 out of range
    ("value", "f8", (SECTORS,)),  # usefulness to the other of each sector of the one
)
PLAN = record(
    ("action", "i8"),
    ("direction", "i8"),  # of the beam, -1 = sends nothing
    ("risk", "f8"),  # weighted penalty of not using radar
    ("useful", "i8"),  # bit a = action a delivers something to somebody
    ("low", "i8"),  # first place in the order along the road that is in range
    ("high", "i8"),  # the place after the last
    ("signals", "i8", (BEAMS,)),  # signals on each face
    ("senders", "i8", (BEAMS,)),  # sum of the numbers of their senders
    ("sums", "f8", (SECTORS,)),  # what the present beam delivers with each sector
)
_LEAST_GAIN = 1e-9  # smaller ones are rounding
_MOST_ROUNDS = 20


class Search(NamedTuple):
    """What the search works with.

    Attributes:
        weights: Weights of communication and sensing, shape ``(2,)``.
        links: Scratch: from whom to whom signals get, shape ``(N, N)``.
        plans: Scratch: what vehicles are to do, shape ``(N,)``.
    """

    weights: Any
    links: Any
    plans: Any


@jit
def link_up(p: Record, state: State, search: Search, i: int) -> None:
    """Write whom vehicle ``i`` reaches and disturbs, and which of its actions are useful.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        search: Weights and scratch of the search.
        i: Number of the vehicle.
    """
    vehicles, order, count = state.vehicles, state.order, state.env.on_road
    links, plans = search.links, search.plans
    plans[i].useful = 0
    plans[i].low = plans[i].high = vehicles[i].rank
    while plans[i].low > 0 and (
        vehicles[i].x_m - vehicles[order[plans[i].low - 1]].x_m <= p.range_m
    ):
        plans[i].low -= 1
    while plans[i].high < count and (
        vehicles[order[plans[i].high]].x_m - vehicles[i].x_m <= p.range_m
    ):
        plans[i].high += 1
    for r in range(plans[i].low, plans[i].high):
        j = order[r]
        links[i, j].beam = -1
        links[i, j].facing = -1
        links[i, j].loss = 0.0
        if i == j:
            continue
        dx, dy = vehicles[j].x_m - vehicles[i].x_m, vehicles[j].y_m - vehicles[i].y_m
        links[i, j].loss = arriving(p, state, state.scratch.law, 1.0, i, j)
        for turn in range(BEAMS):
            direction = direction_of(turn, vehicles[i].heading)
            if in_beam(direction, -dx, -dy, 1.0):
                links[i, j].facing = direction
            if abs(dx) > reach_m(p, direction) or not reaches(p, state, i, j, direction):
                continue
            links[i, j].beam = direction
            sector_values(p, state, i, j, links[i, j].value)
            for sector in range(SECTORS):
                if links[i, j].value[sector] > 0.0:
                    plans[i].useful |= 1 << (turn * SECTORS + sector)


@inlined
def count_signal(order: Any, search: Search, i: int, change: int) -> None:
    """Add (1) or remove (-1) what vehicle ``i`` sends on the faces of those whom it reaches.

    Args:
        order: Numbers of the vehicles in their order along the road, shape ``(N,)``.
        search: Weights and scratch of the search.
        i: Number of the sender.
        change: 1 to add the signal, -1 to remove it.
    """
    links, plans = search.links, search.plans
    direction = plans[i].direction
    if direction >= 0:
        for r in range(plans[i].low, plans[i].high):
            j = order[r]
            if links[i, j].beam == direction:
                plans[j].signals[direction] += change
                plans[j].senders[direction] += change * i


@jit
def assign(state: State, search: Search, i: int, action: int) -> None:
    """Let vehicle ``i`` plan an action instead of its present one.

    Args:
        state: State of one copy.
        search: Weights and scratch of the search.
        i: Number of the vehicle.
        action: The action, 0..17.
    """
    plans = search.plans
    count_signal(state.order, search, i, -1)
    plans[i].action = action
    plans[i].direction = -1
    if action < NULL:
        plans[i].direction = direction_of(action // SECTORS, state.vehicles[i].heading)
    count_signal(state.order, search, i, 1)


@jit
def success(p: Record, order: Any, search: Search, i: int, j: int) -> float:
    """Return the probability that what ``i`` sends, alone on its face of ``j``, arrives.

    Args:
        p: Parameters of the environment, one record.
        order: Numbers of the vehicles in their order along the road, shape ``(N,)``.
        search: Weights and scratch of the search.
        i: Number of the sender.
        j: Number of the receiver.
    """
    links, plans = search.links, search.plans
    looks = (plans[i].direction + 2) % BEAMS
    others = 0.0
    for r in range(plans[j].low, plans[j].high):
        k = order[r]
        if k in (i, j):
            continue
        facing = links[k, j].facing == looks
        if plans[k].action == RADAR:
            others += links[k, j].loss * (p.radar_main_w if facing else p.radar_side_w)
        elif plans[k].direction >= 0:
            others += links[k, j].loss * (p.leak_main_w if facing else p.leak_side_w)
    return packet_success(p.packet_bits, p.signal_w * links[i, j].loss / (others + p.noise_w))


@jit
def received(p: Record, order: Any, search: Search, j: int) -> float:
    """Return the usefulness that vehicle ``j`` can expect from all others.

    Args:
        p: Parameters of the environment, one record.
        order: Numbers of the vehicles in their order along the road, shape ``(N,)``.
        search: Weights and scratch of the search.
        j: Number of the receiver.
    """
    links, plans = search.links, search.plans
    total = 0.0
    if p.collisions:
        for direction in range(BEAMS):
            if plans[j].signals[direction] == 1:
                i = plans[j].senders[direction]
                value = links[i, j].value[plans[i].action % SECTORS]
                if value > 0.0:
                    total += value * success(p, order, search, i, j)
        return total
    for r in range(plans[j].low, plans[j].high):
        i = order[r]
        if i != j and plans[i].direction >= 0 and links[i, j].beam == plans[i].direction:
            value = links[i, j].value[plans[i].action % SECTORS]
            total += value * success(p, order, search, i, j)
    return total


@jit
def promised(p: Record, order: Any, search: Search, first: int, last: int) -> float:
    """Return the expected reception at places ``first`` to ``last - 1`` along the road.

    Args:
        p: Parameters of the environment, one record.
        order: Numbers of the vehicles in their order along the road, shape ``(N,)``.
        search: Weights and scratch of the search.
        first: First place in the order along the road.
        last: The place after the last.
    """
    total = 0.0
    for r in range(first, last):
        total += received(p, order, search, order[r])
    return search.weights[0] * total


@jit
def best_sector(p: Record, order: Any, search: Search, i: int) -> tuple[int, float]:
    """Return the best action with the present beam of ``i``, and what it adds to the present.

    Args:
        p: Parameters of the environment, one record.
        order: Numbers of the vehicles in their order along the road, shape ``(N,)``.
        search: Weights and scratch of the search.
        i: Number of the vehicle.
    """
    links, plans = search.links, search.plans
    for sector in range(SECTORS):
        plans[i].sums[sector] = 0.0
    direction = plans[i].direction
    for r in range(plans[i].low, plans[i].high):
        j = order[r]
        alone = plans[j].signals[direction] == 1 or not p.collisions
        if j != i and links[i, j].beam == direction and alone:
            arrives = success(p, order, search, i, j)
            for sector in range(SECTORS):
                plans[i].sums[sector] += arrives * links[i, j].value[sector]
    best = present = plans[i].action % SECTORS
    for sector in range(SECTORS):
        if plans[i].sums[sector] > plans[i].sums[best]:
            best = sector
    gain = search.weights[0] * (plans[i].sums[best] - plans[i].sums[present])
    return plans[i].action - present + best, gain


@jit
def respond(p: Record, state: State, search: Search, i: int) -> bool:
    """Give vehicle ``i`` its best action against those of the others; tell if it changed.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        search: Weights and scratch of the search.
        i: Number of the vehicle.
    """
    order, plans = state.order, search.plans
    before = kept = plans[i].action
    best = -1e300
    for choice in range(-1, BEAMS + 2):  # its present action, a sector of each beam, null, radar
        action = before
        if choice >= BEAMS:
            action = NULL + choice - BEAMS
        elif choice >= 0:
            action = choice * SECTORS
            sectors = (plans[i].useful >> action) & ((1 << SECTORS) - 1)
            while sectors and not sectors & 1:
                sectors >>= 1
                action += 1
            if not sectors:
                continue
        assign(state, search, i, action)
        value = promised(p, order, search, plans[i].low, plans[i].high)
        value -= 0.0 if action == RADAR else plans[i].risk
        if 0 <= choice < BEAMS:
            action, gain = best_sector(p, order, search, i)
            value += gain
        if value > best + _LEAST_GAIN:
            best, kept = value, action
    assign(state, search, i, kept)
    return kept != before


@jit
def settle(p: Record, state: State, search: Search, turns: Any) -> float:
    """Let vehicles choose in turn until none changes its mind; return the sum of rewards.

    Args:
        p: Parameters.
        state: The road.
        search: Its plans are what vehicles do at first, and in the end.
        turns: In which order vehicles choose, shape ``(N,)``.
    """
    order, plans = state.order, search.plans
    count, content = turns.shape[0], 0
    for turn in range(_MOST_ROUNDS * count):
        k = turns[turn % count]
        changed = False
        if state.vehicles[k].present:
            changed = respond(p, state, search, k)
        content = 0 if changed else content + 1
        if content == count:
            break
    total = promised(p, order, search, 0, state.env.on_road)
    for r in range(state.env.on_road):
        total -= 0.0 if plans[order[r]].action == RADAR else plans[order[r]].risk
    return total


@jit
def coordinate(p: Record, state: State, search: Search, turns: Any, actions: Any) -> None:
    """Write the most promising joint actions that are found.

    Args:
        p: Parameters.
        state: The road.
        search: Weights, and scratch.
        turns: In which order vehicles choose, one row for each start ``(R, N)``; at even starts
            all use radar at first, at odd ones all are silent.
        actions: Receives the actions, shape ``(N,)``.
    """
    vehicles, plans = state.vehicles, search.plans
    for k in range(plans.shape[0]):
        speed = abs(vehicles[k].velocity_m_s)
        plans[k].risk = search.weights[1] * exp(p.risk_s_m * speed)
        if vehicles[k].present:
            link_up(p, state, search, k)
    best = -1e300
    for start in range(turns.shape[0]):
        for k in range(plans.shape[0]):
            plans[k].action = NULL if start % 2 or not vehicles[k].present else RADAR
            plans[k].direction = -1
            for face in range(BEAMS):
                plans[k].signals[face] = 0
                plans[k].senders[face] = 0
        total = settle(p, state, search, turns[start])
        if total > best:
            best = total
            for k in range(plans.shape[0]):
                actions[k] = plans[k].action


coordinate_batch = each_copy(coordinate, "search", "turns")
