"""isac/BeamTrack-v0 under a law of the path loss: the link once, the echo twice."""

import math
from typing import Any

import numpy as np
import pytest

from isac_envs import scenarios
from isac_envs.core.vector_env import VectorEnv
from isac_envs.errors import ScenarioError
from isac_envs.kernels.pathloss.free_space import fspl
from isac_envs.kernels.pathloss.tr_38901_los import umi_los_probability
from isac_envs.kernels.pathloss.tr_38901_umi import umi_los, umi_nlos

ID, SCENARIO = "isac/BeamTrack-v0", "street"
CARRIER_HZ = 299792458.0 / 0.01


def stepped(n: int, slots: int = 1, seed: int = 3, **overrides: Any) -> tuple[Any, Any]:
    """Return the environment and the metrics after some slots."""
    env = VectorEnv(ID, n, scenario=SCENARIO, **overrides)
    env.reset(seed=seed)
    for _ in range(slots):
        info = env.step(np.tile([4, 1, 2], (n, 1)))[4]
    return env, info["metrics"]


def decibel(x: Any) -> Any:
    return 10.0 * np.log10(x)


@pytest.mark.parametrize("slots", [1, 20, 50])
def test_what_a_law_keeps_is_its_loss_over_that_of_free_space(slots: int) -> None:
    env, _ = stepped(300, slots, shadowing=False)
    v, path = env.batch.state.vehicles[:, 0], env.batch.state.paths[:, 0]
    ground = np.hypot(v["x"], v["y"])
    args = (np.maximum(ground, 10.0), CARRIER_HZ, 1.5, 10.0)
    expected = np.where(path["in_sight"], umi_los(*args), umi_nlos(*args))
    kept = fspl(v["distance"], CARRIER_HZ) - expected
    np.testing.assert_allclose(decibel(v["kept"]), kept, atol=1e-6)
    assert (kept[~path["in_sight"]] < -10.0).all()


def test_vehicles_are_hidden_as_often_as_the_law_says() -> None:
    env, _ = stepped(4000, 5)
    v, path = env.batch.state.vehicles[:, 0], env.batch.state.paths[:, 0]
    expected = umi_los_probability(np.hypot(v["x"], v["y"])).mean()
    assert 0.3 < expected < 0.7
    assert path["in_sight"].mean() == pytest.approx(expected, abs=0.035)


def test_the_loss_counts_once_for_the_link_and_twice_for_the_echo() -> None:
    """Beside the same budgets in free space."""
    env, found = stepped(200, fluctuation="constant")
    free, open_ = stepped(200, fluctuation="constant", channel="free_space")
    kept = decibel(env.batch.state.vehicles["kept"][:, 0])
    v, other = env.batch.state.vehicles[:, 0], free.batch.state.vehicles[:, 0]
    link = found["snr_db"] - decibel(v["gain"]) + 20.0 * np.log10(v["distance"])
    base = open_["snr_db"] - decibel(other["gain"]) + 20.0 * np.log10(other["distance"])
    np.testing.assert_allclose(link - base.mean(), kept, atol=1e-6)
    echo = found["sensing_snr_db"] - decibel(v["gain"]) + 40.0 * np.log10(v["distance"])
    base = open_["sensing_snr_db"] - decibel(other["gain"]) + 40.0 * np.log10(other["distance"])
    np.testing.assert_allclose(echo - base.mean(), 2.0 * kept, atol=1e-6)


def test_one_world_whatever_the_action() -> None:
    seen = []
    for action in ([0, 0, 4], [6, 1, 0], [7, 2, 1]):
        env = VectorEnv(ID, 20, scenario=SCENARIO)
        env.reset(seed=3)
        for _ in range(30):
            env.step(np.tile(action, (20, 1)))
        v = env.batch.state.vehicles[:, 0]
        seen.append(np.array([v["x"], v["kept"]]))
    assert (seen[0] == seen[1]).all() and (seen[0] == seen[2]).all()


def test_the_bound_knows_what_is_kept() -> None:
    env = VectorEnv(ID, 100, scenario=SCENARIO)
    policy = env.model.baselines["bound"](env.batch)
    env.reset(seed=2)
    for _ in range(20):
        reward = env.step(policy.act())[1]
        v = env.batch.state.vehicles[:, 0]
        snr = env.model.params.record[0].power_w * 256 * v["kept"]
        snr = snr * (0.01 / (4.0 * math.pi * v["distance"])) ** 2 / 1e-11
        np.testing.assert_allclose(reward, np.log2(1.0 + snr), rtol=1e-6)


def test_whoever_hears_reports_gains_over_whoever_hears_echoes() -> None:
    """An obstacle stands twice in the way of an echo, once in that of a pilot."""
    scores = {}
    for name in ("feedback", "reacquire", "ekf", "bound"):
        env = VectorEnv(ID, 300, scenario=SCENARIO)
        policy = env.model.baselines[name](env.batch)
        env.reset(seed=1)
        scores[name] = np.mean([env.step(policy.act())[1].mean() for _ in range(60)])
    assert scores["bound"] > scores["feedback"] > scores["reacquire"] > scores["ekf"]


def test_echoes_under_a_law() -> None:
    """Grids hear a vehicle in sight and not one that is hidden."""
    settings = {"scenario": "echoes", "channel": "umi", "height_m": 8.5, "power_dbm": 20.0}
    env = VectorEnv(ID, 200, **settings)
    env.reset(seed=1)
    env.step(np.tile([4, 1, 2], (200, 1)))
    v, path = env.batch.state.vehicles[:, 0], env.batch.state.paths[:, 0]
    seen = path["in_sight"]
    assert 0.05 < seen.mean() < 0.95
    assert v["detected"][seen].mean() > 0.6 > 0.2 > v["detected"][~seen].mean()


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("channel", {"motion": "circle"}),
        ("wavelength_m", {"wavelength_m": 1e-3}),
        ("height_m", {"height_m": 500.0}),
        ("horizon", {"horizon": 10**5}),
        ("fading", {"channel": "free_space", "fading": "rician"}),
    ],
)
def test_links_for_which_no_law_is_stated_are_refused(field: str, values: dict[str, Any]) -> None:
    with pytest.raises(ScenarioError, match=field):
        scenarios.build(ID, SCENARIO, values)
