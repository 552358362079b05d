"""isac/RisMiso-v0 against its specification, by formulas of plain NumPy on its channels."""

import math
from typing import Any

import numpy as np
import pytest
from harness import bind
from ris_miso_play import (
    ID,
    SMALL,
    asked,
    composed,
    equal_powers,
    now,
    phasors,
    random_actions,
    still,
    trial,
)

from isac_envs.core.env import Env
from isac_envs.declaration.trial import Trial
from isac_envs.errors import ScenarioError
from isac_envs.kernels.precoding.wmmse import wmmse

PRECODERS = ("wmmse", "regularised_zero_forcing", "maximum_ratio", "learned")
FORMS: tuple[dict[str, Any], ...] = (
    {"action": "increments"},
    {"action": "phases", "phase_bits": 3, "phase_error_std_deg": 40.0},
    {"action": "phases", "least_amplitude": 0.3},
    {"action": "levels", "phase_bits": 2, "least_amplitude": 0.2, "phase_error_std_deg": 20.0},
    {"action": "codebook", "codebook_size": 10},
)


def rate(channels: np.ndarray, precoder: np.ndarray, weights: Any = 1.0) -> float:
    """Return the weighted rate for noise of power 1, equation (9)."""
    powers = np.abs(channels @ precoder) ** 2
    wanted = np.diag(powers)
    return float((weights * np.log2(1 + wanted / (powers.sum(1) - wanted + 1.0))).sum())


def expected_reward(copies: Trial, action: np.ndarray, weights: Any) -> list[float]:
    """Return the rewards of actions, worked out from the state before the step."""
    state, p = copies.state, copies.model.params
    count, moved = p.elements, asked(copies, action)
    direct, legs = now(state)
    true = composed(direct, legs, phasors(moved, p), state.incident)
    known = composed(
        state.estimated_direct, state.estimated_reflected, phasors(moved, p, False), state.incident
    )
    found = []
    for i, channels in enumerate(known):
        adjoint = channels.conj().T
        if p.precoder == "maximum_ratio":
            beams = equal_powers(adjoint)
        elif p.precoder == "regularised_zero_forcing":
            loaded = channels @ adjoint + len(channels) * np.eye(len(channels))
            beams = equal_powers(adjoint @ np.linalg.inv(loaded))
        elif p.precoder == "wmmse":
            beams = wmmse(channels, weights=weights, tolerance=1e-3, iterations=30)[0]
        else:
            parts = action[i, count:].reshape(p.antennas, p.users, 2)
            beams = parts[..., 0] + 1j * parts[..., 1]
            beams = beams / np.linalg.norm(beams)
        assert np.linalg.norm(beams) == pytest.approx(1.0, rel=1e-12)
        found.append(rate(true[i], beams, weights))
    return found


@pytest.mark.parametrize("precoder", PRECODERS)
@pytest.mark.parametrize("form", FORMS, ids=lambda form: "-".join(map(str, form.values())))
def test_reward_is_the_formula(precoder: str, form: dict[str, Any]) -> None:
    """Noise counts once, whatever the number of users."""
    if precoder == "learned" and form["action"] in ("levels", "codebook"):
        with pytest.raises(ScenarioError, match="precoder = 'learned'"):
            bind(ID, precoder=precoder, **form)
        return
    weights = np.array([0.5, 1.5])
    copies = trial(4, **SMALL, precoder=precoder, user_weights=(0.5, 1.5), **form)
    random = np.random.default_rng(1)
    for _ in range(12):
        action = random_actions(copies, random)
        expected = expected_reward(copies, action, weights)
        assert copies.step(action) == pytest.approx(expected, rel=1e-9)
        if "least_amplitude" not in form:  # the elements of the last copy, as they are observed
            assert np.abs(copies.state.scratch.reflection) == pytest.approx(1.0, abs=1e-12)


def test_every_phase_changes_the_rates() -> None:
    env = Env(bind(ID, **SMALL, action="phases"))
    env.reset(seed=1)
    before = env.simulate(np.zeros(12, np.float32))[1]
    for n in range(12):
        action = np.zeros(12, np.float32)
        action[n] = 0.3
        assert env.simulate(action)[1] != before, n


