"""isac/VcpsView-v0: sizes, power, bandwidth, encodings, and slots by the equations."""

import math

import numpy as np
import pytest
from vcps_view_oracle import Slot
from vcps_view_play import ID, Play

from isac_envs.core.env import Env

WIDTH = 31  # action coordinates of a vehicle with K = 10


def test_sizes_of_observation_and_action():
    env = Env(ID)
    assert env.observation_space.shape == (311,)
    assert env.action_space.shape == (320,)
    small = Env(ID, scenario="small")
    assert (small.observation_space.shape, small.action_space.shape) == ((69,), (68,))
    assert Env(ID, action="rate").action_space.shape == (10 * 21 + 10,)
    assert Env(ID, action="hybrid").action_space.shape == (320,)


def test_observation_holds_time_distance_types_costs_cache_and_requirements():
    env = Env(ID)
    observation, _ = env.reset(seed=4)
    state = env.batch.state
    generator = np.random.default_rng(0)
    for _ in range(40):
        observation = env.step(generator.random(320))[0]
    assert observation[0] == pytest.approx(40 / 300)
    places = state[5][0][:, 40]
    distance = np.hypot(places["x_m"] - 500, places["y_m"] - 500)
    assert observation[1:11] == pytest.approx(distance / (500 * math.sqrt(2)), rel=1e-6)
    items = state[2][0]
    assert observation[11:111] == pytest.approx(items["kind"].ravel() / 50, rel=1e-6)
    assert observation[111:211] == pytest.approx(items["cost"].ravel(), rel=1e-6)
    assert observation[211:261] == pytest.approx(state[3][0]["update_s"] / 300, rel=1e-6)
    views = [state[4][0][m] for m in state[6][0][40] if m >= 0]
    needed = {int(d) for view in views for d in view["kinds"][: view["count"]]}
    assert set(np.flatnonzero(observation[261:])) == needed


# --- a slot against the equations in plain Python ------------------------------------------------


@pytest.mark.parametrize(
    ("scenario", "overrides"),
    [
        (None, {}),
        (None, {"ages": "cached", "cost_of": "vehicle", "reuse_costs": True}),
        ("wu2022", {"warmup_episodes": 0}),
        ("wu2022_3mhz", {"warmup_episodes": 0}),
    ],
)
def test_slots_follow_the_equations(scenario, overrides):
    play, generator = Play(scenario, seed=7, **overrides), np.random.default_rng(1)
    names = ("timeliness", "consistency", "redundancy", "sensing", "transmission")
    for _ in range(40):
        before = play.batch.snapshot()
        action = play.random(generator)
        play.step(action)
        slot = Slot(play.model.params, before, action, play.vehicles["target_db"])
        for number, expected in enumerate(slot.raw()):
            where = np.flatnonzero(play.requests[slot.now] >= 0)[number]
            found = dict(zip(names, play.env["raw"][where], strict=True))
            assert found == pytest.approx({n: expected[n] for n in names}, rel=1e-9, abs=1e-9)
            assert play.env["complete"][where] == pytest.approx(expected["complete"])


def test_quality_and_profit_of_the_corrected_model():
    play, generator = Play(seed=3), np.random.default_rng(2)
    for _ in range(30):
        before, action = play.batch.snapshot(), play.random(generator)
        found = play.step(action)
        views = Slot(play.model.params, before, action, play.vehicles["target_db"]).raw()
        quality, profit = [], []
        for view in views:
            n = view["count"]
            late, apart = (min(1, view[name] / 30) for name in ("timeliness", "consistency"))
            cost = 0.2 * min(1, view["redundancy"] / n) + 0.4 * min(1, view["sensing"] / (2 * n))
            cost += 0.4 * min(1, view["transmission"] / (100 * n))
            quality.append(view["complete"] * (1 - 0.6 * late - 0.4 * apart))
            profit.append(view["complete"] * (1 - cost))
        assert found == pytest.approx((np.mean(quality), np.mean(profit)), rel=1e-9)


def test_the_published_parts_are_normalised_by_the_range_so_far():
    play, generator = Play("wu2022", warmup_episodes=0), np.random.default_rng(2)
    seen = []
    for _ in range(30):
        play.step(play.random(generator))
        raw = play.env["raw"][play.requests[play.env["time"] - 1] >= 0]
        seen.extend(raw)
        low, high = np.min(seen, 0), np.max(seen, 0)
        width = np.where(high > low, high - low, 1)
        assert play.env["parts"] == pytest.approx(((raw - low) / width).mean(0), abs=1e-12)


