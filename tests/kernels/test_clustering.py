"""Clusters against slow references: brute force, and loops over NumPy arrays."""

from itertools import combinations, product

import numpy as np
import pytest

from isac_envs.engine.rng import seed_stream
from isac_envs.kernels.numerics.clustering import (
    assign_points,
    cluster_work,
    expected_distances,
    k_means,
    k_medoids,
    move_centres,
    seed_centres,
)


def stream(seed):
    state = np.zeros(4, np.uint64)
    seed_stream(state, np.uint64(seed), np.uint64(1))
    return state


def spots(seed, points=20, clusters=4, spread=0.5):
    random = np.random.default_rng(seed)
    middle = random.uniform(-10, 10, (clusters, 2))
    return middle[np.arange(points) % clusters] + spread * random.normal(size=(points, 2))


def lloyd(points, centres):
    """Return the cost after k-means from given centres, by NumPy."""
    for _ in range(100):
        squared = ((points[:, None] - centres) ** 2).sum(-1)
        labels = squared.argmin(1)
        centres = np.array([
            points[labels == k].mean(0) if (labels == k).any() else centres[k]
            for k in range(len(centres))
        ])  # fmt: skip
    return ((points[:, None] - centres) ** 2).sum(-1).min(1).sum()


@pytest.mark.parametrize("seed", range(8))
def test_a_restart_descends_as_lloyd_does(seed):
    points = spots(seed, spread=3.0)
    work = cluster_work(20, 4)
    drawn, nearest = stream(seed), np.zeros(20)
    centres = np.zeros((4, 2))
    seed_centres(points, centres, nearest, drawn)
    expected = lloyd(points, centres.copy())
    assert k_means(points, 1, stream(seed), work) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_restarts_find_the_best_of_all_partitions(seed):
    points = np.random.default_rng(seed).normal(size=(8, 2))
    best = min(
        sum(
            ((points[labels == k] - points[labels == k].mean(0)) ** 2).sum()
            for k in range(3) if (labels == k).any()
        )
        for labels in map(np.array, product(range(3), repeat=8))
    )  # fmt: skip
    work = cluster_work(8, 3)
    assert k_means(points, 30, stream(seed), work) == pytest.approx(best, rel=1e-12)
    for k in range(3):
        members = points[work.labels == k]
        assert work.counts[k] == len(members)
        assert work.centres[k] == pytest.approx(members.mean(0), abs=1e-12)


def test_seeds_are_drawn_by_their_squared_distances():
    points = np.array([[0.0, 0.0], [1.0, 0.0], [3.0, 0.0]])
    drawn, centres, nearest, pairs = stream(3), np.zeros((2, 2)), np.zeros(3), np.zeros((3, 3))
    for _ in range(30_000):
        seed_centres(points, centres, nearest, drawn)
        first, second = (int(np.flatnonzero(points[:, 0] == x)[0]) for x in centres[:, 0])
        pairs[first, second] += 1
    squared = (points[:, None, 0] - points[None, :, 0]) ** 2
    expected = squared / squared.sum(1, keepdims=True) / 3.0
    assert pairs / 30_000 == pytest.approx(expected, abs=0.01)


def test_equal_points_make_one_cluster_and_no_error():
    work = cluster_work(5, 3)
    assert k_means(np.ones((5, 2)), 2, stream(0), work) == 0.0
    assert work.counts.sum() == 5
    assert (work.centres == 1.0).all()


def test_an_empty_cluster_keeps_its_centre():
    points, centres = np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([[0.4, 0.0], [9.0, 9.0]])
    labels, counts = np.zeros(2, np.int64), np.zeros(2, np.int64)
    assert assign_points(points, centres, labels) == pytest.approx(0.16 + 0.36)
    move_centres(points, centres, labels, counts)
    assert counts.tolist() == [2, 0]
    assert centres.tolist() == [[0.5, 0.0], [9.0, 9.0]]


def test_expected_distances_are_those_of_all_pairs():
    random = np.random.default_rng(1)
    middle, error = random.uniform(-20, 20, (6, 2)), np.array([1.0, 2.0, 5.0, 9.0, 3.0, 0.0])
    samples = middle[:, None] + error[:, None, None] * random.normal(size=(6, 4000, 2))
    found = np.zeros((6, 6))
    expected_distances(samples, found)
    assert (found == found.T).all()
    assert (found.diagonal() == 0.0).all()
    for i, j in combinations(range(6), 2):
        every = np.linalg.norm(samples[i, :400, None] - samples[j, None, -400:], axis=-1)
        spread = np.hypot(error[i], error[j])
        assert found[i, j] == pytest.approx(every.mean(), abs=0.1 * spread + 1e-9)


def test_who_is_known_badly_is_far_away():
    samples = np.random.default_rng(0).normal(size=(3, 20_000, 2)) * [[[1.0]], [[1.0]], [[10.0]]]
    found = np.zeros((3, 3))
    expected_distances(samples, found)
    # the distance of two points with normal errors has Rayleigh's law
    assert found[0, 1] == pytest.approx(np.sqrt(np.pi / 2 * 2), rel=0.02)
    assert found[0, 2] == pytest.approx(np.sqrt(np.pi / 2 * 101), rel=0.02)


@pytest.mark.parametrize("seed", range(8))
def test_medoids_are_the_best_of_all_sets(seed):
    """Swapping ends in a local optimum; in spots it is the best."""
    points = spots(seed, 12, 3)
    distances = np.linalg.norm(points[:, None] - points, axis=-1)
    best = min(distances[:, each].min(1).sum() for each in combinations(range(12), 3))
    work = cluster_work(12, 3)
    assert k_medoids(distances, work) == pytest.approx(best, rel=1e-12)
    assert distances[:, work.medoids].min(1).sum() == pytest.approx(best, rel=1e-12)
    assert (work.labels == distances[:, work.medoids].argmin(1)).all()
    assert (work.counts == np.bincount(work.labels, minlength=3)).all()


@pytest.mark.parametrize("seed", range(8))
def test_no_swap_improves_medoids(seed):
    points = np.random.default_rng(seed).normal(size=(25, 2))
    distances = np.linalg.norm(points[:, None] - points, axis=-1)
    work = cluster_work(25, 5)
    total = k_medoids(distances, work)
    for k, i in product(range(5), range(25)):
        medoids = work.medoids.copy()
        medoids[k] = i
        assert distances[:, medoids].min(1).sum() >= total * (1.0 - 1e-9)


def test_what_is_no_number_of_points_is_refused():
    with pytest.raises(ValueError, match="points"):
        cluster_work(0, 1)
    with pytest.raises(ValueError, match="clusters"):
        cluster_work(3, 0)
