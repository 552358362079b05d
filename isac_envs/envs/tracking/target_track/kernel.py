"""Dynamics of ``isac/TargetTrack-v0``: two looks, service, and what happens meanwhile."""

import math
from typing import Any, NamedTuple

from isac_envs.engine import rng
from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.engine.rng import next_u64
from isac_envs.envs.tracking.target_track import world
from isac_envs.envs.tracking.target_track.actions import Decision, decode
from isac_envs.envs.tracking.target_track.listening import listen, watch_rotors
from isac_envs.envs.tracking.target_track.observing import observe as observe
from isac_envs.envs.tracking.target_track.records import State
from isac_envs.envs.tracking.target_track.search import search_probability
from isac_envs.envs.tracking.target_track.slot import (
    OBSERVED,
    PROCESSED,
    coverage,
    nearest_sector,
    rate_mbit,
    sector_look,
    user_look,
)
from isac_envs.kernels.numerics.assignment import ALONE
from isac_envs.sensing import gospa, rotors, tracks
from isac_envs.sensing.association import process
from isac_envs.sensing.looks import Look
from isac_envs.sensing.tracks import CONFIRMED, FREE

_LOST_BELIEF = 0.5  # targets that a track leaves behind when it has become too uncertain


@jit
def reset(p: Record, state: State) -> None:
    """Start an episode: users with empty queues, targets that nobody has seen."""
    begin(p, state)
    empty(state.targets, state.tracks)
    for _ in range(rng.poisson(state.env.world, p.start_targets)):
        world.enter(p, state.env.world, state.targets, False)


@inlined
def empty(targets: Any, tracks: Any) -> None:
    """Free all places.

    Args:
        targets: Places for targets, shape ``(T,)``.
        tracks: Places for tracks, shape ``(MOST_TRACKS,)``.
    """
    for k in range(targets.shape[0]):
        targets[k].alive = False
    for i in range(tracks.shape[0]):
        tracks[i].status = FREE
        tracks[i].is_hit, tracks[i].is_offered = False, False
        tracks[i].miss_probability = 1.0


@jit
def begin(p: Record, state: State) -> None:
    """Start an episode for a station: its users, its sectors and its own record."""
    e = state.env
    for i in range(state.users.shape[0]):
        world.place_user(p, e.world, state.users[i])
    for s in range(state.sectors.shape[0]):
        state.sectors[s].slots = 0
        state.sectors[s].belief = p.start_targets / state.sectors.shape[0]
    e.found = e.false_alarms = e.look_found = e.look_detections = e.user = 0
    e.served_mbit = e.share = e.sine = 0.0
    e.granted = False


@jit
def take_in(p: Record, state: State, look: Look, key: Any) -> tuple[int, int]:
    """Take what a look detects into the tracks.

    Args:
        p: Parameters.
        state: The scene.
        look: The look, of whatever sender.
        key: Random bits that all its draws follow from, uint64.

    Returns:
        How many detections are of targets, and how many there are.
    """
    e = state.env
    rng.seed_stream(e.look, key, key)
    count, total = listen(p, state, look, state.scratch.echo)
    e.found += count
    e.false_alarms += total - count
    found, bench = state.detections[:total], state.scratch.bench[0]
    if p.rotors == OBSERVED:
        watch_rotors(p, state, look, found, count)
    process(p, look, state.tracks, found, bench)
    if p.rotors == OBSERVED:
        rotors.classify(p, look, state.tracks, found, bench)
    return count, total


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
    e.look_found, e.look_detections = take_in(p, state, look, key)
    probability = search_probability(p, look)
    for s in range(state.sectors.shape[0]):
        covered = coverage(p, look, s)
        if covered > 0.0:
            state.sectors[s].slots = 0
            state.sectors[s].belief *= 1.0 - probability * covered


@inlined
def plan(p: Record, state: State, decision: Decision) -> tuple[Look, Look]:
    """Return the looks of the communication beam and of the sensing beam.

    Where nobody is served, or echoes of data are not processed, the first has no symbols.

    Args:
        p: Parameters.
        state: The scene.
        decision: What the station does.
    """
    heard = decision.user > 0 and p.communication_echoes == PROCESSED
    first = user_look(p, state, max(decision.user, 1), decision.share)
    if not heard:
        first = Look(first.sine, 0.0, first.loss, first.columns, first.sender)
    return first, sector_look(p, decision.sine, decision.share, decision.columns)


@inlined
def sense(p: Record, state: State, first: Look, second: Look) -> None:
    """Do both looks of a slot; one that is too short is none.

    Args:
        p: Parameters.
        state: The scene.
        first: Look of the communication beam.
        second: Look of the sensing beam.
    """
    e = state.env
    e.found = e.false_alarms = e.look_found = e.look_detections = 0
    one, other = next_u64(e.measurement), next_u64(e.measurement)
    e.keys[0], e.keys[1] = one, other
    if first.symbols >= p.least_symbols:
        look_around(p, state, first, one)
    if second.symbols >= p.least_symbols:
        look_around(p, state, second, other)


@inlined
def expect_lost(p: Record, sectors: Any, sine: float) -> None:
    """Expect a target where a track has become too uncertain.

    Args:
        p: Parameters.
        sectors: Those of the station, shape ``(S,)``.
        sine: Sine of the azimuth of the track.
    """
    sectors[nearest_sector(p, sine)].belief += _LOST_BELIEF


