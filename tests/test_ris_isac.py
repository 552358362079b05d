"""isac/RisIsac-v0 against its specification, by formulas of plain NumPy on its channels."""

import math
from typing import Any

import numpy as np
import pytest
from harness import bind
from ris_miso_play import asked, composed, equal_powers, now, phasors, random_actions, trial

from isac_envs.core.env import Env
from isac_envs.declaration.trial import Trial
from isac_envs.errors import ScenarioError
from isac_envs.kernels.precoding.wmmse import wmmse

ID = "isac/RisIsac-v0"
SMALL: dict[str, Any] = {"name": ID, "elements": 12, "antennas": 4, "users": 2, "horizon": 400}
PLAIN = {key: value for key, value in SMALL.items() if key != "name"}
PRECODERS = ("wmmse", "regularised_zero_forcing", "maximum_ratio", "learned")
FORMS: tuple[dict[str, Any], ...] = (
    {"action": "increments"},
    {"action": "phases", "phase_bits": 3, "phase_error_std_deg": 40.0},
    {"action": "levels", "phase_bits": 2, "least_amplitude": 0.2, "phase_error_std_deg": 20.0},
    {"action": "codebook", "codebook_size": 10, "share_levels": 5},
)
WAVE_M = 299792458.0 / 3.5e9


def beams_for(known: np.ndarray, share: float, p: Any) -> np.ndarray:
    """Return the beams of all streams for estimated channels, the last is that of the target."""
    users, target = known[:-1], known[-1]
    adjoint = users.conj().T
    if p.precoder == "maximum_ratio":
        own = equal_powers(adjoint)
    elif p.precoder == "regularised_zero_forcing":
        ridge = len(users) / max(1 - share, 1e-9)  # at 0 these beams have no power
        own = equal_powers(adjoint @ np.linalg.inv(users @ adjoint + ridge * np.eye(len(users))))
    else:
        scaled = users * math.sqrt(1 - share)
        own = wmmse(scaled, tolerance=1e-3, iterations=30)[0]
    sensing = target.conj()
    if p.sensing_beam == "nulled":
        sensing = sensing - np.linalg.pinv(users) @ (users @ sensing)
    sensing = sensing / np.linalg.norm(sensing)
    return np.column_stack((math.sqrt(1 - share) * own, math.sqrt(share) * sensing))


def expected(copies: Trial, action: np.ndarray) -> list[tuple[np.ndarray, float, np.ndarray]]:
    """Return rates, radar SNR and beams of actions, worked out from the state before the step."""
    state, p = copies.state, copies.model.params
    moved = asked(copies, action)
    direct, legs = now(state)
    true = composed(direct, legs, phasors(moved, p), state.incident)
    known = composed(
        state.estimated_direct, state.estimated_reflected, phasors(moved, p, False), state.incident
    )
    budget = 10 ** ((p.power_dbm - p.noise_dbm) / 10)
    found = []
    for i, channels in enumerate(true):
        if p.precoder == "learned":
            parts = action[i, p.elements :].reshape(p.antennas, p.users + 1, 2)
            beams = parts[..., 0] + 1j * parts[..., 1]
            beams = beams / np.linalg.norm(beams)
        else:
            last = action[i, -1]
            box = p.action in ("increments", "phases")
            share = (last + 1) / 2 if box else last / (p.share_levels - 1)
            beams = beams_for(known[i], share, p)
        powers = np.abs(channels @ beams) ** 2
        wanted = np.diag(powers)[:-1]
        rates = np.log2(1 + wanted / (powers[:-1].sum(1) - wanted + 1.0))
        target = channels[-1] / math.sqrt(budget)  # a gain, without power and noise
        cross_section = 4 * math.pi * p.rcs_m2 / WAVE_M**2
        snr = p.samples * cross_section * budget
        snr *= np.linalg.norm(target) ** 2 * np.linalg.norm(target @ beams) ** 2
        found.append((rates, float(snr), beams))
    return found


@pytest.mark.parametrize("precoder", PRECODERS)
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form["action"])
@pytest.mark.parametrize("beam", ["nulled", "matched"])
def test_rates_and_radar_snr_are_the_formulas(precoder: str, form: Any, beam: str) -> None:
    """Noise counts once, the sensing stream disturbs, all beams light up the target."""
    if precoder == "learned" and form["action"] in ("levels", "codebook"):
        with pytest.raises(ScenarioError, match="precoder = 'learned'"):
            bind(ID, precoder=precoder, **form)
        return
    weights = (1.0, 0.5, -2.0)
    copies = trial(4, **SMALL, precoder=precoder, sensing_beam=beam, weights=weights, **form)
    p, random = copies.model.params, np.random.default_rng(1)
    for _ in range(6):
        action = random_actions(copies, random)
        found = expected(copies, action)
        rewards = copies.step(action)
        for i, (rates, snr, beams) in enumerate(found):
            assert np.linalg.norm(copies.state.precoder[i]) == pytest.approx(1.0, rel=1e-9)
            assert copies.state.users["rate"][i, :-1] == pytest.approx(rates, rel=1e-6)
            snr_db = 10 * math.log10(snr)
            assert copies.state.env["radar_db"][i] == pytest.approx(snr_db, abs=1e-6)
            share = np.linalg.norm(beams[:, -1]) ** 2
            assert copies.state.env["share"][i] == pytest.approx(share, abs=1e-9)
            missing = min(max(p.required_snr_db - snr_db, 0.0), 40.0)
            reward = rates.sum() + 0.5 * math.log2(1 + snr) - 2.0 * missing
            assert rewards[i] == pytest.approx(reward, rel=1e-6)


