"""Directional JRC over whole episodes: published values, traffic, baselines, masks, neighbours."""

import math
from functools import cache

import numpy as np
import pytest

from isac_envs import scenarios
from isac_envs.core.batch import Batch
from isac_envs.core.parallel_env import ParallelEnv
from isac_envs.core.vector_env import VectorEnv
from isac_envs.declaration.buffers import StepBuffers
from isac_envs.errors import ScenarioError

ID, SINGLE = "isac/DirectionalJrc-v0", "isac/DirectionalJrcSingle-v0"
NULL, RADAR = 16, 17


def batch_of(name, scenario, copies, seed=0, **overrides):
    model = scenarios.build(name, scenario, overrides)
    batch, frame = Batch(model, copies), StepBuffers.allocate(model, copies)
    batch.reset(frame, [seed + i for i in range(copies)])
    return batch, frame


@cache
def returns(name, scenario, policy):
    """Return the reward of each agent in each episode of 400 steps, shape ``(copies, A)``."""
    batch, frame = batch_of(name, scenario, 8 if policy == "coordinated" else 100)  # it is slow
    acting = batch.model.baselines[policy](batch)
    actions, total = batch.actions(), 0.0
    for _ in range(400):
        actions[..., 0] = acting.act().reshape(batch.n, -1)
        batch.step(actions, frame)
        total = total + frame.objectives @ np.array(batch.model.params.weights)
    assert frame.ended[:, 1].all()
    return total


# --- published values --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "expected", "margin"),
    [
        ("round_robin", -2980, 60), ("lee_nearest_ego", -3855, 80), ("lee_greedy", 2550, 80),
        ("lee_nearest", -3653, 160), ("random", -4031, 84), ("always_radar", 0, 0),
    ],
)  # fmt: skip
def test_published_rewards_per_agent(policy, expected, margin):
    """Measured on the authors' environment; margins of 25 episodes, three standard errors."""
    assert abs(returns(ID, "lee2022", policy).mean() - expected) <= margin


def test_published_reward_of_one_searching_vehicle():
    """12 episodes gave 2969; their standard error is about 85."""
    assert abs(returns(ID, "lee2022", "lee_greedy_ego")[:, 0].mean() - 2969) < 255


@pytest.mark.parametrize(
    ("policy", "expected", "margin"),
    [("round_robin", -4252, 288), ("lee_nearest", -4586, 363), ("random", -5339, 250)],
)
def test_published_rewards_of_the_single_vehicle(policy, expected, margin):
    assert abs(returns(SINGLE, "lee2022", policy).mean() - expected) <= margin


@pytest.mark.parametrize("scenario", ["lee2022", "carriageway"])
def test_order_of_policies(scenario):
    found = {
        name: returns(ID, scenario, name).mean()
        for name in ("coordinated", "greedy_coordinated", "greedy", "always_radar", "random")
    }
    assert list(found) == sorted(found, key=found.get, reverse=True)


def test_no_rule_but_the_best_known_comes_near_it():
    best, floor = (returns(ID, "carriageway", p).mean() for p in ("coordinated", "random"))
    for name in ("greedy", "nearest", "always_radar"):
        assert returns(ID, "carriageway", name).mean() - floor < 0.75 * (best - floor)


def test_all_radar_is_worth_exactly_nothing():
    """The authors' runs begin with action i, which costs about 15."""
    batch, frame = batch_of(ID, "lee2022", 300)
    actions = batch.actions() + np.arange(8)[:, None]
    batch.step(actions, frame)
    assert (frame.objectives @ np.array([1.0, 6.0])).mean() == pytest.approx(-15, abs=3)
    for _ in range(30):
        actions[...] = RADAR
        batch.step(actions, frame)
        assert not frame.objectives.any()
        assert not frame.costs.any()


# --- traffic -----------------------------------------------------------------------------------


@pytest.mark.parametrize("overrides", [{}, {"vehicles": 30, "road_m": 400.0, "demand": 0.3}])
def test_vehicles_are_on_the_road_or_wait(overrides):
    batch, frame = batch_of(ID, None, 20, **overrides)
    count = batch.model.params.vehicles
    before = np.ones((20, count), bool)
    for _ in range(150):
        batch.step(batch.actions(), frame)
        env, vehicles, order = batch.state[:3]
        present = vehicles["present"]
        assert (env["on_road"] == present.sum(1)).all()
        assert ((present & ~before).sum(1) <= 1).all()  # at most one of those that waited
        assert (env["waiting"] >= 0).all()
        assert (np.sort(order, 1) == np.arange(count)).all()
        x = np.where(present, vehicles["x_m"], np.nan)
        assert np.nanmin(x) >= 0.0 and np.nanmax(x) <= batch.model.params.road_m
        ranked = np.take_along_axis(x, order, 1)
        assert not (np.diff(ranked) < 0.0).any()
        assert not batch.state[5][~present].any()
        before = present.copy()


