"""Scores count returns: how long an episode lasts, with the same return, does not matter."""

from types import SimpleNamespace

import numpy as np
import pytest
from harness import bind
from hypothesis import given
from hypothesis import strategies as st

from isac_agents.evaluation import episodes as evaluation
from isac_agents.evaluation.comparison import Scale
from isac_agents.evaluation.episodes import UNIT, baseline, play
from isac_agents.evaluation.results import Result
from isac_envs import scenarios
from isac_envs.catalog import OWN
from isac_envs.description import describe
from isac_envs.envs.uav.uav_trajectory.baselines import KnownPlaces

HORIZON = 12
EPISODE = st.lists(st.floats(-5, 5), min_size=1, max_size=HORIZON)
EPISODES = st.lists(EPISODE, min_size=3, max_size=3)


class Played:
    """A stand-in for the environment: episodes with given rewards."""

    def __init__(self, episodes):
        self.rewards = np.zeros((len(episodes), HORIZON))
        for row, rewards in zip(self.rewards, episodes, strict=True):
            row[: len(rewards)] = rewards
        self.lengths = np.array([len(rewards) for rewards in episodes])

    def reset(self, seed=None, options=None):
        if seed is not None:
            self.time = 0
        return np.zeros((len(self.lengths), 2)), {"action_mask": np.ones((len(self.lengths), 3))}

    def step(self, actions):
        reward = self.rewards[:, self.time]
        self.time += 1
        info = {
            "objectives": reward[:, None], "costs": {}, "metrics": {"refused": 0.0 * reward},
            "action_mask": np.ones((len(reward), 3)),
        }  # fmt: skip
        over = self.time == self.lengths
        return np.zeros((len(reward), 2)), reward, over, np.zeros_like(over), info


def result_of(episodes):
    """Return what is kept of a policy that played the episodes."""
    model, env = bind("corridor", horizon=HORIZON), Played(episodes)
    policy = SimpleNamespace(predict=lambda *_, **__: (np.ones(len(episodes), int), None))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "arena", lambda model, count: env)
        played = play(lambda _: policy, model, len(episodes))
    np.testing.assert_array_equal(played.lengths, env.lengths)
    return Result.of(played, model)


@given(EPISODES, st.lists(st.integers(0, HORIZON), min_size=3, max_size=3), EPISODES, EPISODES)
def test_slots_without_reward_change_no_score(episodes, padding, floor, top):
    padded = [
        [*rewards, *[0.0] * min(more, HORIZON - len(rewards))]
        for rewards, more in zip(episodes, padding, strict=True)
    ]
    short, long = result_of(episodes), result_of(padded)
    np.testing.assert_allclose(long.rewards, short.rewards, rtol=1e-12, atol=1e-12)
    assert long.objectives == pytest.approx(short.objectives, abs=1e-12)
    scale = Scale(result_of(floor).rewards, result_of(top).rewards)
    if abs(scale.top.mean() - scale.floor.mean()) > 1e-3:
        score = scale.score(short.rewards.mean())
        assert scale.score(long.rewards.mean()) == pytest.approx(score, abs=1e-9)


@given(EPISODE, st.data())
def test_of_two_returns_the_larger_scores_more_whatever_the_lengths(rewards, data):
    more = data.draw(EPISODE)
    one, two = (result_of([each]).rewards[0] for each in (rewards, more))
    assert (one < two) == (sum(rewards) < sum(more)) or one == pytest.approx(two, abs=1e-9)


class TwoLooks(KnownPlaces):
    """Looks twice, returns, and stays at home: still, or to and fro at the largest speed."""

    restless = False

    def act(self):
        """Return the flight's actions, with the looks after the second one left out."""
        known = self.env["looks"] >= 2
        flight = super().act()
        flight[known] = self.command(self.towards(np.zeros_like(self.place), 30.0), False)[known]
        arrived = known & (np.hypot(*self.place.T) < 30.0)
        if self.restless:
            away = np.where(self.env["x"] < 1.0, 29.0, -29.0)
            pace = self.command(np.stack((away, 0.0 * away), -1), False)
            flight[arrived] = pace[arrived]
        return flight


class Restless(TwoLooks):
    """Burns the battery at home."""

    restless = True


def test_burning_the_battery_at_home_earns_nothing():
    model = bind("isac/UavTrajectory-v0", "single_target")
    still, restless = (
        play(lambda env, flight=flight: flight(env.batch), model, 24)
        for flight in (TwoLooks, Restless)
    )
    assert (restless.lengths <= still.lengths).all()
    assert restless.lengths.mean() < 0.9 * still.lengths.mean()
    np.testing.assert_allclose(restless.reward, still.reward, rtol=1e-9)
    assert still.objectives["sensing"].mean() > 0.05


@pytest.mark.parametrize(
    ("name", "overrides"),
    [
        ("isac/UavTrajectory-v0", {"battery_j": 6e3}),
        ("isac/UavTrajectory-v0", {"battery_j": 6e3, "horizon": 20}),
        ("isac/UavTrajectoryMulti-v0", {"battery_j": 6e3}),
        ("isac/HsrDualBeam-v0", {"scenario": "fast"}),
        ("isac/HsrDualBeam-v0", {"horizon": 40}),
    ],
)
def test_no_episode_is_longer_than_the_longest_and_the_reference_stays_on_top(name, overrides):
    """Above all where the reference baseline itself ends early: its return is what counts."""
    model = bind(name, **overrides)
    played = {each: play(baseline(model, each), model, 6) for each in model.baselines}
    assert all(found.lengths.max() <= model.longest_episode() for found in played.values())
    if "battery_j" not in overrides:
        assert {n for found in played.values() for n in found.lengths} == {model.longest_episode()}
    rewards = {each: found.reward.mean() for each, found in played.items()}
    assert rewards[model.reference_baseline] >= max(rewards.values()) - 1e-9


def test_descriptions_say_what_a_score_is():
    found = describe("isac/HsrDualBeam-v0")
    assert found["longest_episode"] == 206
    assert "return" in found["score"]


@pytest.mark.parametrize("name", OWN)
def test_reference_scores_are_returns(name):
    measured = [scenarios.load(name, each).reference for each in scenarios.names(name)]
    assert {each.unit for each in measured if each} == {UNIT}
