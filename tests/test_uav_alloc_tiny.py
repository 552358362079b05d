"""isac/UavAllocTiny-v0 against its specification and its exact solution."""

import itertools

import numpy as np
import pytest
from uav_alloc_oracle import slot

from isac_envs import scenarios
from isac_envs.core.batch import Batch
from isac_envs.declaration.baseline import tabulate
from isac_envs.declaration.buffers import StepBuffers
from isac_envs.planning import episode_mean, finite_horizon

ID = "isac/UavAllocTiny-v0"


def started(copies, **overrides):
    model = scenarios.build(ID, None, overrides)
    batch, frame = Batch(model, copies), StepBuffers.allocate(model, copies)
    batch.reset(frame, list(range(copies)))
    return batch, frame


def play(name, copies):
    batch, frame = started(copies)
    baseline, rows = batch.model.baselines[name](batch, 1), batch.actions()
    weights, total = np.array(batch.model.params.weights), 0.0
    for _ in range(batch.model.params.horizon):
        rows[:, 0, 0] = baseline.act()
        batch.step(rows, frame)
        total = total + frame.objectives[:, 0] @ weights
    return total / batch.model.params.horizon


def test_it_is_small():
    mdp = scenarios.build(ID, None, {}).transition_model()
    assert (mdp.states, mdp.actions) == (25, 49)


def test_every_joint_action_follows_the_equations():
    batch, frame = started(49)
    p, rows = batch.model.params, batch.actions()
    uavs = np.stack((p.uav_x_m, p.uav_y_m, p.uav_z_m), 1)
    targets = np.stack((p.target_x_m, p.target_y_m, (0.0, 0.0)), 1)
    rows[:, 0, 0] = np.arange(49)
    batch.step(rows, frame)
    for k, options in enumerate(itertools.product(range(7), repeat=2)):
        information, rate, _ = slot(uavs, targets, options, 1)
        expected = [2.0 * information.sum() / (2 * 4.0), rate / 4.0]
        assert frame.objectives[k, 0, :2] == pytest.approx(expected, rel=1e-9)
    expected = batch.model.transition_model().reward[:, -1]
    assert frame.objectives[:, 0] @ np.array(p.weights) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", ["optimum", "exhaustive", "best_fixed", "frugal"])
def test_simulation_agrees_with_the_exact_value(name):
    model = scenarios.build(ID, None, {})
    mdp = model.transition_model()
    if name == "optimum":
        exact = finite_horizon(mdp).mean
    else:
        exact = episode_mean(mdp, tabulate(model.baselines[name], model))
    found = play(name, 4000)
    assert found.mean() == pytest.approx(exact, abs=4 * found.std() / np.sqrt(len(found)))


def test_the_optimum_looks_ahead():
    model = scenarios.build(ID, None, {})
    mdp = model.transition_model()
    best = finite_horizon(mdp).mean
    for name in ("exhaustive", "best_fixed", "frugal"):
        assert episode_mean(mdp, tabulate(model.baselines[name], model)) < 0.99 * best


@pytest.mark.parametrize("scenario", scenarios.names(ID))
def test_no_constant_action_beats_the_best_heuristic(scenario):
    model = scenarios.build(ID, scenario, {})
    mdp = model.transition_model()
    fixed = episode_mean(mdp, tabulate(model.baselines["best_fixed"], model))
    for action in range(mdp.actions):
        assert episode_mean(mdp, np.full(mdp.states, action)) <= fixed


def test_in_the_last_slot_the_optimum_is_myopic():
    mdp = scenarios.build(ID, None, {}).transition_model()
    last = finite_horizon(mdp).policy[0]
    assert mdp.reward[last, np.arange(25)] == pytest.approx(mdp.reward.max(0))


def test_levels_fall_with_the_energy_spent():
    batch, frame = started(20_000)
    rows = batch.actions()
    rows[...] = 2 * 7 + 1  # 1 W and 0.2 W
    batch.step(rows, frame)
    lost = 4 - batch.state[1]["level"]
    for m, share in enumerate((0.2, 0.04)):
        error = np.sqrt(share * (1 - share) / 20_000)
        assert lost[:, m].mean() == pytest.approx(share, abs=4.5 * error)
    assert lost.max() == 1


def test_an_empty_uav_only_idles():
    batch, frame = started(1)
    batch.state[1]["level"] = [[0, 1]]
    rows = batch.actions()
    rows[...] = 2 * 7 + 0
    batch.step(rows, frame)
    assert (frame.objectives == 0.0).all()
    assert frame.costs[0, 0, 0] == 1.0
    valid = np.arange(49) // 7 == 0
    assert (frame.masks[0, 0] == valid).all()
