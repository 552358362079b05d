"""Baselines of isac/UavAlloc-v0: single-slot values, orderings, Pareto front; E1, E2 and E5."""

from functools import cache

import numpy as np
import pytest

from isac_envs import scenarios
from isac_envs.core.batch import Batch
from isac_envs.declaration.buffers import StepBuffers

ID = "isac/UavAlloc-v0"
LAYOUTS = 400
SPECIFIED = {  # exhaustive, best response, Kuhn-Munkres, random: means over 60 layouts or fewer
    (2, 2, 1): (0.792, 0.792, 0.589, 0.337),
    (2, 2, 2): (1.449, 1.449, 1.449, 0.472),
    (3, 3, 2): (1.615, 1.588, 1.150, 0.450),
    (3, 3, 3): (2.094, 2.094, 2.094, 0.517),
    (4, 4, 2): (None, 1.654, 0.792, 0.413),
}
NAMES = ("exhaustive", "best_response", "kuhn_munkres", "random")


@cache
def played(name, copies=LAYOUTS, slots=1, **overrides):
    """Return mean objectives of each episode, shape (copies, 4), and its mean reward."""
    model = scenarios.build(ID, None, {"horizon": slots, **overrides})
    batch, frame = Batch(model, copies), StepBuffers.allocate(model, copies)
    batch.reset(frame, list(range(copies)))
    baseline, rows = model.baselines[name](batch, 1), batch.actions()
    total = np.zeros((copies, 4))
    for _ in range(slots):
        rows[:, 0] = baseline.act().reshape(copies, -1)
        batch.step(rows, frame)
        total += frame.objectives[:, 0]
    return total / slots, total @ np.array(model.params.weights) / slots


def single(name, size, **overrides):
    uavs, targets, channels = size
    return played(name, uavs=uavs, targets=targets, channels=channels, **overrides)[1]


@pytest.mark.parametrize("size", SPECIFIED)
@pytest.mark.parametrize("k", range(4), ids=NAMES)
def test_single_slots_have_the_specified_values(size, k):
    expected = SPECIFIED[size][k]
    if expected is None:
        pytest.skip("not specified")
    found = single(NAMES[k], size, idling="empty")
    error = found.std() * np.sqrt(1 / 60 + 1 / LAYOUTS)
    assert found.mean() == pytest.approx(expected, abs=3 * error)


@pytest.mark.parametrize("idling", ["free", "empty"])
@pytest.mark.parametrize("size", [(1, 1, 1), (2, 2, 2), (3, 3, 3), (2, 3, 3)])
def test_assignment_is_optimal_with_a_channel_for_each_uav(size, idling):
    best, assigned = (single(name, size, idling=idling) for name in ("exhaustive", "kuhn_munkres"))
    assert assigned == pytest.approx(best, abs=1e-9)


@pytest.mark.parametrize("idling", ["free", "empty"])
@pytest.mark.parametrize("size", [(2, 2, 1), (3, 3, 2)])
def test_nothing_beats_exhaustive_search_in_any_layout(size, idling):
    best = single("exhaustive", size, idling=idling)
    for name in ("best_response", "greedy_sequential", "channel_kuhn_munkres", "kuhn_munkres"):
        assert (single(name, size, idling=idling) <= best + 1e-9).all(), name


@pytest.mark.parametrize("size", [(2, 2, 1), (3, 3, 2), (4, 4, 2), (6, 6, 3)])
def test_searches_are_ordered(size):
    names = ("exhaustive", "best_response", "channel_kuhn_munkres", "random")
    means = [single(name, size).mean() for name in names]
    assert means == sorted(means, reverse=True)
    assert single("best_response", size).mean() > single("kuhn_munkres", size).mean()


def test_the_gain_over_assignment_grows_with_the_group():
    sizes = ((2, 2, 2), (3, 3, 2), (4, 4, 2), (6, 6, 2), (8, 8, 2))
    ratios = [
        single("best_response", size, idling="empty").mean()
        / single("kuhn_munkres", size, idling="empty").mean()
        for size in sizes
    ]
    assert ratios == sorted(ratios)
    assert ratios[0] == pytest.approx(1.0, abs=0.01)
    assert ratios[1] == pytest.approx(1.38, abs=0.12)
    assert ratios[2] == pytest.approx(2.09, abs=0.35)


def test_no_uav_alone_improves_a_best_response():
    model = scenarios.build(ID, "trio", {})
    batch, frame = Batch(model, 40), StepBuffers.allocate(model, 40)
    batch.reset(frame, list(range(40)))
    saved, weights, rows = batch.snapshot(), np.array(model.params.weights), batch.actions()
    chosen = model.baselines["best_response"](batch, 1).act()

    def reward(options):
        batch.restore(saved)
        rows[:, 0] = options
        batch.step(rows, frame)
        return frame.objectives[:, 0] @ weights

    best = reward(chosen)
    for m in range(3):
        for option in range(17):
            other = chosen.copy()
            other[:, m] = option
            assert (reward(other) <= best + 1e-9).all()


def test_a_price_on_energy_beats_the_myopic_search_where_energy_binds():
    paid, free = (played(name, 30, 100)[1] for name in ("priced_best_response", "best_response"))
    assert paid.mean() > 1.2 * free.mean()


def test_without_an_energy_limit_the_price_is_zero_and_slots_are_solved_one_by_one():
    kinds = [
        played(name, 6, 30, uavs=3, targets=3, energy_j=100.0)[1]
        for name in ("priced_exhaustive", "exhaustive")
    ]
    assert (kinds[0] == kinds[1]).all()
    others = ("priced_best_response", "best_response", "greedy_sequential", "kuhn_munkres")
    for name in others:
        found = played(name, 6, 30, uavs=3, targets=3, energy_j=100.0)[1]
        assert (found <= kinds[1] + 1e-9).all(), name


def test_the_weights_trace_a_monotone_front():
    front = []
    for alpha in (0.1, 0.3, 0.5, 0.7, 0.9):
        weights = (alpha, 1.0 - alpha, 0.1, 1.0)
        found = played("exhaustive", uavs=3, targets=3, weights=weights)[0].mean(0)
        front.append(found)
    sensing, communication = np.array(front)[:, 0], np.array(front)[:, 1]
    assert (np.diff(sensing) >= -1e-9).all()
    assert (np.diff(communication) <= 1e-9).all()
    assert sensing[-1] > 1.2 * sensing[0]
    assert communication[0] > 1.2 * communication[-1]


@pytest.mark.parametrize("action", ["discrete", "index", "continuous"])
def test_baselines_play_in_every_form_of_action(action):
    base = played("kuhn_munkres", 20, 5, uavs=3, targets=3)[1]
    assert played("kuhn_munkres", 20, 5, uavs=3, targets=3, action=action)[1] == pytest.approx(base)
    assert np.isfinite(played("random", 20, 5, uavs=3, targets=3, action=action)[1]).all()
