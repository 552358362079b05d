"""Where users are, which clusters they form, and the beams over the clusters."""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import atan2_turns, db_to_linear, power, round_even, sincos_turns
from isac_envs.engine.rng import bernoulli, integer, normal, uniform
from isac_envs.envs.cells.beam_cluster_rbg.params import BeamClusterRbgParams
from isac_envs.envs.cells.beam_cluster_rbg.records import State
from isac_envs.kernels.arrays.beams import gaussian_lobe_gain_one
from isac_envs.kernels.estimation.bounds import (
    angle_variance_one,
    delay_variance_flat_spectrum_one,
    range_variance_monostatic_one,
)
from isac_envs.kernels.numerics.clustering import expected_distances, k_means, k_medoids

RADAR = BeamClusterRbgParams.code("location", "radar")
UK_MEANS = BeamClusterRbgParams.code("clustering", "uk_means")
UK_MEDOIDS = BeamClusterRbgParams.code("clustering", "uk_medoids")
COVERING = BeamClusterRbgParams.code("beam_width", "covering")
RESTARTS = 8
_HALVINGS = 24
_NEAREST_M = 1.0
_LARGEST_M = 1000.0  # of an error: a radar without echoes knows the cell


@inlined
def azimuth_deg(x_m: float, y_m: float) -> float:
    """Return the azimuth of a place from the base station in degrees."""
    return 360.0 * atan2_turns(y_m, x_m)


@inlined
def deviation_deg(azimuth: float, other: float) -> float:
    """Return the angle between two azimuths in degrees, 0..180."""
    turns = (azimuth - other) / 360.0
    return 360.0 * abs(turns - round_even(turns))


@inlined
def set_errors(p: Record, user: Record, number: int, away_m: float) -> None:
    """Write the standard deviations of a user's reports: those of her class, or the bounds.

    Args:
        p: Parameters of the environment, one record.
        user: Record of the user, with her place.
        number: Number of her class.
        away_m: Distance from the base station in m.
    """
    user.range_std_m = user.cross_std_m = p.location_errors_m[number]
    if p.location == RADAR:
        squared = away_m * away_m
        snr = p.echo_1m * p.cross_sections_m2[number] / (squared * squared)
        delay = delay_variance_flat_spectrum_one(snr * p.sensing_elements, p.bandwidth_hz)
        turns = atan2_turns(user.y_m, user.x_m)
        angle = angle_variance_one(snr, 2.0 * math.pi * turns, 0.5, p.sensing_elements, 1.0)
        user.range_std_m = min(_LARGEST_M, math.sqrt(range_variance_monostatic_one(delay)))
        user.cross_std_m = min(_LARGEST_M, away_m * math.sqrt(angle))


@inlined
def scatter(user: Record, turns: float, stream: Any) -> tuple[float, float]:
    """Draw the error of a report, along and across a direction; return it in x and y.

    Args:
        user: Record of the user.
        turns: Direction of the line of sight in turns.
        stream: Random stream that is drawn from, twice.
    """
    sine, cosine = sincos_turns(turns)
    along, across = user.range_std_m * normal(stream), user.cross_std_m * normal(stream)
    return along * cosine - across * sine, along * sine + across * cosine