# --- power, bandwidth, actions -------------------------------------------------------------------


def test_power_reaches_the_target_with_the_demanded_probability():
    play = Play(instance=1)
    for level in (0.0, 0.25, 1.0):
        action = np.zeros(320)
        action[30::WIDTH] = level
        before = play.tracks[:, int(play.env["time"])]
        play.step(action)
        distance = np.hypot(before["x_m"] - 500, before["y_m"] - 500)
        gain = (2 - 1.2815515655446004 * 0.4) ** 2
        least = 10 ** (play.vehicles["target_db"] / 10) * 1e-12 * distance**3 / gain
        assert play.vehicles["least_w"] == pytest.approx(least, rel=1e-9)
        least = np.minimum(least, 0.1)
        assert play.vehicles["power_w"] == pytest.approx(least + level * (0.1 - least), rel=1e-9)


def test_gains_that_powers_are_set_for():
    assert Play().env["gain"] == pytest.approx(1.487379**2, rel=1e-5)
    assert Play(reliability="worst_case").env["gain"] == pytest.approx((2 - 3 * 0.4) ** 2)
    found = [Play(reliability="sampled", seed=s).env["gain"] ** 0.5 for s in range(40)]
    assert np.mean(found) == pytest.approx(1.49, abs=0.04)
    assert np.std(found) > 0.02


def test_bandwidth_is_shared_or_asked_for():
    action = np.zeros(320)
    action[310:] = 0.2
    for allocation, each, cost in (("shares", 2e6 * 0.2 / 2.00001, 0), ("fractions", 2e5, 1)):
        play = Play(allocation=allocation)
        play.step(action)
        assert play.vehicles["bandwidth_hz"] == pytest.approx(each, rel=1e-9)
        assert play.frame.costs[0, 0, 2] == cost
    modest = Play(allocation="fractions")
    modest.step(0.25 * action)
    assert modest.vehicles["bandwidth_hz"] == pytest.approx(1e5)
    assert modest.frame.costs[0, 0, 2] == 0


def test_costs_count_overloaded_links_and_targets_out_of_reach():
    play = Play(instance=2)
    starved = np.ones(320)
    starved[310:] = (1, *([0] * 9))
    play.step(starved)
    assert play.frame.costs[0, 0, 0] == 9
    play = Play(instance=2, target_low_db=79.0, target_high_db=80.0)
    play.step(np.ones(320))
    far = play.vehicles["least_w"] > 0.1
    assert far.any()
    assert play.frame.costs[0, 0, 1] == far.sum()
    play.step(np.zeros(320))  # those that send nothing miss nothing
    assert play.frame.costs[0, 0, 1] == 0


def test_other_encodings_reach_the_same_slot():
    generator = np.random.default_rng(5)
    bits = generator.integers(0, 2, (10, 10))
    rates, orders, powers = (
        generator.random((10, 10)),
        generator.random((10, 10)),
        generator.random(10),
    )
    shares = generator.random(10)
    threshold = np.hstack([bits, rates, orders, powers[:, None]]).ravel()
    expected = Play().step([*threshold, *shares])
    levels = np.where(bits, 0.5 + 0.5 * np.maximum(rates, 1e-12), 0.0)
    rate = np.hstack([levels, orders, powers[:, None]]).ravel()
    assert Play(action="rate").step([*rate, *shares]) == pytest.approx(expected, rel=1e-9)
    steps = [np.round(4 * each) for each in (rates, orders, powers[:, None], shares)]
    coarse = np.hstack([bits, *(each / 4 for each in steps[:3])]).ravel()
    hybrid = np.hstack([bits, *steps[:3]]).ravel()
    found = Play(action="hybrid").step([*hybrid, *steps[3]])
    assert found == pytest.approx(Play().step([*coarse, *(steps[3] / 4)]), rel=1e-12)


def test_the_load_is_guarded_or_not():
    everything = np.ones(320)
    guarded, shares = Play(), Play(load="shares")
    guarded.step(everything)
    shares.step(everything)
    assert guarded.vehicles["load"] == pytest.approx(0.9)
    assert shares.vehicles["load"] == pytest.approx(10 / (10 + 1e-5), rel=1e-12)
    assert shares.items["wait_s"].max() == 30.0
