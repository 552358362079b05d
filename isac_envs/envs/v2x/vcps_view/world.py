"""What is drawn when an episode begins: types, what vehicles sense, views, requests, tracks."""

import math
from typing import Any

import numpy as np

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import exp2, log2
from isac_envs.engine.rng import integer, next_u64, normal, seed_stream, uniform
from isac_envs.envs.v2x.vcps_view.mobility import draw_track
from isac_envs.envs.v2x.vcps_view.params import VcpsViewParams
from isac_envs.envs.v2x.vcps_view.records import NOBODY, SAMPLES, State

VARIANCE = VcpsViewParams.code("second_moment", "variance")
PUBLISHED = VcpsViewParams.code("draws", "published")
SAMPLED = VcpsViewParams.code("reliability", "sampled")
_STREAM = np.uint64(3)


@inlined
def draw_subset(stream: Any, permutation: Any, size: int, count: int) -> None:
    """Put ``count`` different random numbers below ``size`` first in a permutation.

    Args:
        stream: Random stream that is drawn from.
        permutation: Receives the numbers, shape ``(size,)`` or longer.
        size: Numbers to choose from.
        count: Numbers to choose.
    """
    for k in range(size):
        permutation[k] = k
    for k in range(count):
        other = k + integer(stream, size - k)
        permutation[k], permutation[other] = permutation[other], permutation[k]


@jit
def draw_world(p: Record, state: State) -> None:
    """Draw an instance; one draw of the world stream, whatever the instance."""
    e, items, kinds, views = state.env, state.items, state.kinds, state.views
    tracks, requests, permutation = state.tracks, state.requests, state.order
    seed = next_u64(e.world)
    if p.instance >= 0:
        seed_stream(e.instance, np.uint64(p.instance), _STREAM)
    else:
        seed_stream(e.instance, seed, _STREAM)
    stream = e.instance
    for d in range(kinds.shape[0]):
        u = uniform(stream)
        kinds[d].amount = p.size_scale * (
            p.size_low_byte + u * (p.size_high_byte - p.size_low_byte)
        )
        v = uniform(stream)
        if p.draws == PUBLISHED:
            v = math.floor((p.update_high_s - p.update_low_s) * u) / max(
                1e-9, p.update_high_s - p.update_low_s
            )
        kinds[d].interval_s = p.update_low_s + v * (p.update_high_s - p.update_low_s)
    for i in range(items.shape[0]):
        draw_subset(stream, permutation, kinds.shape[0], items.shape[1])
        for k in range(items.shape[1]):
            items[i, k].kind = permutation[k]
            items[i, k].cost = p.cost_low + uniform(stream) * (p.cost_high - p.cost_low)
    for m in range(views.shape[0]):
        count = 1 + integer(stream, p.most_needed)
        draw_subset(stream, permutation, p.needed_types, count)
        views[m].count = count
        for k in range(count):
            views[m].kinds[k] = permutation[k]
    for t in range(requests.shape[0]):
        requests[t, 0] = integer(stream, views.shape[0])
        second = integer(stream, views.shape[0] - 1)
        second += second >= requests[t, 0]
        requests[t, 1] = second if uniform(stream) < 0.5 else -1
    scene = integer(stream, p.scenes.shape[0]) if p.from_file else 0
    for i in range(tracks.shape[0]):
        draw_track(p, stream, tracks[i])
        if p.from_file:
            for t in range(tracks.shape[1]):
                tracks[i, t].x_m = p.scenes[scene, i, t, 0]
                tracks[i, t].y_m = p.scenes[scene, i, t, 1]
        describe_service(p, stream, tracks[i], items[i], kinds)


@inlined
def distance_at(p: Record, track: Any, second: int) -> float:
    """Return the distance of a vehicle to the edge, m, at least 1; tracks end with a halt.

    Args:
        p: Parameters of the environment, one record.
        track: Places of the vehicle at whole seconds, shape ``(T,)``.
        second: Time in s.
    """
    place = track[min(second, track.shape[0] - 1)]
    dx, dy = place.x_m - p.centre_m, place.y_m - p.centre_m
    return max(1.0, math.sqrt(dx * dx + dy * dy))


@inlined
def spectral_efficiency(p: Record, gain: float, distance_m: float, power_w: float) -> float:
    """Return log2(1 + SNR), SNR = |h|^2 d^-phi P / N0, in bit/s/Hz.

    Args:
        p: Parameters of the environment, one record.
        gain: Power gain |h|^2 of the fading.
        distance_m: Distance to the edge in m.
        power_w: Transmit power in W.
    """
    loss_log2 = p.path_loss_exponent * log2(distance_m)
    exponent = log2(max(1e-30, gain * power_w / p.noise_w)) - loss_log2
    return log2(1.0 + exp2(exponent))


@jit
def describe_service(p: Record, stream: Any, track: Any, items: Any, kinds: Any) -> None:
    """Write the moments of service times at B / V and full power, over track and fading.

    Args:
        p: Parameters of the environment, one record.
        stream: Random stream that is drawn from.
        track: Places of the vehicle at whole seconds, shape ``(T,)``.
        items: What the vehicle can sense, shape ``(K,)``; receives the moments.
        kinds: Types of information, shape ``(I,)``.
    """
    seconds = track.shape[0]
    first = second = 0.0
    bandwidth = p.bandwidth_hz / p.vehicles
    for t in range(seconds):
        h = p.fading_mean + p.fading_deviation * normal(stream)
        efficiency = spectral_efficiency(p, h * h, distance_at(p, track, t), p.max_power_w)
        each = 1.0 / (bandwidth * max(1e-3, efficiency))
        first += each / seconds
        second += each * each / seconds
    if p.second_moment == VARIANCE:
        second = max(0.0, second - first * first)
    for k in range(items.shape[0]):
        size = kinds[items[k].kind].amount
        items[k].mean_s = size * first
        items[k].second_s2 = size * size * second


@jit
def draw_gain(p: Record, e: Record) -> None:
    """Write the gain that the power is set for; as published it is the 11th least of 100."""
    e.gain = p.fixed_gain
    if p.reliability != SAMPLED:
        return
    for found in range(SAMPLES):
        h = abs(p.fading_mean + p.fading_deviation * normal(e.world))
        place = found
        while place > 0 and e.samples[place - 1] > h:
            e.samples[place] = e.samples[place - 1]
            place -= 1
        e.samples[place] = h
    h = e.samples[int(SAMPLES * (1.0 - p.success) + 1e-9)]
    e.gain = h * h


@inlined
def view_of(requests: Any, second: int, number: int) -> int:
    """Return the view that is requested in a slot, -1 for none or after the last slot.

    Args:
        requests: Views requested in each slot, -1 for none, shape ``(T, 2)``.
        second: Number of the slot.
        number: Which of the requests of the slot.
    """
    return requests[second, number] if second < requests.shape[0] else -1


@inlined
def forget(kinds: Any) -> None:
    """Empty the cache: packets of time 0 and no vehicle."""
    for d in range(kinds.shape[0]):
        kinds[d].holder = NOBODY
        kinds[d].cost = 0.0
        kinds[d].update_s = 0.0
        kinds[d].received_s = 0.0
        kinds[d].age_s = 0.0
        kinds[d].transmit_s = 0.0
        kinds[d].wanted = False
        kinds[d].copies = 0