@jit
def place_users(p: Record, state: State) -> None:
    """Draw hot spots, users about them, their shadow fading, and who is sensed precisely.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    world, users = state.env.world, state.users
    first = integer(world, p.hot_spots)
    for h in range(p.hot_spots):
        turns = p.sector_deg * (2.0 * uniform(world) - 1.0) / 360.0
        distance = p.nearest_m + (p.farthest_m - p.nearest_m) * uniform(world)
        sine, cosine = sincos_turns(turns)
        for u in range(users.shape[0]):
            if (u + first) % p.hot_spots == h:
                users[u].x_m = distance * cosine + p.hot_spot_std_m * normal(world)
                users[u].y_m = distance * sine + p.hot_spot_std_m * normal(world)
                x, y = users[u].x_m, users[u].y_m
                away = max(_NEAREST_M, math.sqrt(x * x + y * y))
                number = 0 if bernoulli(world, p.precise_share) else 1
                set_errors(p, users[u], number, away)
                shadow = db_to_linear(-p.shadow_std_db * normal(world))
                users[u].path = p.snr_1m * shadow * power(away, -p.path_loss_exponent)


@jit
def report_places(state: State) -> None:
    """Draw a report of each user's place, and samples of where the base station thinks she is.

    Args:
        state: State of one copy.
    """
    stream, users, samples = state.env.measurement, state.users, state.scratch.samples
    for u in range(users.shape[0]):
        x, y = scatter(users[u], atan2_turns(users[u].y_m, users[u].x_m), stream)
        users[u].seen_x_m, users[u].seen_y_m = users[u].x_m + x, users[u].y_m + y
        turns = atan2_turns(users[u].seen_y_m, users[u].seen_x_m)
        for s in range(samples.shape[1]):
            x, y = scatter(users[u], turns, stream)
            samples[u, s, 0], samples[u, s, 1] = users[u].seen_x_m + x, users[u].seen_y_m + y


@jit
def form_clusters(p: Record, state: State) -> None:
    """Write the cluster of each user, and the centre of each cluster.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy, with fresh reports and samples.
    """
    users, scratch = state.users, state.scratch
    work, samples, points = scratch.clusters, scratch.samples, scratch.points
    if p.clustering == UK_MEDOIDS:
        expected_distances(samples, scratch.distances)
        k_medoids(scratch.distances, work)
        for k in range(work.medoids.shape[0]):
            work.centres[k, 0] = users[work.medoids[k]].seen_x_m
            work.centres[k, 1] = users[work.medoids[k]].seen_y_m
    else:
        for u in range(users.shape[0]):
            x, y, count = users[u].seen_x_m, users[u].seen_y_m, 1
            if p.clustering == UK_MEANS:
                x, y, count = 0.0, 0.0, samples.shape[1]
                for s in range(count):
                    x += samples[u, s, 0]
                    y += samples[u, s, 1]
            points[u, 0], points[u, 1] = x / count, y / count
        k_means(points, RESTARTS, state.env.measurement, work)
    for k in range(state.beams.shape[0]):
        state.beams[k].x_m, state.beams[k].y_m = work.centres[k, 0], work.centres[k, 1]
        state.beams[k].members = 0
    for u in range(users.shape[0]):
        k = work.labels[u]
        users[u].beam, users[u].rank = k, state.beams[k].members
        state.beams[k].members += 1


@jit
def covering_width_deg(p: Record, state: State, k: int) -> float:
    """Return the width that covers the asked share of the samples of a beam's members.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy, with clusters and azimuths of the beams.
        k: Number of the beam, with members.
    """
    users, samples, deviations = state.users, state.scratch.samples, state.scratch.deviations
    count = 0
    for u in range(users.shape[0]):
        if users[u].beam == k:
            for s in range(samples.shape[1]):
                azimuth = azimuth_deg(samples[u, s, 0], samples[u, s, 1])
                deviations[count] = deviation_deg(azimuth, state.beams[k].azimuth_deg)
                count += 1
    low, high = 0.5 * p.nominal_width_deg, 0.5 * p.widest_deg
    for _ in range(_HALVINGS):
        middle, covered = 0.5 * (low + high), 0
        for i in range(count):
            covered += deviations[i] <= middle
        low, high = (low, middle) if covered >= p.covered_share * count else (middle, high)
    return 2.0 * high


@jit
def point_beams(p: Record, state: State) -> None:
    """Point a beam at each cluster and write what users receive from all beams with members.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy, with clusters.
    """
    users, beams = state.users, state.beams
    widths, used = 0.0, 0
    for k in range(beams.shape[0]):
        beams[k].azimuth_deg = azimuth_deg(beams[k].x_m, beams[k].y_m)
        beams[k].width_deg = p.nominal_width_deg
        if beams[k].members > 0:
            if p.beam_width == COVERING:
                beams[k].width_deg = covering_width_deg(p, state, k)
            widths += beams[k].width_deg
            used += 1
    lost = 0
    for u in range(users.shape[0]):
        azimuth, own, others = azimuth_deg(users[u].x_m, users[u].y_m), 0.0, 0.0
        for k in range(beams.shape[0]):
            offset = deviation_deg(azimuth, beams[k].azimuth_deg)
            gain = db_to_linear(gaussian_lobe_gain_one(offset, beams[k].width_deg))
            own += gain if k == users[u].beam else 0.0
            others += gain if k != users[u].beam and beams[k].members > 0 else 0.0
        users[u].signal = users[u].path * own
        users[u].interference = users[u].path * others
        users[u].lost = users[u].signal < p.outage_sinr * (1.0 + users[u].interference)
        lost += users[u].lost
    state.env.outage = lost / users.shape[0]
    state.env.width_deg = widths / used


@jit
def cluster(p: Record, state: State) -> None:
    """Report places, form clusters and point beams.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    report_places(state)
    form_clusters(p, state)
    point_beams(p, state)
