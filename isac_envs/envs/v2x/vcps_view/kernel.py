"""Dynamics of vehicular views.

A slot decides, uploads, judges the views and keeps packets. It draws one number a vehicle whatever
the action; everything else is drawn when an episode begins.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.engine.passes import copy_row
from isac_envs.engine.rng import uniform
from isac_envs.envs.v2x.vcps_view.judging import RUNNING, judge, keep
from isac_envs.envs.v2x.vcps_view.observing import observe
from isac_envs.envs.v2x.vcps_view.policies import Plan, write_action
from isac_envs.envs.v2x.vcps_view.records import (
    CONSISTENCY,
    NOBODY,
    PARTS,
    REDUNDANCY,
    SENSING,
    TIMELINESS,
    TRANSMISSION,
    State,
)
from isac_envs.envs.v2x.vcps_view.required import SENSORS, list_candidates, read_sensors
from isac_envs.envs.v2x.vcps_view.uploading import FRACTIONS, HYBRID, upload
from isac_envs.envs.v2x.vcps_view.world import distance_at, draw_gain, draw_world, forget

__all__ = ["finish", "observe", "play", "report", "reset", "step"]


@inlined
def finish(p: Record, state: State) -> None:
    """Keep the packets of a slot and advance the clock."""
    keep(p, state)
    state.env.time += 1


@jit
def play(p: Record, state: State) -> None:
    """Play the slot of the action in the state."""
    upload(p, state)
    judge(p, state, NOBODY)
    finish(p, state)


@inlined
def start(p: Record, state: State) -> None:
    """Set the clock to 0 and empty the cache."""
    state.env.time = 0
    draw_gain(p, state.env)
    forget(state.kinds)
    for i in range(state.vehicles.shape[0]):
        state.vehicles[i].distance_m = distance_at(p, state.tracks[i], 0)


@jit
def reset(p: Record, state: State) -> None:
    """Start an episode; the running range begins with episodes of random actions, if any."""
    e, coordinates = state.env, state.coordinates
    draw_world(p, state)
    list_candidates(state.items, state.kinds)
    for part in range(PARTS):
        e.low[part] = 1e18
        e.high[part] = -1e18
    if p.normaliser == RUNNING:
        for _ in range(p.warmup_episodes):
            start(p, state)
            while e.time < p.slots:
                for w in range(coordinates.shape[0]):
                    u = uniform(e.world)
                    coordinates[w] = int(u * p.levels) if p.action == HYBRID else u
                play(p, state)
    start(p, state)


@jit
def report(p: Record, state: State, outcome: Outcome) -> None:
    """Write the outcome of a slot.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        outcome: What the step writes: objectives, costs and metrics.
    """
    e, vehicles, items = state.env, state.vehicles, state.items
    objectives, costs, metrics = outcome
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


@inlined
def step(p: Record, state: State, action: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance one copy by a slot; return (terminated, truncated).

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        action: The coordinates, or the sensors of the required types, shape ``(W,)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    if p.action == SENSORS:
        read_sensors(p, state, action, state.order)
        plan = Plan(state.order, p.planned_loads, p.least_powers)
        write_action(p, state, plan, state.coordinates)
    else:
        copy_row(action, state.coordinates)
    play(p, state)
    report(p, state, outcome)
    return False, state.env.time >= p.horizon
