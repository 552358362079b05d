"""Dynamics of ``isac/TargetTrackMulti-v0``: what a single station does, for each in its frame.

The streams of the first station are those of the environment, as if it were alone. Those of the
others follow from these in every slot, so that the number of stations does not mix the draws.
"""

import math
from typing import Any

import numpy as np

from isac_envs.engine import rng
from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.engine.mathx import linear_to_db
from isac_envs.engine.rng import next_u64
from isac_envs.envs.tracking.target_track import kernel as single
from isac_envs.envs.tracking.target_track import world
from isac_envs.envs.tracking.target_track.actions import Decision, decode
from isac_envs.envs.tracking.target_track.kernel import NOTHING
from isac_envs.envs.tracking.target_track.records import State as View
from isac_envs.envs.tracking.target_track_multi import frames
from isac_envs.envs.tracking.target_track_multi.observing import observe as observe
from isac_envs.envs.tracking.target_track_multi.params import TargetTrackMultiParams
from isac_envs.envs.tracking.target_track_multi.records import NOBODY, State
from isac_envs.kernels.numerics.assignment import ALONE
from isac_envs.sensing import tracks
from isac_envs.sensing.gospa import Gospa
from isac_envs.sensing.interference import mean_noise_rise, noise_rise_one
from isac_envs.sensing.looks import HERE, Look, Sender
from isac_envs.sensing.tracks import CONFIRMED

_U = np.uint64
BISTATIC = TargetTrackMultiParams.code("reception", "bistatic")


@jit
def reset(p: Record, state: State) -> None:
    """Start an episode: users with empty queues, targets that nobody has seen."""
    _share_streams(state)
    for m in range(state.stations.shape[0]):
        single.begin(p, View(state.stations[m], *frames.in_field(state, m)))
        for k in range(state.beams.shape[1]):
            beam = state.beams[m, k]
            beam.sine = beam.share = beam.noise_rise = 0.0
            beam.columns = 1.0 * p.columns
    single.empty(state.targets, state.tracks)
    for i in range(state.owners.shape[0]):
        state.owners[i] = NOBODY
    for m in range(state.stations.shape[0]):
        for _ in range(rng.poisson(state.stations[m].world, p.start_targets)):
            _enter(p, state, m, False)
    _return_streams(state)


@inlined
def _share_streams(state: State) -> None:
    """Give each station its streams and the time."""
    e = state.env
    for m in range(state.stations.shape[0]):
        station = state.stations[m]
        station.time = e.time
        if m == 0:
            for k in range(4):
                station.world[k] = e.world[k]
                station.measurement[k] = e.measurement[k]
        else:
            number = _U(2 * m)
            rng.seed_stream(station.world, e.world[0], number + _U(1))
            rng.seed_stream(station.measurement, e.measurement[0], number + _U(2))


@inlined
def _return_streams(state: State) -> None:
    e, first = state.env, state.stations[0]
    for k in range(4):
        e.world[k], e.measurement[k] = first.world[k], first.measurement[k]
    for m in range(state.stations.shape[0]):
        state.stations[m].time = e.time


@inlined
def _enter(p: Record, state: State, m: int, arriving: bool) -> None:
    """Let a target be born in the sector of a station."""
    k = world.enter(p, state.stations[m].world, state.targets, arriving)
    if k >= 0:
        frames.place_target(p, m, state.targets[k])


@inlined
def _decision(state: State, m: int) -> Decision:
    """Return what a station does in this slot, from its record."""
    station = state.stations[m]
    return Decision(station.user, station.share, station.sine, state.beams[m, 1].columns)


@inlined
def _decide(p: Record, state: State, m: int, action: Any) -> None:
    """Note what a station does, and the beams that others receive of it."""
    station, data, sensing = state.stations[m], state.beams[m, 0], state.beams[m, 1]
    decision = decode(p, action)
    station.user, station.share, station.sine = decision.user, decision.share, decision.sine
    sensing.sine, sensing.columns = decision.sine, decision.columns
    sensing.share = decision.share
    data.sine, data.columns, data.share = 0.0, 1.0 * p.columns, 0.0
    if decision.user > 0:
        data.sine, data.share = state.users[m, decision.user - 1].sine, 1.0 - decision.share


