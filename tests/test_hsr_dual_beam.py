"""isac/HsrDualBeam-v0 against its specification: equations (1) to (8), reference values, limits.

The expected numbers come from the equations written again with NumPy and the standard library.
"""

import math
from functools import cache

import gymnasium
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.core.env import Env
from isac_envs.core.vector_env import VectorEnv

ID = "isac/HsrDualBeam-v0"
SLOTS = 206
SEPARATIONS = (2, 4, 8, 16, 32, 48, 64)
WIDTHS = (3, 5, 8, 12, 20)
ACTION = st.tuples(st.integers(0, 6), st.integers(0, 4), st.integers(0, 4))


def gain_db(offset_deg, width_deg):
    if abs(offset_deg) > 1.3 * width_deg:
        return -0.4111 * math.log(width_deg) - 10.579
    peak = 20 * math.log10(1.6162 / math.sin(math.radians(width_deg / 2)))
    return peak - 3.01 * (2 * offset_deg / width_deg) ** 2


def by_hand(x, estimate, separation_deg, radar_deg, communication_deg):
    """Return SINR, rate and detection probability of a slot from the printed equations."""
    wavelength, noise = 299792458 / 30e9, 1.380649e-23 * 290 * 10**0.7
    angle, pointing = (math.degrees(math.atan2(v, 20)) for v in (x, estimate))
    to_train = 10 ** (gain_db(angle - pointing, communication_deg) / 10)
    leak = 10 ** (gain_db(angle - pointing - separation_deg, radar_deg) / 10)
    d = math.hypot(x, 20)
    loss = (4 * math.pi / wavelength) ** 2 * d**2.2
    power_c, power_s = 10**-0.6, 1.0
    sinr = power_c * to_train * 10 / loss / (noise * 400e6 + power_s * leak * 10 / loss)
    echo = wavelength**2 / (4 * math.pi) ** 3
    clutter = power_c * to_train * leak * echo * 100 / d**4 / 10**2.5
    detections = []
    for k in range(16):
        s = x + 20 + 130 * k / 15
        offset = math.degrees(math.atan2(s, 20)) - pointing - separation_deg
        gain = 10 ** (gain_db(offset, radar_deg) / 10)
        signal = power_s * gain**2 * echo / math.hypot(s, 20) ** 4 * 1000
        detections.append(1e-4 ** (1 / (1 + signal / (noise * 100e6 + clutter))))
    return sinr, 400e6 * math.log2(1 + sinr), float(np.mean(detections))


@cache
def means(switching_cost=0.0, copies=64, **overrides):
    """Return mean reward per slot, rate and detection of every baseline."""
    found = {}
    for name in VectorEnv(ID).model.baselines:
        env = VectorEnv(ID, copies, switching_cost=switching_cost, **overrides)
        env.reset(seed=5)
        policy = env.model.baselines[name](env.batch)
        total = np.zeros(3)
        for _ in range(SLOTS):
            _, reward, terminated, _, info = env.step(policy.act())
            metrics = info["metrics"]
            total += [reward.mean(), metrics["rate_bps"].mean(),
                      metrics["detection_probability"].mean()]  # fmt: skip
        assert terminated.all()
        found[name] = total / SLOTS
    return found


# --- one slot ----------------------------------------------------------------------------------


@given(st.integers(0, 2**32), st.integers(0, SLOTS - 1), ACTION)
@settings(max_examples=60, deadline=None)
def test_a_slot_by_hand(seed, slot, action):
    env = Env(ID)
    env.reset(seed=seed)
    for _ in range(slot):
        env.step(action)
    state = env.snapshot()[0][0]
    assert state["position_m"] == pytest.approx(-500 + 97.22 * 0.05 * slot)
    chosen = (SEPARATIONS[action[0]], WIDTHS[action[1]], WIDTHS[action[2]])
    _, reward, _, _, info = env.step(action)
    metrics = info["metrics"]
    expected = by_hand(state["position_m"], state["estimate_m"], *chosen)
    found = (10 ** (metrics["sinr_db"] / 10), metrics["rate_bps"], metrics["detection_probability"])
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert reward == pytest.approx(0.3 * expected[1] / 5.27e9 + 0.7 * expected[2])
    assert info["costs"] == {"outage": float(expected[0] < 1)}
    names = ("separation_deg", "radar_width_deg", "communication_width_deg")
    assert tuple(metrics[name] for name in names) == chosen