def test_vehicles_of_the_default_scenario_never_overlap():
    batch, frame = batch_of(ID, None, 50)
    for _ in range(100):
        vehicles = batch.state[1]
        gap = np.abs(vehicles["x_m"][:, :, None] - vehicles["x_m"][:, None])
        near = (gap < 5.0) & (vehicles["lane"][:, :, None] == vehicles["lane"][:, None])
        near &= vehicles["present"][:, :, None] & vehicles["present"][:, None]
        assert near.sum() == vehicles["present"].sum()  # each with itself
        batch.step(batch.actions(), frame)


def test_lanes_and_speeds():
    tables = scenarios.build(ID, None, {}).params.derived()
    assert tables["lane_y_m"].tolist() == [-6, -2, 2, 6]
    assert tables["lane_velocity_m_s"].tolist() == [-22.5, -15, 15, 22.5]


def test_requests_to_enter_arrive_at_their_rate_and_are_served_once():
    batch, frame = batch_of(ID, None, 400, demand=2.0)
    entries = 0
    for _ in range(100):
        before = batch.state[1].copy()
        batch.step(batch.actions(), frame)
        after = batch.state[1]
        driven = before["present"] & (after["x_m"] == before["x_m"] + 0.5 * before["velocity_m_s"])
        entries += (after["present"] & ~driven).sum(1)
    requests = batch.env["waiting"] + entries  # Poisson with mean 0.8 a step
    assert requests.mean() == pytest.approx(80, abs=4 * math.sqrt(80 / 400))


@pytest.mark.parametrize("name", [ID, SINGLE])
def test_the_same_traffic_whatever_the_actions(name):
    traces = []
    for action in (0, RADAR):
        batch, frame = batch_of(name, None, 5)
        actions = batch.actions()
        actions[...] = action
        for _ in range(120):
            batch.step(actions, frame)
        traces.append(
            [batch.state[1][f].tolist() for f in ("x_m", "lane", "present", "reception_draw")]
        )
    assert traces[0] == traces[1]


# --- observations, masks, costs ----------------------------------------------------------------


@pytest.mark.parametrize("scenario", ["lee2022", "carriageway"])
def test_off_the_road_only_null_is_allowed_and_nothing_has_an_effect(scenario):
    batch, frame = batch_of(ID, scenario, 30, demand=0.2)
    actions = batch.actions()
    away = 0
    for _ in range(60):
        before = batch.state[1]["present"].copy()
        batch.step(actions, frame)
        absent = ~before
        away += absent.sum()
        assert not frame.objectives[absent].any()
        assert not frame.metrics["receivers"][absent].any()
        present = batch.state[1]["present"]
        assert (frame.metrics["on_road"] == present).all()
        assert frame.masks[present].all()
        assert (frame.masks[~present].nonzero()[1] == NULL).all()
        assert (frame.masks[~present].sum(1) == 1).all()
    assert away > 100


def test_the_cost_counts_seconds_since_radar():
    env = ParallelEnv(ID, road_m=1e4)
    env.reset(seed=1)
    given = (NULL, 0, RADAR, NULL, RADAR, 3)
    infos = [env.step(dict.fromkeys(env.agents, action))[4] for action in given]
    assert [info["veh_3"]["cost"] for info in infos] == [0.5, 1.0, 0.0, 0.5, 0.0, 0.5]


def test_an_observation_holds_the_nearest_neighbours():
    batch, frame = batch_of(ID, None, 4, vehicles=30, road_m=300.0, range_m=400.0)
    for _ in range(25):
        batch.step(batch.actions(), frame)
        for i in range(4):
            vehicles = batch.state[1][i]
            for k in np.flatnonzero(vehicles["present"]):
                others = np.flatnonzero(vehicles["present"] & (np.arange(30) != k))
                dx = vehicles["x_m"][others] - vehicles["x_m"][k]
                dy = vehicles["y_m"][others] - vehicles["y_m"][k]
                nearest = np.sort(np.hypot(dx, dy))[:7]
                seen = frame.observations[i, k, 3:17].reshape(7, 2) * [300.0, 16.0]
                found = np.hypot(*seen.T)[: len(nearest)]
                np.testing.assert_allclose(found, nearest, atol=1e-3)


