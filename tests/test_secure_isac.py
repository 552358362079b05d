"""isac/SecureIsac-v0 against its specification, by formulas of plain NumPy on its channels."""

from typing import Any

import numpy as np
import pytest
from harness import bind
from secure_isac_play import (
    ID,
    SMALL,
    asked_turns,
    beams_of,
    leakage,
    mean_reward,
    now,
    random_actions,
    shares,
    trial,
)

from isac_envs.core.env import Env
from isac_envs.errors import ScenarioError
from isac_envs.kernels.precoding.secrecy import secrecy_beam

FORMS: tuple[dict[str, Any], ...] = (
    {"action": "increments"},
    {"action": "phases", "phase_bits": 3, "phase_error_std_deg": 40.0},
    {"action": "phases", "antennas": 1},
    {"action": "phases", "eavesdropper_knowledge": "estimated", "antennas": 2},
    {"action": "levels", "phase_bits": 2, "phase_error_std_deg": 20.0},
    {"action": "codebook", "codebook_size": 10},
    {"action": "increments", "precoder": "learned"},
    {"action": "phases", "precoder": "learned", "antennas": 1},
)


def rates(powers: np.ndarray) -> float:
    """Return the rate of a receiver from what it receives of the beams; noise of power 1."""
    return float(np.log2(1 + powers[0] / (1 + powers[1:].sum())))


def expected(copies: Any, action: np.ndarray, i: int) -> tuple[float, float, float]:
    """Return secrecy rate and both radar SNR of copy i, from the state before the step."""
    state, p = copies.state, copies.model.params
    turns, errors = asked_turns(copies, action)[i], state.elements["error_turns"][i]
    known = np.exp(2j * np.pi * turns)[:, None] * state.incident[i]
    true = np.exp(2j * np.pi * (turns + errors))[:, None] * state.incident[i]
    if p.precoder == "learned":
        parts = action[i, p.elements :].reshape(p.antennas, 2, 2)
        precoder = parts[..., 0] + 1j * parts[..., 1]
        precoder = precoder / np.linalg.norm(precoder)
    else:
        last = action[i, -2:]
        root = last / (p.share_levels - 1) if action.dtype.kind == "i" else 0.5 * (last + 1)
        noise, sensing = root**2 / max(1.0, float((root**2).sum()))
        user = state.estimated_direct[i, 0] + state.estimated_reflected[i, 0] @ known
        beams = beams_of(user, leakage(state, i, p, known))
        precoder = beams * np.sqrt((max(1 - noise - sensing, 0.0), noise, sensing))
    assert np.linalg.norm(precoder) == pytest.approx(1.0, rel=1e-9)  # all the power is spent
    direct, legs = (each[i] for each in now(state))
    over = legs @ true
    powers = np.abs((direct + over) @ precoder) ** 2
    secrecy = max(rates(powers[0]) - rates(powers[1]), 0.0)
    gain = p.samples * p.rcs_m2 * 4 * np.pi * (p.carrier_hz / 299792458.0) ** 2
    gain /= 10 ** ((p.power_dbm - p.noise_dbm) / 10)
    echoes = [
        gain * np.linalg.norm(each) ** 2 * np.linalg.norm(each @ precoder) ** 2
        for each in (direct[1], over[1])
    ]
    return secrecy, echoes[0], echoes[1]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: "-".join(map(str, form.values())))
def test_reward_and_radar_snr_are_the_formulas(form: dict[str, Any]) -> None:
    copies = trial(3, **(SMALL | form))
    random = np.random.default_rng(1)
    for _ in range(8):
        action = random_actions(copies, random)
        wanted = [expected(copies, action, i) for i in range(3)]
        found = copies.step(action)
        for i, (secrecy, direct, over) in enumerate(wanted):
            assert found[i] == pytest.approx(secrecy, rel=1e-4, abs=1e-6)
            assert copies.state.env["direct_snr"][i] == pytest.approx(direct, rel=1e-4)
            assert copies.state.env["surface_snr"][i] == pytest.approx(over, rel=1e-4, abs=1e-12)


def test_nothing_is_secret_where_the_eavesdropper_hears_better() -> None:
    """One antenna, no surface, and she is nearer on a path that loses less."""
    near = {"antennas": 1, "surface": "absent", "target_direct_slope_db": 20.0}
    copies = trial(20, **(SMALL | near))
    assert (copies.step(shares(0.0, 0.0, copies)) == 0.0).all()
    users = copies.state.users["rate"]
    assert (users[:, 1] > users[:, 0]).all()


