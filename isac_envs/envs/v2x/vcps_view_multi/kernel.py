"""Dynamics of vehicular views with several agents: those of the single form, told to each agent.

Rows of vehicles come first, that of the edge last; what is behind an agent's own coordinates is 0.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.envs.v2x.vcps_view.judging import judge
from isac_envs.envs.v2x.vcps_view.kernel import finish, report, reset_one
from isac_envs.envs.v2x.vcps_view.observing import cached_time, distance_seen, observe, seen_slot
from isac_envs.envs.v2x.vcps_view.uploading import upload

DIFFERENCE = 1  # position in the parameter ``credit``


@inlined
def gather(p: Record, actions: Any, row: Any) -> None:
    """Write the actions of all agents one after the other."""
    vehicles = actions.shape[0] - 1
    width = p.vehicle_width
    for i in range(vehicles):
        for w in range(width):
            row[i * width + w] = actions[i, w]
        row[vehicles * width + i] = actions[vehicles, i]


@jit
def play_together(
    p: Record, e: Record, vehicles: Any, items: Any, kinds: Any, views: Any, tracks: Any,
    requests: Any, line: Any, order: Any, coordinates: Any,
) -> None:  # fmt: skip
    """Advance one copy by a slot, and find what each vehicle contributed."""
    upload(p, e, vehicles, items, kinds, tracks, line, order, coordinates)
    judge(p, e, vehicles, items, kinds, views, requests, -1)
    if p.credit == DIFFERENCE:
        for i in range(vehicles.shape[0]):
            judge(p, e, vehicles, items, kinds, views, requests, i)
            vehicles[i].view_quality = e.quality
            vehicles[i].view_profit = e.profit
        judge(p, e, vehicles, items, kinds, views, requests, -1)
    finish(p, e, items, kinds, views, requests)


@jit
def tell(
    p: Record, e: Record, vehicles: Any, items: Any, objectives: Any, costs: Any, metrics: Any
) -> None:
    """Write the outcome of a slot for every agent."""
    count = vehicles.shape[0]
    report(p, e, vehicles, items, objectives[count], costs[count], metrics[count])
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


@jit
def show(
    p: Record, e: Record, vehicles: Any, items: Any, kinds: Any, views: Any, tracks: Any,
    requests: Any, observations: Any,
) -> None:  # fmt: skip
    """Write the observations of all agents."""
    count, each = items.shape[0], items.shape[1]
    for i in range(count + 1):
        for w in range(observations.shape[1]):
            observations[i, w] = 0.0
    observe(p, e, vehicles, items, kinds, views, tracks, requests, observations[count])
    second = seen_slot(p, e)
    for i in range(count):
        out = observations[i]
        out[0] = second / p.slots
        out[1] = i / count
        out[2] = distance_seen(p, tracks[i], second)
        for k in range(each):
            out[3 + k] = items[i, k].kind / p.types
            out[3 + each + k] = items[i, k].cost / p.cost_high
        at = 3 + 2 * each
        for d in range(kinds.shape[0]):
            out[at + d] = cached_time(p, kinds[d])
            out[at + kinds.shape[0] + d] = kinds[d].required


@jit
def reset_batch(
    p: Any, env: Any, vehicles: Any, items: Any, kinds: Any, views: Any, tracks: Any,
    requests: Any, line: Any, order: Any, trial: Any, mask: Any, observations: Any,
) -> None:  # fmt: skip
    """Reset the masked copies."""
    for i in range(env.shape[0]):
        if mask[i]:
            reset_one(
                p[0], env[i], vehicles[i], items[i], kinds[i], views[i], tracks[i], requests[i],
                line[i], order[i], trial[i],
            )  # fmt: skip
            show(
                p[0], env[i], vehicles[i], items[i], kinds[i], views[i], tracks[i], requests[i],
                observations[i],
            )  # fmt: skip


@jit
def step_batch(
    p: Any, env: Any, vehicles: Any, items: Any, kinds: Any, views: Any, tracks: Any,
    requests: Any, line: Any, order: Any, trial: Any, actions: Any, restart: bool,
    observations: Any, objectives: Any, costs: Any, metrics: Any, ended: Any,
) -> None:  # fmt: skip
    """Step all copies; with ``restart``, reset those that are done instead."""
    for i in range(env.shape[0]):
        if restart and env[i].done:
            reset_one(
                p[0], env[i], vehicles[i], items[i], kinds[i], views[i], tracks[i], requests[i],
                line[i], order[i], trial[i],
            )  # fmt: skip
        else:
            gather(p[0], actions[i], trial[i])
            play_together(
                p[0], env[i], vehicles[i], items[i], kinds[i], views[i], tracks[i], requests[i],
                line[i], order[i], trial[i],
            )  # fmt: skip
            tell(p[0], env[i], vehicles[i], items[i], objectives[i], costs[i], metrics[i])
            ended[i, 0] = False
            ended[i, 1] = env[i].done
        show(
            p[0], env[i], vehicles[i], items[i], kinds[i], views[i], tracks[i], requests[i],
            observations[i],
        )  # fmt: skip