def test_the_scale_of_a_learned_precoder_changes_nothing() -> None:
    env = Env(bind(ID, **SMALL, precoder="learned"))
    env.reset(seed=2)
    action = np.random.default_rng(0).uniform(-1, 1, env.action_space.shape)
    whole = env.simulate(action)[1]
    action[12:] *= 0.01
    assert env.simulate(action)[1] == pytest.approx(whole, rel=1e-12)
    action[12:] = 0.0
    assert env.simulate(action)[1] == 0.0


def test_observed_directions_point_to_the_best_phase() -> None:
    """Of one user, for one element at a time, up to the phases' resolution in the observation."""
    copies = trial(
        2, "single_user", csi_error=0.0, csi_delay=0, speed_m_s=0.0, elements=6, horizon=10
    )
    seen = copies.observations[:, 0, :24].reshape(2, 6, 4)
    turns = copies.state.elements["turns"]
    assert seen[..., 0] == pytest.approx(np.cos(2 * np.pi * turns), abs=1e-6)
    assert seen[..., 1] == pytest.approx(np.sin(2 * np.pi * turns), abs=1e-6)
    sizes = np.square(seen[..., 2:]).sum(-1)
    assert sizes.mean(1) == pytest.approx(1.0, rel=1e-5)
    direct, legs = now(copies.state)
    paths = legs[:, 0] * copies.state.incident[:, :, 0] * np.exp(2j * np.pi * turns)
    rest = direct[:, 0] + paths.sum(1, keepdims=True) - paths
    best = np.angle(rest / paths)
    found = np.arctan2(seen[..., 3], seen[..., 2])
    assert np.abs(np.exp(1j * found) - np.exp(1j * best)).max() < 1e-5


def test_observed_channels_are_the_estimates() -> None:
    copies = trial(3, **SMALL, observation="channels")
    state, p = copies.state, copies.model.params
    seen = copies.observations[:, 0]
    per = 2 + 2 * (p.users + p.antennas)
    rows = seen[:, : 12 * per].reshape(3, 12, per)
    legs = state.estimated_reflected / state.users["reflected_amplitude"][:, :, None]
    parts = np.stack((legs.real, legs.imag), -1).transpose(0, 2, 1, 3).reshape(3, 12, -1)
    assert rows[..., 2 : 2 + 2 * p.users] == pytest.approx(parts, abs=1e-5)
    direct = state.estimated_direct / state.users["direct_amplitude"][:, :, None]
    parts = np.stack((direct.real, direct.imag), -1).reshape(3, -1)
    assert seen[:, 12 * per : -p.users] == pytest.approx(parts, abs=1e-5)


def lengths_m(users: Any, place: Any) -> np.ndarray:
    return np.hypot(users["x_m"] - place[0], users["y_m"] - place[1])


def test_mean_losses_and_rician_powers() -> None:
    """Powers relative to the law of distance: mean 1, with the variance of Rician fading."""
    law: dict[str, Any] = {
        "direct_rician_db": 6.0,
        "reflected_rician_db": -300.0,
        "incident_rician_db": 3.0,
    }
    copies = trial(300, **{**SMALL, "users": 4}, **law)
    state, p = copies.state, copies.model.params
    direct, legs = now(state)
    budget = p.power_dbm - p.noise_dbm

    def relative(channels: np.ndarray, loss_db: Any) -> np.ndarray:
        return np.abs(channels) ** 2 / 10 ** (-np.asarray(loss_db)[..., None] / 10)

    far = lengths_m(state.users, (0.0, 0.0))
    loss = p.direct_loss_1m_db + p.direct_slope_db * np.log10(far) - budget
    near = lengths_m(state.users, p.surface_m)
    other = p.reflected_loss_1m_db + p.reflected_slope_db * np.log10(near) - budget
    apart = math.hypot(*p.surface_m)
    fixed = p.incident_loss_1m_db + p.incident_slope_db * math.log10(apart)
    cases = (
        (relative(direct, loss), 10**0.6),
        (relative(legs, other), 0.0),
        (relative(state.incident, np.full((300, 12), fixed)), 10**0.3),
    )
    for powers, k in cases:
        variance = (1 + 2 * k) / (1 + k) ** 2
        error = 4 * math.sqrt(variance / powers.size)
        assert powers.mean() == pytest.approx(1.0, abs=error)
        assert powers.var() == pytest.approx(variance, rel=0.15)


