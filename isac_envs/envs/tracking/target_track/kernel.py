"""Dynamics of ``isac/TargetTrack-v0``: two looks, service, and what happens meanwhile."""

import math
from typing import Any

from isac_envs.engine import rng
from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.engine.rng import next_u64
from isac_envs.envs.tracking.target_track import world
from isac_envs.envs.tracking.target_track.actions import Decision, decode
from isac_envs.envs.tracking.target_track.listening import listen
from isac_envs.envs.tracking.target_track.observing import observe as observe
from isac_envs.envs.tracking.target_track.records import State
from isac_envs.envs.tracking.target_track.search import search_probability
from isac_envs.envs.tracking.target_track.slot import (
    PROCESSED,
    coverage,
    nearest_sector,
    rate_mbit,
    sector_look,
    user_look,
)
from isac_envs.kernels.numerics.assignment import ALONE
from isac_envs.sensing import gospa, tracks
from isac_envs.sensing.association import process
from isac_envs.sensing.looks import Look
from isac_envs.sensing.tracks import CONFIRMED, FREE

_LOST_BELIEF = 0.5  # targets that a track leaves behind when it has become too uncertain


@jit
def reset(p: Record, state: State) -> None:
    """Start an episode: users with empty queues, targets that nobody has seen."""
    e = state.env
    for i in range(state.users.shape[0]):
        world.place_user(p, e.world, state.users[i])
    for k in range(state.targets.shape[0]):
        state.targets[k].alive = False
    for _ in range(rng.poisson(e.world, p.start_targets)):
        world.enter(p, e.world, state.targets, False)
    for i in range(state.tracks.shape[0]):
        state.tracks[i].status = FREE
        state.tracks[i].is_hit, state.tracks[i].is_offered = False, False
        state.tracks[i].miss_probability = 1.0
    for s in range(state.sectors.shape[0]):
        state.sectors[s].slots = 0
        state.sectors[s].belief = p.start_targets / state.sectors.shape[0]
    e.found = e.false_alarms = e.look_found = e.look_detections = e.user = 0
    e.served_mbit = e.share = e.sine = 0.0
    e.granted = False


@jit
def look_around(p: Record, state: State, look: Look, key: Any) -> None:
    """Look, and take what is detected into the tracks.

    Args:
        p: Parameters.
        state: The scene.
        look: The look.
        key: Random bits that all its draws follow from, uint64.
    """
    e = state.env
    rng.seed_stream(e.look, key, key)
    count, total = listen(p, state, look, state.scratch.echo)
    e.found += count
    e.false_alarms += total - count
    e.look_found, e.look_detections = count, total
    process(p, look, state.tracks, state.detections[:total], state.scratch.bench[0])
    probability = search_probability(p, look)
    for s in range(state.sectors.shape[0]):
        covered = coverage(p, look, s)
        if covered > 0.0:
            state.sectors[s].slots = 0
            state.sectors[s].belief *= 1.0 - probability * covered


@inlined
def _sense(p: Record, state: State, decision: Decision) -> None:
    """Do both looks of a slot and close it for the tracks."""
    e = state.env
    e.found = e.false_alarms = e.look_found = e.look_detections = 0
    first, second = next_u64(e.measurement), next_u64(e.measurement)
    if decision.user > 0 and p.communication_echoes == PROCESSED:
        look = user_look(p, state, decision.user, decision.share)
        if look.symbols >= p.least_symbols:
            look_around(p, state, look, first)
    look = sector_look(p, decision.sine, decision.share, decision.columns)
    if look.symbols >= p.least_symbols:
        look_around(p, state, look, second)
    for i in range(state.tracks.shape[0]):
        if tracks.settle(p, state.tracks[i]):
            s = nearest_sector(p, tracks.sine_of(state.tracks[i]))
            state.sectors[s].belief += _LOST_BELIEF


@inlined
def _serve(p: Record, state: State, decision: Decision) -> float:
    """Serve, let packets arrive and links change; return what is dropped."""
    e = state.env
    e.served_mbit = 0.0
    if decision.user > 0:
        user = state.users[decision.user - 1]
        e.served_mbit = min(user.queue_mbit, rate_mbit(p, user, decision.share))
        user.queue_mbit -= e.served_mbit
    dropped = 0.0
    for i in range(state.users.shape[0]):
        dropped += world.arrivals(p, e, state.users[i])
    for i in range(state.users.shape[0]):
        world.flip(p, e, state.users[i])
    return dropped


