"""Exact planning at its limits: long horizons, periods, several classes, too many states."""

import numpy as np
import pytest
from harness import IDS, bind
from hypothesis import given, settings
from hypothesis import strategies as st
from test_planning import MDPS

from isac_agents.commands.plan import plan
from isac_agents.evaluation.reference import exact_rows
from isac_envs.errors import IsacError
from isac_envs.planning import (
    FiniteMdp,
    average,
    chain,
    episode_mean,
    expected,
    finite_horizon,
    myopic,
    optimal_average,
    refuse_large,
    value_iteration,
)


@settings(max_examples=40, deadline=None)
@given(MDPS, st.integers(500, 3000))
def test_ending_early_changes_no_value(mdp: FiniteMdp, horizon: int) -> None:
    """Against plain loops over all steps."""
    values, policy = np.zeros(mdp.states), myopic(mdp)
    distribution, total = mdp.initial, 0.0
    for _ in range(horizon):
        values = (mdp.reward + mdp.transition @ values).max(0)
        total += distribution @ expected(mdp, policy)
        distribution = distribution @ chain(mdp, policy)
    optimum = finite_horizon(mdp, horizon)
    assert optimum.mean == pytest.approx(mdp.initial @ values / horizon, abs=1e-11)
    assert len(optimum.policy) < horizon
    assert episode_mean(mdp, policy, horizon=horizon) == pytest.approx(total / horizon, abs=1e-11)


@pytest.mark.parametrize("name", [name for name in IDS if bind(name).finite])
def test_a_million_steps_are_not_gone_through_one_by_one(name: str) -> None:
    mdp = bind(name).transition_model()
    policy = myopic(mdp)
    optimum = finite_horizon(mdp, 1_000_000)
    mean = episode_mean(mdp, policy, horizon=1_000_000)
    assert len(optimum.policy) < 10_000
    assert optimum.mean == pytest.approx(optimal_average(mdp), abs=1e-3)
    assert mean == pytest.approx(average(mdp, policy), abs=1e-3)


def test_a_slow_chain_is_not_cut_short() -> None:
    # From state 0 the chain leaves with 1e-6 a step; the mean over n steps is known in closed form.
    rate, horizon = 1e-6, 20_000
    transition = np.array([[[1.0 - rate, rate], [0.0, 1.0]]])
    mdp = FiniteMdp(transition, np.array([[0.0, 1.0]]), np.array([1.0, 0.0]))
    mean = 1.0 + np.expm1(horizon * np.log1p(-rate)) / (rate * horizon)
    assert finite_horizon(mdp, horizon).mean == pytest.approx(mean, rel=1e-8)
    assert episode_mean(mdp, np.zeros(2, int), horizon=horizon) == pytest.approx(mean, rel=1e-8)


@pytest.mark.parametrize("horizon", [1, 5, 12, 10**8, 10**8 + 1, 10**8 + 2])
def test_a_chain_that_comes_back_is_not_gone_through_step_by_step(horizon: int) -> None:
    # four states lead into a cycle of three others
    following = [1, 2, 3, 4, 5, 6, 4]
    reward = np.array([7.0, -1.0, 2.0, 5.0, 3.0, 0.0, 10.0])
    mdp = FiniteMdp(np.eye(7)[None, following], reward[None], np.eye(7)[0])
    rounds, rest = divmod(max(horizon - 4, 0), 3)
    total = reward[: min(horizon, 4)].sum() + rounds * 13.0 + reward[4 : 4 + rest].sum()
    mean = episode_mean(mdp, np.zeros(7, int), horizon=horizon)
    assert mean == pytest.approx(total / horizon, rel=1e-12)


PERIODIC = ("isac/ModeSelect-v0", {"channel_stays_good": 0.0, "channel_stays_bad": 0.0})
SEVERAL_CLASSES = [
    ("isac/ModeSelect-v0", {"road_stays_good": 1.0, "road_stays_bad": 1.0}),
    ("isac/FramesPerCpi-v0", {"channel_stays": 1.0}),
]


def test_an_environment_with_a_period_has_an_optimal_average() -> None:
    model = bind(PERIODIC[0], **PERIODIC[1])
    mdp = model.transition_model()
    optimum = exact_rows(model, 0.99)["optimal_average"]
    assert optimum == pytest.approx(finite_horizon(mdp, 10_000).mean, abs=1e-3)
    assert optimum >= average(mdp, value_iteration(mdp, 0.999).policy) - 2e-9


@pytest.mark.parametrize(("name", "overrides"), SEVERAL_CLASSES)
def test_several_classes_have_no_single_optimal_average(
    name: str, overrides: dict[str, float], capsys: pytest.CaptureFixture[str]
) -> None:
    model = bind(name, **overrides)
    with pytest.raises(ValueError, match="depends on the start"):
        optimal_average(model.transition_model())
    assert exact_rows(model, 0.9)["optimal_average"] is None
    plan(name, parameters=tuple(f"{key}={value}" for key, value in overrides.items()))
    printed = " ".join(capsys.readouterr().out.split())
    assert "No policy exceeds" in printed and "in the long run" not in printed


@pytest.mark.parametrize(("actions", "states"), [(2, 7072), (1, 10_001), (10, 10**9), (1, 10**30)])
def test_a_problem_beyond_the_memory_is_refused(actions: int, states: int) -> None:
    with pytest.raises(IsacError, match=f"{states} states are too many"):
        refuse_large(actions, states)


@pytest.mark.parametrize(("actions", "states"), [(1, 10_000), (2, 7071), (100, 1000), (1, 1)])
def test_a_problem_that_fits_is_not_refused(actions: int, states: int) -> None:
    refuse_large(actions, states)


@pytest.mark.parametrize(
    ("name", "states"), [("isac/ModeSelect-v0", 32_032), ("isac/FramesPerCpi-v0", 4004)]
)
def test_the_longest_queue_is_refused_by_the_transition_model(name: str, states: int) -> None:
    with pytest.raises(IsacError, match=f"{states} states are too many"):
        bind(name, queue_capacity=1000).transition_model()