@pytest.mark.parametrize("share", [-1.0, 1.0])
def test_no_share_and_all_of_it(share: float) -> None:
    copies = trial(3, **SMALL, action="phases")
    action = np.full((3, 13), share)
    copies.step(action)
    rates = copies.state.users["rate"][:, :-1]
    assert (rates > 0.0).all() if share < 0.0 else (rates == 0.0).all()
    powers = (np.abs(copies.state.precoder) ** 2).sum(1)
    assert powers[:, -1] == pytest.approx(0.5 * (share + 1.0), abs=1e-12)
    assert powers.sum(1) == pytest.approx(1.0, rel=1e-12)


def test_every_phase_and_the_share_change_the_outcome() -> None:
    env = Env(bind(ID, **PLAIN, action="phases"))
    env.reset(seed=1)
    before = env.simulate(np.zeros(13, np.float32))[4]["metrics"]
    for n in range(13):
        action = np.zeros(13, np.float32)
        action[n] = 0.3
        after = env.simulate(action)[4]["metrics"]
        assert after["sinr_db"] != before["sinr_db"], n
        assert after["radar_snr_db"] != before["radar_snr_db"], n


def test_the_scale_of_learned_beams_changes_nothing() -> None:
    env = Env(bind(ID, **PLAIN, precoder="learned"))
    env.reset(seed=2)
    action = np.random.default_rng(0).uniform(-1, 1, env.action_space.shape)
    whole = env.simulate(action)[1]
    action[12:] *= 0.01
    assert env.simulate(action)[1] == pytest.approx(whole, rel=1e-12)


def test_a_nulled_beam_gives_the_estimated_users_nothing() -> None:
    copies = trial(5, **SMALL, action="phases", csi_delay=0, csi_error=0.0)
    action = random_actions(copies, np.random.default_rng(0))
    moved = asked(copies, action)
    direct, legs = now(copies.state)
    channels = composed(direct, legs, phasors(moved, copies.model.params), copies.state.incident)
    copies.step(action)
    heard = np.abs(channels[:, :-1] @ copies.state.precoder[:, :, -1:]) ** 2
    assert heard.max() < 1e-18 * np.abs(channels).max() ** 2
    lit = np.abs((channels[:, -1] * copies.state.precoder[:, :, -1]).sum(1)) ** 2
    assert (lit > 0.0).all()


def test_required_snr_and_price() -> None:
    """A dB more that is required costs its price, until nothing is missing or 40 dB are."""
    rewards = {}
    for required in (-60.0, 20.0, 21.0, 150.0):
        copies = trial(4, **SMALL, required_snr_db=required, weights=(0.0, 0.0, -1.5))
        rewards[required] = copies.step(np.zeros((4, 13)))
    assert (rewards[-60.0] == 0.0).all()
    assert rewards[20.0] - rewards[21.0] == pytest.approx(1.5, rel=1e-9)
    assert rewards[150.0] == pytest.approx(-60.0)


def test_observed_directions_are_those_of_rate_and_echo() -> None:
    """The part across a direction is the derivative by the phase, up to one scale for all."""
    copies = trial(2, **SMALL, action="phases", precoder="learned", csi_delay=0, csi_error=0.0)
    random = np.random.default_rng(3)
    action = random.uniform(-1, 1, (2, copies.model.action.width))
    copies.step(action)
    seen = copies.observations[:, 0, :72].reshape(2, 12, 6)
    turns = copies.state.elements["turns"]
    assert seen[..., 0] == pytest.approx(np.cos(2 * np.pi * turns), abs=1e-6)
    assert seen[..., 1] == pytest.approx(np.sin(2 * np.pi * turns), abs=1e-6)
    assert np.square(seen[..., 2:4]).sum(-1).mean(1) == pytest.approx(1.0, rel=1e-5)
    assert np.square(seen[..., 4:]).sum(-1).mean(1) == pytest.approx(1.0, rel=1e-5)
    action[:, :12] = 2.0 * turns
    slopes = np.zeros((2, 2, 12))
    for n in range(12):
        for sign in (1.0, -1.0):
            moved = action.copy()
            moved[:, n] += sign * 1e-5
            for i, (rates, snr, _) in enumerate(expected(copies, moved)):
                slopes[:, i, n] += sign * np.array((rates.sum(), math.log(snr)))
    for i in range(2):
        for across, slope in ((seen[i, :, 3], slopes[0, i]), (seen[i, :, 5], slopes[1, i])):
            scale = (across @ slope) / (across @ across)
            assert scale > 0.0
            assert across * scale == pytest.approx(slope, abs=1e-3 * np.abs(slope).max())


