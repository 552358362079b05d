"""isac/BeamTrack-v0 at the echoes: detection, errors and scores against those of the statistics."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from isac_envs import scenarios
from isac_envs.core.vector_env import VectorEnv
from isac_envs.envs.beam_management.beam_track import belief
from isac_envs.errors import ScenarioError
from isac_envs.kernels.estimation.kalman_batch import update_states

ID, SCENARIO = "isac/BeamTrack-v0", "echoes"
SPEED, WAVE, CELLS = 299792458.0, 0.01, 144
STILL = {"acceleration_x_m_s2": 1e-9, "acceleration_y_m_s2": 1e-9}


def looked(width: int, share: int, n: int = 4000, **overrides: Any) -> tuple[Any, Any]:
    """Return the vehicles and the parameters after one slot with a wide gate.

    Speeds at the start differ by so much that vehicles lie anywhere between the bins.
    """
    settings = {"gate": 1e3, "speed_spread_m_s": 10.0, "slot_s": 0.5, "horizon": 8} | STILL
    env = VectorEnv(ID, n, scenario=SCENARIO, **(settings | overrides))
    env.reset(seed=4)
    env.step(np.tile([width, 1, share], (n, 1)))
    return env.batch.state[1][:, 0], env.model.params


def losses(v: Any, p: Any, share: int) -> Any:
    """Return what is left of the power between the bins, whose column at 0 Hz is deleted."""
    seconds = p.sensing_shares[share] * p.symbols / p.bandwidth_hz
    x = v["distance"] / (SPEED / (2.0 * p.bandwidth_hz))
    b = v["radial_speed"] / (WAVE / (2.0 * seconds))
    kept = np.sinc(x - np.rint(x)) ** 2
    return kept * np.sinc(np.abs(b) - np.maximum(np.rint(np.abs(b)), 1.0)) ** 2


def decibels(width: int, wanted_db: float, **overrides: Any) -> float:
    """Return the power in dBm that gives the vehicles a mean SNR of the array in dB."""
    v, p = looked(width, 2, 16, fluctuation="constant", **overrides)
    snr = float(np.mean(v["sensing_snr"])) * p.receive_antennas
    return float(p.power_dbm + wanted_db - 10.0 * math.log10(snr))


@pytest.mark.parametrize("snr_db", [10.0, 14.0, 18.0, 24.0])
def test_detection_follows_the_formula_with_all_its_losses(snr_db: float) -> None:
    power = decibels(4, snr_db)
    v, p = looked(4, 2, power_dbm=power)
    mean = looked(4, 2, power_dbm=power, fluctuation="constant")[0]["sensing_snr"]
    factor = CELLS * (p.false_alarm ** (-1.0 / CELLS) - 1.0)
    snr = mean * p.receive_antennas * losses(v, p, 2)
    expected = np.mean((1.0 + factor / (CELLS * (1.0 + snr))) ** -CELLS)
    assert v["detected"].mean() == pytest.approx(expected, abs=0.025)


@pytest.mark.parametrize("snr_db", [20.0, 28.0])
def test_errors_are_those_of_the_bounds(snr_db: float) -> None:
    """Of the cosine: 4/3 of the bound, what two halves can do. Above 17 dB, as they come."""
    v, p = looked(4, 2, power_dbm=decibels(4, snr_db), fluctuation="constant")
    v = v[v["detected"]]
    n_r, seconds = p.receive_antennas, p.sensing_shares[2] * p.symbols / p.bandwidth_hz
    snr = v["sensing_snr"] * n_r
    assert len(v) > 3000 and snr.min() > 10.0**1.7
    for measured, truth, bound in (
        ("measured_cosine", "cosine", np.sqrt(8.0 / (snr * np.pi**2 * n_r**2))),
        ("measured_distance", "distance",
         SPEED / 2 * np.sqrt(12.0 / (2.0 * snr)) / (2 * np.pi * p.bandwidth_hz)),
        ("measured_speed", "radial_speed",
         WAVE / 2 * np.sqrt(12.0 / (2.0 * snr)) / (2 * np.pi * seconds)),
    ):  # fmt: skip
        ratio = np.sqrt(np.mean(np.square((v[measured] - v[truth]) / bound)))
        assert 0.85 < ratio < 1.25, measured


def test_the_gate_is_the_mahalanobis_distance() -> None:
    """Against the innovation of the batched Kalman filter."""
    v = VectorEnv(ID, 1).batch.state[1][0, 0]
    random = np.random.default_rng(3)
    root = random.standard_normal((4, 4))
    covariance = root @ root.T
    belief.set_belief(v, -30.0, 20.0, 50.0, 1.0)
    for i in range(4):
        for j in range(i, 4):
            v[f"p{i}{j}"] = covariance[i, j]
    height, variances = 7.0, belief.Polar(1e-4, 0.3, 0.2)
    d = math.sqrt(30.0**2 + 50.0**2 + height**2)
    u, w = -30.0 / d, 50.0 / d
    rate = u * 20.0 + w * 1.0
    rows = np.array([
        [(1 - u * u) / d, 0.0, -u * w / d, 0.0], [u, 0.0, w, 0.0],
        [(20.0 - rate * u) / d, u, (1.0 - rate * w) / d, w],
    ])  # fmt: skip
    innovation = np.array([0.02, -0.7, 0.4])
    spread = rows @ covariance @ rows.T + np.diag(variances)
    expected = innovation @ np.linalg.solve(spread, innovation)
    measured = belief.Polar(*(np.array([u, d, rate]) + innovation))
    assert belief.distance_squared(v, height, measured, variances) == pytest.approx(expected)
    mean = np.array([[-30.0, 20.0, 50.0, 1.0]])
    result = update_states(mean, covariance[None], innovation[None], rows[None],
                           np.array(variances)[None])  # fmt: skip
    belief.update(v, height, measured, variances)
    assert [v[f"m{i}"] for i in range(4)] == pytest.approx(result[0][0])


def test_what_lies_outside_of_the_gate_is_not_believed() -> None:
    strong = {"power_dbm": 30.0, "fluctuation": "constant"}
    assert looked(4, 2, 200, **strong, gate=30.0)[0]["detected"].mean() > 0.95
    env = VectorEnv(ID, 200, scenario=SCENARIO, **strong)
    env.reset(seed=1)
    env.batch.state[1]["m2"] += 15.0  # the beam still hits
    env.step(np.tile([0, 1, 2], (200, 1)))
    v = env.batch.state[1][:, 0]
    assert v["gain"].min() > 0.5 and not v["detected"].any()


def test_everybody_in_the_beam_answers_and_nobody_is_taken_for_another() -> None:
    n, n_v = 200, 3
    settings = {"vehicles": n_v, "vehicle_spacing_m": 8.0, "power_dbm": 25.0, **STILL}
    env = VectorEnv(ID, n, scenario=SCENARIO, fluctuation="constant", **settings)
    env.reset(seed=1)
    env.step(np.tile([2, 1, 3] * n_v + [2], (n, 1)))
    v = env.batch.state[1]
    assert v["detected"].mean() > 0.98
    error = np.abs(v["measured_distance"] - v["distance"])
    assert np.quantile(error, 0.99) < 0.5 < np.abs(np.diff(v["distance"], axis=1)).min()
    paths = env.batch.state.scratch.room.paths
    assert (paths["snr"][:n_v] > 15.0).all()  # of the last look: all three, then the clutter
    assert (paths["range_rate_m_s"][n_v:] == 0.0).all()


def test_too_short_a_look_and_none_at_all_tell_nothing() -> None:
    v, p = looked(4, 0, 50, power_dbm=40.0)
    assert not v["detected"].any() and (v["age"] == 1.0).all()
    least = math.prod(p.grid)
    for symbols, detected in ((0.99 * least, 0.0), (1.01 * least, 1.0)):
        share = symbols / p.symbols
        slow = {"sensing_shares": (share, 0.2), "power_dbm": 60.0, "speed_m_s": 30.0}
        v, _ = looked(4, 0, 50, **slow, fluctuation="constant", speed_spread_m_s=0.0)
        assert v["detected"].mean() == detected


def test_what_is_drawn_does_not_depend_on_the_action() -> None:
    """The streams of the environment stand at the same place after any look."""
    states = []
    for action in ([0, 0, 0], [6, 1, 3], [7, 1, 1]):
        env = VectorEnv(ID, 3, scenario=SCENARIO)
        env.reset(seed=2)
        for _ in range(4):
            env.step(np.tile(action, (3, 1)))
        states.append(env.batch.state.env["measurement"].copy())
    assert (states[0] == states[1]).all() and (states[0] == states[2]).all()


def test_statistics_hold_no_grid() -> None:
    assert VectorEnv(ID, 1).batch.state.scratch == (None, None)
    p = VectorEnv(ID, 1, scenario=SCENARIO).model.params
    assert p.grid == (128, 128)
    assert p.farthest_m <= 128 * p.range_cell_m
    assert p.fastest_m_s <= WAVE * 128 * p.bandwidth_hz / (4.0 * p.most_symbols)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("receive_antennas", {"receive_antennas": 15}),
        ("error_law", {"error_law": "power_law"}),
        ("error_scale", {"error_scale": 2.0}),
        ("false_alarm", {"false_alarm": 1e-20}),
        ("horizon", {"horizon": 10**6}),
        ("bandwidth_hz", {"bandwidth_hz": 1e11}),
        ("symbols", {"symbols": 1e3}),
        ("symbols", {"symbols": 1e9}),
        ("slot_s", {"slot_s": 1e-3}),
        ("fidelity", {"symbols": 1e3, "sensing_shares": (0.0,)}),
    ],
)
def test_grids_that_do_not_fit_are_refused(field: str, values: dict[str, Any]) -> None:
    with pytest.raises(ScenarioError, match=field):
        scenarios.build(ID, SCENARIO, values)
    scenarios.build(ID, SCENARIO, {**values, "fidelity": "statistics"})


def score(name: str, fidelity: str, n: int) -> float:
    """Return the mean reward of a slot of a baseline."""
    env = VectorEnv(ID, n, scenario=SCENARIO, fidelity=fidelity)
    policy = env.model.baselines[name](env.batch)
    env.reset(seed=1)
    horizon = env.model.params.horizon
    return float(np.mean([env.step(policy.act())[1].mean() for _ in range(horizon)]))


TABLE = {
    "reacquire": (2.23, 1.93, 1.99),
    "best_fixed_share": (2.06, 1.69, 1.77),
    "myopic": (1.87, 1.42, 1.76),
    "best_fixed": (1.84, 1.48, 1.66),
    "ekf": (1.64, 1.11, 1.38),
    "random": (0.63, 0.56, 0.56),
}
"""Rates by the statistics, by those with 2.4 dB less echo, and at the echoes."""


@pytest.mark.slow
def test_scores_of_both_fidelities_are_near_and_in_the_same_order() -> None:
    n, tolerance = 500, 0.08
    found = {name: score(name, "echo", n) for name in TABLE}
    drawn = {name: score(name, "statistics", n) for name in TABLE}
    for name, (statistics, weaker, echo) in TABLE.items():
        assert drawn[name] == pytest.approx(statistics, abs=tolerance)
        assert found[name] == pytest.approx(echo, abs=tolerance)
        assert weaker - tolerance < found[name] < drawn[name] + tolerance
    assert score("genie", "echo", 100) == pytest.approx(score("genie", "statistics", 100), rel=1e-9)
    order = sorted(TABLE, key=lambda name: -found[name])
    for above, below in pairwise(order):  # but for what the sampling cannot tell apart
        assert drawn[above] > drawn[below] - tolerance