def test_the_scale_of_a_learned_action_changes_nothing() -> None:
    env = Env(bind(ID, **SMALL, precoder="learned"))
    env.reset(seed=2)
    action = np.random.default_rng(0).uniform(-1, 1, env.action_space.shape)
    whole = env.simulate(action)[1]
    action[12:] *= 0.01
    assert env.simulate(action)[1] == pytest.approx(whole, rel=1e-12)
    action[12:] = 0.0
    assert env.simulate(action)[1] == 0.0


@pytest.mark.parametrize("precoder", ["leakage", "learned"])
def test_every_coordinate_changes_some_metric(precoder: str) -> None:
    env = Env(bind(ID, **SMALL, action="phases", precoder=precoder))
    env.reset(seed=1)
    start = np.random.default_rng(3).uniform(-0.6, 0.6, env.action_space.shape)
    names = ("user_rate", "eavesdropper_rate", "direct_snr_db")
    before = env.simulate(start)[4]["metrics"]
    for n in range(start.size):
        action = start.copy()
        action[n] += 0.3
        after = env.simulate(action)[4]["metrics"]
        assert any(after[name] != before[name] for name in names), n


def test_noise_does_not_reach_the_user_that_is_known() -> None:
    copies = trial(6, **SMALL, csi_error=0.0, csi_delay=0)
    copies.step(shares(0.5, 0.0, copies))
    gains = copies.state.scratch.gains[0]
    assert abs(gains[1]) < 1e-12 * abs(gains[0])
    noisy = trial(40, csi_error=0.0, csi_delay=0)
    quiet = trial(40, csi_error=0.0, csi_delay=0)
    noisy.step(shares(0.5, 0.0, noisy))
    quiet.step(shares(0.0, 0.0, quiet))
    before, after = quiet.state.users["rate"], noisy.state.users["rate"]
    halved = np.log2(1 + 0.5 * (2.0 ** before[:, 0] - 1))  # half of the power, and no noise
    assert after[:, 0] == pytest.approx(halved, rel=1e-9)
    assert (before - after)[:, 1].mean() > 2.0  # the eavesdropper hears much of it


def track(copies: Any, noise: float, sensing: float, steps: int) -> tuple[np.ndarray, ...]:
    """Return error, its normalised square and deviation of the place after each step."""
    error, square, deviation = np.zeros((3, steps, copies.n))
    action = shares(noise, sensing, copies)
    for t in range(steps):
        copies.step(action)
        state = copies.state
        away = np.stack((state.users["x_m"][:, 1], state.users["y_m"][:, 1]), -1)
        away = away - state.believed[:, :2]
        error[t] = np.hypot(*away.T)
        for i, covariance in enumerate(state.covariance[:, :2, :2]):
            square[t, i] = away[i] @ np.linalg.solve(covariance, away[i])
            deviation[t, i] = np.sqrt(np.trace(covariance))
    return error, square, deviation


def test_errors_of_the_belief_fit_its_covariance() -> None:
    """The normalised square of two coordinates is 2 on average, from the first slot on."""
    error, square, deviation = track(trial(300), 0.3, 0.3, 60)
    assert 1.8 < square[0].mean() < 2.5
    assert 1.8 < square[10:].mean() < 2.2
    assert np.square(error[10:]).mean() == pytest.approx(np.square(deviation[10:]).mean(), rel=0.25)


def test_power_for_sensing_finds_her_and_nothing_finds_nobody() -> None:
    found = [track(trial(60), 0.0, share, 40)[0][20:].mean() for share in (0.0, 0.05, 0.8)]
    assert found[0] > found[1] > found[2]
    blind = trial(20, rcs_m2=1e-6, samples=1)
    _, _, deviation = track(blind, 0.0, 0.5, 40)
    assert (np.diff(deviation, axis=0) > 0.0).all()
    assert deviation[0] == pytest.approx(np.sqrt(0.5), rel=1e-2)  # of both coordinates


