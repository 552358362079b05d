"""Search for a structured action, by what it is worth to users and radar.

A plan is such an action: shares of the users, share of sensing, regularisation and direction.
"""

from typing import Any, NamedTuple

from isac_envs.engine.jit import Record, jit
from isac_envs.engine.loops import each_copy
from isac_envs.envs.surfaces.downlink_crb.beams import form_beams, worth
from isac_envs.envs.surfaces.downlink_crb.records import State
from isac_envs.envs.surfaces.downlink_crb.target import sine_of


class Bench(NamedTuple):
    """What a search works with.

    Attributes:
        formed_by_truth: Whether beams are formed for the true channels and angle.
        judged_by_truth: Whether they are judged by these.
        points: Shares of sensing that are tried on a grid.
        halvings: How often the steps of the other coordinates are halved; 0 leaves them.
        precoder: Room, shape ``(N_t, K + 1)``.
    """

    formed_by_truth: bool
    judged_by_truth: bool
    points: int
    halvings: int
    precoder: Any


@jit
def form(p: Record, state: State, bench: Bench, plan: Any, precoder: Any) -> None:
    """Write the beams of a plan.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: What the search works with.
        plan: Shape ``(K + 3,)``.
        precoder: Receives the beams, shape ``(N_t, K + 1)``.
    """
    truth = bench.formed_by_truth
    channels = state.channels if truth else state.estimated
    sine = sine_of(state.env.angle_rad if truth else state.believed[0])
    form_beams(p, channels, sine, plan, state.scratch, precoder)


@jit
def judge(p: Record, state: State, bench: Bench, precoder: Any) -> float:
    """Return what beams are worth.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: What the search works with.
        precoder: Shape ``(N_t, K + 1)``.
    """
    truth = bench.judged_by_truth
    channels = state.channels if truth else state.estimated
    sine = sine_of(state.env.angle_rad if truth else state.believed[0])
    return worth(p, channels, sine, precoder, state.scratch)


@jit
def _value(p: Record, state: State, bench: Bench, plan: Any) -> float:
    form(p, state, bench, plan, bench.precoder)
    return judge(p, state, bench, bench.precoder)


@jit
def search(p: Record, state: State, bench: Bench, plan: Any) -> None:
    """Improve a plan: the share of sensing on a grid, then all coordinates by shrinking steps.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: What the search works with.
        plan: Improved in place, shape ``(K + 3,)``.
    """
    sensing, most = plan.shape[0] - 3, _value(p, state, bench, plan)
    best = plan[sensing]
    for point in range(bench.points):
        plan[sensing] = 2.0 * point / (bench.points - 1.0) - 1.0
        found = _value(p, state, bench, plan)
        if found > most:
            best, most = plan[sensing], found
    plan[sensing] = best
    step = 0.5
    for _ in range(bench.halvings):
        for k in range(plan.shape[0]):
            before = plan[k]
            best = before
            for side in range(2):
                plan[k] = min(max(before + (step if side == 0 else -step), -1.0), 1.0)
                found = _value(p, state, bench, plan)
                if found > most:
                    best, most = plan[k], found
            plan[k] = best
        step *= 0.5


@jit
def keep_better(p: Record, state: State, bench: Bench, plan: Any, other: Any) -> None:
    """Replace a plan by another one that is worth more.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: What the search works with.
        plan: Changed in place, shape ``(K + 3,)``.
        other: The same shape.
    """
    if _value(p, state, bench, other) > _value(p, state, bench, plan):
        for k in range(plan.shape[0]):
            plan[k] = other[k]


search_batch = each_copy(search, "bench")
keep_better_batch = each_copy(keep_better, "bench")
form_batch = each_copy(form, "bench")