def test_without_noise_the_beam_hits_the_train():
    env = Env(ID, position_std_m=0.0)
    env.reset(seed=0)
    for _ in range(SLOTS):
        *_, info = env.step((6, 0, 0))
        assert info["metrics"]["pointing_error_deg"] < 1e-12


@pytest.mark.parametrize("cells", [1, 8, 144])
def test_detection_of_cell_averaging_by_hand(cells):
    """Against the law of a level that is the mean of K exponential cells, and by drawing them."""
    env = Env(ID, detector="ca", training_cells=cells, false_alarm=1e-2)
    env.reset(seed=3)
    for _ in range(40):
        env.step((3, 2, 1))
    metrics = env.step((3, 2, 1))[4]["metrics"]
    points = env.batch.state.points[0]
    snr = points["echo_snr"]
    factor = cells * (1e-2 ** (-1 / cells) - 1)
    expected = (1 + factor / (cells * (1 + snr))) ** -cells
    np.testing.assert_allclose(points["detection_probability"], expected, rtol=1e-9)
    assert metrics["detection_probability"] == pytest.approx(expected.mean())
    k, random = int(np.argmax(snr)), np.random.default_rng(cells)
    level = random.standard_gamma(cells, 40_000) / cells
    seen = (1 + snr[k]) * random.standard_exponential(40_000) > factor * level
    assert seen.mean() == pytest.approx(expected[k], abs=0.01)


def test_cell_averaging_costs_less_with_more_cells():
    known = slot_metrics(60, (3, 2, 1))["detection_probability"]
    few, some, many = (
        slot_metrics(60, (3, 2, 1), detector="ca", training_cells=k)["detection_probability"]
        for k in (8, 32, 10**6)
    )
    assert few < some < known
    assert many == pytest.approx(known, rel=1e-4)


def slot_metrics(slot, action, **overrides):
    env = Env(ID, **overrides)
    env.reset(seed=1)
    for _ in range(slot):
        env.step(action)
    return env.step(action)[4]["metrics"]


@pytest.mark.parametrize("action", [(0, 0, 0), (6, 4, 4), (3, 2, 1)])
@pytest.mark.parametrize("slot", [0, 60, 103])
def test_power_and_noise_move_the_link_the_right_way(slot, action):
    usual = slot_metrics(slot, action)
    stronger = slot_metrics(slot, action, communication_power_dbm=27.0)
    assert stronger["sinr_db"] == pytest.approx(usual["sinr_db"] + 3.0)
    louder = slot_metrics(slot, action, radar_power_dbm=33.0)
    assert louder["sinr_db"] < usual["sinr_db"]
    assert louder["detection_probability"] > usual["detection_probability"]
    noisier = slot_metrics(slot, action, noise_figure_db=10.0)
    assert noisier["sinr_db"] < usual["sinr_db"]
    clean = slot_metrics(slot, action, isolation_db=200.0)
    assert clean["echo_snr_db"] >= usual["echo_snr_db"]


def test_without_signal_the_radar_has_false_alarms_only():
    metrics = slot_metrics(50, (3, 0, 0), processing_gain_db=0.0, target_rcs_dbsm=-60.0)
    assert metrics["detection_probability"] == pytest.approx(1e-4, rel=0.05)


# --- the passage -------------------------------------------------------------------------------


@pytest.mark.parametrize(("speed", "slots"), [(97.22, 206), (138.89, 144), (50.0, 400)])
def test_the_passage_terminates(speed, slots):
    env = Env(ID, speed_m_s=speed)
    env.reset(seed=0)
    for k in range(1, slots + 1):
        _, _, terminated, truncated, _ = env.step((0, 0, 0))
        assert (terminated, truncated) == (k == slots, False)
    state = env.snapshot()[0][0]
    assert state["position_m"] >= 500 > state["position_m"] - speed * 0.05


