"""isac/BeamTrack-v0 against its specification: tables of rates, consistency, and the world."""

from functools import cache

import numpy as np
import pytest

from isac_envs import scenarios
from isac_envs.core.vector_env import VectorEnv
from isac_envs.errors import ScenarioError

ID = "isac/BeamTrack-v0"


@cache
def play(name, n=1500, seed=1, **overrides):
    """Return mean rate, mean over episodes of the angle's RMSE in deg, and the width chosen."""
    values = dict(overrides)
    env = VectorEnv(ID, n, **values)
    policy = env.model.baselines[name](env.batch)
    env.reset(seed=seed)
    rate, squares, horizon = 0.0, 0.0, env.model.params.horizon
    for _ in range(horizon):
        _, _, _, _, info = env.step(policy.act())
        rate += info["metrics"]["rate"].mean() / horizon
        squares = squares + info["metrics"]["angle_error_deg"] ** 2 / horizon
    return rate, np.sqrt(squares).mean(), getattr(policy, "width", None)


EASY = {
    -10: (0.778, 0.378, 0.116),
    0: (3.000, 2.179, 0.580),
    10: (6.143, 5.177, 1.767),
    20: (9.446, 8.463, 3.877),
    30: (12.766, 11.781, 6.653),
}


@pytest.mark.parametrize("power", EASY)
def test_rates_of_the_validation_scenario(power):
    genie, hold, sweep = EASY[power]
    easy = {"scenario": "validation", "power_dbm": float(power), "n": 400}
    assert play("genie", **easy)[0] == pytest.approx(genie, rel=3e-3)
    assert play("ekf", **easy)[0] >= 0.999 * play("genie", **easy)[0]
    assert play("hold", **easy)[0] == pytest.approx(hold, rel=0.03)
    assert play("codebook_sweep", **easy)[0] == pytest.approx(sweep, rel=0.03)


HARD = {
    0: (4.190, 0.805, 64, 0.630, 5.8),
    10: (7.133, 4.687, 64, 5.181, 1.6),
    30: (13.105, 12.838, 256, 12.780, 0.12),
}


@pytest.mark.parametrize("power", HARD)
def test_rates_of_the_hard_scenario(power):
    """The margin is 3 % of the table and the sampling error of 1500 episodes."""
    genie, fixed, antennas, myopic, error = HARD[power]
    hard = {"power_dbm": float(power)}
    assert play("genie", **hard)[0] == pytest.approx(genie, rel=0.01)
    found, _, width = play("best_fixed", **hard)
    assert (found, 4 << width) == (pytest.approx(fixed, rel=0.03, abs=0.02), antennas)
    found, rmse, _ = play("myopic", **hard)
    assert found == pytest.approx(myopic, rel=0.03, abs=0.02)
    assert rmse == pytest.approx(error, rel=0.15)


def test_greed_loses_the_track_at_low_power_only():
    assert play("myopic", power_dbm=0.0)[0] < 0.9 * play("best_fixed", power_dbm=0.0)[0]
    assert play("myopic", power_dbm=10.0)[0] > 1.05 * play("best_fixed", power_dbm=10.0)[0]


def test_longer_slots_and_gentler_drivers():
    longer = {"power_dbm": 10.0, "slot_s": 0.2, "horizon": 15}
    assert play("best_fixed", **longer)[0] == pytest.approx(2.82, rel=0.03, abs=0.05)
    assert play("best_fixed", **longer)[2] == 3  # 32 antennas
    assert play("myopic", **longer)[0] == pytest.approx(3.15, rel=0.03, abs=0.05)
    gentle = {"power_dbm": 0.0, "acceleration_x_m_s2": 5.0}
    assert play("best_fixed", **gentle)[0] == pytest.approx(1.206, rel=0.03, abs=0.06)
    assert play("myopic", **gentle)[0] == pytest.approx(0.992, rel=0.03, abs=0.06)


def test_nobody_beats_the_bound_and_shares_cost():
    for name in ("hard", "fleet"):
        rows = {k: play(k, n=200, scenario=name)[0] for k in ("bound", "genie", "myopic", "ekf")}
        assert rows["bound"] > rows["genie"] > max(rows["myopic"], rows["ekf"])
    assert play("genie")[0] == pytest.approx(0.9 * play("bound")[0], rel=1e-6)