@inlined
def _disturbed(p: Record, state: State, m: int, k: int, look: Look) -> Look:
    """Return a look of a station in the noise that the beams of the others raise."""
    beam = state.beams[m, k]
    beam.noise_rise = 0.0
    if look.symbols < p.least_symbols:
        return look
    beam.noise_rise = noise_rise_one(p, state.beams, m, look)
    return Look(look.sine, look.symbols, look.loss * beam.noise_rise, look.columns, look.sender)


@jit
def _sense(p: Record, state: State, m: int) -> None:
    """Do both looks of a station and take what they find into the tracks of all."""
    frames.illuminate(p, state, m, HERE)
    view = View(state.stations[m], *frames.see(p, state, m))
    first, second = single.plan(p, view, _decision(state, m))
    first, second = _disturbed(p, state, m, 0, first), _disturbed(p, state, m, 1, second)
    single.sense(p, view, first, second)
    frames.give_back(p, state, m, view.tracks.shape[0])


@inlined
def _heard(look: Look, rise: float, sender: Sender) -> Look:
    """Return a look as a station beside its sender receives it."""
    return Look(look.sine, look.symbols, look.loss * rise, look.columns, sender)


@jit
def _overhear(p: Record, state: State, m: int) -> None:
    """Take what the beams of the others show to a station into the tracks of all.

    Two keys are drawn for each other station, whatever it does.
    """
    users, targets, seen, sectors, _, one = frames.see(p, state, m, True)
    station, detections = state.stations[m], state.scratch.detections
    view = View(station, users, targets, seen, sectors, detections, one)
    rise = mean_noise_rise(p, state.beams, m)
    for j in range(state.stations.shape[0]):
        if j == m:
            continue
        sender = frames.sender_of(p, m, j)
        other = View(state.stations[j], *frames.in_field(state, j))
        first, second = single.plan(p, other, _decision(state, j))
        frames.illuminate(p, state, m, sender)
        one_key, other_key = next_u64(station.measurement), next_u64(station.measurement)
        if first.symbols >= p.least_symbols:
            single.take_in(p, view, _heard(first, rise, sender), one_key)
        if second.symbols >= p.least_symbols:
            single.take_in(p, view, _heard(second, rise, sender), other_key)
    frames.give_back(p, state, m, seen.shape[0])


@jit
def _close(p: Record, state: State) -> None:
    """Close a slot for the tracks; who watched a place expects that a lost target is there."""
    count = state.stations.shape[0]
    for i in range(state.tracks.shape[0]):
        track = state.tracks[i]
        if not tracks.settle(p, track, frames.is_unwatched(p, count, track)):
            continue
        own = frames.owner_of(p, count, track.estimate[0], track.estimate[1])
        for m in range(count):
            x, y = frames.place_in(p, m, track.estimate[0], track.estimate[1])
            if m == own or not tracks.is_outside(p, x, y):
                sine = y / math.sqrt(x * x + y * y + 1e-12)
                single.expect_lost(p, state.sectors[m], sine)


@inlined
def _parts(p: Record, state: State, m: int, rows: int, columns: int) -> Gospa:
    """Return what a station answers for of the squared GOSPA, after the pairing.

    The sum runs in the order of the pairing's own, so that a single station answers for its bits.
    """
    scratch, bench = state.scratch, state.scratch.one.bench[0]
    saved, pairs, missed, false = 0.0, 0, 0, 0
    for j in range(columns):
        alone = True
        for row in range(rows):
            if bench.partner[row] == j:
                alone = False
                if scratch.target_owners[row] == m:
                    saved += bench.cost[row, j]
                    pairs += 1
        false += alone and scratch.track_owners[j] == m
    for row in range(rows):
        missed += bench.partner[row] == ALONE and scratch.target_owners[row] == m
    return Gospa(saved + pairs * (p.cutoff_m * p.cutoff_m), missed, false)


