"""What policies may try and know: constants tuned by trials, and nothing of what will be drawn."""

from typing import Any

import numpy as np
import pytest

from isac_envs import scenarios
from isac_envs.catalog import OWN
from isac_envs.declaration.model import Model
from isac_envs.declaration.trial import Trial
from isac_envs.envs.v2x import drift


def earned(model: Model, name: str) -> Any:
    """Return the mean reward per step of a baseline in each of 64 episodes of 200 steps."""
    trial = Trial(model, 64)
    policy = model.baselines[name](trial)
    trial.start(2_000_000_000 + np.arange(64))
    return sum(trial.step(policy.act()) for _ in range(200)) / 200


@pytest.mark.parametrize(
    ("name", "planner", "scenario", "overrides"),
    [
        (
            "isac/JrcAoi-v0", "one_step_planner", "lee2021",
            {"weights": (0.002, 5.0, 1.0), "arrival_means": (0.1,) * 5},
        ),
        ("isac/JrcAoi-v0", "one_step_planner", "persistent", {"weights": (0.0, 9.0, 20.0)}),
        ("isac/JrcAoiMulti-v0", "central_myopic", "deadlines", {"max_age": 3}),
    ],
)  # fmt: skip
def test_a_tuned_rule_loses_to_no_planner(
    name: str, planner: str, scenario: str, overrides: dict[str, Any]
) -> None:
    model = scenarios.build(name, scenario, overrides)
    rule, other = (earned(model, each) for each in ("optimum", planner))
    lost = other - rule
    assert lost.mean() <= 3.0 * lost.std(ddof=1) / np.sqrt(64)


@pytest.mark.parametrize("name", sorted(OWN))
def test_only_genies_know_what_will_be_drawn(name: str) -> None:
    """The same state with other random streams: the same actions."""
    model = scenarios.build(name, None, {})
    trial, drawn = Trial(model, 4), np.random.default_rng(0)
    trial.start(np.arange(4))
    shape = (4, len(model.agents), model.action.width)
    for _ in range(3):
        share = drawn.random(shape) * 0.999
        low, width = model.action.low, model.action.high - model.action.low
        whole = np.floor(low + share * (width + 1))
        trial.step(low + share * width if model.action.kind == "box" else whole)
    for label, each in model.baselines.items():
        if each.kind != "genie":
            trial.reseed(np.arange(4))
            before = each(trial).act().copy()
            trial.reseed(np.arange(100, 104))
            assert (each(trial).act() == before).all(), label


def test_tuning_is_repeatable_and_touches_no_global_generator() -> None:
    model = scenarios.build("isac/JrcAoi-v0", "persistent", {"horizon": 20})
    before = np.random.get_state()[1].tolist()
    found = []
    for _ in range(2):
        drift._tuned.cache_clear()
        rule = model.baselines["optimum"](Trial(model, 1))
        found.append([getattr(rule, each) for each in rule.constants])
    assert found[0] == found[1]
    assert np.random.get_state()[1].tolist() == before
