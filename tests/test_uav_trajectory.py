"""``isac/UavTrajectory-v0`` against its specification: closed forms, bounds, the estimator."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize, minimize_scalar
from uav_flights import ID, build, look_from, made

from isac_envs.core.env import Env
from isac_envs.kernels.platforms.propulsion import (
    maximum_range_speed,
    minimum_power_speed,
    rotary_wing_power,
)
from isac_envs.kernels.radar.elevated_ranging import elevated_range_information


def bound_from(radius: float, angle: float, model: Any, prior: float = 0.0) -> float:
    """Return the root mean square bound of two looks, from (radius, 0) and turned by an angle."""
    p = model.params
    total = np.diag((prior, prior))
    for turn in (0.0, angle):
        x, y = radius * math.cos(turn), radius * math.sin(turn)
        xx, xy, yy = elevated_range_information(x, y, p.height_m, p.range_variance_at_1m)
        total = total + np.array(((xx, xy), (xy, yy)))
    return float(np.sqrt(np.trace(np.linalg.inv(total))))


def test_the_best_two_looks_are_a_right_angle_apart_at_height_over_root_two() -> None:
    model = build("jing2023")
    found = minimize(
        lambda v: bound_from(v[0], v[1], model), (200.0, 1.0), method="Nelder-Mead",
        options={"xatol": 1e-3, "fatol": 1e-9},
    ).x  # fmt: skip
    assert found[0] == pytest.approx(model.params.height_m / math.sqrt(2.0), rel=0.01)
    assert abs(math.sin(found[1])) == pytest.approx(1.0, abs=1e-3)


def test_the_environment_pays_for_the_best_looks_as_the_closed_form_says() -> None:
    def negative_gain(radius: float) -> float:
        batch, frame = made(1, scenario="jing2023", targets=1, prior_std_m=500.0)
        batch.state[2]["x"] = batch.state[2]["y"] = 700.0
        total = 0.0
        for x, y in ((radius, 0.0), (0.0, radius)):
            look_from(batch, frame, [(700.0 + x, 700.0 + y)])
            total += frame.objectives[0, 0, 1]
        return -total

    found = minimize_scalar(negative_gain, (50.0, 150.0, 400.0), options={"xtol": 1e-3}).x
    assert found == pytest.approx(200.0 / math.sqrt(2.0), rel=0.01)


def test_a_right_angle_is_twice_as_good_as_thirty_degrees() -> None:
    model, radius = build("jing2023"), 200.0 / math.sqrt(2.0)
    right, acute = bound_from(radius, math.pi / 2, model), bound_from(radius, math.pi / 6, model)
    assert right == pytest.approx(0.586, abs=1e-3)
    assert acute == pytest.approx(1.172, abs=2e-3)
    assert acute / right == pytest.approx(2.0, rel=2e-3)


def test_propulsion() -> None:
    aircraft = build().params.aircraft
    assert rotary_wing_power(0.0, *aircraft) == pytest.approx(168.6, abs=0.05)
    slow, fast = minimum_power_speed(aircraft), maximum_range_speed(aircraft)
    assert slow == pytest.approx(10.2, abs=0.05)
    assert rotary_wing_power(slow, *aircraft) == pytest.approx(126.1, abs=0.1)
    assert fast == pytest.approx(18.3, abs=0.05)
    assert rotary_wing_power(fast, *aircraft) / fast == pytest.approx(8.84, abs=0.01)


@pytest.mark.parametrize(("distance", "rate"), [(200.0, 79.7), (400.0, 59.9), (800.0, 40.6)])
def test_rates(distance: float, rate: float) -> None:
    batch, frame = made(1, scenario="jing2023", users=1)
    away = math.sqrt(distance**2 - 200.0**2)
    batch.env["x"], batch.env["y"] = 100.0, 100.0
    batch.state[1]["x"], batch.state[1]["y"] = 100.0 + away, 100.0
    actions = batch.actions()
    actions[:, 0, 2] = -1.0
    batch.step(actions, frame)
    slot = batch.model.params.slot_s
    assert 1e-6 * frame.metrics[0, 0].least_data_bit / slot == pytest.approx(rate, abs=0.05)


def test_energy_of_hovering_and_flying() -> None:
    batch, frame = made(2)
    batch.env["x"] = batch.env["y"] = 500.0
    actions = batch.actions()
    actions[:, 0, 2] = -1.0
    actions[1, 0, :2] = 0.6, 0.8  # the disc's edge
    batch.step(actions, frame)
    assert frame.metrics[0, 0].energy_j == pytest.approx(30e3 - 168.6, abs=0.05)
    assert frame.metrics[1, 0].speed_m_s == pytest.approx(30.0)
    flown = float(rotary_wing_power(30.0, *batch.model.params.aircraft))
    assert frame.metrics[1, 0].energy_j == pytest.approx(30e3 - flown)


@given(st.floats(-1, 1), st.floats(-1, 1))
@settings(max_examples=30, deadline=None)
def test_the_speed_limit_holds_in_every_direction(x: float, y: float) -> None:
    batch, frame = made(1)
    batch.env["x"] = batch.env["y"] = 600.0
    actions = batch.actions()
    actions[0, 0, :3] = x, y, -1.0
    batch.step(actions, frame)
    flown = math.hypot(batch.env["x"][0] - 600.0, batch.env["y"][0] - 600.0)
    assert flown == pytest.approx(30.0 * min(1.0, math.hypot(x, y)), abs=1e-9)


def test_a_look_hovers_whatever_the_velocity() -> None:
    batch, frame = made(1)
    actions = batch.actions()
    actions[0, 0, :3] = 1.0, 1.0, 1.0
    batch.step(actions, frame)
    assert batch.env["x"][0] == batch.env["y"][0] == 0.0
    assert frame.metrics[0, 0].look == 1.0


def test_the_band_is_on_the_simplex_and_favours_the_larger_logit() -> None:
    batch, frame = made(64)
    actions = batch.actions()
    actions[:, 0] = np.random.default_rng(0).uniform(-1.0, 1.0, actions[:, 0].shape)
    batch.step(actions, frame)
    shares = batch.state[1]["share"]
    assert shares.sum(1) == pytest.approx(1.0)
    logits = 4.0 * actions[:, 0, 3:]
    expected = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert shares == pytest.approx(expected)


def test_a_discrete_action_gives_all_users_the_same_data() -> None:
    batch, frame = made(8, action="discrete")
    for motion in (4, 12, 0, 1, 20):
        batch.step(np.full_like(batch.actions(), motion), frame)
    bits = batch.state[1]["bits"]
    assert bits == pytest.approx(np.repeat(bits[:, :1], bits.shape[1], 1))


def test_objectives_sum_to_what_the_episode_achieved() -> None:
    env = Env(ID)
    env.reset(seed=3)
    start = env.batch.env["worst_bound"][0]
    total, over = np.zeros(3), False
    actions = np.random.default_rng(1)
    while not over:
        action = actions.uniform(-1.0, 1.0, env.action_space.shape).astype(np.float32)
        _, _, terminated, truncated, info = env.step(action)
        total += info["objectives"]
        over = terminated or truncated
    state, users, targets = (array[0] for array in env.batch.state[:3])
    p = env.model.params
    assert total[0] == pytest.approx(users["bits"].min() / float(p.record[0].peak_bits))
    worst = 0.0
    for t in targets:
        information = np.array(((t["true_xx"], t["true_xy"]), (t["true_xy"], t["true_yy"])))
        worst = max(worst, float(np.trace(np.linalg.inv(information))))
    assert total[1] == pytest.approx(math.log(start**2 / worst))
    away = max(0.0, math.hypot(state["x"], state["y"]) - p.home_radius_m)
    assert total[2] == pytest.approx(-away / p.home_scale_m)


def test_the_estimate_reaches_the_bound_from_six_looks_on() -> None:
    n = 2000
    batch, frame = made(n, users=1, targets=1, battery_j=1e6)
    truth = batch.state[2][:, 0]
    random = np.random.default_rng(1)
    for k in range(12):
        places = np.stack((truth["x"], truth["y"]), -1) + random.uniform(-400, 400, (n, 2))
        look_from(batch, frame, np.clip(places, 0.0, 1200.0))
        if k >= 5:
            squared = (truth["mean_x"] - truth["x"]) ** 2 + (truth["mean_y"] - truth["y"]) ** 2
            determinant = truth["true_xx"] * truth["true_yy"] - truth["true_xy"] ** 2
            bound = (truth["true_xx"] + truth["true_yy"]) / determinant
            assert 0.9 < math.sqrt((squared / bound).mean()) < 1.2, k + 1
            assert math.sqrt(squared.mean() / bound.mean()) < 1.2, k + 1


def test_the_estimate_of_a_plan_on_the_estimate_reaches_the_bound() -> None:
    n = 1000
    batch, frame = made(n, 5000, users=1, targets=1, battery_j=1e6)
    target, radius = batch.state[2][:, 0], 200.0 / math.sqrt(2.0)
    for k in range(6):
        turn = 0.3 + 0.5 * math.pi * k
        offset = radius * np.array((math.cos(turn), math.sin(turn)))
        places = np.stack((target["mean_x"], target["mean_y"]), -1) + offset
        look_from(batch, frame, np.clip(places, 0.0, 1200.0))
    error = (target["mean_x"] - target["x"]) ** 2 + (target["mean_y"] - target["y"]) ** 2
    determinant = target["true_xx"] * target["true_yy"] - target["true_xy"] ** 2
    bound = (target["true_xx"] + target["true_yy"]) / determinant
    assert 0.9 < math.sqrt(error.mean() / bound.mean()) < 1.2


def test_two_policies_meet_the_same_noise() -> None:
    batch, frame = made(2, 7)
    batch.reset(frame, [7, 7])
    actions = batch.actions()
    actions[:, 0, 2] = 1.0, -1.0  # one looks first
    batch.step(actions, frame)
    assert (batch.env["measurement"][0] == batch.env["measurement"][1]).all()
    assert (batch.env["world"][0] == batch.env["world"][1]).all()


def test_the_empty_battery_ends_the_episode_lost_or_landed() -> None:
    batch, frame = made(2, battery_j=1500.0)
    actions = batch.actions()
    actions[:, 0, 2] = -1.0
    actions[1, 0, :2] = 1.0, 1.0
    for _ in range(12):
        batch.step(actions, frame)
        if batch.env["done"].any():
            ended, metrics = frame.ended.copy(), frame.metrics[:, 0].copy()
            assert ended[batch.env["done"], 0].all()
            break
    assert metrics[1].lost == 1.0
    while not batch.env["done"][0]:
        batch.step(actions, frame)
    assert frame.metrics[0, 0].landed == 1.0
    assert frame.metrics[0, 0].energy_j == 0.0


def test_the_horizon_truncates() -> None:
    batch, frame = made(1, horizon=5)
    for _ in range(5):
        batch.step(batch.actions(), frame)
    assert frame.ended[0].tolist() == [False, True]
    assert frame.metrics[0, 0].landed == 1.0


def test_parameters_are_checked() -> None:
    with pytest.raises(ValueError, match="at least one of either"):
        build(users=0, targets=0)
    with pytest.raises(ValueError, match="home_x_m"):
        build(home_x_m=1300.0)
    with pytest.raises(ValueError, match="speeds"):
        build(speeds=(1.2,))


def test_the_scene_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    for scenario in ("mission", "single_user", "single_target"):
        env = Env(ID, scenario=scenario, render_mode="rgb_array")
        env.reset(seed=0)
        first = env.render()
        env.step(env.action_space.sample())
        assert (env.render() != first).any()