def test_a_short_horizon_truncates():
    env = Env(ID, horizon=9)
    env.reset(seed=0)
    ends = [env.step((0, 0, 0))[2:4] for _ in range(9)]
    assert ends == [(False, False)] * 8 + [(False, True)]


def test_switching_counts_changed_choices_and_the_first_slot_is_free():
    env = Env(ID, switching_cost=0.05)
    env.reset(seed=0)
    actions = [(3, 1, 2), (3, 1, 2), (2, 1, 2), (2, 0, 0), (1, 1, 1), (1, 1, 1)]
    changes = []
    for action in actions:
        info = env.step(action)[4]
        changes.append(info["metrics"]["changes"])
        assert info["objectives"][2] == pytest.approx(-0.05 * changes[-1])
    assert changes == [0, 0, 1, 2, 3, 0]
    env.reset()
    assert env.step((6, 4, 4))[4]["metrics"]["changes"] == 0


def test_the_history_is_what_was_seen_and_done():
    env = Env(ID)
    first, _ = env.reset(seed=3)
    assert not first[:21].any()
    assert not first[23:].any()
    rows = [first[21:]]
    for action in ((1, 2, 3), (0, 0, 0), (6, 4, 4), (5, 1, 1), (2, 3, 4)):
        seen, _, _, _, info = env.step(action)
        metrics, state = info["metrics"], env.snapshot()[0][0]
        chosen = (SEPARATIONS[action[0]] / 64, WIDTHS[action[1]] / 20, WIDTHS[action[2]] / 20)
        expected = [state["estimate_m"] / 500, metrics["sinr_db"] / 40, metrics["echo_snr_db"] / 40]
        rows.append(seen[21:])
        np.testing.assert_allclose(seen[[21, 23, 24]], np.clip(expected, -2, 2), rtol=1e-6)
        np.testing.assert_allclose(seen[25:], chosen, rtol=1e-6)
        padded = [np.zeros(7)] * 4 + rows
        np.testing.assert_array_equal(seen, np.concatenate(padded[-4:]))


def test_longer_history_holds_the_shorter_one():
    short, long = Env(ID), Env(ID, history_slots=6)
    pairs = [(short.reset(seed=2)[0], long.reset(seed=2)[0])]
    pairs += [(short.step(a)[0], long.step(a)[0]) for a in ((1, 1, 1), (2, 2, 2), (3, 3, 3))]
    for a, b in pairs:
        np.testing.assert_array_equal(a, b[14:])


def test_the_history_reshapes_into_a_picture():
    env = gymnasium.wrappers.ReshapeObservation(gymnasium.make(f"isac_envs:{ID}"), (4, 7))
    seen, _ = env.reset(seed=0)
    assert seen.shape == (4, 7)
    assert seen[3].any()
    assert not seen[:3].any()


def degrees(along):
    return math.degrees(math.atan2(along, 20))


def test_the_timetable_shows_place_error_and_setting():
    env = Env(ID, observation="timetable")
    seen, _ = env.reset(seed=3)
    assert seen.shape == (6 + 7 + 5 + 5,) and not seen[6:].any()
    for slot in range(SLOTS):
        x, estimate = -500 + 97.22 * 0.05 * slot, env.batch.env["estimate_m"][0]
        pointing = degrees(estimate)
        expected = [
            x / 500,
            degrees(x) / 90,
            (pointing - degrees(x)) / 10,
            (estimate - x) / 10,  # two deviations of 5 m
            (degrees(x + 20) - pointing) / 90,
            (degrees(x + 150) - pointing) / 90,
        ]
        np.testing.assert_allclose(seen[:6], np.clip(expected, -2, 2), rtol=1e-5, atol=1e-6)
        action = (slot % 7, slot % 5, slot % 3)
        seen = env.step(action)[0]
        chosen = [seen[6:13], seen[13:18], seen[18:]]
        assert [each.argmax() for each in chosen] == list(action) and seen[6:].sum() == 3
    assert env.observation_space.contains(seen)  # behind the cell, too


