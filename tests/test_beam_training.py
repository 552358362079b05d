"""isac/BeamTraining-v0 against its equations: codebook, link, probes, rewards, echoes, belief."""

import numpy as np
import pytest
from beam_training_play import ID, Play, pattern, rewards_of_slots

from isac_envs import scenarios
from isac_envs.envs.beam_management.beam_training.planning import Planner
from isac_envs.errors import ScenarioError

IDEAL = {"phase_error_deg": 0.0, "ripple_db": 0.0}
NOISELESS = {"probe_gain_db": 100.0}
BOLTZMANN, LIGHT_M_S = 1.380649e-23, 299792458.0


def snr_at(params, distance_m, gains):
    noise_w = BOLTZMANN * 290 * params.bandwidth_hz * 10 ** (params.noise_figure_db / 10)
    path = (LIGHT_M_S / params.carrier_hz / (4 * np.pi * distance_m)) ** 2
    return 10 ** (params.power_dbm / 10 - 3) * path * gains / noise_w


def test_powers_are_those_of_the_patterns_of_an_ideal_codebook():
    play = Play(50, **IDEAL)
    e = play.env
    distance = np.hypot(e["x_m"], e["y_m"])
    expected = snr_at(play.params, distance[:, None], pattern(play.params, e["x_m"] / distance))
    assert play.beams["power"] == pytest.approx(expected, rel=1e-8, abs=1e-9 * expected.max())
    assert (e["truly_best"] == expected.argmax(1)).all()
    angle = np.degrees(np.arctan2(e["x_m"], e["y_m"]))
    nearest = np.clip(np.floor((angle / 120 + 0.5) * 64), 0, 63)
    inside = np.abs(angle) < 60
    assert (np.abs(nearest - e["truly_best"])[inside] <= 1).all()


def test_a_wall_adds_the_power_of_the_mirror_image():
    play = Play(30, wall_m=50.0, reflection_db=3.0, **IDEAL)
    e, p = play.env, play.params
    powers = 0.0
    for y, loss in ((e["y_m"], 1.0), (100.0 - e["y_m"], 10**-0.3)):
        away = np.hypot(e["x_m"], y)
        powers = powers + loss * snr_at(p, away[:, None], pattern(p, e["x_m"] / away))
    assert play.beams["power"] == pytest.approx(powers, rel=1e-7, abs=1e-9 * powers.max())


def test_phase_errors_and_ripple_have_the_means_of_their_laws():
    """Of an array with phase errors: e^(-s^2) of the gain, and the rest towards everywhere."""
    play = Play(3000, phase_error_deg=40.0, ripple_db=0.0, antennas=16, beams=16, lanes=1)
    e = play.env
    ideal = pattern(play.params, e["x_m"] / np.hypot(e["x_m"], e["y_m"]))
    kept = np.exp(-(np.radians(40.0) ** 2))
    strong = ideal > 8.0
    assert play.beams["gain"][strong].mean() == pytest.approx(
        (kept * ideal + 1 - kept)[strong].mean(), rel=0.03
    )
    weak = ideal < 0.1
    assert play.beams["gain"][weak].mean() == pytest.approx(
        (kept * ideal + 1 - kept)[weak].mean(), rel=0.03
    )
    ripple = 10 * np.log10(Play(500, ripple_db=2.5).beams["ripple"])
    assert ripple.std() == pytest.approx(2.5, rel=0.02)
    assert ripple.mean() == pytest.approx(0.0, abs=0.05)


def test_a_calibration_is_the_same_in_all_episodes():
    fixed, free = Play(3, calibration=5), Play(3)
    assert (fixed.beams["ripple"] == fixed.beams["ripple"][0]).all()
    assert (Play(3, calibration=5, seed=9).beams["ripple"] == fixed.beams["ripple"]).all()
    assert (Play(3, calibration=6).beams["ripple"] != fixed.beams["ripple"]).all()
    assert (free.beams["ripple"][0] != free.beams["ripple"][1]).all()