@inlined
def _own(p: Record, state: State, rows: int) -> int:
    """Write which stations answer for living targets and confirmed tracks; return how many."""
    scratch, count, columns = state.scratch, state.stations.shape[0], 0
    for row in range(rows):
        target = state.targets[scratch.one.bench[0].rows[row]]
        scratch.target_owners[row] = frames.owner_of(p, count, target.x, target.y)
    for i in range(state.tracks.shape[0]):
        track = state.tracks[i]
        if track.status == CONFIRMED:
            own = frames.owner_of(p, count, track.estimate[0], track.estimate[1])
            scratch.track_owners[columns] = own
            columns += 1
    return columns


@inlined
def _hand_over(state: State, outcome: Outcome) -> None:
    """Count the confirmed tracks that have come to another station, and note whose they are."""
    for m in range(state.stations.shape[0]):
        outcome.metrics[m].handed_over = 0.0
    column = 0
    for i in range(state.tracks.shape[0]):
        own = NOBODY
        if state.tracks[i].status == CONFIRMED:
            own = state.scratch.track_owners[column]
            column += 1
            if state.owners[i] != NOBODY and state.owners[i] != own:
                outcome.metrics[own].handed_over += 1.0
        state.owners[i] = own


@jit
def _judge(p: Record, state: State, outcome: Outcome) -> None:
    """Pair targets and tracks and write what each station answers for."""
    field = View(state.stations[0], *frames.in_field(state, 0))
    single.pair(p, field)
    rows = single.living(state.targets)
    columns = _own(p, state, rows)
    for m in range(state.stations.shape[0]):
        tally = NOTHING
        for row in range(rows):
            if state.scratch.target_owners[row] == m:
                tally = single.count_target(p, field, row, tally)
        one = Outcome(outcome.objectives[m], outcome.costs[m], outcome.metrics[m])
        parts = _parts(p, state, m, rows, columns)
        dropped = outcome.costs[m, 0]
        single.report(
            p, View(state.stations[m], *frames.in_field(state, m)), parts, tally, dropped, one
        )
        one.metrics.noise_rise_db = linear_to_db(
            max(state.beams[m, 0].noise_rise, state.beams[m, 1].noise_rise, 1.0)
        )
    _hand_over(state, outcome)


@jit
def _advance(p: Record, state: State) -> None:
    """Move all targets; some vanish, and new ones take free places."""
    count, targets = state.stations.shape[0], state.targets
    for k in range(targets.shape[0]):
        if targets[k].alive:
            stays = world.move(p, state.stations[0].world, targets[k])
            targets[k].alive = stays and frames.is_watched(p, count, targets[k].x, targets[k].y)
    for m in range(count):
        for _ in range(rng.poisson(state.stations[m].world, p.births)):
            _enter(p, state, m, True)


@jit
def step(p: Record, state: State, actions: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance one slot; all decide before anyone looks.

    Args:
        p: Parameters.
        state: The field.
        actions: Of all agents, shape ``(N, W)``.
        outcome: Objectives, costs and metrics of all agents; written.
    """
    e, count = state.env, state.stations.shape[0]
    _share_streams(state)
    for m in range(count):
        _decide(p, state, m, actions[m])
    for m in range(count):
        _sense(p, state, m)
    if p.reception == BISTATIC:
        for m in range(count):
            _overhear(p, state, m)
    _close(p, state)
    for m in range(count):
        dropped = single.serve(
            p, View(state.stations[m], *frames.in_field(state, m)), _decision(state, m)
        )
        outcome.costs[m, 0] = dropped
    _judge(p, state, outcome)
    _advance(p, state)
    single.predict(p, state.tracks, state.scratch.one.bench[0])
    for m in range(count):
        single.age(p, state.sectors[m])
    e.time += 1
    _return_streams(state)
    return False, e.time >= p.horizon
