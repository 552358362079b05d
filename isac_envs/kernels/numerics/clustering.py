"""Clusters of points and of uncertain points in the plane: k-means, UK-means and UK-medoids.

An uncertain point is a set of samples. UK-means with the squared distance is k-means of the mean of
each point's samples, because the variance within a point adds the same to all its distances.
UK-medoids has points as centres and expected distances, so a point that is known badly is far from
all others, and seldom a centre.

Sources: Arthur and Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007; Chau,
Cheng, Kao and Ng, "Uncertain data mining: an example in clustering location data", PAKDD 2006
(UK-means); Lee, Kao and Cheng, "Reducing UK-means to K-means", ICDM workshops 2007; Gullo, Ponti
and Tagarelli, "Clustering uncertain data via K-medoids", SUM 2008; Kaufman and Rousseeuw, "Finding
groups in data", 1990, chapter 2 (build and swap). All recalled.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from isac_envs.engine.elementwise import Range, check_range
from isac_envs.engine.jit import inlined, jit
from isac_envs.engine.rng import integer, uniform

_MOST_MOVES = 100
_COUNT = Range(1.0, 65536.0, whole=True)


class ClusterWork(NamedTuple):
    """Result and scratch of a clustering of N points into K clusters.

    Attributes:
        centres: Centres of the clusters, shape ``(K, 2)``.
        labels: Cluster of each point, shape ``(N,)``.
        medoids: Point that is the centre of each cluster, shape ``(K,)``; of medoids alone.
        trial_centres: Centres of the present restart, shape ``(K, 2)``.
        trial_labels: Clusters of the present restart, shape ``(N,)``.
        counts: Points of each cluster, shape ``(K,)``.
        nearest: Squared distance to the nearest centre while seeding, shape ``(N,)``.
    """

    centres: Any
    labels: Any
    medoids: Any
    trial_centres: Any
    trial_labels: Any
    counts: Any
    nearest: Any


def cluster_work(points: int, clusters: int) -> ClusterWork:
    """Return zeroed arrays for a clustering.

    Args:
        points: Number N of points in [1, 65536].
        clusters: Number K of clusters in [1, 65536].

    Raises:
        ValueError: An argument is outside its range.
    """
    check_range("points", float(points), _COUNT)
    check_range("clusters", float(clusters), _COUNT)
    n, k = int(points), int(clusters)
    return ClusterWork(
        np.zeros((k, 2)),
        np.zeros(n, np.int64),
        np.zeros(k, np.int64),
        np.zeros((k, 2)),
        np.zeros(n, np.int64),
        np.zeros(k, np.int64),
        np.zeros(n),
    )


@inlined
def squared_between(points: Any, i: int, centres: Any, k: int) -> float:
    """Return the squared distance of a point from a centre.

    Args:
        points: Shape ``(N, 2)``.
        i: Number of the point.
        centres: Shape ``(K, 2)``.
        k: Number of the centre.
    """
    dx, dy = points[i, 0] - centres[k, 0], points[i, 1] - centres[k, 1]
    return dx * dx + dy * dy


@jit
def seed_centres(points: Any, centres: Any, nearest: Any, stream: Any) -> None:
    """Draw centres among the points, each by its squared distance from those before (k-means++).

    Args:
        points: Shape ``(N, 2)``.
        centres: Receives the centres, shape ``(K, 2)``.
        nearest: Scratch, shape ``(N,)``.
        stream: Random stream that is drawn from, K times.
    """
    count = points.shape[0]
    chosen = integer(stream, count)
    for k in range(centres.shape[0]):
        if k > 0:
            total = 0.0
            for i in range(count):
                total += nearest[i]
            rest, chosen = uniform(stream) * total, 0
            while chosen < count - 1 and rest >= nearest[chosen]:
                rest -= nearest[chosen]
                chosen += 1
        centres[k, 0], centres[k, 1] = points[chosen, 0], points[chosen, 1]
        for i in range(count):
            squared = squared_between(points, i, centres, k)
            nearest[i] = squared if k == 0 else min(nearest[i], squared)


@jit
def assign_points(points: Any, centres: Any, labels: Any) -> float:
    """Write the nearest centre of each point; return the sum of the squared distances.

    Args:
        points: Shape ``(N, 2)``.
        centres: Shape ``(K, 2)``.
        labels: Receives the numbers of the centres, shape ``(N,)``.
    """
    total = 0.0
    for i in range(points.shape[0]):
        best, least = 0, squared_between(points, i, centres, 0)
        for k in range(1, centres.shape[0]):
            squared = squared_between(points, i, centres, k)
            best, least = (k, squared) if squared < least else (best, least)
        labels[i] = best
        total += least
    return total


@jit
def move_centres(points: Any, centres: Any, labels: Any, counts: Any) -> None:
    """Write the mean of each cluster; a cluster without points keeps its centre.

    Args:
        points: Shape ``(N, 2)``.
        centres: Receives the means, shape ``(K, 2)``.
        labels: Cluster of each point, shape ``(N,)``.
        counts: Receives the points of each cluster, shape ``(K,)``.
    """
    for k in range(centres.shape[0]):
        x, y, members = 0.0, 0.0, 0
        for i in range(points.shape[0]):
            if labels[i] == k:
                x += points[i, 0]
                y += points[i, 1]
                members += 1
        counts[k] = members
        if members > 0:
            centres[k, 0], centres[k, 1] = x / members, y / members


@jit
def k_means(points: Any, restarts: int, stream: Any, work: ClusterWork) -> float:
    """Write the best clusters of several restarts: centres are means, members nearest to theirs.

    Args:
        points: Shape ``(N, 2)``.
        restarts: How often it is begun anew.
        stream: Random stream that is drawn from, K times a restart.
        work: Receives ``centres``, ``labels`` and ``counts``.

    Returns:
        The sum of the squared distances of the points from their centres.
    """
    least = math.inf
    for _ in range(restarts):
        seed_centres(points, work.trial_centres, work.nearest, stream)
        total = assign_points(points, work.trial_centres, work.trial_labels)
        for _ in range(_MOST_MOVES):
            move_centres(points, work.trial_centres, work.trial_labels, work.counts)
            before = total
            total = assign_points(points, work.trial_centres, work.trial_labels)
            if total >= before:
                break
        if total < least:
            least = total
            for k in range(work.centres.shape[0]):
                work.centres[k, 0] = work.trial_centres[k, 0]
                work.centres[k, 1] = work.trial_centres[k, 1]
            for i in range(work.labels.shape[0]):
                work.labels[i] = work.trial_labels[i]
    move_centres(points, work.centres, work.labels, work.counts)
    return least


@jit
def expected_distances(samples: Any, out: Any) -> None:
    """Write the mean distances between uncertain points, sample by sample.

    Samples of different points are independent, so the mean over pairs with the same number is
    unbiased and takes S instead of S^2 roots. A point is at no distance from itself.

    Args:
        samples: Samples of each point, shape ``(N, S, 2)``.
        out: Receives the distances, shape ``(N, N)``.
    """
    points, count = samples.shape[0], samples.shape[1]
    for i in range(points):
        out[i, i] = 0.0
        for j in range(i):
            total = 0.0
            for s in range(count):
                dx = samples[i, s, 0] - samples[j, s, 0]
                dy = samples[i, s, 1] - samples[j, s, 1]
                total += math.sqrt(dx * dx + dy * dy)
            out[i, j] = out[j, i] = total / count


@jit
def _cost_of_medoids(distances: Any, medoids: Any, count: int, labels: Any) -> float:
    """Write the nearest of the first ``count`` medoids of each point; return the sum."""
    total = 0.0
    for i in range(distances.shape[0]):
        best, least = 0, distances[i, medoids[0]]
        for k in range(1, count):
            each = distances[i, medoids[k]]
            best, least = (k, each) if each < least else (best, least)
        labels[i] = best
        total += least
    return total


@jit
def k_medoids(distances: Any, work: ClusterWork) -> float:
    """Write clusters whose centres are points: built one by one, then swapped while that helps.

    Args:
        distances: Distances between the points, shape ``(N, N)``.
        work: Receives ``medoids``, ``labels`` and ``counts``; ``centres`` are not known here.

    Returns:
        The sum of the distances of the points from their medoids.
    """
    points, clusters = distances.shape[0], work.medoids.shape[0]
    medoids, labels = work.medoids, work.trial_labels
    least = math.inf
    for k in range(clusters):
        best, least = 0, math.inf
        for i in range(points):
            medoids[k] = i
            total = _cost_of_medoids(distances, medoids, k + 1, labels)
            best, least = (i, total) if total < least else (best, least)
        medoids[k] = best
    improved = True
    while improved:
        improved = False
        for k in range(clusters):
            for i in range(points):
                kept = medoids[k]
                medoids[k] = i
                total = _cost_of_medoids(distances, medoids, clusters, labels)
                if total < least * (1.0 - 1e-12):
                    least, improved = total, True
                else:
                    medoids[k] = kept
    _cost_of_medoids(distances, medoids, clusters, work.labels)
    for k in range(clusters):
        work.counts[k] = 0
    for i in range(points):
        work.counts[work.labels[i]] += 1
    return least