def test_a_probe_measures_power_with_noise():
    """|sqrt(SNR) + w|^2 has the mean SNR + variance."""
    play = Play(4000, probe_gain_db=-3.0)
    play.step(20)
    measured, power = play.beams["measured"][:, 20], play.beams["power"][:, 20]
    variance = 10**0.3
    assert (measured - power).mean() == pytest.approx(variance, rel=0.15)
    quiet = Play(50, **NOISELESS)
    quiet.step(20)
    assert quiet.beams["measured"][:, 20] == pytest.approx(
        quiet.beams["power"][:, 20], rel=1e-3, abs=1e-3
    )


def test_a_slot_pays_what_probes_have_left():
    play = Play(40, **NOISELESS, slot_probes=10)
    powers = play.beams["power"].copy()
    for b in (3, 40, 21):
        assert (play.step(b) == 0.0).all()
        assert (play.metric("slot_ends") == 0.0).all()
    play.step(play.commit)
    chosen = np.array([3, 40, 21])[powers[:, [3, 40, 21]].argmax(1)]
    best = powers[np.arange(40), chosen]
    assert play.objective(0) == pytest.approx(0.7 * np.log2(1 + best), rel=1e-9)
    assert play.metric("loss_db") == pytest.approx(10 * np.log10(powers.max(1) / best), abs=1e-9)
    assert (play.metric("probes") == 3).all()
    assert (play.env["slot"] == 1).all()
    powers = play.beams["power"].copy()
    play.step(play.commit)  # nothing probed: the beam of the last data
    held = powers[np.arange(40), chosen]
    assert play.objective(0) == pytest.approx(np.log2(1 + held), rel=1e-9)


def test_the_sweep_earns_what_its_formula_says():
    """All beams are probed without noise, so that the best one carries what is left."""
    play = Play(30, "deepsense", **NOISELESS)
    sweep = play.model.baselines["sweep"](play.trial)
    for _ in range(3):
        most = play.beams["power"].max(1)
        for _ in range(64):
            assert (play.step(sweep.act()) == 0.0).all()
        rewards = play.step(sweep.act())
        assert rewards == pytest.approx((1 - 64 / 80) * np.log2(1 + most), rel=1e-9)
        assert (play.metric("loss_db") < 1e-3).all()


def test_a_slot_that_is_all_probes_is_lost():
    play = Play(5, slot_probes=4)
    for k in range(4):
        assert (play.objective(0) == 0.0).all() or k == 0
        play.step(10 + k)
    assert (play.metric("lost") == 1).all()
    assert (play.objective(0) == 0).all()
    assert (play.frame.costs == 1).all()
    assert (play.env["slot"] == 1).all()


def test_an_episode_ends_with_its_slots():
    play = Play(2, episode_slots=3)
    for k in range(3):
        assert not play.trial.ended.any()
        play.step(play.commit)
        assert play.trial.ended.all() == (k == 2)
    play = Play(2, horizon=5, episode_slots=100)
    for _ in range(5):
        play.step(play.commit)
    assert play.trial.ended.all()


def test_masks_hold_what_is_not_probed():
    play = Play(3)
    assert play.trial.masks.all()
    play.step(7)
    assert not play.trial.masks[:, 0, 7].any()
    assert play.trial.masks.sum() == 3 * 64
    play.step(play.commit)
    assert play.trial.masks.all()


def test_ranked_actions_probe_the_most_probable_beams():
    play = Play(20, action="ranked")
    for k in range(3):
        beams = play.beams
        chosen = np.where(beams["probed"], -1, beams["probability"]).argmax(1)
        play.step(0)
        assert play.beams["probed"][np.arange(20), chosen].all()
        assert (play.beams["probed"].sum(1) == k + 1).all()


def test_vehicles_move_as_said_whatever_is_done():
    """The same seeds give the same drives: an agent changes what it learns, not what happens."""
    busy, idle = Play(200), Play(200)
    before = idle.env["x_m"].copy()
    for slot in range(6):
        for b in range(slot):
            busy.step(5 * b)
        busy.step(busy.commit)
        idle.step(idle.commit)
        assert (busy.env["x_m"] == idle.env["x_m"]).all()
        assert (busy.beams["power"] == idle.beams["power"]).all()
        stayed = ~idle.env["is_new"]
        moved = (idle.env["x_m"] - before)[stayed]
        assert moved.mean() == pytest.approx(0.2 * 14, rel=0.1)
        assert np.abs(idle.env["x_m"]).max() <= 35.0
        before = idle.env["x_m"].copy()


