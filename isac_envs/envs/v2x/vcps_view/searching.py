"""Coordinate search of the plan that earns most in the coming slot, on a copy of the state."""

from typing import Any

import numpy as np

from isac_envs.engine.jit import Record, jit
from isac_envs.engine.rng import seed_stream
from isac_envs.envs.v2x.vcps_view.judging import judge
from isac_envs.envs.v2x.vcps_view.policies import NOBODY, cheapest, write_action
from isac_envs.envs.v2x.vcps_view.records import MOST_VIEWS
from isac_envs.envs.v2x.vcps_view.uploading import upload
from isac_envs.envs.v2x.vcps_view.world import view_of

_ANY_SEED, _ANY_STREAM = (
    np.uint64(1),
    np.uint64(4),
)  # SNR targets of the trials, not those that will be drawn


@jit
def worth(
    p: Record, true: Any, env: Any, vehicles: Any, items: Any, kinds: Any, views: Any,
    tracks: Any, requests: Any, line: Any, order: Any, sensor: Any, load: Any, power: Any,
    weights: Any, trial: Any,
) -> float:  # fmt: skip
    """Return the reward of a plan in the coming slot; the arrays but ``true`` are scratch."""
    env[0] = true[0]
    seed_stream(env[0].world, _ANY_SEED, _ANY_STREAM)
    write_action(p, env[0], items, kinds, tracks, sensor, load, power, trial)
    upload(p, env[0], vehicles, items, kinds, tracks, line, order, trial)
    judge(p, env[0], vehicles, items, kinds, views, requests, -1)
    return weights[0] * env[0].quality + weights[1] * env[0].profit


@jit
def search(
    p: Any, true: Any, env: Any, vehicles: Any, items: Any, kinds: Any, views: Any, tracks: Any,
    requests: Any, line: Any, order: Any, sensor: Any, load: Any, power: Any, loads: Any,
    powers: Any, sweeps: int, weights: Any, out: Any,
) -> None:  # fmt: skip
    """Write the action of the best plan found, one coordinate at a time.

    It begins with the greedy plan, or with sensing nothing where that is better.
    """
    for i in range(load.shape[0]):
        load[i] = loads[0]
        power[i] = powers[0]
    for d in range(sensor.shape[0]):
        sensor[d] = NOBODY
    idle = worth(
        p[0], true, env, vehicles, items, kinds, views, tracks, requests, line, order, sensor,
        load, power, weights, out,
    )  # fmt: skip
    cheapest(true[0], items, views, requests, sensor)
    best = worth(
        p[0], true, env, vehicles, items, kinds, views, tracks, requests, line, order, sensor,
        load, power, weights, out,
    )  # fmt: skip
    if idle > best:
        best = idle
        for d in range(sensor.shape[0]):
            sensor[d] = NOBODY
    for _ in range(sweeps):
        for number in range(MOST_VIEWS):
            m = view_of(requests, true[0].time, number)
            if m < 0:
                continue
            for j in range(views[m].count):
                d = views[m].kinds[j]
                for i in range(-1, items.shape[0]):
                    able = i == NOBODY
                    for k in range(items.shape[1]):
                        able = able or (i >= 0 and items[i, k].kind == d)
                    before = sensor[d]
                    if not able or i == before:
                        continue
                    sensor[d] = i
                    value = worth(
                        p[0], true, env, vehicles, items, kinds, views, tracks, requests, line,
                        order, sensor, load, power, weights, out,
                    )  # fmt: skip
                    if value > best:
                        best = value
                    else:
                        sensor[d] = before
        for i in range(load.shape[0]):
            for choice in range(loads.shape[0] + powers.shape[0]):
                is_load = choice < loads.shape[0]
                values = load if is_load else power
                before = values[i]
                values[i] = loads[choice] if is_load else powers[choice - loads.shape[0]]
                if values[i] == before:
                    continue
                value = worth(
                    p[0], true, env, vehicles, items, kinds, views, tracks, requests, line, order,
                    sensor, load, power, weights, out,
                )  # fmt: skip
                if value > best:
                    best = value
                else:
                    values[i] = before
    write_action(p[0], true[0], items, kinds, tracks, sensor, load, power, out)