def test_the_published_observation_by_hand():
    batch, frame = batch_of(ID, "lee2022", 1)
    vehicles, seen = batch.state[1][0], frame.observations[0, 0]
    assert seen[:2].tolist() == [0.0, 1.0]
    assert seen[2] == pytest.approx(vehicles["velocity_m_s"][0] / 15)
    dx = (vehicles["x_m"][1:] - vehicles["x_m"][0]) / 150 / 150
    dy = (vehicles["y_m"][1:] - vehicles["y_m"][0]) / 32 / 150
    dv = (vehicles["velocity_m_s"][1:] - vehicles["velocity_m_s"][0]) / 15 / 15
    expected = np.concatenate((np.stack((dx, dy), -1), np.stack((dv, 0 * dv), -1))).ravel()
    np.testing.assert_allclose(seen[3:31], expected, atol=1e-6)
    np.testing.assert_allclose(seen[31:66], batch.state[4][0, 0] / 4 / 9, atol=1e-6)
    np.testing.assert_allclose(seen[66:], batch.state[5][0, 0] / 8 / 9, atol=1e-6)


# --- baselines ---------------------------------------------------------------------------------


def test_the_round_robin_counts_as_published():
    """Radar when (t + i) mod 4 = 0 but at the start, the 16 pairs in turn otherwise."""
    batch, frame = batch_of(ID, None, 1)
    acting = batch.model.baselines["round_robin"](batch)
    last = np.arange(8)
    for time in range(100):
        expected = last.copy()
        if time > 0:
            radar = (time + np.arange(8)) % 4 == 0
            last = np.where(radar, last, (last + 1) % 16)
            expected = np.where(radar, RADAR, last)
        assert acting.act()[0].tolist() == expected.tolist()
        batch.step(batch.actions(), frame)


def test_partners_of_the_single_vehicle_take_turns():
    batch, frame = batch_of(SINGLE, None, 3)
    team, team_frame = batch_of(ID, None, 3, half_width_deg=35.0, weights=(1.0, 8.0))
    turns = team.model.baselines["round_robin"](team)
    random = np.random.default_rng(0)
    for _ in range(100):
        chosen, all_of_them = batch.actions(), team.actions()
        chosen[...] = random.integers(0, 18, chosen.shape)
        all_of_them[..., 0] = turns.act()
        all_of_them[:, 0] = chosen[:, 0]
        batch.step(chosen, frame)
        team.step(all_of_them, team_frame)
        assert (frame.objectives[:, 0] == team_frame.objectives[:, 0]).all()
        assert (frame.observations[:, 0] == team_frame.observations[:, 0]).all()


def test_greedy_alone_gets_what_it_reckons():
    """The best of all 18 actions, tried one by one, where the others are silent."""
    batch, frame = batch_of(ID, None, 40, collisions=False, packet_bits=1, delivery="expected")
    acting = batch.model.baselines["greedy_coordinated"](batch)
    for _ in range(3):
        chosen = acting.act()[:, 0]
        saved = batch.snapshot()
        rewards = []
        for action in range(18):
            actions = batch.actions()
            actions[...] = NULL
            actions[:, 0] = action
            batch.step(actions, frame)
            rewards.append(frame.objectives[:, 0] @ [1.0, 6.0])
            batch.restore(saved)
        rewards = np.array(rewards)
        here = batch.state[1]["present"][:, 0]
        got = rewards[chosen, np.arange(40)]
        assert got[here] == pytest.approx(rewards.max(0)[here])
        batch.step(batch.actions(), frame)


def test_single_scenario_defaults():
    params = VectorEnv(SINGLE, 2).model.params
    assert (params.half_width_deg, params.weights, params.vehicles) == (35.0, (1.0, 8.0), 8)


def test_parameters_that_do_not_fit_are_named():
    for overrides, name in (
        ({"vehicles": 300}, "vehicles"), ({"length_m": 8.0}, "length_m"),
        ({"width_m": 4.0}, "width_m"),
    ):  # fmt: skip
        with pytest.raises(ScenarioError, match=name):
            scenarios.build(ID, None, overrides)


def test_agents_and_shapes():
    env = ParallelEnv(ID)
    observations, infos = env.reset(seed=0)
    assert env.possible_agents == [f"veh_{k}" for k in range(8)]
    assert all(each.shape == (101,) for each in observations.values())
    assert env.action_space("veh_0").n == 18
    assert all(info["action_mask"].tolist() == [1] * 18 for info in infos.values())