def test_blockage_has_its_steady_share_and_loss():
    play = Play(4000, "blocked")
    assert play.env["blocked"].mean() == pytest.approx(0.2, abs=0.02)
    for _ in range(4):
        play.step(play.commit)
    assert play.env["blocked"].mean() == pytest.approx(0.2, abs=0.02)
    plain = Play(300, block_probability=1.0, clear_probability=1e-3, **IDEAL)
    e = plain.env
    shut = e["blocked"]
    distance = np.hypot(e["x_m"], e["y_m"])
    expected = snr_at(plain.params, distance[:, None], pattern(plain.params, e["x_m"] / distance))
    assert shut.mean() > 0.98
    assert plain.beams["power"][shut] == pytest.approx(0.01 * expected[shut], rel=1e-7, abs=1e-9)


def test_the_echo_is_detected_by_swerling_1_and_errs_by_its_bounds():
    """Of vehicles in a beam that is known to be the best, and an array without errors."""
    play = Play(6000, **IDEAL, receive_antennas=8, echo_samples=30.0)
    e, p = play.env, play.params
    x, y = e["x_m"].copy(), e["y_m"].copy()
    distance = np.hypot(x, y)
    gain = play.beams["power"].max(1) / snr_at(p, distance, 1.0)
    radar = 10 ** (p.power_dbm / 10 - 3) * gain * (LIGHT_M_S / p.carrier_hz) ** 2 * p.rcs_m2
    radar /= (4 * np.pi) ** 3 * distance**4
    noise_w = BOLTZMANN * 290 * p.bandwidth_hz * 10 ** (p.noise_figure_db / 10)
    snr = radar * 8 / noise_w * p.echo_samples
    genie = play.model.baselines["genie"](play.trial)
    play.step(genie.act())
    e = play.env
    above = snr > 1
    expected = np.where(above, 1e-4 ** (1 / (1 + snr)), 0.0)
    assert e["heard"].mean() == pytest.approx(expected.mean(), abs=0.015)
    heard = e["heard"]
    delay_variance = 6 / ((2 * np.pi * p.bandwidth_hz) ** 2 * snr)  # of a flat spectrum, 2 gamma
    errors = (e["range_m"] - distance)[heard] / (0.5 * LIGHT_M_S * np.sqrt(delay_variance))[heard]
    assert errors.std() == pytest.approx(1.0, rel=0.05)
    cosine_variance = 6 / (np.pi**2 * snr * (64 - 1))  # snr is that of all eight antennas
    errors = (e["cosine"] - x / distance)[heard] / np.sqrt(cosine_variance)[heard]
    assert errors.std() == pytest.approx(1.0, rel=0.05)
    assert errors.mean() == pytest.approx(0.0, abs=0.06)


def test_the_filter_is_consistent_without_probes():
    """Its normalised squared error is 3 on average, with and without echoes."""
    for name in ("genie", "hold"):
        play = Play(400)
        policy = play.model.baselines[name](play.trial)
        found = []
        for slot in range(19):
            play.step(policy.act())
            if slot > 4:
                found.append(play.metric("nees").mean())
        assert np.mean(found) == pytest.approx(3.0, abs=0.35), name


def test_the_belief_is_a_calibrated_probability():
    """Beams that are believed to be the best with 60 to 80 % are so in about 70 % of cases."""
    play = Play(400)
    policy = play.model.baselines["bayes"](play.trial)
    said, true = [], []
    for _ in range(40):
        first = play.beams["probability"].argmax(1)
        said.append(play.beams["probability"].max(1))
        true.append(first == play.env["truly_best"])
        play.step(policy.act())
    said, true = np.concatenate(said), np.concatenate(true)
    for low, high in ((0.2, 0.4), (0.4, 0.6), (0.6, 0.8)):
        there = (said > low) & (said <= high)
        assert true[there].mean() == pytest.approx(said[there].mean(), abs=0.1)


