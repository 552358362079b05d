"""isac/CognitiveAccessMulti-v0: one user is the single environment, and users get in the way."""

from typing import Any

import numpy as np
import pytest
from harness import digest

from isac_envs import scenarios
from isac_envs.core.env import Env
from isac_envs.core.parallel_env import ParallelEnv
from isac_envs.declaration.trial import Trial
from isac_envs.envs.spectrum.cognitive_access.records import (
    ACKNOWLEDGED,
    COLLIDED,
    CONTENDED,
    DECLARED_BUSY,
)
from isac_envs.envs.spectrum.cognitive_access_multi.baselines import assign

ID, SINGLE = "isac/CognitiveAccessMulti-v0", "isac/CognitiveAccess-v0"


def build(scenario: str | None = None, **overrides: Any) -> Any:
    return scenarios.build(ID, scenario, overrides)


def play(model: Any, name: str, copies: int = 60, steps: int = 150) -> Any:
    trial = Trial(model, copies)
    policy = model.baselines[name](trial)
    trial.start(np.arange(copies))
    return sum(trial.step(policy.act()) for _ in range(steps)) / steps


@pytest.mark.parametrize("observation", ["belief", "history"])
def test_one_user_is_the_single_environment(observation: str) -> None:
    single = Env(SINGLE, observation=observation)
    several = ParallelEnv(ID, users=1, observation=observation)
    assert single.observation_space == several.observation_space("user_0")
    assert single.action_space == several.action_space("user_0")
    seen, _ = single.reset(seed=5)
    np.testing.assert_array_equal(seen, several.reset(seed=5)[0]["user_0"])
    generator = np.random.default_rng(0)
    for _ in range(300):
        action = int(generator.integers(0, single.action_space.n))
        seen, reward, _, _, info = single.step(action)
        others, rewards, _, _, infos = several.step({"user_0": action})
        np.testing.assert_array_equal(seen, others["user_0"])
        assert reward == rewards["user_0"]
        assert digest(info) == digest(infos["user_0"])


def test_users_who_meet_in_an_idle_channel_get_nothing() -> None:
    model = build("perfect")
    trial = Trial(model, 400)
    trial.start(np.arange(400))
    idle = trial.state.channels["idle"][:, 1].copy()
    rewards = trial.step(np.ones((400, 2), np.int64))
    assert not rewards.any()
    outcome = trial.state.users["outcome"]
    assert (outcome[idle] == CONTENDED).all()
    assert (outcome[~idle] == DECLARED_BUSY).all()
    assert not trial._buffers.costs.any()
    np.testing.assert_allclose(trial.state.beliefs["idle"][idle][..., 1], 0.8)


def test_users_apart_do_not_notice_each_other() -> None:
    model = build("perfect")
    trial = Trial(model, 200)
    trial.start(np.arange(200))
    state = trial.state.channels["idle"].copy()
    trial.step(np.tile([0, 3], (200, 1)))
    arrived = trial.state.users["outcome"] == ACKNOWLEDGED
    np.testing.assert_array_equal(arrived, state[:, [0, 3]])
    own = trial.state.beliefs["idle"][:, 0]
    np.testing.assert_allclose(own[:, 3], 0.5, rtol=1e-12)  # only its own slots


def test_a_primary_transmission_is_told_from_a_user() -> None:
    model = build(users=2, detection_probability=0.5)
    trial = Trial(model, 2000)
    trial.start(np.arange(2000))
    idle = trial.state.channels["idle"][:, 4].copy()
    trial.step(np.full((2000, 2), 12))
    sent = trial.state.users["transmits"]
    outcome = trial.state.users["outcome"]
    assert (outcome[sent & ~idle[:, None]] == COLLIDED).all()
    both = sent.all(1) & idle
    assert both.any()
    assert (outcome[both] == CONTENDED).all()
    alone = (sent.sum(1) == 1) & idle
    assert (outcome[alone][sent[alone]] == ACKNOWLEDGED).all()


def test_everyone_for_itself_is_worst_for_all() -> None:
    model = build("perfect")
    assert play(model, "whittle").max() == 0.0
    means = {name: play(model, name).mean() for name in model.baselines}
    order = ("genie", "central", "partition", "turns", "random", "whittle")
    assert sorted(means, key=lambda name: -means[name]) == list(order)


def test_assigned_channels_are_distinct_and_the_best_pair_comes_first() -> None:
    values = np.random.default_rng(0).normal(size=(50, 3, 5))
    chosen = assign(values)
    assert all(len(set(row)) == 3 for row in chosen.tolist())
    user, channel = np.divmod(values.reshape(50, -1).argmax(1), 5)
    np.testing.assert_array_equal(chosen[np.arange(50), user], channel)
    crowd = assign(np.random.default_rng(1).normal(size=(20, 4, 2)))
    assert all(set(row) == {0, 1} for row in crowd.tolist())


@pytest.mark.parametrize("name", ["genie", "central", "partition", "turns", "whittle"])
def test_more_users_than_channels(name: str) -> None:
    model = build("perfect", users=6)
    assert np.isfinite(play(model, name, 4, 20)).all()


def test_users_see_their_number() -> None:
    env = ParallelEnv(ID)
    seen, _ = env.reset(seed=0)
    assert [each[-1] for each in seen.values()] == [0.0, 0.5, 1.0]