@jit
def pair(p: Record, state: State) -> gospa.Gospa:
    """Pair living targets with confirmed tracks.

    ``bench.rows`` holds the place of the target in each row of ``bench.partner``.
    """
    bench, rows, columns = state.scratch.bench[0], 0, 0
    for i in range(state.tracks.shape[0]):
        columns += state.tracks[i].status == CONFIRMED
    for k in range(state.targets.shape[0]):
        target = state.targets[k]
        if not target.alive:
            continue
        column = 0
        for i in range(state.tracks.shape[0]):
            if state.tracks[i].status == CONFIRMED:
                x = target.x - state.tracks[i].estimate[0]
                y = target.y - state.tracks[i].estimate[1]
                bench.cost[rows, column] = x * x + y * y
                column += 1
        bench.rows[rows] = k
        rows += 1
    cost = bench.cost[:rows, :columns]
    return gospa.match(cost, p.cutoff_m, bench.partner, bench.prices, bench.paths)


@inlined
def _judge(p: Record, state: State, living: int, outcome: Outcome) -> None:
    """Count targets that were lost, are late or are acquired.

    Args:
        p: Parameters.
        state: The scene, after :func:`pair`.
        living: Number of living targets.
        outcome: Costs and metrics are written.
    """
    lost = late = acquired = slots = 0.0
    for row in range(living):
        target = state.targets[state.scratch.bench[0].rows[row]]
        tracked = state.scratch.bench[0].partner[row] != ALONE
        lost += target.tracked and not tracked
        if tracked and not target.acquired:
            acquired += 1.0
            slots += target.slots
        target.acquired = target.acquired or tracked
        late += target.slots == math.floor(p.late_slots) and not target.acquired
        target.tracked = tracked
    outcome.costs[1], outcome.costs[2] = lost, late
    outcome.metrics.acquired = acquired
    outcome.metrics.acquisition_s = slots * p.slot_s


@jit
def step(p: Record, state: State, action: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance one slot.

    Args:
        p: Parameters.
        state: The scene.
        action: User, share and sector; or the numbers of the continuous form.
        outcome: Objectives, costs and metrics; written.
    """
    e, metrics = state.env, outcome.metrics
    decision = decode(p, action)
    e.user, e.share, e.sine = decision.user, decision.share, decision.sine
    _sense(p, state, decision)
    dropped = _serve(p, state, decision)
    waiting = 0.0
    for i in range(state.users.shape[0]):
        waiting += state.users[i].queue_mbit
    backlog = waiting / (state.users.shape[0] * p.queue_mbit)
    parts = pair(p, state)
    living = 0
    for k in range(state.targets.shape[0]):
        living += state.targets[k].alive
    square = p.cutoff_m * p.cutoff_m
    error = gospa.squared(parts, p.cutoff_m) / square
    outcome.objectives[0] = -backlog
    outcome.objectives[1] = 0.0 if e.granted else -error
    outcome.costs[0] = dropped
    _judge(p, state, living, outcome)
    metrics.gospa = math.sqrt(max(error, 0.0))
    metrics.localisation = parts.localisation / square
    metrics.missed, metrics.false = parts.missed, parts.false
    metrics.targets, metrics.backlog = living, backlog
    metrics.served_mbit, metrics.sensing_share = e.served_mbit, decision.share
    metrics.false_alarms, metrics.detections = e.false_alarms, e.found
    world.advance(p, state)
    _go_on(p, state)
    e.time += 1
    return False, e.time >= p.horizon


@inlined
def _go_on(p: Record, state: State) -> None:
    """Predict the tracks and let what is believed of the sectors age."""
    for i in range(state.tracks.shape[0]):
        if state.tracks[i].status != FREE:
            tracks.predict(p, state.tracks[i], state.scratch.bench[0].work)
    count = state.sectors.shape[0]
    kept = 1.0 - min(p.slot_s / p.search_memory_s, 1.0)
    for s in range(count):
        sector = state.sectors[s]
        sector.slots += 1
        sector.belief = kept * sector.belief + p.births / count