def test_the_world_does_not_see_actions_nor_do_draws_of_echoes() -> None:
    copies, others = trial(3, **SMALL), trial(3, **SMALL)
    random = np.random.default_rng(0)
    for _ in range(5):
        copies.step(shares(0.0, 0.0, copies))
        others.step(random_actions(others, random))
    for name in ("users", "estimated_direct", "estimated_reflected"):
        one, two = getattr(copies.state, name), getattr(others.state, name)
        if name == "users":
            one, two = (each[["x_m", "y_m", "heading_x"]] for each in (one, two))
        assert (one == two).all()
    assert (copies.state.env["measurement"] == others.state.env["measurement"]).all()


def test_what_is_not_known_costs_secrecy() -> None:
    """The gap between the truth and the belief grows with the error of the first place."""
    gaps = []
    for start_error_m in (0.05, 1.0):
        model = bind(ID, start_error_m=start_error_m, csi_error=0.0, csi_delay=0, rcs_m2=1e-6)
        best, robust = (mean_reward(name, model, 24, 12) for name in ("informed", "robust"))
        gaps.append(best - robust)
    difference = gaps[1] - gaps[0]
    assert difference.mean() > 2.0 * difference.std() / np.sqrt(24) > 0.0


@pytest.mark.parametrize("form", [{"elements": 16}, {"elements": 16, "surface": "absent"}])
def test_who_sees_the_channels_senses_no_more_than_pays(form: dict[str, Any]) -> None:
    """Where few elements can keep what is for sensing from the user, a fixed share costs much."""
    model = bind(ID, **form)
    best = mean_reward("informed", model, 16, 25)
    for rule in ("follow", "robust", "probing", "ignorant"):
        gap = best - mean_reward(rule, model, 16, 25)
        assert gap.mean() > -2.0 * gap.std() / 4.0, rule


def test_radar_snr_is_seen_of_what_is_detected() -> None:
    blind = Env(bind(ID, **SMALL, rcs_m2=1e-6, samples=1))
    blind.reset(seed=0)
    bright = Env(bind(ID, **SMALL, rcs_m2=1e4))
    bright.reset(seed=0)
    for _ in range(5):
        seen = (each.step(np.zeros(each.action_space.shape))[0][-4:-2] for each in (blind, bright))
        unheard, heard = seen
        assert (unheard == -6.0).all()
        for k, name in enumerate(("direct_snr", "surface_snr")):
            expected = 10.0 * np.log10(bright.batch.state.env[name][0]) / 20.0
            assert heard[k] == pytest.approx(min(expected, 8.0), rel=1e-5)


def test_kumar2021_without_a_surface_is_nearly_the_exact_optimum() -> None:
    """The beam of least leakage against the generalised eigenvector, draw by draw."""
    copies = trial(300, "kumar2021", surface="absent")
    direct = now(copies.state)[0].copy()
    found = copies.step(shares(0.0, 0.0, copies))
    best = np.array([secrecy_beam(*each)[1] for each in direct])
    assert (found <= best + 1e-9).all()
    assert found.mean() == pytest.approx(best.mean(), rel=0.02)
    # that the published draw, 2.515365, is met exactly is a test of the kernels; here it is likely
    assert (best < 2.515365).mean() == pytest.approx(0.5, abs=0.45)


@pytest.mark.parametrize("elements", [16, 49])
def test_a_surface_keeps_secrets_that_one_antenna_cannot(elements: int) -> None:
    """Order of the published table for one antenna: without, with random and with best phases."""
    form = {"elements": elements, "horizon": 5}
    best = mean_reward("informed", bind(ID, "single_antenna", **form), 60, 5)
    chance = mean_reward("random_phases", bind(ID, "single_antenna", **form), 60, 5)
    none = mean_reward("informed", bind(ID, "single_antenna", surface="absent", **form), 60, 5)
    assert (best - np.maximum(none, chance)).mean() > 1.0
    assert best.mean() > 3.0 * none.mean()
    assert abs((none - chance).mean()) < 0.5


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"users": 2}, "parameter users = 2"),
        ({"antennas": 9}, "parameter antennas = 9"),
        ({"precoder": "learned", "action": "levels", "phase_bits": 1}, "precoder = 'learned'"),
        ({"target_speed_m_s": 90.0}, "parameter target_speed_m_s.*wavelengths"),
        ({"target_speed_m_s": 90.0, "target_radius_m": 0.1}, "target_speed_m_s.*target_radius_m"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(overrides: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        bind(ID, **overrides)
