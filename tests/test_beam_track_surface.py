"""isac/BeamTrack-v0 over a surface: budgets in closed form, and what it shares with an array."""

import math
from typing import Any

import numpy as np
import pytest

from isac_envs import scenarios
from isac_envs.core.vector_env import VectorEnv
from isac_envs.errors import ScenarioError

ID, SCENARIO = "isac/BeamTrack-v0", "ris"
WAVE, POWER_W, NOISE_W = 0.01, 10.0**-0.5, 1e-11
SHARES = (0.0, 0.05, 0.1, 0.2, 0.4)


def friis(distance_m: Any) -> Any:
    return (WAVE / (4.0 * math.pi * distance_m)) ** 2


def played(policy: Any, slots: int = 12, **overrides: Any) -> list[tuple[Any, Any, Any]]:
    """Return vehicles after each slot, rewards and metrics of 50 copies."""
    env = VectorEnv(ID, 50, scenario=SCENARIO, **overrides)
    env.reset(seed=5)
    found = []
    for _ in range(slots):
        _, reward, *_, info = env.step(policy(env))
        found.append((env.batch.state.vehicles[:, 0].copy(), reward, info["metrics"]))
    return found


def test_link_and_echo_by_hand() -> None:
    rng = np.random.default_rng(1)
    shares: list[Any] = []
    heard: list[bool] = []

    def act(_: Any) -> Any:
        action = rng.integers(0, (7, 3, 5), (50, 3))
        shares.append(np.take(SHARES, action[:, 2]))
        return action

    for share, (v, reward, metrics) in zip(shares, played(act), strict=True):
        columns = np.asarray(v["antennas"])
        assert set(np.unique(columns)) <= {4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0}
        phases = np.pi * np.arange(256)[:, None] * (v["cosine"] - v["beam_cosine"])
        active = np.arange(256)[:, None] < columns
        field = 64.0 * np.abs(np.sum(active * np.exp(1j * phases), axis=0))  # of 64 rows each
        arriving_w = POWER_W * 64.0 * friis(50.0) * field**2 / (4.0 * math.pi * v["distance"] ** 2)
        snr = arriving_w * WAVE**2 / (4.0 * math.pi) / NOISE_W
        np.testing.assert_allclose(reward, (1.0 - share) * np.log2(1.0 + snr), rtol=1e-5, atol=1e-7)
        kept = metrics["gain"] > 1e-6
        heard.append((kept & (share > 0.0)).any())
        heard_w = arriving_w * WAVE**2 / ((4.0 * math.pi) ** 2 * v["distance"] ** 2)
        echo = 64.0 * 1000.0 * share * heard_w / NOISE_W
        expected = 10.0 * np.log10(np.maximum(echo, 1e-12))
        seen = kept & (share > 0.0)
        np.testing.assert_allclose(metrics["sensing_snr_db"][seen], expected[seen], atol=1e-4)
    assert all(heard)


def test_the_bound_is_all_antennas_times_all_elements_squared() -> None:
    env = VectorEnv(ID, 50, scenario=SCENARIO)
    policy = env.baseline("bound")
    env.reset(seed=5)
    for _ in range(30):
        reward = env.step(policy.act())[1]
        distance_m = env.batch.state.vehicles[:, 0]["distance"]
        gain = 64.0 * (256.0 * 64.0) ** 2
        snr = POWER_W * gain * friis(50.0) * friis(distance_m) / NOISE_W
        np.testing.assert_allclose(reward, np.log2(1.0 + snr), rtol=1e-6)


def test_with_all_columns_it_is_an_array_of_another_power() -> None:
    """Detections, belief and rates of the full width are the same, whoever forms the beam."""
    gain_db = 10.0 * math.log10(64.0 * friis(50.0) * 256.0 * 64.0**2)

    def act(_: Any) -> Any:
        return np.tile([6, 1, 2], (50, 1))

    surface = played(act, slots=30)
    array = played(act, slots=30, transmitter="array", power_dbm=25.0 + gain_db)
    for (v, reward, _), (other, same, _) in zip(surface, array, strict=True):
        np.testing.assert_array_equal(v["detected"], other["detected"])
        np.testing.assert_allclose(v["m0"], other["m0"], rtol=1e-9)
        np.testing.assert_allclose(reward, same, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "factor", "change_db"),
    [("surface_rows", 2, 6.0206), ("station_antennas", 2, 3.0103), ("station_m", 2.0, -6.0206)],
)
def test_rows_count_squared_and_the_first_leg_once(
    name: str, factor: float, change_db: float
) -> None:
    base = getattr(scenarios.build(ID, SCENARIO, {}).params, name)

    def act(_: Any) -> Any:
        return np.tile([0, 1, 0], (50, 1))

    ((_, _, one),) = played(act, slots=1)
    ((_, _, other),) = played(act, slots=1, **{name: type(base)(base * factor)})
    np.testing.assert_allclose(other["snr_db"] - one["snr_db"], change_db, atol=1e-3)


def test_one_beam_alone() -> None:
    with pytest.raises(ScenarioError, match="parameter vehicles = 2: with transmitter"):
        scenarios.build(ID, SCENARIO, {"vehicles": 2})


def test_no_surface_catches_more_than_is_sent() -> None:
    with pytest.raises(ScenarioError, match=r"parameter station_m = 1: .* would catch"):
        scenarios.build(ID, SCENARIO, {"station_m": 1.0, "station_antennas": 4096})
