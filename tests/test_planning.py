"""Exact planning against problems solved by hand and by brute force."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from harness import IDS, bind
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.planning import (
    FiniteMdp,
    average,
    chain,
    episode_mean,
    evaluate,
    expected,
    finite_horizon,
    myopic,
    optimal_average,
    stationary,
    uniform_policy,
    value_iteration,
)


def random_mdp(seed: int, states: int, actions: int, mixing: float = 0.1) -> FiniteMdp:
    """Return a random problem whose states all lead everywhere with some probability."""
    random = np.random.default_rng(seed)
    transition = random.dirichlet(np.full(states, 0.4), (actions, states))
    transition = (1 - mixing) * transition + mixing / states
    return FiniteMdp(
        transition / transition.sum(-1, keepdims=True),
        random.normal(size=(actions, states)),
        random.dirichlet(np.ones(states)),
        {"cost": random.random((actions, states))},
        horizon=9,
    )


MDPS = st.builds(
    random_mdp, st.integers(0, 10_000), states=st.integers(1, 4), actions=st.integers(1, 3)
)


def policies(mdp: FiniteMdp) -> list[Any]:
    """Return all deterministic policies."""
    return [np.array(each) for each in product(range(mdp.actions), repeat=mdp.states)]


def swap() -> FiniteMdp:
    """Two states that alternate under the only action: a periodic chain."""
    transition = np.array([[[0.0, 1.0], [1.0, 0.0]]])
    return FiniteMdp(transition, np.array([[4.0, 0.0]]), np.array([1.0, 0.0]))


def two_classes() -> FiniteMdp:
    """State 0 leads for good to 1 (pays 1) with 0.25 or to 2 (pays 5)."""
    transition = np.array([[[0.0, 0.25, 0.75], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]])
    return FiniteMdp(transition, np.array([[9.0, 1.0, 5.0]]), np.array([1.0, 0.0, 0.0]))


def machine() -> FiniteMdp:
    """A machine, new or worn: run (0) pays 3 new and 1 worn and wears it; repair (1) costs 1."""
    transition = np.array([[[0.5, 0.5], [0.0, 1.0]], [[1.0, 0.0], [1.0, 0.0]]])
    reward = np.array([[3.0, 1.0], [-1.0, -1.0]])
    return FiniteMdp(transition, reward, np.array([1.0, 0.0]))


def test_the_machine_by_hand() -> None:
    # Repairing when worn: the worn state is visited half as often as the new one, so the mean is
    # (2 * 3 - 1) / 3; never repairing pays 1.
    mdp, repair = machine(), np.array([0, 1])
    assert stationary(mdp, repair) == pytest.approx([2 / 3, 1 / 3])
    assert average(mdp, repair) == pytest.approx(5 / 3)
    assert average(mdp, np.array([0, 0])) == pytest.approx(1.0)
    assert optimal_average(mdp) == pytest.approx(5 / 3, abs=1e-9)
    assert myopic(mdp).tolist() == [0, 0]
    solution = value_iteration(mdp, 0.99)
    assert solution.policy.tolist() == [0, 1]
    # v0 = 3 + d (v0 + v1) / 2, v1 = -1 + d v0
    new = (3 - 0.99 / 2) / (1 - 0.99 / 2 - 0.99**2 / 2)
    assert solution.values == pytest.approx([new, -1 + 0.99 * new], rel=1e-7)
    assert evaluate(mdp, repair) == pytest.approx([new, -1 + 0.99 * new], rel=1e-12)


def test_the_machine_over_few_steps_by_hand() -> None:
    # One step: 3. Two steps: 3 + (3 + 1) / 2 = 5, as repairing no longer pays.
    assert finite_horizon(machine(), 1).mean == pytest.approx(3.0)
    two = finite_horizon(machine(), 2)
    assert two.mean == pytest.approx(2.5)
    assert two.policy.tolist() == [[0, 0], [0, 0]]
    assert episode_mean(machine(), np.array([0, 0]), horizon=2) == pytest.approx(2.5)
    long = finite_horizon(machine(), 50)
    assert long.policy[-1].tolist() == [0, 1]


def test_a_periodic_chain_is_averaged_over_its_period() -> None:
    mdp, policy = swap(), np.zeros(2, int)
    assert stationary(mdp, policy) == pytest.approx([0.5, 0.5])
    assert average(mdp, policy) == pytest.approx(2.0)
    assert episode_mean(mdp, policy, horizon=3) == pytest.approx(8 / 3)
    assert optimal_average(mdp) == pytest.approx(2.0, abs=1e-9)


def test_recurrent_classes_are_weighted_by_where_the_start_leads() -> None:
    mdp, policy = two_classes(), np.zeros(3, int)
    assert stationary(mdp, policy) == pytest.approx([0.0, 0.25, 0.75])
    assert average(mdp, policy) == pytest.approx(0.25 + 3.75)
    with pytest.raises(ValueError, match=r"2 classes.*depends on the start"):
        optimal_average(mdp)


@pytest.mark.parametrize("rate", [1e-3, 1e-6, 1e-9])
def test_slow_chains_reach_their_long_run(rate: float) -> None:
    transition = np.array([[[1 - rate, rate], [2 * rate, 1 - 2 * rate]]])
    mdp = FiniteMdp(transition, np.array([[0.0, 1.0]]), np.array([1.0, 0.0]))
    assert average(mdp, np.zeros(2, int)) == pytest.approx(1 / 3, rel=1e-5)


def test_a_chain_that_changes_class_slowly_from_a_balanced_start() -> None:
    # Where one step hardly moves the distribution, the long run is still far away.
    transition = np.array([[[0.0, 1.0, 0.0], [1.0 - 1e-7, 0.0, 1e-7], [0.0, 1e-9, 1 - 1e-9]]])
    mdp = FiniteMdp(transition, np.array([[0.0, 0.0, 1.0]]), np.array([0.5, 0.5, 0.0]))
    balance = np.linalg.lstsq(
        np.vstack((np.eye(3) - transition[0].T, np.ones(3))), np.array([0, 0, 0, 1.0]), rcond=None
    )[0]
    assert average(mdp, np.zeros(3, int)) == pytest.approx(balance[2], rel=1e-4)


@settings(max_examples=60, deadline=None)
@given(MDPS)
def test_value_iteration_equals_the_best_of_all_policies(mdp: FiniteMdp) -> None:
    solution = value_iteration(mdp, 0.9)
    best = np.max([evaluate(mdp, policy, 0.9) for policy in policies(mdp)], 0)
    assert solution.values == pytest.approx(best, abs=1e-8)
    assert evaluate(mdp, solution.policy, 0.9) == pytest.approx(best, abs=1e-8)
    assert solution.action_values.max(0) == pytest.approx(solution.values, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(MDPS)
def test_optimal_average_is_certified(mdp: FiniteMdp) -> None:
    best = max(average(mdp, policy) for policy in policies(mdp))
    assert optimal_average(mdp, 1e-9) == pytest.approx(best, abs=2e-9)
    assert optimal_average(mdp, 1e-3) == pytest.approx(best, abs=1.01e-3)


@settings(max_examples=60, deadline=None)
@given(MDPS, st.integers(1, 12), st.integers(0, 1000))
def test_episode_mean_equals_matrix_powers(mdp: FiniteMdp, horizon: int, seed: int) -> None:
    weights = np.random.default_rng(seed).dirichlet(np.ones(mdp.actions), mdp.states)
    step = np.einsum("sa,ast->st", weights, mdp.transition)
    for signal, table in {"reward": mdp.reward, "cost": mdp.signals["cost"]}.items():
        value = (weights.T * table).sum(0)
        powers = [np.linalg.matrix_power(step, k) for k in range(horizon)]
        mean = sum(mdp.initial @ power @ value for power in powers) / horizon
        assert episode_mean(mdp, weights, signal, horizon) == pytest.approx(mean, abs=1e-12)
        assert expected(mdp, weights, signal) == pytest.approx(value)
    assert chain(mdp, weights) == pytest.approx(step)


@settings(max_examples=40, deadline=None)
@given(MDPS, st.integers(1, 12))
def test_no_policy_beats_the_finite_horizon(mdp: FiniteMdp, horizon: int) -> None:
    bound = finite_horizon(mdp, horizon).mean
    for policy in [*policies(mdp), uniform_policy(mdp)]:
        assert episode_mean(mdp, policy, horizon=horizon) <= bound + 1e-12


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_the_finite_horizon_equals_the_best_time_dependent_policy(seed: int) -> None:
    mdp, horizon = random_mdp(seed, 2, 2), 3
    best = -np.inf
    for sequence in product(policies(mdp), repeat=horizon):
        distribution, total = mdp.initial, 0.0
        for policy in sequence:
            total += distribution @ expected(mdp, policy)
            distribution = distribution @ chain(mdp, policy)
        best = max(best, total / horizon)
    assert finite_horizon(mdp, horizon).mean == pytest.approx(best, abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(MDPS, st.integers(1, 8))
def test_the_policy_by_steps_to_go_earns_the_finite_horizon(mdp: FiniteMdp, horizon: int) -> None:
    optimum = finite_horizon(mdp, horizon)
    distribution, total = mdp.initial, 0.0
    for to_go in range(horizon, 0, -1):
        policy = optimum.policy[min(to_go, len(optimum.policy)) - 1]
        total += distribution @ expected(mdp, policy)
        distribution = distribution @ chain(mdp, policy)
    assert total / horizon == pytest.approx(optimum.mean, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(MDPS)
def test_the_long_run_is_a_fixed_point(mdp: FiniteMdp) -> None:
    policy = uniform_policy(mdp)
    long_run = stationary(mdp, policy)
    assert long_run.sum() == pytest.approx(1.0)
    assert long_run @ chain(mdp, policy) == pytest.approx(long_run, abs=1e-12)
    mean = episode_mean(mdp, policy, "cost", horizon=20_000)
    assert average(mdp, policy, "cost") == pytest.approx(mean, abs=5e-3)


def test_the_horizon_is_that_of_the_problem() -> None:
    mdp = random_mdp(1, 3, 2)
    assert finite_horizon(mdp).mean == finite_horizon(mdp, 9).mean
    assert episode_mean(mdp, myopic(mdp)) == episode_mean(mdp, myopic(mdp), horizon=9)


GOOD = {
    "transition": np.array([[[0.5, 0.5], [0.0, 1.0]]]),
    "reward": np.zeros((1, 2)),
    "initial": np.array([1.0, 0.0]),
}
BAD = {
    "reward shape": ({"reward": np.zeros((2, 1))}, r"reward.*\(2, 1\).*\(1, 2\)"),
    "initial shape": ({"initial": np.ones(3) / 3}, r"initial.*\(3,\).*\(2,\)"),
    "signal shape": ({"signals": {"cost": np.zeros(2)}}, r"cost.*\(2,\).*\(1, 2\)"),
    "not square": ({"transition": np.ones((1, 2, 3)) / 3}, r"transition.*\(1, 2, 3\)"),
    "sum": ({"transition": np.array([[[0.5, 0.4], [0, 1.0]]])}, "transition.*probability"),
    "negative": ({"transition": np.array([[[1.5, -0.5], [0, 1.0]]])}, "transition.*probability"),
    "initial sum": ({"initial": np.array([0.5, 0.4])}, "initial.*probability"),
    "nan": ({"transition": np.array([[[np.nan, 0.5], [0, 1.0]]])}, "transition.*probability"),
    "too few axes": ({"transition": np.eye(2)}, "transition"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_problem_is_refused(what: str) -> None:
    changed, message = BAD[what]
    with pytest.raises(ValueError, match=message):
        FiniteMdp(**{**GOOD, **changed})


@pytest.mark.parametrize("discount", [1.0, -0.1, 2.0, float("nan")])
def test_a_bad_discount_is_refused(discount: float) -> None:
    with pytest.raises(ValueError, match=rf"discount.*{discount}.*\[0, 1\)"):
        value_iteration(machine(), discount)


def test_no_convergence_says_so() -> None:
    with pytest.raises(RuntimeError, match="within 3 sweeps"):
        value_iteration(machine(), max_sweeps=3)


@pytest.mark.parametrize("horizon", [None, 0, -1])
def test_a_missing_or_bad_horizon_is_refused(horizon: int | None) -> None:
    for call in (
        finite_horizon,
        lambda mdp, horizon: episode_mean(mdp, myopic(mdp), "reward", horizon),
    ):
        with pytest.raises(ValueError, match=f"horizon is {horizon}"):
            call(machine(), horizon)


@pytest.mark.parametrize("shape", [(3,), (2, 3), (1, 2, 2)])
def test_a_policy_of_a_wrong_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="policy has shape"):
        average(machine(), np.zeros(shape, int))


def test_an_unknown_signal_names_the_known_ones() -> None:
    with pytest.raises((KeyError, ValueError), match=r"costs.*cost"):
        average(random_mdp(1, 2, 2), np.zeros(2, int), "costs")


@pytest.mark.parametrize("name", [name for name in IDS if bind(name).finite])
def test_transition_models_of_environments_are_valid(name: str) -> None:
    model = bind(name)
    mdp = model.transition_model()
    assert mdp.horizon == model.params.horizon
    state = model.allocate(5)
    assert model.state_index(state).shape == (5,)
    assert mdp.signals.keys() <= {each.name for each in model.reported} | {
        each.name for each in (*model.costs, *model.objectives)
    }
