"""What happens whatever the agent does: users, their links and packets, and targets that move."""

import math
from typing import Any

from isac_envs.engine import mathx, rng
from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.envs.tracking.target_track.records import RECENT_SLOTS, State
from isac_envs.envs.tracking.target_track.slot import CQI, DRAWN
from isac_envs.kernels.arrays.beams import element_gain_38901_one
from isac_envs.kernels.numerics.plane import turned_one
from isac_envs.kernels.pathloss.tr_38901_los import umi_los_probability_one
from isac_envs.kernels.pathloss.tr_38901_umi import umi_los_one
from isac_envs.kernels.radar.rcs import draw_fluctuation
from isac_envs.sensing.looks import ELEMENT_GAIN_DB

_STATION_HEIGHT_M, _USER_HEIGHT_M = 10.0, 1.5
_RISE_M = _STATION_HEIGHT_M - _USER_HEIGHT_M


@inlined
def _area_uniform(stream: rng.Stream, nearest: float, farthest: float) -> float:
    """Return a range whose place is uniform over the area between two radii."""
    inner = nearest * nearest
    return math.sqrt(inner + rng.uniform(stream) * (farthest * farthest - inner))


@inlined
def _azimuth_turns(stream: rng.Stream, half_deg: float) -> float:
    return (2.0 * rng.uniform(stream) - 1.0) * half_deg / 360.0


@inlined
def _heading(target: Record, turns: float, speed: float) -> None:
    sine, cosine = mathx.sincos_turns(turns)
    target.v_x, target.v_y = speed * cosine, speed * sine


@jit
def place_user(p: Record, stream: rng.Stream, user: Record) -> None:
    """Draw where a user is, the state of its link and whether packets arrive.

    Args:
        p: Parameters.
        stream: Random stream of the world.
        user: The user; written.
    """
    user.range_m = _area_uniform(stream, p.user_range_from_m, p.user_range_to_m)
    turns = _azimuth_turns(stream, p.user_azimuth_deg)
    user.sine = mathx.sincos_turns(turns)[0]
    ground = math.sqrt(max(user.range_m * user.range_m - _RISE_M * _RISE_M, 1.0))
    loss = umi_los_one(ground, p.carrier_hz, _USER_HEIGHT_M, _STATION_HEIGHT_M)
    loss += p.user_shadowing_db * rng.normal(stream)
    element = element_gain_38901_one(90.0, 360.0 * turns) - ELEMENT_GAIN_DB
    user.snr_db = p.link_budget_db + element - loss
    likely = umi_los_probability_one(ground)
    user.los_probability = min(max(likely, p.least_los_probability), p.most_los_probability)
    user.blocked = rng.uniform(stream) >= user.los_probability
    user.active = rng.bernoulli(stream, 0.5)
    user.queue_mbit = 0.0
    for k in range(RECENT_SLOTS):
        user.arrivals_mbit[k] = 0.0
    set_efficiency(p, user)


@inlined
def set_efficiency(p: Record, user: Record) -> None:
    """Write the spectral efficiency of the coming slot."""
    snr_db = user.snr_db - (p.blockage_db if user.blocked else 0.0)
    if p.link_adaptation == CQI:
        efficiency = 0.0
        for k in range(p.cqi_thresholds_db.shape[0]):
            if snr_db >= p.cqi_thresholds_db[k]:
                efficiency = p.cqi_efficiencies[k]
    else:
        efficiency = mathx.log2(1.0 + mathx.db_to_linear(snr_db - p.gap_db))
    user.efficiency = min(efficiency, p.peak_efficiency)


@inlined
def arrivals(p: Record, e: Record, user: Record) -> float:
    """Draw the packets of a user in a slot and add them to its queue; return what is dropped.

    Args:
        p: Parameters.
        e: The environment.
        user: The user; its queue grows.
    """
    drawn = 1.0 * rng.poisson(e.world, p.arrivals_mbit)
    amount = drawn if user.active else 0.0
    user.arrivals_mbit[e.time % RECENT_SLOTS] = amount
    user.queue_mbit += amount
    dropped = max(user.queue_mbit - p.queue_mbit, 0.0)
    user.queue_mbit -= dropped
    return dropped


@inlined
def flip(p: Record, e: Record, user: Record) -> None:
    """Draw whether a user starts or stops sending, and whether its link is blocked from now on.

    Args:
        p: Parameters.
        e: The environment.
        user: The user; changed in place.
    """
    if rng.bernoulli(e.world, p.flip_probability):
        user.active = not user.active
    redrawn, drawn = rng.uniform(e.world), rng.uniform(e.world)
    if redrawn < p.redraw_probability:
        user.blocked = drawn >= user.los_probability
        set_efficiency(p, user)