def test_probabilities_add_up_and_a_probe_of_the_best_beam_raises_its_own():
    play = Play(60, "blocked")
    assert play.beams["probability"].sum(1) == pytest.approx(1.0, abs=1e-9)
    best = play.env["truly_best"].copy()
    before = play.beams["probability"][np.arange(60), best]
    play.step(best)
    after = play.beams["probability"]
    assert after.sum(1) == pytest.approx(1.0, abs=1e-9)
    assert after[np.arange(60), best].mean() > before.mean() + 0.1


def test_the_observation_says_what_is_measured_and_believed():
    play = Play(30)
    for b in (20, 41):
        play.step(b)
    seen, e, beams = play.trial.observations[:, 0], play.env, play.beams
    level = np.minimum(np.log2(1 + beams["measured"]) / 16, 1)
    assert seen[:, :64] == pytest.approx(level, abs=1e-6)
    assert seen[:, 64] == pytest.approx(level.max(1), abs=1e-6)
    assert seen[:, 65] == pytest.approx(2 / 16)
    assert seen[:, 68:132] == pytest.approx(beams["probability"], abs=1e-6)
    left = np.where(beams["probed"], 0.0, beams["probability"])
    assert seen[:, 132] == pytest.approx(left.max(1), abs=1e-6)
    assert seen[:, 133] == pytest.approx(left.sum(1), abs=1e-6)
    distance = np.hypot(e["estimate"][:, 0], e["estimate"][:, 2])
    expected = snr_at(play.params, distance, 64 * np.exp(-(np.radians(20) ** 2)))
    assert seen[:, 134] == pytest.approx(np.log2(1 + expected) / 16, abs=1e-6)
    raw = Play(30, observation="raw")
    seen, e = raw.trial.observations[:, 0], raw.env
    assert seen[:, 68] == pytest.approx(e["gps_x_m"] / 35, abs=1e-6)
    assert seen[:, 69] == pytest.approx(e["gps_y_m"] / 21.75 - 1, abs=1e-6)


@pytest.mark.parametrize("scenario", ["default", "blocked", "deepsense"])
def test_no_policy_beats_the_genie_in_any_slot(scenario):
    model = scenarios.build(ID, scenario, {"episode_slots": 8})
    bound = rewards_of_slots(model, "genie", 30)
    for name in model.baselines:
        assert (rewards_of_slots(model, name, 30) <= bound + 1e-9).all(), name


def test_the_plan_stops_where_probes_cannot_pay():
    """A known direction and an ideal codebook: one probe of the beam there, then data."""
    play = Play(40, position_std_m=0.01, lanes=1, wander_m=0.0, **IDEAL, **NOISELESS)
    planner = Planner(play.model)
    plan = planner.plan(play.trial.state)
    other = play.env["truly_best"] != play.env["last"]
    assert (plan.probes[other] == 1).all()
    assert (np.abs(plan.beams - play.env["truly_best"])[other] <= 1).all()
    play.step(plan.beams)
    assert (planner.plan(play.trial.state).probes == 0).all()


def test_planned_probes_beat_fixed_numbers_and_look_ups():
    model = scenarios.build(ID, None, {})
    mean = {name: rewards_of_slots(model, name, 150).mean() for name in model.baselines}
    fixed = max(mean[f"top_{k}"] for k in (1, 2, 3, 5, 8))
    assert mean["bayes"] > fixed + 0.2
    assert mean["best_k"] > fixed
    assert fixed > mean["nearest_neighbours"] > mean["hold"]
    assert mean["sweep"] < mean["top_8"]  # of a codebook that is larger than the slot


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"speed_spread_m_s": 20.0}, ["speed_spread_m_s = 20", "speed_m_s = 14"]),
        ({"wall_m": 25.0}, ["wall_m = 25", "27"]),
        ({"slot_s": 9.0}, ["speed_m_s = 14", "half_length_m = 35"]),
        ({"beams": 1}, ["beams", "2"]),
    ],
)
def test_values_that_do_not_fit_are_refused(overrides, words):
    with pytest.raises(ScenarioError) as caught:
        scenarios.build(ID, None, overrides)
    assert all(word in str(caught.value) for word in words)
