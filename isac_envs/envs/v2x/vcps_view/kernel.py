"""Dynamics of vehicular views.

A slot decides, uploads, judges the views and keeps packets. It draws one number a vehicle whatever
the action; everything else is drawn when an episode begins.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.rng import uniform
from isac_envs.envs.v2x.vcps_view.judging import RUNNING, judge, keep
from isac_envs.envs.v2x.vcps_view.observing import observe
from isac_envs.envs.v2x.vcps_view.records import (
    CONSISTENCY,
    PARTS,
    REDUNDANCY,
    SENSING,
    TIMELINESS,
    TRANSMISSION,
)
from isac_envs.envs.v2x.vcps_view.uploading import FRACTIONS, HYBRID, upload
from isac_envs.envs.v2x.vcps_view.world import distance_at, draw_gain, draw_world, forget


@inlined
def finish(p: Record, e: Record, items: Any, kinds: Any, views: Any, requests: Any) -> None:
    """Keep the packets of a slot and go on to the next."""
    keep(p, e, items, kinds, views, requests)
    e.time += 1
    e.done = e.time >= p.horizon


@jit
def play_one(
    p: Record, e: Record, vehicles: Any, items: Any, kinds: Any, views: Any, tracks: Any,
    requests: Any, line: Any, order: Any, coordinates: Any,
) -> None:  # fmt: skip
    """Advance one copy by a slot."""
    upload(p, e, vehicles, items, kinds, tracks, line, order, coordinates)
    judge(p, e, vehicles, items, kinds, views, requests, -1)
    finish(p, e, items, kinds, views, requests)


@inlined
def start(p: Record, e: Record, vehicles: Any, kinds: Any, tracks: Any) -> None:
    """Set the clock to 0 and empty the cache."""
    e.time = 0
    e.done = False
    draw_gain(p, e)
    forget(p, kinds)
    for i in range(vehicles.shape[0]):
        vehicles[i].distance_m = distance_at(p, tracks[i], 0)


@jit
def reset_one(
    p: Record, e: Record, vehicles: Any, items: Any, kinds: Any, views: Any, tracks: Any,
    requests: Any, line: Any, order: Any, trial: Any,
) -> None:  # fmt: skip
    """Start an episode; the running range begins with episodes of random actions, if any."""
    draw_world(p, e, vehicles, items, kinds, views, tracks, requests, order)
    for part in range(PARTS):
        e.low[part] = 1e18
        e.high[part] = -1e18
    if p.normaliser == RUNNING:
        for _ in range(p.warmup_episodes):
            start(p, e, vehicles, kinds, tracks)
            while e.time < p.slots:
                for w in range(trial.shape[0]):
                    u = uniform(e.world)
                    trial[w] = int(u * p.levels) if p.action == HYBRID else u
                play_one(p, e, vehicles, items, kinds, views, tracks, requests, line, order, trial)
    start(p, e, vehicles, kinds, tracks)


@jit
def report(
    p: Record, e: Record, vehicles: Any, items: Any, objectives: Any, costs: Any, metrics: Record
) -> None:
    """Write the outcome of a slot."""
    objectives[0] = e.quality
    objectives[1] = e.profit
    count = vehicles.shape[0]
    overloaded = unreliable = 0.0
    metrics.load = metrics.power_mw = metrics.least_power_mw = 0.0
    sensed = wait = 0.0
    for i in range(count):
        overloaded += vehicles[i].link_load >= 1.0
        unreliable += vehicles[i].sending and vehicles[i].least_w > p.max_power_w
        metrics.load += vehicles[i].load / count
        metrics.power_mw += 1e3 * vehicles[i].power_w / count
        metrics.least_power_mw += 1e3 * min(vehicles[i].least_w, p.max_power_w) / count
        for k in range(items.shape[1]):
            sensed += items[i, k].sensed
            wait += items[i, k].wait_s if items[i, k].sensed else 0.0
    metrics.sensed = sensed
    metrics.wait_s = wait / max(1.0, sensed)
    costs[0] = overloaded
    costs[1] = unreliable
    costs[2] = p.allocation == FRACTIONS and e.asked > 1.0
    metrics.quality = e.quality
    metrics.profit = e.profit
    metrics.view_cost = e.cost
    metrics.timeliness = e.parts[TIMELINESS]
    metrics.consistency = e.parts[CONSISTENCY]
    metrics.redundancy = e.parts[REDUNDANCY]
    metrics.sensing_cost = e.parts[SENSING]
    metrics.transmission_cost = e.parts[TRANSMISSION]
    metrics.completeness = e.completeness


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
            observe(
                p[0], env[i], vehicles[i], items[i], kinds[i], views[i], tracks[i], requests[i],
                observations[i, 0],
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
            for w in range(actions.shape[2]):
                trial[i, w] = actions[i, 0, w]
            play_one(
                p[0], env[i], vehicles[i], items[i], kinds[i], views[i], tracks[i], requests[i],
                line[i], order[i], trial[i],
            )  # fmt: skip
            report(
                p[0], env[i], vehicles[i], items[i], objectives[i, 0], costs[i, 0], metrics[i, 0]
            )
            ended[i, 0] = False
            ended[i, 1] = env[i].done
        observe(
            p[0], env[i], vehicles[i], items[i], kinds[i], views[i], tracks[i], requests[i],
            observations[i, 0],
        )  # fmt: skip