@jit
def bear(p: Record, stream: rng.Stream, target: Record, arriving: bool) -> None:
    """Draw a new target: anywhere, or, when it may arrive, mostly at the farthest range.

    Args:
        p: Parameters.
        stream: Random stream of the world.
        target: The target; written.
        arriving: Whether it may come in at the farthest range.
    """
    kind = rng.discrete(stream, p.kind_table)
    outside = rng.bernoulli(stream, p.boundary_share) and arriving
    anywhere = _area_uniform(stream, p.range_from_m, p.range_to_m)
    far = p.range_to_m if outside else anywhere
    turns = _azimuth_turns(stream, p.sector_azimuth_deg)
    aside = 2.0 * rng.uniform(stream) - 1.0
    sine, cosine = mathx.sincos_turns(turns)
    target.x, target.y = far * cosine, far * sine
    slow, fast = p.target_slowest_m_s[kind], p.target_fastest_m_s[kind]
    speed = slow + rng.uniform(stream) * (fast - slow)
    inward = turns + 0.5 + aside / math.tau  # within 1 rad of the way to the station
    _heading(target, inward if outside else 0.5 * aside, speed)
    target.kind = kind
    if p.cross_sections == DRAWN:
        target.fluctuation = draw_fluctuation(stream, p.cross_section_deviations_db[kind])
    target.alive, target.tracked, target.acquired = True, False, False
    target.slots = 0


@inlined
def is_inside(p: Record, x: float, y: float) -> bool:
    """Tell whether a place is inside the sector.

    Args:
        p: Parameters.
        x: Along the boresight of the station in m.
        y: Across in m.
    """
    square = x * x + y * y
    near, far = p.range_from_m, p.range_to_m + 1e-9
    sine_square = p.edge_sine * p.edge_sine * square * (1.0 + 1e-9)
    ahead = x >= 0.0 and y * y <= sine_square
    return ahead and near * near <= square <= far * far


@jit
def move(p: Record, stream: rng.Stream, target: Record) -> bool:
    """Move a target through a slot and return whether it stays; it may also leave the sector.

    Args:
        p: Parameters.
        stream: Random stream of the world.
        target: The target; changed in place.
    """
    kind = target.kind
    old_x, old_y = target.v_x, target.v_y
    jolt = p.jolt_m_s[kind]
    v_x, v_y = old_x + jolt * rng.normal(stream), old_y + jolt * rng.normal(stream)
    turning, turn = rng.bernoulli(stream, p.turn_probability), rng.normal(stream)
    if turning:
        sine, cosine = mathx.sincos_turns(p.turn_std_rad * turn / math.tau)
        v_x, v_y = turned_one(v_x, v_y, cosine, sine)
    speed = math.sqrt(v_x * v_x + v_y * v_y + 1e-12)
    allowed = min(max(speed, 0.5 * p.target_slowest_m_s[kind]), 1.1 * p.target_fastest_m_s[kind])
    target.v_x, target.v_y = v_x * allowed / speed, v_y * allowed / speed
    target.x += 0.5 * p.slot_s * (old_x + target.v_x)
    target.y += 0.5 * p.slot_s * (old_y + target.v_y)
    target.slots += 1
    return not rng.bernoulli(stream, p.death_probability)


@inlined
def _remember(target: Record) -> None:
    """Keep where a target is, for whoever repeats the looks of this slot."""
    target.past_alive = target.alive
    target.past_x, target.past_y = target.x, target.y
    target.past_v_x, target.past_v_y = target.v_x, target.v_y


@jit
def advance(p: Record, state: State) -> None:
    """Move all targets; some vanish, and new ones take free places."""
    stream, targets = state.env.world, state.targets
    for k in range(targets.shape[0]):
        _remember(targets[k])
        if targets[k].alive:
            stays = move(p, stream, targets[k])
            targets[k].alive = stays and is_inside(p, targets[k].x, targets[k].y)
    for _ in range(rng.poisson(stream, p.births)):
        enter(p, stream, targets, True)


@inlined
def enter(p: Record, stream: rng.Stream, targets: Any, arriving: bool) -> int:
    """Put a new target into the first free place and return it; -1 where there is none.

    Args:
        p: Parameters.
        stream: Random stream of the world.
        targets: Places for targets, shape ``(T,)``.
        arriving: As for :func:`bear`.
    """
    for k in range(targets.shape[0]):
        if not targets[k].alive:
            bear(p, stream, targets[k], arriving)
            return k
    return -1


@inlined
def sine_of(target: Record) -> float:
    """Return the sine of a target's azimuth."""
    return target.y / math.sqrt(target.x * target.x + target.y * target.y + 1e-12)