def test_line_of_sight_follows_the_user() -> None:
    """Without scattering: carrier phase of the distance, and the steering vectors."""
    sight: dict[str, Any] = {
        f"{leg}_rician_db": 100.0 for leg in ("direct", "incident", "reflected")
    }
    copies = trial(2, **SMALL, **sight)
    wave = 299792458.0 / 3.5e9
    for _ in range(3):
        copies.step(still(copies))
        state, p = copies.state, copies.model.params
        direct, legs = now(state)
        x, y = state.users["x_m"], state.users["y_m"]
        for channels, count, (a, b), axis in (
            (direct, 3, (0.0, 0.0), "y"), (legs, 12, p.surface_m, "x")
        ):  # fmt: skip
            far = np.hypot(x - a, y - b)
            cosine = (y - b if axis == "y" else x - a) / far
            places = np.arange(count) - (count - 1) / 2
            phase = -2 * np.pi * far[..., None] / wave + np.pi * places * cosine[..., None]
            unit = channels / np.abs(channels)
            assert np.abs(unit - np.exp(1j * phase)).max() < 2e-4


def test_scattered_parts_follow_clarke_s_correlation() -> None:
    copies = trial(200, **SMALL, speed_m_s=3.0)
    wave = 299792458.0 / 3.5e9
    turns = 3.0 * copies.model.params.slot_s / wave
    arrivals = np.linspace(0, 2 * np.pi, 20001)
    rho = np.cos(2 * np.pi * turns * np.cos(arrivals)).mean()  # J0
    first = copies.state.scattered_reflected.copy()
    copies.step(still(copies))
    second = copies.state.scattered_reflected.copy()
    copies.step(still(copies))
    third = copies.state.scattered_reflected
    size = 4 / math.sqrt(first.size)
    assert (first.conj() * second).mean() == pytest.approx(rho, abs=size)
    assert (first.conj() * third).mean() == pytest.approx(rho * rho, abs=size)
    assert np.square(np.abs(third)).mean() == pytest.approx(1.0, abs=size)
    incident = copies.state.incident.copy()
    copies.step(still(copies))
    assert (copies.state.incident == incident).all()


@pytest.mark.parametrize("delay", [0, 1, 4])
def test_estimates_are_old_and_have_errors(delay: int) -> None:
    copies = trial(60, **SMALL, csi_delay=delay, csi_error=0.4, speed_m_s=2.0)
    past = [now(copies.state)[1].copy()]
    for _ in range(delay + 2):
        copies.step(still(copies))
        past.append(now(copies.state)[1].copy())
    state = copies.state
    amplitude = state.users["reflected_amplitude"][:, :, None]
    error = (state.estimated_reflected - past[-1 - delay]) / amplitude
    assert np.square(np.abs(error)).mean() == pytest.approx(0.4, rel=0.1)
    assert abs(error.mean()) < 4 * math.sqrt(0.4 / error.size)
    for other in set(range(delay + 3)) - {delay}:
        wrong = (state.estimated_reflected - past[-1 - other]) / amplitude
        assert np.square(np.abs(wrong)).mean() > np.square(np.abs(error)).mean()
    exact = trial(4, **SMALL, csi_delay=0, csi_error=0.0).state
    assert (exact.estimated_reflected == now(exact)[1]).all()
    assert (exact.estimated_direct == now(exact)[0]).all()


def test_errors_are_new_in_each_slot_and_the_world_does_not_see_actions() -> None:
    copies, others = trial(3, **SMALL, speed_m_s=0.0), trial(3, **SMALL, speed_m_s=0.0)
    first = copies.state.estimated_direct.copy()
    random = np.random.default_rng(0)
    for _ in range(3):
        copies.step(still(copies))
        others.step(random_actions(others, random))
    assert (copies.state.estimated_direct != first).all()
    assert (copies.state.estimated_direct == others.state.estimated_direct).all()
    assert (now(copies.state)[1] == now(others.state)[1]).all()


