"""isac/BeamTrack-v0: budgets, beam gain, echo and filter against independent formulas."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs import scenarios
from isac_envs.core.vector_env import VectorEnv
from isac_envs.envs.beam_management.beam_track import belief
from isac_envs.envs.beam_management.beam_track.echoes import alignment
from isac_envs.envs.beam_management.beam_track.planning import _NODES, _WEIGHTS, water_filling
from isac_envs.kernels.estimation.kalman_batch import (
    normalised_errors_squared,
    predict_covariances,
    update_states,
)

ID = "isac/BeamTrack-v0"
WAVE, NOISE_W, SPEED = 0.01, 1e-11, 299792458.0


@given(
    st.floats(-1, 1), st.floats(-1, 1), st.sampled_from([4, 8, 16, 37, 64, 128, 256])
)  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_gain_against_steering_vectors(look, beam, antennas):
    m = np.arange(antennas)
    a, b = (np.exp(-1j * np.pi * m * u) / math.sqrt(antennas) for u in (look, beam))
    expected = abs(np.vdot(a, b)) ** 2
    assert alignment(look, beam, float(antennas)) == pytest.approx(expected, abs=1e-12)


def one_step(action, n=1, **overrides):
    env = VectorEnv(ID, n, **overrides)
    env.reset(seed=4)
    before = env.batch.state[1].copy()
    _, reward, *_, info = env.step(np.tile(action, (n, 1)))
    return before, env.batch.state[1], reward, info


def test_link_and_echo_by_hand():
    before, after, reward, info = one_step([2, 2, 3], power_dbm=20.0)
    v, b = after[0, 0], before[0, 0]
    d, u = math.hypot(v.x, v.y), v.x / math.hypot(v.x, v.y)
    believed = math.hypot(b.m0, b.m2)
    row = np.array([b.m2**2, -b.m0 * b.m2]) / believed**3
    variance = row @ np.array([[b.p00, b.p02], [b.p02, b.p22]]) @ row
    assert v.beam_cosine == pytest.approx(b.m0 / believed + math.sqrt(variance), rel=1e-9)
    m = np.arange(16)
    gain = abs(np.exp(1j * np.pi * m * (u - v.beam_cosine)).mean()) ** 2
    snr = 0.1 * 16 * gain * (WAVE / (4 * math.pi * d)) ** 2 / NOISE_W
    assert reward[0] == pytest.approx(0.8 * math.log2(1 + snr), rel=1e-9)
    symbols = 1e3 * 0.2
    echo = 0.1 * 16 * gain * symbols * WAVE**2 / ((4 * math.pi) ** 3 * d**4 * NOISE_W)
    found = info["metrics"]["sensing_snr_db"][0]
    assert found == pytest.approx(10 * math.log10(echo * 64), abs=1e-8)


@pytest.mark.parametrize("width", [3, 5])
def test_detection_rate_and_error_variances(width):
    n = 60_000
    # the same place for all: nobody accelerates noticeably
    still = {"acceleration_x_m_s2": 1e-9, "acceleration_y_m_s2": 1e-9, "power_dbm": 5.0}
    _, after, _, _ = one_step([width, 1, 4], n=n, **still)
    v = after[:, 0]
    snr = v["sensing_snr"][0]
    expected = 1e-6 ** (1 / (1 + 64 * snr))
    seen = v["detected"]
    assert seen.mean() == pytest.approx(expected, abs=4 * math.sqrt(0.25 / n))
    duration = 1e3 * 0.4 / 1e8
    scale = 1 / (2 * snr * 64)
    bounds = {
        "cosine": 6 / (math.pi**2 * snr * 64 * (64**2 - 1)),
        "distance": (SPEED / 2) ** 2 * scale / (2 * math.pi * 1e8 / math.sqrt(12)) ** 2,
        "radial_speed": (WAVE / 2) ** 2 * scale / (2 * math.pi * duration / math.sqrt(12)) ** 2,
    }
    names = {"cosine": "measured_cosine", "distance": "measured_distance"}
    for name, bound in bounds.items():
        error = v[names.get(name, "measured_speed")][seen] - v[name][seen]
        assert error.var() == pytest.approx(bound, rel=0.06), name
        assert abs(error.mean()) < 5 * math.sqrt(bound / seen.sum())


@pytest.mark.parametrize("snr_db", [20.0, 30.0])
def test_maximum_likelihood_on_the_echo_reaches_the_variance(snr_db):
    """The observation ``echo`` carries the angle with the error of the measurement."""
    n, n_r = 4000, 16
    still = {"acceleration_x_m_s2": 1e-9, "acceleration_y_m_s2": 1e-9}
    settings = {"observation": "echo", "receive_antennas": n_r, **still}
    _, after, _, _ = one_step([4, 1, 2], n=1, **settings)
    level = 10 * math.log10(after[0, 0].sensing_snr * n_r)
    power = 5.0 + snr_db - level
    env = VectorEnv(ID, n, power_dbm=power, **settings)
    env.reset(seed=1)
    seen = env.step(np.tile([4, 1, 2], (n, 1)))[0].astype(float)
    v = env.batch.state[1][:, 0]
    assert 10 * math.log10(v["sensing_snr"][0] * n_r) == pytest.approx(snr_db, abs=0.01)
    echo = seen[:, :n_r] + 1j * seen[:, n_r : 2 * n_r]
    offsets = np.linspace(-0.08, 0.08, 801)
    m = np.arange(n_r)
    bank = np.exp(-1j * np.pi * np.outer(m, v["cosine"][0] + offsets))
    spectrum = np.abs(echo @ bank)
    peak = spectrum.argmax(1).clip(1, 799)
    rows = np.arange(n)
    left, mid, right = (spectrum[rows, peak + k] for k in (-1, 0, 1))
    step = offsets[1] - offsets[0]
    error = offsets[peak] + 0.5 * step * (left - right) / (left - 2 * mid + right)
    bound = 6 / (math.pi**2 * v["sensing_snr"][0] * n_r * (n_r**2 - 1))
    assert error.var() == pytest.approx(bound, rel=0.1)


def test_the_filter_against_the_kalman_kernels():
    """One slot of the filter: the update of three components and the prediction, then NEES."""
    before, after, _, info = one_step([3, 1, 4], n=500, power_dbm=20.0)
    b, v = before[:, 0], after[:, 0]
    seen = v["detected"]
    b, v = b[seen], v[seen]
    mean = np.stack([b[f"m{i}"] for i in range(4)], -1)
    cov = np.stack(
        [np.stack([b[f"p{min(i, j)}{max(i, j)}"] for j in range(4)], -1) for i in range(4)], 1
    )
    x, s_x, y, s_y = mean.T
    d = np.hypot(x, y)
    u, w = x / d, y / d
    radial = u * s_x + w * s_y
    zero = np.zeros_like(d)
    jacobian = np.stack(
        [
            np.stack([w * w / d, zero, -u * w / d, zero], -1),
            np.stack([u, zero, w, zero], -1),
            np.stack([(s_x - radial * u) / d, u, (s_y - radial * w) / d, w], -1),
        ],
        1,
    )
    snr, duration = v["sensing_snr"], 4e-6
    scale = 1 / (2 * snr * 64)
    variances = np.stack(
        [
            6 / (np.pi**2 * snr * 64 * (64**2 - 1)),
            (SPEED / 2) ** 2 * scale * 12 / (2 * np.pi * 1e8) ** 2,
            (WAVE / 2) ** 2 * scale * 12 / (2 * np.pi * duration) ** 2,
        ],
        -1,
    )
    innovation = np.stack(
        [v["measured_cosine"] - u, v["measured_distance"] - d, v["measured_speed"] - radial], -1
    )
    state, covariance, _ = update_states(mean, cov, innovation, jacobian, variances)
    truth = np.stack([v["x"], v["v_x"], v["y"], v["v_y"]], -1)
    nees = normalised_errors_squared(truth - state, covariance)
    np.testing.assert_allclose(info["metrics"]["nees"][seen], nees, rtol=1e-5)
    np.testing.assert_allclose(v["filtered_x"], state[:, 0], rtol=1e-9)
    step = np.eye(4)
    step[0, 1] = step[2, 3] = 0.1
    noise = np.zeros((4, 4))
    for first, deviation in ((0, 10.0), (2, 5.0)):
        g = deviation * np.array([0.005, 0.1])
        noise[first : first + 2, first : first + 2] = np.outer(g, g)
    expected = predict_covariances(covariance, step, noise)
    for i in range(4):
        np.testing.assert_allclose(v[f"m{i}"], state @ step[i], rtol=1e-8, atol=1e-8)
        for j in range(i, 4):
            np.testing.assert_allclose(v[f"p{i}{j}"], expected[:, i, j], rtol=1e-5, atol=1e-8)


@given(st.lists(st.floats(0.05, 1e4), min_size=2, max_size=6), st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_water_filling_is_the_best_split(gains, seed):
    gains = np.array([gains])
    parts = water_filling(gains)
    assert parts.min() >= 0 and parts.sum() == pytest.approx(1.0)
    best = np.log2(1 + parts * gains).sum()
    others = np.random.default_rng(seed).dirichlet(np.ones(gains.size), 200)
    assert (np.log2(1 + others * gains).sum(1) <= best + 1e-9).all()


def test_powers_are_projected_on_the_budget():
    env = VectorEnv(ID, 3, scenario="fleet")
    env.reset(seed=0)
    for levels, expected in (((3, 3, 3, 3), 0.25), ((1, 1, 0, 1), 0.25), ((3, 0, 0, 0), 1.0)):
        action = [c for level in levels for c in (4, 1, level)] + [2]
        env.step(np.tile(action, (3, 1)))
        found = env.batch.state[1]["power_w"][0] / 0.1
        assert found.max() == pytest.approx(expected)
        assert found.sum() <= 1 + 1e-12


@pytest.mark.parametrize("action", ["discrete", "continuous", "pointing"])
def test_three_forms_of_the_same_beam(action):
    env = VectorEnv(ID, 50, action=action)
    policy = env.model.baselines["best_fixed"](env.batch)
    env.reset(seed=7)
    rates = [env.step(policy.act())[4]["metrics"]["rate"].mean() for _ in range(30)]
    other = VectorEnv(ID, 50)
    fixed = other.model.baselines["best_fixed"](other.batch)
    other.reset(seed=7)
    expected = [other.step(fixed.act())[4]["metrics"]["rate"].mean() for _ in range(30)]
    np.testing.assert_allclose(rates, expected, rtol=1e-4)


def test_history_holds_the_last_measurements_newest_first():
    env = VectorEnv(ID, 40, observation="history", history_length=6, power_dbm=15.0)
    env.reset(seed=2)
    past = np.zeros((40, 0, 5))
    for _ in range(10):
        seen = env.step(np.tile([4, 1, 2], (40, 1)))[0].reshape(40, 6, 5)
        v = env.batch.state[1][:, 0]
        np.testing.assert_allclose(seen[:, 0, 3], v["detected"])
        np.testing.assert_allclose(
            seen[:, 0, 0], np.where(v["detected"], v["measured_cosine"], 0), atol=1e-6
        )
        past = np.concatenate([seen[:, :1], past], 1)[:, :6]
        np.testing.assert_array_equal(seen[:, : past.shape[1]], past)


def test_two_stage_slots_credit_promises_that_hold():
    _, after, reward, _ = one_step([5, 1, 2], n=2000, scenario="uav_tracking")
    v = after[:, 0]
    best = np.log2(1 + 0.1 * 128 * (WAVE / (4 * math.pi * v["distance"])) ** 2 / NOISE_W)
    assert (reward <= best + 1e-9).all()
    assert (reward > 0).mean() > 0.95


def test_blockage_costs_once_on_the_link_and_twice_on_the_echo():
    free = one_step([4, 1, 2], block_probability=1e-12, fluctuation="constant")[3]["metrics"]
    shut = one_step([4, 1, 2], block_probability=1.0, fluctuation="constant")[3]["metrics"]
    assert free["snr_db"][0] - shut["snr_db"][0] == pytest.approx(20.0, abs=1e-9)
    assert free["sensing_snr_db"][0] - shut["sensing_snr_db"][0] == pytest.approx(40.0, abs=1e-9)


def test_the_quadrature_is_that_of_gauss_and_hermite() -> None:
    nodes, weights = np.polynomial.hermite_e.hermegauss(15)
    assert pytest.approx(nodes, rel=1e-14) == _NODES
    assert pytest.approx(weights / math.sqrt(2.0 * math.pi), rel=1e-12) == _WEIGHTS


@pytest.mark.parametrize("seed", range(4))
def test_the_filter_stays_finite_however_sharp_a_measurement_is(seed):
    """Over any process noise in the declared ranges, first deviation, and SNR up to 300 dB."""
    random = np.random.default_rng(seed)

    def scale(low, high):
        return random.choice([low, high, low * (high / low) ** random.random()])

    for _ in range(20):
        accelerations = {f"acceleration_{axis}_m_s2": scale(1e-9, 1e3) for axis in "xy"}
        model = scenarios.build(ID, None, {"slot_s": scale(1e-4, 10.0), **accelerations})
        p, v = model.params.record[0], model.allocate(1)[1][0, 0]
        x, y, v_x = random.choice([-25.0, 1e4]), random.choice([1.0, 1e4]), scale(1.0, 1e3)
        belief.set_belief(v, x, v_x, y, 0.0)
        position = scale(1e-6, 1e6)
        belief.set_covariance(v, position, 0.0, position, scale(1e-6, 1e6))
        noise = np.array([scale(1e-7, 1.0), scale(1e-3, 1e10), scale(1e-10, 1e25)])
        variances = scale(1e-6, 1e6) / scale(1e-12, 1e30) * noise
        for step in range(30):
            v.x, v.y, v.v_x = x + step * p.slot_s * v_x, y, v_x
            distance = math.hypot(v.x, v.y)
            truth = np.array([v.x / distance, distance, v.x * v_x / distance])
            measured = truth + np.sqrt(variances) * random.standard_normal(3)
            belief.update(v, 0.0, belief.Polar(*measured), belief.Polar(*variances))
            belief.predict(p, v)
            assert np.isfinite(belief.moments(v, 0.0)).all()
            assert 0.0 <= belief.normalised_error(v) < np.inf
