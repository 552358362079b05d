"""The vehicle and the user as finite MDPs, written apart from the kernel.

States of the grid are (node, host, target, rush) in row-major order. Those at their target earn
nothing and lead to the first of them, which nothing leaves. States of the line are displacements,
the most negative first.
"""

from typing import Any

import numpy as np
from scipy.sparse import csr_array

from isac_envs.envs.edges.edge_route.params import EdgeRouteParams
from isac_envs.planning import Array, FiniteMdp
from isac_envs.planning.chains import SparseTransition


def state_shape(params: EdgeRouteParams) -> tuple[int, ...]:
    """Return the number of values of each coordinate of the state."""
    if params.roads == "line":
        return (2 * params.reach + 1,)
    nodes = params.side * params.side
    return (nodes, nodes, nodes, 2)


def transition_model(params: EdgeRouteParams) -> FiniteMdp:
    """Return transition probabilities, expected rewards and expected signals.

    The signals are ``travel_s``, ``delay_s``, ``migrated``, ``late`` and ``arrived``.
    """
    return _line(params) if params.roads == "line" else _grid(params)


def _grid(params: EdgeRouteParams) -> FiniteMdp:
    shape, field, side = state_shape(params), params.field, params.side
    node, host, target, rush = np.indices(shape).reshape(4, -1)
    count, home = len(node), node == target
    every = np.arange(count)
    stays = np.where(rush == 1, params.stay_rush, params.stay_calm)
    rows, columns = np.divmod(np.arange(side * side), side)
    hops = abs(rows[:, None] - rows) + abs(columns[:, None] - columns)
    transitions, tables = [], []
    for road in range(4):
        ahead = field.ends[node, road]
        for new in (host, ahead, field.lightest[ahead]):
            travel = field.travel_s[rush, node, road]
            delay = field.air_s[ahead] + 2.0 * params.hop_s * hops[new, ahead]
            delay = delay + field.server_s[new]
            late, moved = delay > params.delay_limit_s, new != host
            signals = [travel, delay, moved, late, ahead == target]
            tables.append(np.where(home, 0.0, signals))
            there = [
                np.ravel_multi_index((ahead, new, target, level), shape)
                for level in (rush, 1 - rush)
            ]
            values = np.where(home, 0.5, [stays, 1.0 - stays])
            ends = np.where(home, 0, there)
            pairs = (np.tile(every, 2), ends.ravel())
            transitions.append(csr_array((values.ravel(), pairs), shape=(count, count)))
    initial = np.where(host == node, np.where(home, 0.0, 1.0), 0.0)
    likely = np.where(rush == 1, params.rush_start, 1.0 - params.rush_start)
    initial = initial / (initial.sum() / 2.0) * likely
    return _mdp(params, SparseTransition(transitions), np.stack(tables, 1), initial)


def _line(params: EdgeRouteParams) -> FiniteMdp:
    reach = params.reach
    places = np.arange(-reach, reach + 1)
    right, left = params.right_probability, params.left_probability
    transmission, migration = (params.line_costs(each) for each in ("transmission", "migration"))
    moves = ((1, right), (-1, left), (0, 1.0 - right - left))
    transitions, tables = [], []
    for action in range(reach + 1):
        moved = np.where(abs(places) == reach, reach, np.minimum(action, abs(places)))
        after = np.sign(places) * (abs(places) - moved)
        table = np.zeros((len(places), len(places)))
        for step, probability in moves:
            table[places + reach, after + step + reach] += probability
        transitions.append(table)
        delay = transmission[abs(after)]
        late = delay > params.delay_limit_s
        never = np.zeros(len(places))  # travels or arrives
        tables.append(np.array([never, delay, migration[moved], late, never]))
    initial = np.where(places == 0, 1.0, 0.0)
    return _mdp(params, np.stack(transitions), np.stack(tables, 1), initial)


def _mdp(params: EdgeRouteParams, transition: Any, tables: Array, initial: Array) -> FiniteMdp:
    travel, delay, moved, late, arrived = tables
    road, task, move = params.weights
    reward = -(road * travel + task * delay + move * moved)
    signals = {"travel_s": travel, "delay_s": delay, "migrated": (moved > 0.0) * 1.0,
               "late": late, "arrived": arrived}  # fmt: skip
    return FiniteMdp(transition, reward, initial, signals, params.horizon)