def test_users_walk_in_the_disc() -> None:
    copies = trial(50, **SMALL, speed_m_s=4.0, radius_m=1.0, turn_std_deg=2.0)
    p, before, rims = copies.model.params, None, 0
    for _ in range(300):
        users = copies.state.users
        place = np.stack((users["x_m"], users["y_m"]), -1)
        assert lengths_m(users, p.centre_m).max() <= 1.0 + 1e-12
        heading = np.hypot(users["heading_x"], users["heading_y"])
        assert np.abs(heading - 1.0).max() < 1e-12
        if before is not None:
            steps = np.linalg.norm(place - before, axis=-1)
            assert steps.max() <= 0.02 + 1e-12
            rims += (steps < 0.0199).sum()
        before = place
        copies.step(still(copies))
    assert rims > 50  # some were reflected
    starts = trial(2, "guo2020").state.users
    assert starts["x_m"][0] == pytest.approx([205.65, 193.47, 198.30, 207.00])
    assert starts["y_m"][0] == pytest.approx([34.48, 30.24, 22.40, 24.28])


def test_places_are_uniform_in_the_disc() -> None:
    copies = trial(600, **SMALL)
    away = lengths_m(copies.state.users, copies.model.params.centre_m) / 8.0
    assert np.square(away).mean() == pytest.approx(0.5, abs=4 * 0.29 / math.sqrt(away.size))


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"action": "levels"}, "parameter action = 'levels'.*phase_bits"),
        ({"user_weights": (1.0, 2.0)}, "parameter user_weights: 2 values.*users"),
        ({"user_weights": (0.0,) * 4}, "parameter user_weights"),
        ({"start_m": (1.0, 2.0)}, "parameter start_m: 2 numbers.*users"),
        ({"start_m": (9.0,) * 8}, "parameter start_m.*radius_m"),
        ({"speed_m_s": 100.0, "radius_m": 0.1}, "parameter speed_m_s.*radius_m"),
        ({"speed_m_s": 100.0}, "parameter speed_m_s.*wavelengths"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(overrides: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        bind(ID, **overrides)


def test_without_a_surface_phases_do_nothing() -> None:
    env = Env(bind(ID, **SMALL, surface="absent", action="phases"))
    env.reset(seed=4)
    random = np.random.default_rng(0)
    found = {env.simulate(random.uniform(-1, 1, 12).astype(np.float32))[1] for _ in range(5)}
    assert len(found) == 1
    assert (env.step(np.zeros(12, np.float32))[0][:48].reshape(12, 4)[:, 2:] == 0.0).all()


def test_metrics_of_a_step_fit_together() -> None:
    """What known channels promise is reached; sums, least and weights of the users' rates."""
    known = {"csi_error": 0.0, "csi_delay": 0, "user_weights": (2.0, 0.5)}
    env = Env(bind(ID, **{**SMALL, **known}))
    env.reset(seed=5)
    for _ in range(5):
        action = env.action_space.sample()
        _, reward, _, _, info = env.step(action)
        metrics, rates = info["metrics"], env.batch.state.users["rate"][0]
        assert reward == pytest.approx(2.0 * rates[0] + 0.5 * rates[1], rel=1e-12)
        assert metrics["expected_rate"] == pytest.approx(reward, rel=1e-12)
        assert metrics["sum_rate"] == pytest.approx(rates.sum(), rel=1e-12)
        assert metrics["least_rate"] == rates.min()
        assert metrics["sinr_db"] == pytest.approx((10 * np.log10(2**rates - 1)).mean(), abs=1e-6)
    stale = Env(bind(ID, **SMALL))
    stale.reset(seed=5)
    _, reward, _, _, info = stale.step(action)
    assert info["metrics"]["expected_rate"] > reward


def test_power_and_noise_count_in_decibels() -> None:
    """A watt more, or noise less, is the same; all of it relative to the noise of one user."""
    means = []
    for power_dbm, noise_dbm in ((30.0, -90.0), (20.0, -100.0), (40.0, -90.0)):
        copies = trial(4, **SMALL, power_dbm=power_dbm, noise_dbm=noise_dbm)
        means.append(copies.step(still(copies)))
    assert means[0] == pytest.approx(means[1], rel=1e-9)
    assert (means[2] > means[0]).all()
