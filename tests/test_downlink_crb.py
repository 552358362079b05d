"""isac/DownlinkCrb-v0 against its specification, by formulas of plain NumPy on its channels."""

import math

import numpy as np
import pytest
from downlink_crb_play import (
    ID,
    bound_rad2,
    echo_snr,
    metrics,
    objectives,
    ratios,
    structured,
    trial,
)
from harness import bind
from scipy.special import j0

from isac_envs.errors import ScenarioError
from isac_envs.kernels.estimation.array_bounds import precoder_angle_variance


def drawn(copies, seed=1):
    """Return random actions."""
    spec = copies.model.action
    return np.random.default_rng(seed).uniform(-1.0, 1.0, (copies.n, spec.width))


@pytest.mark.parametrize("changes", [
    {}, {"sensing_stream": "cancelled"}, {"users": 7, "transmit_antennas": 6},
    {"precoder": "full", "users": 2}, {"gains": "unit", "noise_dbm": 20.0},
])  # fmt: skip
def test_a_slot_follows_the_formulas(changes):
    copies = trial(6, **changes)
    p, state = copies.model.params, copies.state
    copies.step(drawn(copies, 4))
    before = [state.channels.copy(), state.estimated.copy(), state.believed.copy()]
    angles = state.env["angle_rad"].copy()
    actions = drawn(copies)
    copies.step(actions)
    seen, told = metrics(copies), objectives(copies)
    for i in range(copies.n):
        channels, estimated, believed = (each[i] for each in before)
        if p.precoder == "full":
            parts = actions[i].reshape(p.transmit_antennas, p.users + 1, 2)
            precoder = parts[..., 0] + 1j * parts[..., 1]
            precoder /= np.linalg.norm(precoder)
        else:
            precoder = structured(p, estimated, believed[0], actions[i])
        np.testing.assert_allclose(state.precoder[i], precoder, atol=1e-9)
        assert np.linalg.norm(precoder) == pytest.approx(1.0)
        each = ratios(p, channels, precoder)
        each_db = 10 * np.log10(each)
        variance = bound_rad2(p, angles[i], precoder)
        degrees = math.degrees(math.sqrt(variance))
        missing = np.clip(p.required_sinr_db - each_db, 0.0, 40.0).sum()
        expected = np.log2(1 + each).sum(), -math.log10(min(degrees, 100.0)), missing
        np.testing.assert_allclose(told[i], expected, rtol=1e-6)
        assert seen[i].root_crb_deg == pytest.approx(min(degrees, 100.0), rel=1e-6)
        assert seen[i].least_sinr_db == pytest.approx(each_db.min(), abs=1e-6)
        own = precoder_angle_variance(precoder, angles[i], p.receive_antennas, echo_snr(p))
        assert own == pytest.approx(variance, rel=1e-6)


def test_channels_age_and_estimates_are_late():
    copies = trial(400, csi_error=0.2)
    p, state = copies.model.params, copies.state
    before = state.scattered.copy()
    scales = state.users["amplitude"][:, :, None]
    late = state.channels / scales
    copies.step(drawn(copies))
    now = state.scattered
    wavelength = 299792458.0 / p.carrier_hz
    rho = j0(2 * np.pi * p.user_speed_m_s / wavelength * p.slot_s)
    measured = (now * before.conj()).mean()
    assert measured.real == pytest.approx(rho, abs=0.02)
    assert abs(measured.imag) < 0.02
    assert (np.abs(now) ** 2).mean() == pytest.approx(1.0, abs=0.03)
    error = state.estimated / scales - late
    assert (np.abs(error) ** 2).mean() == pytest.approx(0.2, rel=0.03)
    assert abs((error * late.conj()).mean()) < 0.01


def test_known_channels_have_no_error():
    copies = trial(3, csi_delay=0, csi_error=0.0)
    copies.step(drawn(copies))
    np.testing.assert_array_equal(copies.state.estimated, copies.state.channels)


def test_gains_are_those_of_distances():
    copies = trial(500)
    users, p = copies.state.users, copies.model.params
    distance = users["distance_m"]
    assert p.users_from_m <= distance.min() < 41.0
    assert 119.0 < distance.max() <= p.users_to_m
    gain_db = 127.0 - 52.6 - 36.7 * np.log10(distance)
    np.testing.assert_allclose(20 * np.log10(users["amplitude"]), gain_db, atol=1e-9)