def test_what_else_is_observed() -> None:
    copies = trial(3, **SMALL, csi_delay=0, csi_error=0.0)
    p = copies.model.params
    copies.step(np.full((3, 13), 0.2))
    seen, state = copies.observations[:, 0], copies.state
    last = seen[:, -4:]
    assert last[:, :2] == pytest.approx(state.users["rate"][:, :-1] / 10.0, rel=1e-5)
    assert last[:, 2] == pytest.approx((state.env["radar_db"] - p.required_snr_db) / 10, rel=1e-5)
    assert last[:, 3] == pytest.approx(0.6, rel=1e-5)
    found = expected(copies, np.tile([0.0] * 12 + [0.2], (3, 1)))  # known channels, same phases
    for i, (rates, snr, _) in enumerate(found):
        assert seen[i, 72:74] == pytest.approx(rates / 10, rel=1e-4)
        above = 10 * math.log10(snr) - p.required_snr_db
        assert seen[i, 74] == pytest.approx(above / 10, rel=1e-4)


def test_observed_channels_are_the_estimates() -> None:
    copies = trial(3, **SMALL, observation="channels")
    state, p = copies.state, copies.model.params
    per = 2 + 2 * (p.users + 1 + p.antennas)
    rows = copies.observations[:, 0, : 12 * per].reshape(3, 12, per)
    legs = state.estimated_reflected / state.users["reflected_amplitude"][:, :, None]
    parts = np.stack((legs.real, legs.imag), -1).transpose(0, 2, 1, 3).reshape(3, 12, -1)
    assert rows[..., 2 : 2 + 2 * (p.users + 1)] == pytest.approx(parts, abs=1e-5)
    direct = state.estimated_direct / state.users["direct_amplitude"][:, :, None]
    parts = np.stack((direct.real, direct.imag), -1).reshape(3, -1)
    assert copies.observations[:, 0, 12 * per : -4] == pytest.approx(parts, abs=1e-5)


def test_the_target_walks_in_its_disc() -> None:
    quick = {"target_speed_m_s": 4.0, "target_radius_m": 1.0, "target_turn_std_deg": 2.0}
    copies = trial(40, **SMALL, **quick)
    p, before, rims = copies.model.params, None, 0
    for _ in range(200):
        target = copies.state.users[:, -1]
        place = np.stack((target["x_m"], target["y_m"]), -1)
        assert np.linalg.norm(place - np.array(p.target_centre_m), axis=-1).max() <= 1.0 + 1e-12
        if before is not None:
            steps = np.linalg.norm(place - before, axis=-1)
            assert steps.max() <= 0.02 + 1e-12
            rims += (steps < 0.0199).sum()
        before = place
        copies.step(np.zeros((40, 13)))
    assert rims > 20


def test_the_world_does_not_see_actions() -> None:
    copies, others = trial(3, **SMALL), trial(3, **SMALL)
    random = np.random.default_rng(0)
    for _ in range(4):
        copies.step(np.zeros((3, 13)))
        others.step(random_actions(others, random))
    assert (copies.state.estimated_direct == others.state.estimated_direct).all()
    assert (now(copies.state)[1] == now(others.state)[1]).all()


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"antennas": 4}, "parameter sensing_beam = 'nulled'.*antennas = 4 and users = 4"),
        ({"action": "levels"}, "parameter action = 'levels'.*phase_bits"),
        ({"weights": (1.0, 1.0)}, "3 objectives need 3 weights"),
        ({"share_levels": 1}, "parameter share_levels"),
        ({"target_speed_m_s": 100.0}, "parameter target_speed_m_s.*wavelengths"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(overrides: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        bind(ID, **overrides)


def test_more_users_than_antennas_need_a_matched_beam() -> None:
    copies = trial(2, name=ID, users=4, antennas=3, elements=6, sensing_beam="matched")
    assert np.isfinite(copies.step(np.zeros((2, 7)))).all()


def test_without_a_surface_phases_do_nothing() -> None:
    env = Env(bind(ID, **PLAIN, surface="absent", action="phases"))
    env.reset(seed=4)
    random = np.random.default_rng(0)
    actions = random.uniform(-1, 1, (5, 13)).astype(np.float32)
    actions[:, -1] = 0.1
    assert len({env.simulate(action)[1] for action in actions}) == 1
