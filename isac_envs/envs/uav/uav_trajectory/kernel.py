"""Dynamics of the mission: fly or look, serve, measure, and mind the way home.

Every step draws one normal variate a target from the measurement stream, whether it looks or not;
where detections are drawn, a uniform one as well.
"""

from typing import Any, NamedTuple

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.envs.uav.uav_trajectory import flight
from isac_envs.envs.uav.uav_trajectory.observe import observe_from
from isac_envs.envs.uav.uav_trajectory.records import State


class Slot(NamedTuple):
    """What all UAVs of a mission have made of a slot.

    Attributes:
        grown: Growth of the least data of a user, bit.
        improved: Decrease of the logarithm of the worst bound's square.
        error: Largest error of an estimate, m.
        truncated: Whether the horizon has ended the flight.
    """

    grown: float
    improved: float
    error: float
    truncated: bool


@jit
def reset(p: Record, state: State) -> None:
    """Start an episode."""
    flight.begin(p, state)
    flight.take_off(p, state, state.env, state.users)


@inlined
def act(p: Record, state: Any, u: Record, links: Any, action: Any) -> None:
    """Let one UAV fly, serve and look; with an empty battery it stays on the ground, silent.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        u: Record of the UAV.
        links: Links of the UAV to the users, shape ``(M,)``.
        action: Action of the copy, shape ``(W,)``.
    """
    u.ended = False
    if u.energy > 0.0:
        u.speed = flight.move(p, u, action)
        flight.serve(p, state, u, links, action)
        if u.energy <= 0.0:
            u.energy = 0.0
            u.ended = True
    else:
        u.speed = 0.0
        u.looked = False
        for k in range(links.shape[0]):
            links[k].share = 0.0
    flight.sense(p, state, u)


@inlined
def finish(p: Record, state: Any, looked: bool, flying: bool) -> Slot:
    """Go on to the next slot and return what became of this one.

    Args:
        p: Parameters.
        state: The mission.
        looked: Whether a UAV has looked.
        flying: Whether a UAV has energy left.
    """
    e = state.env
    grown = flight.growth(e, state.users)
    improved = flight.improvement(e, state.targets) if looked else 0.0
    e.time += 1
    error = flight.worst_error(state.targets)
    return Slot(grown, improved, error, e.time >= p.horizon and flying)


@inlined
def report(p: Record, state: Any, u: Record, slot: Slot, outcome: Outcome) -> None:
    """Write the outcome of a slot for one UAV.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        u: Record of the UAV.
        slot: What the slot brought to the team.
        outcome: What the step writes: objectives, costs and metrics.
    """
    e = state.env
    objectives, costs, metrics = outcome
    missing = flight.missing_distance(p, e, u)
    ended = u.ended or (slot.truncated and u.energy > 0.0)
    lost = ended and missing > 0.0
    granted = e.granted_data == e.granted_data
    objectives[0] = e.granted_data if granted else slot.grown / p.peak_bits
    objectives[1] = e.granted_sensing if granted else slot.improved
    objectives[2] = 0.0 if granted else (u.shortfall - missing) / p.home_scale_m
    costs[0] = 1.0 if lost else 0.0
    u.shortfall = missing
    metrics.least_data_bit = slot.grown
    metrics.position_bound_m = e.worst_bound if state.targets.shape[0] > 0 else 0.0
    metrics.position_error_m = slot.error
    metrics.speed_m_s = u.speed
    metrics.energy_j = u.energy
    metrics.look = 1.0 if u.looked else 0.0
    metrics.landed = 1.0 if ended and not lost else 0.0
    metrics.lost = costs[0]
    metrics.missing_m = missing


@inlined
def step(p: Record, state: State, action: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance the mission by a slot; return (terminated, truncated).

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        action: Action of the copy, shape ``(W,)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    e = state.env
    act(p, state, e, state.users, action)
    flying = e.energy > 0.0
    slot = finish(p, state, e.looked, flying)
    report(p, state, e, slot, outcome)
    return not flying, slot.truncated


@inlined
def observe(p: Record, state: State, observation: Any) -> None:
    """Write the observation of the UAV.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observation: Receives the observation, shape ``(D,)``.
    """
    observe_from(p, state, state.env, state.users, observation)