def test_the_target_has_about_the_stated_deviations():
    copies = trial(800)
    start, turns = copies.state.env["angle_rad"].copy(), []
    for _ in range(60):
        copies.step(np.zeros((800, copies.model.action.width)))
        turns.append(copies.state.env["turn_rad"].copy())
    angles = np.degrees(copies.state.env["angle_rad"])
    assert np.degrees(start).std() == pytest.approx(20.0, rel=0.06)
    assert angles.std() == pytest.approx(20.0, rel=0.08)
    assert np.degrees(turns[-1]).std() / 0.01 == pytest.approx(30.0, rel=0.08)
    together = np.corrcoef(turns[10], turns[11])[0, 1]
    assert together == pytest.approx(math.exp(-0.01 / 0.3), abs=0.01)


def test_the_belief_is_consistent_whatever_is_sensed():
    """The normalised error is chi-square with one degree of freedom, so that its mean is 1."""
    for sensing in (-0.9, 0.5):
        copies, found = trial(1500, rate_std_deg_s=60.0), []
        action = np.zeros((1500, copies.model.action.width))
        action[:, 4] = sensing
        for _ in range(40):
            copies.step(action)
            found.append(metrics(copies).normalised_error.copy())
        for slot in (0, 1, 5, 20, 39):
            assert found[slot].mean() == pytest.approx(1.0, abs=0.16)


def test_sensing_feeds_back():
    """More power at the target: more echoes, a better belief, and beams that hit."""
    results = []
    for sensing in (-1.0, -0.8, 0.5):
        copies = trial(300, precoder="structured")
        action = np.zeros((300, copies.model.action.width))
        action[:, 4] = sensing
        kept = []
        for _ in range(40):
            copies.step(action)
            kept.append((metrics(copies).detected.mean(), metrics(copies).angle_error_deg.mean()))
        results.append(np.mean(kept[20:], axis=0))
    detected, errors = np.transpose(results)
    assert detected[0] < detected[1] - 0.1 < detected[2] - 0.2
    assert errors[0] > 1.3 * errors[1] > 1.5 * errors[2]


def test_detections_have_their_probability():
    copies = trial(4000, horizon=5)
    copies.step(np.zeros((4000, copies.model.action.width)))
    found, snr = metrics(copies).detected, 10 ** (metrics(copies).radar_snr_db / 10)
    assert found.mean() == pytest.approx((1e-4 ** (1 / (1 + snr))).mean(), abs=0.02)


def test_draws_do_not_depend_on_actions():
    one, other = trial(5), trial(5)
    other_actions = np.random.default_rng(0)
    for _ in range(10):
        one.step(np.zeros((5, one.model.action.width)))
        other.step(other_actions.uniform(-1, 1, (5, other.model.action.width)))
    for name in ("channels", "estimated"):
        np.testing.assert_array_equal(getattr(one.state, name), getattr(other.state, name))
    np.testing.assert_array_equal(one.state.env["angle_rad"], other.state.env["angle_rad"])


def test_observation_says_what_it_promises():
    copies = trial(3)
    copies.step(drawn(copies))
    p, state, seen = copies.model.params, copies.state, copies.observations[:, 0]
    estimated = state.estimated[1]
    power = (np.abs(estimated) ** 2).sum(1)
    places = np.arange(16) - 7.5
    response = np.exp(1j * np.pi * places * np.sin(state.believed[1, 0]))
    towards = np.abs(estimated @ response.conj()) ** 2 / power / 16
    inverse = np.linalg.inv(estimated @ estimated.conj().T)
    apart = 1 / (np.diagonal(inverse).real * power)
    np.testing.assert_allclose(seen[1, :4], towards, atol=1e-6)
    np.testing.assert_allclose(seen[1, 4:8], apart, atol=1e-6)
    np.testing.assert_allclose(seen[1, 8:12], 10 * np.log10(power) / 20, atol=1e-6)
    excess = (state.users["sinr_db"][1] - p.required_sinr_db) / 10
    np.testing.assert_allclose(seen[1, 12:16], excess, atol=1e-6)
    std = math.sqrt(state.covariance[1, 0, 0]) * 8
    belief = np.sin(state.believed[1, 0]), state.believed[1, 1] * 8, std
    np.testing.assert_allclose(seen[1, 16:19], belief, atol=1e-6)
    assert seen[1, 19] == float(state.env["heard_snr"][1] > 0)


@pytest.mark.parametrize(("changes", "name"), [
    ({"user_speed_m_s": 90.0}, "user_speed_m_s"),
    ({"angle_std_deg": 0.1}, "rate_std_deg_s"),
    ({"users_from_m": 130.0}, "users_from_m"),
])  # fmt: skip
def test_combinations_are_checked(changes, name):
    with pytest.raises(ScenarioError, match=name):
        bind(ID, **changes)
