"""The scene: how vehicles start and move, what hides them, how strongly they scatter.

Every slot takes the same draws of the ``world`` stream whatever the action.
"""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined
from isac_envs.engine.mathx import sincos_turns
from isac_envs.engine.rng import Stream, bernoulli, integer, normal, uniform
from isac_envs.envs.beam_management.beam_track.params import VEHICLE_M, BeamTrackParams
from isac_envs.envs.beam_management.beam_track.records import State
from isac_envs.kernels.radar.swerling import exponential
from isac_envs.propagation.links import begin_link, is_in_sight, measure_link, move_link

CIRCLE = BeamTrackParams.code("motion", "circle")
CONTINUOUS = BeamTrackParams.code("process", "continuous")
AVERAGED = BeamTrackParams.code("fluctuation", "averaged")
SWERLING_1 = BeamTrackParams.code("fluctuation", "swerling_1")

_TWO_PI = 2.0 * math.pi


@inlined
def place(p: Record, v: Record) -> None:
    """Put a vehicle on the circle where its phase says, with its tangential velocity."""
    sine, cosine = sincos_turns(v.phase_turns)
    v.x = v.centre_x + p.circle_radius_m * cosine
    v.y = v.centre_y + p.circle_radius_m * sine
    v.v_x = -v.speed * sine
    v.v_y = v.speed * cosine


@inlined
def choose_pass(p: Record, e: Record) -> None:
    """Draw which pass of the trace an episode shows, if there is a trace."""
    e.passing = integer(e.world, p.passes.shape[0]) if p.from_trace else 0


@inlined
def follow(p: Record, e: Record, v: Record, k: int, slot: int) -> None:
    """Put vehicle number k where the trace has it.

    Args:
        p: Parameters of the environment, one record.
        e: Record of the environment.
        v: Record of the vehicle.
        k: Number of the vehicle.
        slot: Number of the slot at whose end it is there.
    """
    v.x = p.passes[e.passing, k, slot, 0]
    v.y = p.passes[e.passing, k, slot, 1]
    v.v_x = p.passes[e.passing, k, slot, 2]
    v.v_y = p.passes[e.passing, k, slot, 3]


@inlined
def start(p: Record, e: Record, v: Record, k: int) -> None:
    """Start vehicle number k; draws twice.

    Args:
        p: Parameters of the environment, one record.
        e: Record of the environment.
        v: Record of the vehicle.
        k: Number of the vehicle.
    """
    u_speed, u_phase = uniform(e.world), uniform(e.world)
    v.speed = p.speed_m_s + p.speed_spread_m_s * (2.0 * u_speed - 1.0)
    v.a_x = 0.0
    v.a_y = 0.0
    v.blocked = False
    v.relative_rcs = 1.0
    v.centre_x = p.circle_centre_x_m
    v.centre_y = p.circle_centre_y_m
    v.phase_turns = u_phase
    v.x = p.start_x_m - k * p.vehicle_spacing_m
    v.y = p.lane_y_m
    v.v_x = v.speed
    v.v_y = 0.0
    if p.motion == CIRCLE:
        place(p, v)
    if p.from_trace:
        follow(p, e, v, k, 0)


@inlined
def _drive(p: Record, stream: Stream, v: Record) -> None:
    """Advance a vehicle on the road by one slot."""
    dt = p.slot_s
    kept = p.acceleration_kept
    v.a_x = kept * v.a_x + p.acceleration_x_drawn * normal(stream)
    v.a_y = kept * v.a_y + p.acceleration_y_drawn * normal(stream)
    d_x, d_y = 0.5 * dt * dt * v.a_x, 0.5 * dt * dt * v.a_y
    if p.process == CONTINUOUS:  # the rest of the position's noise, independent of the speed's
        d_x += p.jitter_x_m * normal(stream)
        d_y += p.jitter_y_m * normal(stream)
    v.x += v.v_x * dt + d_x
    y = v.y + v.v_y * dt + d_y
    v.v_x += v.a_x * dt
    v_y = v.v_y + v.a_y * dt
    v.y = min(max(y, p.lane_y_m - p.lane_half_width_m), p.lane_y_m + p.lane_half_width_m)
    v.v_y = v_y if v.y == y else 0.0


@inlined
def _circle(p: Record, stream: Stream, v: Record) -> None:
    """Advance a UAV on its drifting circle by one slot."""
    v.centre_x += p.drift_m * normal(stream)
    v.centre_y += p.drift_m * normal(stream)
    turns = v.phase_turns + v.speed * p.slot_s / (_TWO_PI * p.circle_radius_m)
    v.phase_turns = turns - math.floor(turns)
    place(p, v)


@inlined
def move(p: Record, e: Record, v: Record, k: int) -> None:
    """Advance position, blockage and cross section of vehicle number k by one slot.

    Args:
        p: Parameters of the environment, one record.
        e: Record of the environment.
        v: Record of the vehicle.
        k: Number of the vehicle.
    """
    stream = e.world
    if p.motion == CIRCLE:
        _circle(p, stream, v)
    elif p.from_trace:
        follow(p, e, v, k, e.time + 1)
    else:
        _drive(p, stream, v)
    if p.block_probability > 0.0:
        change = p.clear_probability if v.blocked else p.block_probability
        v.blocked = v.blocked != bernoulli(stream, change)
    if p.fluctuation == SWERLING_1:
        v.relative_rcs = exponential(stream)


@inlined
def measure_link_of(p: Record, state: State, k: int, law: Any) -> None:
    """Write the power of link k over that in free space.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        k: Number of the vehicle.
        law: Law of the links; None in free space, where the compiler leaves the rest away.
    """
    v = state.vehicles[k]
    v.kept = p.block_loss if v.blocked else 1.0
    if law is not None:
        path, ground = state.paths[k], math.sqrt(v.x * v.x + v.y * v.y)
        in_sight = is_in_sight(law, path, ground, VEHICLE_M)
        measure_link(law, path, in_sight, ground, VEHICLE_M)
        v.kept *= path.gain * p.over_free_space * (v.distance * v.distance)


@inlined
def begin_link_of(p: Record, state: State, k: int, law: Any) -> None:
    """Draw link k anew; nothing in free space.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        k: Number of the vehicle.
        law: Law of the links; None in free space.
    """
    if law is not None:
        begin_link(state.paths[k], state.env.world)
    measure_link_of(p, state, k, law)


@inlined
def move_link_of(p: Record, state: State, k: int, law: Any) -> None:
    """Let link k vary as its vehicle has moved in a slot.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        k: Number of the vehicle.
        law: Law of the links; None in free space.
    """
    if law is not None:
        v = state.vehicles[k]
        moved_m = p.slot_s * math.sqrt(v.v_x * v.v_x + v.v_y * v.v_y)
        move_link(law, state.paths[k], moved_m, state.env.world)
    measure_link_of(p, state, k, law)
