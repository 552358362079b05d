"""What the edge and the vehicles see."""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.envs.v2x.vcps_view.params import VcpsViewParams
from isac_envs.envs.v2x.vcps_view.records import MOST_VIEWS, State
from isac_envs.envs.v2x.vcps_view.required import REQUIRED, observe_required
from isac_envs.envs.v2x.vcps_view.world import distance_at, view_of

PUBLISHED = VcpsViewParams.code("observation", "published")


@inlined
def seen_slot(p: Record, e: Record) -> int:
    """Return the slot that is observed: the coming one, or as published the one just past."""
    return max(0, e.time - 1) if p.observation == PUBLISHED else e.time


@inlined
def mark_required(state: State, second: int) -> None:
    """Write the types that the views of a slot need."""
    kinds, views = state.kinds, state.views
    for d in range(kinds.shape[0]):
        kinds[d].required = False
    for number in range(MOST_VIEWS):
        m = view_of(state.requests, second, number)
        if m < 0:
            continue
        for j in range(views[m].count):
            kinds[views[m].kinds[j]].required = True


@inlined
def cached_time(p: Record, kind: Record) -> float:
    """Return when a cached packet was made, or as published received, over the time of all."""
    time = kind.received_s if p.observation == PUBLISHED else kind.update_s
    return min(1.0, time / p.slots)


@inlined
def distance_seen(p: Record, track: Any, second: int) -> float:
    """Return the distance to the edge over half the diagonal of the map, at most 1.

    Args:
        p: Parameters of the environment, one record.
        track: Places of the vehicle at whole seconds, shape ``(T,)``.
        second: Time in s.
    """
    return min(1.0, distance_at(p, track, second) / p.reach_m)


@jit
def observe(p: Record, state: State, observation: Any) -> None:
    """Write the observation of the edge: 1 + V + 2 V K + 2 I coordinates, or the required types.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observation: Receives the observation, shape ``(D,)``.
    """
    if p.observation == REQUIRED:
        observe_required(p, state, observation)
    else:
        observe_all(p, state, observation)


@inlined
def observe_all(p: Record, state: State, observation: Any) -> None:
    """Write the slot, all vehicles with what they can sense, and all types.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observation: Receives the observation, shape ``(D,)``.
    """
    items, kinds, out = state.items, state.kinds, observation
    second = seen_slot(p, state.env)
    mark_required(state, second)
    out[0] = second / p.slots
    count, each = items.shape[0], items.shape[1]
    for i in range(count):
        out[1 + i] = distance_seen(p, state.tracks[i], second)
    at = 1 + count
    for i in range(count):
        for k in range(each):
            out[at] = items[i, k].kind / p.types
            out[at + count * each] = items[i, k].cost / p.cost_high
            at += 1
    at += count * each
    for d in range(kinds.shape[0]):
        out[at] = cached_time(p, kinds[d])
        out[at + kinds.shape[0]] = kinds[d].required
        at += 1
