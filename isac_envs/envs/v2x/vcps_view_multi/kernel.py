"""Dynamics of vehicular views with several agents: the single form's, observed by each agent.

Rows of vehicles come first, that of the edge last; what is behind an agent's own coordinates is 0.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.envs.v2x.vcps_view import observing
from isac_envs.envs.v2x.vcps_view.judging import judge
from isac_envs.envs.v2x.vcps_view.kernel import finish, report, reset
from isac_envs.envs.v2x.vcps_view.observing import cached_time, distance_seen, seen_slot
from isac_envs.envs.v2x.vcps_view.records import NOBODY, State
from isac_envs.envs.v2x.vcps_view.uploading import upload
from isac_envs.envs.v2x.vcps_view_multi.params import VcpsViewMultiParams

__all__ = ["observe", "reset", "step"]

DIFFERENCE = VcpsViewMultiParams.code("credit", "difference")


@inlined
def gather(p: Record, actions: Any, row: Any) -> None:
    """Write the actions of all agents one after the other.

    Args:
        p: Parameters of the environment, one record.
        actions: Actions of all agents, shape ``(A, W)``.
        row: Receives them, shape ``(W,)``.
    """
    vehicles = actions.shape[0] - 1
    width = p.vehicle_width
    for i in range(vehicles):
        for w in range(width):
            row[i * width + w] = actions[i, w]
        row[vehicles * width + i] = actions[vehicles, i]


@jit
def play_together(p: Record, state: State) -> None:
    """Play the slot of the action in the state, and find what each vehicle contributed."""
    e, vehicles = state.env, state.vehicles
    upload(p, state)
    judge(p, state, NOBODY)
    if p.credit == DIFFERENCE:
        for i in range(vehicles.shape[0]):
            judge(p, state, i)
            vehicles[i].view_quality = e.quality
            vehicles[i].view_profit = e.profit
        judge(p, state, NOBODY)
    finish(p, state)


@jit
def tell(p: Record, state: State, outcome: Outcome) -> None:
    """Write the outcome of a slot for every agent.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        outcome: What the step writes: objectives, costs and metrics.
    """
    e, vehicles, items = state.env, state.vehicles, state.items
    objectives, costs, metrics = outcome
    count = vehicles.shape[0]
    report(p, state, Outcome(objectives[count], costs[count], metrics[count]))
    costs[count, 0] = costs[count, 1] = 0.0
    for i in range(count):
        metrics[i] = metrics[count]
        apart = p.credit == DIFFERENCE
        objectives[i, 0] = e.quality - (vehicles[i].view_quality if apart else 0.0)
        objectives[i, 1] = e.profit - (vehicles[i].view_profit if apart else 0.0)
        costs[i, 0] = vehicles[i].link_load >= 1.0
        costs[i, 1] = vehicles[i].sending and vehicles[i].least_w > p.max_power_w
        costs[i, 2] = 0.0
        metrics[i].load = vehicles[i].load
        metrics[i].power_mw = 1e3 * vehicles[i].power_w
        metrics[i].least_power_mw = 1e3 * min(vehicles[i].least_w, p.max_power_w)
        sensed = wait = 0.0
        for k in range(items.shape[1]):
            sensed += items[i, k].sensed
            wait += items[i, k].wait_s if items[i, k].sensed else 0.0
        metrics[i].sensed = sensed
        metrics[i].wait_s = wait / max(1.0, sensed)


@inlined
def step(p: Record, state: State, actions: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance one copy by a slot; return (terminated, truncated).

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        actions: Actions of all agents, shape ``(A, W)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    gather(p, actions, state.coordinates)
    play_together(p, state)
    tell(p, state, outcome)
    return False, state.env.time >= p.horizon


@jit
def observe(p: Record, state: State, observations: Any) -> None:
    """Write the observations of the vehicles and the edge.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observations: Receives an observation for each agent, shape ``(A, D)``.
    """
    items, kinds = state.items, state.kinds
    count, each = items.shape[0], items.shape[1]
    observations[:] = 0.0
    observing.observe_all(p, state, observations[count])
    second = seen_slot(p, state.env)
    for i in range(count):
        out = observations[i]
        out[0] = second / p.slots
        out[1] = i / count
        out[2] = distance_seen(p, state.tracks[i], second)
        for k in range(each):
            out[3 + k] = items[i, k].kind / p.types
            out[3 + each + k] = items[i, k].cost / p.cost_high
        at = 3 + 2 * each
        for d in range(kinds.shape[0]):
            out[at + d] = cached_time(p, kinds[d])
            out[at + kinds.shape[0] + d] = kinds[d].required
