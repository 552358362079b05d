"""Dynamics of a cell whose beams follow clusters of users with uncertain locations.

A slot grants groups, sends, then packets arrive, the fading goes on and, at times, users are
clustered again. All random draws are the same whatever the action: two policies meet the same world
with one seed. Locations are drawn from the stream ``measurement``, which also seeds k-means.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.envs.cells.beam_cluster_rbg.beams import cluster, place_users
from isac_envs.envs.cells.beam_cluster_rbg.channel import fade
from isac_envs.envs.cells.beam_cluster_rbg.params import BeamClusterRbgParams
from isac_envs.envs.cells.beam_cluster_rbg.records import State
from isac_envs.envs.cells.beam_cluster_rbg.schedulers import PATIENCE, schedule
from isac_envs.envs.cells.beam_cluster_rbg.traffic import arrive, find_head, send

SCHEDULER = BeamClusterRbgParams.code("action", "scheduler")
GROUPS = BeamClusterRbgParams.code("observation", "groups")
BEST_CQI = 15.0


@jit
def reset(p: Record, state: State) -> None:
    """Start an episode with new places, clusters and fading, and the arrivals of one slot."""
    users, waiting = state.users, state.waiting
    place_users(p, state)
    cluster(p, state)
    fade(p, state, True)
    for u in range(users.shape[0]):
        for k in range(waiting.shape[1]):
            waiting[u, k] = 0.0
        users[u].waiting_bits = users[u].granted_bits = 0.0
        users[u].age = users[u].groups = 0
        users[u].average_bits = p.offered_bits
        arrive(p, users[u], waiting[u], state.env)


@inlined
def grant(state: State, chosen: Any) -> tuple[int, int, float]:
    """Write what the slot can carry to each user.

    Args:
        state: State of one copy.
        chosen: Users of the beams and groups, shape ``(K * G,)``.

    Returns:
        How many groups were granted, how many users were not members of the beam that was to
        serve them, and the sum over the granted groups of the power of their fading.
    """
    users, groups = state.users, state.bits.shape[1]
    for u in range(users.shape[0]):
        users[u].granted_bits, users[u].groups = 0.0, 0
    granted, denied, power = 0, 0, 0.0
    for k in range(state.beams.shape[0]):
        for g in range(groups):
            u = chosen[k * groups + g] - 1
            if u >= 0:
                member = users[u].beam == k
                users[u].granted_bits += state.bits[u, g] if member else 0.0
                users[u].groups += member
                granted += member
                denied += not member
                power += state.power[u, g] if member else 0.0
    return granted, denied, power


@inlined
def play(p: Record, state: State, outcome: Outcome) -> None:
    """Send what was granted, let packets arrive, and write the outcome.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        outcome: What the step writes: objectives, costs and metrics.
    """
    e, users, waiting = state.env, state.users, state.waiting
    objectives, costs, metrics = outcome
    carried, delay, total_age, average, squares = 0.0, 0.0, 0, 0.0, 0.0
    arrived, late, dropped = 0, 0, 0
    count, time = users.shape[0], e.time
    e.time = time + 1
    for u in range(count):
        sent = send(users[u], waiting[u], time)
        find_head(users[u], waiting[u], time)
        users[u].average_bits += p.forgets * (sent - users[u].average_bits)
        carried += sent
        average += users[u].average_bits
        squares += users[u].average_bits * users[u].average_bits
        came, became_late, lost = arrive(p, users[u], waiting[u], e)
        arrived += came
        late += became_late
        dropped += lost
        total_age += users[u].age
        delay += min(1.0, users[u].age / p.deadline_slots)
    objectives[0] = carried * p.carried_scale
    objectives[1] = -delay / count
    costs[0] = late
    rate = 1e-6 / (count * p.slot_s)
    metrics.carried_mbit_s = carried * rate
    metrics.arrived_mbit_s = arrived * p.packet_bits * rate
    metrics.delay_ms = 1e3 * p.slot_s * total_age / count
    metrics.dropped = dropped
    metrics.fairness = average * average / (count * max(1.0, squares))
    metrics.outage = e.outage
    metrics.width_deg = e.width_deg


@inlined
def step(p: Record, state: State, action: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance one cell by a slot; return (terminated, truncated).

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        action: Action of the copy, shape ``(W,)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    if p.action == SCHEDULER:
        schedule(p, state, action[0], PATIENCE, state.scratch.chosen)
        granted, denied, power = grant(state, state.scratch.chosen)
    else:
        granted, denied, power = grant(state, action)
    outcome.metrics.granted = granted
    outcome.metrics.denied = denied
    outcome.metrics.fading_gain = power / max(1, granted)
    play(p, state, outcome)
    if state.env.time % p.clustering_slots == 0:
        cluster(p, state)
    fade(p, state, False)
    return False, state.env.time >= p.horizon


@inlined
def observe(p: Record, state: State, observation: Any) -> None:
    """Write what the base station knows of each user.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observation: Receives the observation, shape ``(D,)``.
    """
    users, cqi, at = state.users, state.cqi, 0
    groups, beams = cqi.shape[1], state.beams.shape[0]
    for u in range(users.shape[0]):
        if p.observation == GROUPS:
            for g in range(groups):
                observation[at + g] = cqi[u, g] / BEST_CQI
            at += groups
        else:
            total = 0
            for g in range(groups):
                total += cqi[u, g]
            observation[at] = total / (groups * BEST_CQI)
            at += 1
        waits = users[u].waiting_bits
        observation[at] = waits / (waits + p.queue_scale)
        observation[at + 1] = users[u].age * p.scale_age
        observation[at + 2] = users[u].average_bits / (users[u].average_bits + p.offered_bits)
        for k in range(beams):
            observation[at + 3 + k] = 1.0 if users[u].beam == k else 0.0
        at += 3 + beams


@inlined
def allow(p: Record, state: State, valid: Any) -> None:
    """Write the valid choices: nobody and the members for each beam and group; any scheduler.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        valid: Receives 1 for each valid choice, 0 for the others, in the order of the action.
    """
    users, groups, at = state.users, state.bits.shape[1], 0
    if p.action == SCHEDULER:
        for rule in range(valid.shape[0]):
            valid[rule] = True
    else:
        for k in range(state.beams.shape[0]):
            for _ in range(groups):
                valid[at] = True
                for u in range(users.shape[0]):
                    valid[at + 1 + u] = users[u].beam == k
                at += 1 + users.shape[0]