@pytest.mark.parametrize("power", [0.0, 20.0])
def test_the_filter_is_consistent(power):
    """NEES averaged over n episodes lies in its 95 % band in about 95 % of the slots."""
    n = 800
    env = VectorEnv(ID, n, scenario="validation", power_dbm=power)
    policy = env.model.baselines["ekf"](env.batch)
    env.reset(seed=5)
    nees = np.array([env.step(policy.act())[4]["metrics"]["nees"].mean() for _ in range(125)])
    inside = np.abs(nees - 4.0) < 1.96 * np.sqrt(8.0 / n)
    assert inside.mean() > 0.85
    assert nees.mean() == pytest.approx(4.0, rel=0.03)


@pytest.mark.parametrize("power", [10.0, 30.0])
def test_the_covariance_of_detections_is_symmetric_and_positive(power):
    env = VectorEnv(ID, 300, power_dbm=power)
    policy = env.model.baselines["myopic"](env.batch)
    env.reset(seed=2)
    for _ in range(30):
        env.step(policy.act())
        v = env.batch.state[1][:, 0]
        matrix = np.array([[v[f"p{min(i, j)}{max(i, j)}"] for j in range(4)] for i in range(4)])
        assert (np.linalg.eigvalsh(matrix.transpose(2, 0, 1)) > 0).all()


def test_the_same_world_whatever_the_action():
    seen = []
    for action in ([0, 0, 4], [6, 1, 0], [7, 2, 1]):
        env = VectorEnv(ID, 20, scenario="blockage")
        env.reset(seed=3)
        rows = []
        for _ in range(40):
            env.step(np.tile(action, (20, 1)))
            v = env.batch.state[1][:, 0]
            rows.append([v[k].copy() for k in ("x", "y", "v_x", "blocked", "relative_rcs")])
        seen.append(np.array(rows, float))
    assert (seen[0] == seen[1]).all() and (seen[0] == seen[2]).all()
    assert seen[0][:, 3].any() and not seen[0][:, 3].all()


def test_a_sweep_finds_a_lost_vehicle():
    env = VectorEnv(ID, 400)
    env.reset(seed=0)
    for _ in range(10):
        env.step(np.tile([6, 2, 0], (400, 1)))  # the full array off its target, no sensing
    lost = env.step(np.tile([6, 1, 0], (400, 1)))[4]["metrics"]
    swept = env.step(np.tile([7, 1, 0], (400, 1)))[4]["metrics"]
    after = env.step(np.tile([4, 1, 2], (400, 1)))[4]["metrics"]
    assert (swept["rate"] == 0).all() and (swept["detection"] == 1).all()
    assert after["angle_error_deg"].mean() < 0.2 * lost["angle_error_deg"].mean()


def test_swept_belief_covers_the_truth():
    env = VectorEnv(ID, 3000)
    env.reset(seed=0)
    v = env.batch.state[1][:, 0]
    for _ in range(15):
        env.step(np.tile([4, 1, 2], (3000, 1)))
    env.step(np.tile([7, 1, 0], (3000, 1)))
    cosine = v["x"] / np.hypot(v["x"], v["y"])
    error = v["measured_cosine"] - cosine
    assert np.abs(error).max() <= 1 / 256 + 1e-12
    assert error.std() == pytest.approx(1 / (256 * np.sqrt(3)), rel=0.1)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("fewest_antennas", {"sector_deg": 20.0}),
        ("fewest_antennas", {"fewest_antennas": 12}),
        ("transmit_antennas", {"transmit_antennas": 100}),
        ("power_levels", {"power_levels": (-0.5, 1.0)}),
        ("power_levels", {"power_levels": (0.5, 0.25)}),
        ("sensing_shares", {"sensing_shares": (0.2, 0.1)}),
        ("sensing_shares", {"sensing_shares": (0.0, 1.5)}),
        ("rcs_m2", {"rcs_m2": 0.0}),
        ("lane_half_width_m", {"lane_half_width_m": 20.0}),
        ("circle_centre_y_m", {"motion": "circle", "circle_centre_y_m": 50.0}),
        ("speed_spread_m_s", {"speed_spread_m_s": 21.0}),
        ("outage", {"outage": 0.7}),
    ],
)
def test_inconsistent_parameters_are_refused(field, values):
    with pytest.raises(ScenarioError, match=field):
        scenarios.build(ID, "hard", values)
