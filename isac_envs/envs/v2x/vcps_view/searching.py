"""Coordinate search of the plan that earns most in the coming slot, on a copy of the state."""

from typing import Any, NamedTuple

import numpy as np

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import each_copy
from isac_envs.engine.passes import copy_row
from isac_envs.engine.rng import seed_stream
from isac_envs.envs.v2x.vcps_view.judging import judge
from isac_envs.envs.v2x.vcps_view.policies import Plan, choose_cheapest, write_action, write_plan
from isac_envs.envs.v2x.vcps_view.records import MOST_VIEWS, NOBODY, State
from isac_envs.envs.v2x.vcps_view.uploading import upload
from isac_envs.envs.v2x.vcps_view.world import view_of

_SWEEPS = 2
_ANY_SEED, _ANY_STREAM = (
    np.uint64(1),
    np.uint64(4),
)  # SNR targets of the trials, not those that will be drawn


class Bench(NamedTuple):
    """What a search works with.

    Attributes:
        weights: Weights of the objectives, shape ``(2,)``.
        loads: Loads that are tried, shape ``(L,)``; it begins with the first.
        powers: Levels of power that are tried, shape ``(P,)``; it begins with the first, too.
        low: Scratch: the running range before the slot, shape ``(PARTS,)``.
        high: Scratch: the same, upper end.
    """

    weights: Any
    loads: Any
    powers: Any
    low: Any
    high: Any


@jit
def worth(p: Record, state: State, plan: Plan, bench: Bench) -> float:
    """Return the reward of a plan in the coming slot, and play that slot up to the views.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        plan: What vehicles are to do in the slot.
        bench: Levels that are tried, and scratch.
    """
    e = state.env
    copy_row(bench.low, e.low)
    copy_row(bench.high, e.high)
    seed_stream(e.world, _ANY_SEED, _ANY_STREAM)
    write_action(p, state, plan, state.coordinates)
    upload(p, state)
    judge(p, state, NOBODY)
    return bench.weights[0] * e.quality + bench.weights[1] * e.profit


@inlined
def can_sense(items: Any, i: int, d: int) -> bool:
    """Tell whether vehicle ``i``, or NOBODY, can be the one that senses type ``d``.

    Args:
        items: What each vehicle can sense, shape ``(V, K)``.
        i: Number of the vehicle.
        d: Type of information.
    """
    able = i == NOBODY
    for k in range(items.shape[1]):
        able = able or (i >= 0 and items[i, k].kind == d)
    return able


@jit
def improve_sensor(p: Record, state: State, plan: Plan, bench: Bench, d: int, best: float) -> float:
    """Find who is best to sense type ``d``; return the worth of the plan, at least ``best``.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        plan: What vehicles are to do in the slot.
        bench: Levels that are tried, and scratch.
        d: Type of information.
        best: Worth of the present plan.
    """
    sensor = plan.sensor
    for i in range(NOBODY, state.items.shape[0]):
        before = sensor[d]
        if i == before or not can_sense(state.items, i, d):
            continue
        sensor[d] = i
        value = worth(p, state, plan, bench)
        if value > best:
            best = value
        else:
            sensor[d] = before
    return best


@jit
def improve_levels(p: Record, state: State, plan: Plan, bench: Bench, best: float) -> float:
    """Find the best load and power of each vehicle; return the worth, at least ``best``.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        plan: What vehicles are to do in the slot.
        bench: Levels that are tried, and scratch.
        best: Worth of the present plan.
    """
    loads = bench.loads.shape[0]
    for i in range(plan.load.shape[0]):
        for choice in range(loads + bench.powers.shape[0]):
            is_load = choice < loads
            levels = plan.load if is_load else plan.power
            before = levels[i]
            levels[i] = bench.loads[choice] if is_load else bench.powers[choice - loads]
            if levels[i] == before:
                continue
            value = worth(p, state, plan, bench)
            if value > best:
                best = value
            else:
                levels[i] = before
    return best


@jit
def search(p: Record, state: State, plan: Plan, bench: Bench, action: Any) -> None:
    """Write the action of the best plan found, one coordinate at a time.

    It begins with the greedy plan, or with sensing nothing where that is better.

    Args:
        p: Parameters.
        state: A copy of the state, in which plans are tried.
        plan: Receives the plan.
        bench: What is tried, and scratch.
        action: Receives the coordinates, shape ``(W,)``.
    """
    views = state.views
    copy_row(state.env.low, bench.low)
    copy_row(state.env.high, bench.high)
    plan.load[:] = bench.loads[0]
    plan.power[:] = bench.powers[0]
    plan.sensor[:] = NOBODY
    idle = worth(p, state, plan, bench)
    choose_cheapest(state, plan.sensor)
    best = worth(p, state, plan, bench)
    if idle > best:
        best = idle
        plan.sensor[:] = NOBODY
    for _ in range(_SWEEPS):
        for number in range(MOST_VIEWS):
            m = view_of(state.requests, state.env.time, number)
            if m < 0:
                continue
            for j in range(views[m].count):
                best = improve_sensor(p, state, plan, bench, views[m].kinds[j], best)
        best = improve_levels(p, state, plan, bench, best)
    write_plan(p, state, plan, action)


search_batch = each_copy(search, "plan", "bench")
