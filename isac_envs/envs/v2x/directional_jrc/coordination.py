"""Search for the joint action that promises most in this step, for all vehicles of a road.

What a joint action can be expected to deliver follows from who reaches whom, which is worked out
once: a signal that is alone on a face of its receiver arrives with a probability that all others
in range lower. The choice of one vehicle has a part in what its surroundings receive only, so that
the work does not grow with the road beyond the number of vehicles.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit, record
from isac_envs.engine.mathx import exp
from isac_envs.envs.v2x.directional_jrc.geometry import direction_of, in_beam
from isac_envs.envs.v2x.directional_jrc.links import packet_success, reach_m, reaches
from isac_envs.envs.v2x.directional_jrc.policies import sector_values
from isac_envs.envs.v2x.directional_jrc.records import BEAMS, NULL, RADAR, SECTORS

LINK = record(
    ("beam", "i8"),  # direction in which one vehicle reaches the other, -1 = in none
    ("facing", "i8"),  # direction in which the other looks at the one, -1 = in none
    ("loss", "f8"),  # 1 / distance^2, 0 out of range
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


@jit
def link_up(
    p: Record, e: Record, vehicles: Any, order: Any, labels: Any, ages: Any, links: Any,
    plans: Any, i: int,
) -> None:  # fmt: skip
    """Write whom vehicle ``i`` reaches and disturbs, and which of its actions are useful."""
    plans[i].useful = 0
    plans[i].low = plans[i].high = vehicles[i].rank
    while plans[i].low > 0 and (
        vehicles[i].x_m - vehicles[order[plans[i].low - 1]].x_m <= p.range_m
    ):
        plans[i].low -= 1
    while plans[i].high < e.on_road and (
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
        links[i, j].loss = 1.0 / (dx * dx + dy * dy)
        for turn in range(BEAMS):
            direction = direction_of(turn, vehicles[i].heading)
            if in_beam(direction, -dx, -dy, 1.0):
                links[i, j].facing = direction
            if abs(dx) > reach_m(p, direction) or not reaches(
                p, vehicles, order, e.on_road, i, j, direction
            ):
                continue
            links[i, j].beam = direction
            sector_values(p, vehicles, labels, ages, i, j, links[i, j].value)
            for sector in range(SECTORS):
                if links[i, j].value[sector] > 0.0:
                    plans[i].useful |= 1 << (turn * SECTORS + sector)


@inlined
def count_signal(order: Any, links: Any, plans: Any, i: int, change: int) -> None:
    """Add (1) or remove (-1) what vehicle ``i`` sends on the faces of those whom it reaches."""
    direction = plans[i].direction
    if direction >= 0:
        for r in range(plans[i].low, plans[i].high):
            j = order[r]
            if links[i, j].beam == direction:
                plans[j].signals[direction] += change
                plans[j].senders[direction] += change * i


@jit
def assign(vehicles: Any, order: Any, links: Any, plans: Any, i: int, action: int) -> None:
    """Let vehicle ``i`` plan an action instead of its present one."""
    count_signal(order, links, plans, i, -1)
    plans[i].action = action
    plans[i].direction = -1
    if action < NULL:
        plans[i].direction = direction_of(action // SECTORS, vehicles[i].heading)
    count_signal(order, links, plans, i, 1)


@jit
def success(p: Record, order: Any, links: Any, plans: Any, i: int, j: int) -> float:
    """Return the probability that what ``i`` sends, alone on its face of ``j``, arrives."""
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
def received(p: Record, order: Any, links: Any, plans: Any, j: int) -> float:
    """Return the usefulness that vehicle ``j`` can expect from all others."""
    total = 0.0
    if p.collisions:
        for direction in range(BEAMS):
            if plans[j].signals[direction] == 1:
                i = plans[j].senders[direction]
                value = links[i, j].value[plans[i].action % SECTORS]
                if value > 0.0:
                    total += value * success(p, order, links, plans, i, j)
        return total
    for r in range(plans[j].low, plans[j].high):
        i = order[r]
        if i != j and plans[i].direction >= 0 and links[i, j].beam == plans[i].direction:
            value = links[i, j].value[plans[i].action % SECTORS]
            total += value * success(p, order, links, plans, i, j)
    return total


@jit
def promised(
    p: Record, order: Any, links: Any, plans: Any, communication: float, first: int, last: int
) -> float:
    """Return what places ``first`` to ``last - 1`` along the road can expect to receive."""
    total = 0.0
    for r in range(first, last):
        total += received(p, order, links, plans, order[r])
    return communication * total


@jit
def best_sector(
    p: Record, order: Any, links: Any, plans: Any, communication: float, i: int
) -> tuple[int, float]:
    """Return the best action with the present beam of ``i``, and what it adds to the present."""
    for sector in range(SECTORS):
        plans[i].sums[sector] = 0.0
    direction = plans[i].direction
    for r in range(plans[i].low, plans[i].high):
        j = order[r]
        alone = plans[j].signals[direction] == 1 or not p.collisions
        if j != i and links[i, j].beam == direction and alone:
            arrives = success(p, order, links, plans, i, j)
            for sector in range(SECTORS):
                plans[i].sums[sector] += arrives * links[i, j].value[sector]
    best = present = plans[i].action % SECTORS
    for sector in range(SECTORS):
        if plans[i].sums[sector] > plans[i].sums[best]:
            best = sector
    gain = communication * (plans[i].sums[best] - plans[i].sums[present])
    return plans[i].action - present + best, gain


@jit
def respond(
    p: Record, vehicles: Any, order: Any, links: Any, plans: Any, communication: float, i: int
) -> bool:
    """Give vehicle ``i`` its best action against those of the others; tell if it changed."""
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
        assign(vehicles, order, links, plans, i, action)
        value = promised(p, order, links, plans, communication, plans[i].low, plans[i].high)
        value -= 0.0 if action == RADAR else plans[i].risk
        if 0 <= choice < BEAMS:
            action, gain = best_sector(p, order, links, plans, communication, i)
            value += gain
        if value > best + _LEAST_GAIN:
            best, kept = value, action
    assign(vehicles, order, links, plans, i, kept)
    return kept != before


@jit
def settle(
    p: Record, e: Record, vehicles: Any, order: Any, links: Any, plans: Any,
    communication: float, turns: Any,
) -> float:  # fmt: skip
    """Let vehicles choose in turn until none changes its mind; return the sum of rewards."""
    count, content = turns.shape[0], 0
    for turn in range(_MOST_ROUNDS * count):
        k = turns[turn % count]
        changed = False
        if vehicles[k].present:
            changed = respond(p, vehicles, order, links, plans, communication, k)
        content = 0 if changed else content + 1
        if content == count:
            break
    total = promised(p, order, links, plans, communication, 0, e.on_road)
    for r in range(e.on_road):
        total -= 0.0 if plans[order[r]].action == RADAR else plans[order[r]].risk
    return total


@jit
def coordinate_batch(
    p: Any, env: Any, vehicles: Any, order: Any, labels: Any, ages: Any, links: Any, plans: Any,
    communication: float, sensing: float, turns: Any, actions: Any,
) -> None:  # fmt: skip
    """Write the most promising joint actions that are found.

    Args:
        p: Parameters ``(1,)``.
        env: Environment records ``(n,)``.
        vehicles: Records ``(n, N)``.
        order: Order along the road ``(n, N)``.
        labels: Labels of the maps ``(n, N, 35)``.
        ages: Ages of the maps ``(n, N, 35)``.
        links: Scratch ``(N, N)``.
        plans: Scratch ``(N,)``.
        communication: Weight of the communication objective.
        sensing: Weight of the sensing objective.
        turns: In which order vehicles choose, one row for each start ``(R, N)``; at even starts
            all use radar at first, at odd ones all are silent.
        actions: Receives the actions ``(n, N)``.
    """
    for i in range(env.shape[0]):
        for k in range(plans.shape[0]):
            speed = abs(vehicles[i, k].velocity_m_s)
            plans[k].risk = sensing * exp(p[0].risk_s_m * speed)
            if vehicles[i, k].present:
                link_up(
                    p[0], env[i], vehicles[i], order[i], labels[i], ages[i], links, plans, k
                )  # fmt: skip
        best = -1e300
        for start in range(turns.shape[0]):
            for k in range(plans.shape[0]):
                plans[k].action = NULL if start % 2 or not vehicles[i, k].present else RADAR
                plans[k].direction = -1
                for face in range(BEAMS):
                    plans[k].signals[face] = 0
                    plans[k].senders[face] = 0
            total = settle(
                p[0], env[i], vehicles[i], order[i], links, plans, communication, turns[start]
            )  # fmt: skip
            if total > best:
                best = total
                for k in range(plans.shape[0]):
                    actions[i, k] = plans[k].action
