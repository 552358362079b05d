"""Schedulers of a slot: the members of a beam compete for each of its resource block groups.

Groups are given away one after the other, and what was granted to a user before counts as sent. Who
has nothing left to receive does not compete, except under blind round robin.

Sources: Kelly, Maulloo and Tan, J. Oper. Res. Soc. 49(3), 1998 (proportional fair); Andrews et al.,
IEEE Commun. Mag. 39(2), 2001 (M-LWDF); Tassiulas and Ephremides, IEEE Trans. Autom. Control 37(12),
1992 (max-weight); all recalled.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.envs.cells.beam_cluster_rbg.params import SCHEDULERS
from isac_envs.envs.cells.beam_cluster_rbg.records import State

(ROUND_ROBIN, ROUND_ROBIN_WAITING, MAX_CQI, PROPORTIONAL_FAIR, MLWDF, MAX_WEIGHT, MOST_CARRIED) = (
    range(len(SCHEDULERS))
)
PATIENCE = 12.0
"""Queue, in mean traffic of a deadline, that halves the score of ``most_carried``."""


@inlined
def score_of(user: Record, rule: int, bits: float, left: float, long: float) -> float:
    """Return the score of a member for a group; those of round robin aside.

    Args:
        user: Record of the user.
        rule: Code of the scheduler.
        bits: Bits that the group would carry.
        left: Bits that would be left to send.
        long: Queue in bits that halves the score of ``most_carried``.
    """
    average = max(1.0, user.average_bits)
    score = bits
    if rule == PROPORTIONAL_FAIR:
        score = bits / average
    elif rule == MLWDF:
        score = bits * (user.age + 1.0) / average
    elif rule == MAX_WEIGHT:
        score = bits * left
    elif rule == MOST_CARRIED:
        score = min(bits, left) / (long + left)
    return score


@inlined
def turn_of(user: Record, rule: int, turn: int, members: int) -> float:
    """Return the score of a member under round robin: the next in turn has the largest.

    Args:
        user: Record of the user.
        rule: Code of the scheduler.
        turn: Number of the group since the episode began.
        members: Members of the beam.
    """
    behind = (user.rank - turn) % members
    if rule == ROUND_ROBIN:
        return 1.0 if behind == 0 else 0.0
    return float(members - behind)


@jit
def schedule(p: Record, state: State, rule: int, patience: float, chosen: Any) -> None:
    """Write the user of each beam and group as an action: 0 for nobody, u + 1 for user u.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        rule: Code of the scheduler.
        patience: Queue that halves the score of ``most_carried``, in mean traffic of a deadline.
        chosen: Receives the action, shape ``(K * G,)``.
    """
    users, beams, scratch, groups = state.users, state.beams, state.scratch, state.bits.shape[1]
    left, scores, winners = scratch.left_bits, scratch.scores, scratch.winners
    long = patience * p.queue_scale
    in_turn = rule in (ROUND_ROBIN, ROUND_ROBIN_WAITING)
    for u in range(users.shape[0]):
        left[u] = users[u].waiting_bits
    for g in range(groups):
        turn = state.env.time * groups + g
        for k in range(beams.shape[0]):
            scores[k], winners[k] = 0.0, -1
        for u in range(users.shape[0]):
            k, bits = users[u].beam, state.bits[u, g]
            waits = left[u] > 0.0 and bits > 0.0
            if waits or rule == ROUND_ROBIN:
                if in_turn:
                    score = turn_of(users[u], rule, turn, beams[k].members)
                else:
                    score = score_of(users[u], rule, bits, left[u], long)
                better = score > scores[k]
                scores[k] = score if better else scores[k]
                winners[k] = u if better else winners[k]
        for k in range(beams.shape[0]):
            winner = winners[k]
            chosen[k * groups + g] = winner + 1
            if winner >= 0:
                left[winner] = max(0.0, left[winner] - state.bits[winner, g])


@jit
def schedule_batch(p: Any, state: State, rule: int, patience: float, chosen: Any) -> None:
    """Write what a scheduler chooses for each copy of a batch.

    Args:
        p: Parameters, shape ``(1,)``.
        state: State of the batch.
        rule: Code of the scheduler.
        patience: Queue that halves the score of ``most_carried``, in mean traffic of a deadline.
        chosen: Receives the actions, shape ``(n, K * G)``.
    """
    for i in range(chosen.shape[0]):
        copy = State(
            state.env[i],
            state.users[i],
            state.beams[i],
            state.waiting[i],
            state.fading[i],
            state.power[i],
            state.cqi[i],
            state.bits[i],
            state.scratch,
        )
        schedule(p[0], copy, rule, patience, chosen[i])