def test_the_timetable_without_noise_shows_no_error():
    env = Env(ID, observation="timetable", position_std_m=0.0)
    seen, _ = env.reset(seed=0)
    for _ in range(SLOTS - 1):
        assert abs(seen[2:4]).max() < 1e-12
        seen = env.step((0, 0, 0))[0]


def test_both_observations_are_of_the_same_episode():
    envs = [Env(ID, observation=form) for form in ("history", "timetable")]
    rewards = []
    for env in envs:
        env.reset(seed=1)
        rewards.append([env.step((k % 7, k % 5, 1))[1] for k in range(50)])
    assert rewards[0] == rewards[1]


@given(ACTION)
@settings(max_examples=25, deadline=None)
def test_both_forms_of_the_action(action):
    triple, index = Env(ID), Env(ID, action="index")
    triple.reset(seed=1)
    index.reset(seed=1)
    number = action[0] * 25 + action[1] * 5 + action[2]
    a, b = triple.step(action), index.step(number)
    np.testing.assert_array_equal(a[0], b[0])
    assert a[1] == b[1]
    assert a[4]["metrics"] == b[4]["metrics"]


def test_two_policies_meet_the_same_world():
    def world(action):
        env = VectorEnv(ID, 5)
        env.reset(seed=4)
        seen = []
        for _ in range(50):
            env.step(np.full((5, 3), action))
            seen.append(env.batch.env[["estimate_m", "shadow_db", "position_m"]].copy())
        return np.array(seen)

    assert (world(0) == world(4)).all()


def test_estimates_and_shadowing_have_the_stated_laws():
    env = VectorEnv(ID, 4000)
    env.reset(seed=0)
    shadows, errors = [], []
    for _ in range(6):
        state = env.batch.env
        shadows.append(state["shadow_db"].copy())
        errors.append(state["estimate_m"] - state["position_m"])
        env.step(np.zeros((4000, 3), int))
    for values, deviation in ((shadows, 4.0), (errors, 5.0)):
        assert np.std(values) == pytest.approx(deviation, rel=0.03)
    rho = math.exp(-97.22 * 0.05 / 20)
    assert np.corrcoef(shadows[0], shadows[1])[0, 1] == pytest.approx(rho, abs=0.03)
    assert np.corrcoef(shadows[0], shadows[5])[0, 1] == pytest.approx(rho**5, abs=0.05)
    assert np.corrcoef(errors[0], errors[1])[0, 1] == pytest.approx(0, abs=0.06)


# --- reference values --------------------------------------------------------------------------


def test_reference_rewards_without_switching_cost():
    found = means()
    expected = {"random": 0.326, "best_fixed": 0.587, "exhaustive": 0.765, "schedule": 0.765}
    for name, reward in expected.items():
        assert found[name][0] == pytest.approx(reward, abs=2.5e-3), name
    np.testing.assert_allclose(found["best_fixed"][1:], (3.74e9, 0.536), rtol=0.006)
    np.testing.assert_allclose(found["exhaustive"][1:], (2.98e9, 0.851), rtol=0.006)


def test_reference_rewards_with_switching_cost():
    found = means(0.05)
    for name, reward in {"exhaustive": 0.757, "schedule": 0.759}.items():
        assert found[name][0] == pytest.approx(reward, abs=1.5e-3), name


def test_best_fixed_setting_and_number_of_settings_along_the_cell():
    env = VectorEnv(ID, 1)
    env.reset(seed=0)
    fixed = env.model.baselines["best_fixed"](env.batch)
    assert fixed.act().tolist() == [[1, 0, 0]]
    chosen = env.model.baselines["exhaustive"](env.batch).chosen
    assert 16 <= len(set(chosen)) <= 24


@pytest.mark.parametrize("switching_cost", [0.0, 0.05])
def test_order_of_policies(switching_cost):
    found = {name: values[0] for name, values in means(switching_cost).items()}
    assert found["optimum"] == max(found.values())
    assert found["optimum"] >= found["schedule"] >= found["exhaustive"] - 1e-12
    assert found["optimum"] >= found["myopic"] > found["best_fixed"] > found["random"]
    assert found["exhaustive"] > found["by_geometry"] > found["best_fixed"]