@inlined
def _close(p: Record, state: State) -> None:
    """Close a slot for the tracks."""
    for i in range(state.tracks.shape[0]):
        track = state.tracks[i]
        if tracks.settle(p, track, tracks.is_outside(p, track.estimate[0], track.estimate[1])):
            expect_lost(p, state.sectors, tracks.sine_of(track))


@inlined
def serve(p: Record, state: State, decision: Decision) -> float:
    """Serve, let packets arrive and links change; return what is dropped in Mbit.

    Args:
        p: Parameters.
        state: The scene.
        decision: What the station does.
    """
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

    ``bench.rows`` holds the place of the target in each row of ``bench.partner``, and
    ``bench.taken`` that of the track in each column.
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
                bench.taken[column] = i
                column += 1
        bench.rows[rows] = k
        rows += 1
    cost = bench.cost[:rows, :columns]
    return gospa.match(cost, p.cutoff_m, bench.partner, bench.prices, bench.paths)


class Tally(NamedTuple):
    """What is counted of the targets in a slot."""

    living: int
    lost: float
    late: float
    acquired: float
    misclassified: int
    slots: float
    """Sum of the times that these were there, in slots."""


NOTHING = Tally(0, 0.0, 0.0, 0.0, 0, 0.0)


@inlined
def count_target(p: Record, state: State, row: int, tally: Tally) -> Tally:
    """Count a living target: whether it is lost, is late, is acquired or is taken for another kind.

    Args:
        p: Parameters.
        state: The scene, after :func:`pair`.
        row: Of the target in the pairing; its marks are written.
        tally: What has been counted before.
    """
    bench = state.scratch.bench[0]
    target, column = state.targets[bench.rows[row]], bench.partner[row]
    tracked, mistaken = column != ALONE, False
    if tracked and p.rotors == OBSERVED:
        flies = state.tracks[bench.taken[column]].rotor_log_odds > 0.0
        mistaken = flies != (p.kind_rotors[target.kind] > 0.0)
    new = tracked and not target.acquired
    lost = target.tracked and not tracked
    target.acquired = target.acquired or tracked
    late = target.slots == math.floor(p.late_slots) and not target.acquired
    target.tracked = tracked
    return Tally(
        tally.living + 1,
        tally.lost + lost,
        tally.late + late,
        tally.acquired + new,
        tally.misclassified + mistaken,
        tally.slots + (target.slots if new else 0.0),
    )


@inlined
def report(
    p: Record, state: State, parts: gospa.Gospa, tally: Tally, dropped: float, outcome: Outcome
) -> None:
    """Write objectives, costs and metrics of a station.

    Args:
        p: Parameters.
        state: The scene.
        parts: Of the squared GOSPA.
        tally: Of the targets.
        dropped: Packets that found no room, Mbit.
        outcome: Written.
    """
    e, metrics, waiting = state.env, outcome.metrics, 0.0
    for i in range(state.users.shape[0]):
        waiting += state.users[i].queue_mbit
    backlog = waiting / (state.users.shape[0] * p.queue_mbit)
    square = p.cutoff_m * p.cutoff_m
    error = gospa.squared(parts, p.cutoff_m) / square
    outcome.objectives[0] = -backlog
    outcome.objectives[1] = 0.0 if e.granted else -error
    outcome.costs[0], outcome.costs[1], outcome.costs[2] = dropped, tally.lost, tally.late
    metrics.gospa = math.sqrt(max(error, 0.0))
    metrics.localisation = parts.localisation / square
    metrics.missed, metrics.false = parts.missed, parts.false
    metrics.targets, metrics.backlog = tally.living, backlog
    metrics.served_mbit, metrics.sensing_share = e.served_mbit, e.share
    metrics.false_alarms, metrics.detections = e.false_alarms, e.found
    metrics.misclassified = tally.misclassified
    metrics.acquired, metrics.acquisition_s = tally.acquired, tally.slots * p.slot_s


@jit
def step(p: Record, state: State, action: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance one slot.

    Args:
        p: Parameters.
        state: The scene.
        action: User, share and sector; or the numbers of the continuous form.
        outcome: Objectives, costs and metrics; written.
    """
    e = state.env
    decision = decode(p, action)
    e.user, e.share, e.sine = decision.user, decision.share, decision.sine
    first, second = plan(p, state, decision)
    sense(p, state, first, second)
    _close(p, state)
    dropped = serve(p, state, decision)
    parts, tally = pair(p, state), NOTHING
    for row in range(living(state.targets)):
        tally = count_target(p, state, row, tally)
    report(p, state, parts, tally, dropped, outcome)
    world.advance(p, state)
    predict(p, state.tracks, state.scratch.bench[0])
    age(p, state.sectors)
    e.time += 1
    return False, e.time >= p.horizon


@inlined
def living(targets: Any) -> int:
    """Return how many targets there are."""
    count = 0
    for k in range(targets.shape[0]):
        count += targets[k].alive
    return count


@inlined
def predict(p: Record, all_tracks: Any, bench: Record) -> None:
    """Move the tracks on to the coming slot.

    Args:
        p: Parameters.
        all_tracks: Places for tracks, shape ``(MOST_TRACKS,)``.
        bench: Scratch.
    """
    for i in range(all_tracks.shape[0]):
        if all_tracks[i].status != FREE:
            tracks.predict(p, all_tracks[i], bench.work)


@inlined
def age(p: Record, sectors: Any) -> None:
    """Let what is believed of the sectors of a station age."""
    count = sectors.shape[0]
    kept = 1.0 - min(p.slot_s / p.search_memory_s, 1.0)
    for s in range(count):
        sector = sectors[s]
        sector.slots += 1
        sector.belief = kept * sector.belief + p.births / count
