"""isac/BeamClusterRbg-v0 against its equations, and its schedulers against slow references."""

import numpy as np
import pytest
from beam_cluster_play import ID, Queues, gain_db, mean_of, schedule, started, step

from isac_envs import scenarios
from isac_envs.core.env import Env
from isac_envs.envs.cells.beam_cluster_rbg.beams import deviation_deg
from isac_envs.envs.cells.beam_cluster_rbg.params import SCHEDULERS
from isac_envs.envs.cells.beam_cluster_rbg.schedulers import PATIENCE
from isac_envs.errors import ScenarioError
from isac_envs.kernels.link.modulation_tables import cqi_efficiency, select_cqi


def policy(batch, name):
    return batch.model.baselines[name](batch)


def azimuths(x, y):
    return np.degrees(np.arctan2(y, x))


def test_users_receive_what_the_equations_say():
    batch, _ = started(30)
    p = batch.model.params
    noise_w = 1.380649e-23 * 290 * p.bandwidth_hz * 10 ** (p.noise_figure_db / 10)
    for users, beams in zip(batch.state.users, batch.state.beams, strict=True):
        at = azimuths(beams["x_m"], beams["y_m"])
        assert beams["azimuth_deg"] == pytest.approx(at, abs=1e-9)
        offset = azimuths(users["x_m"], users["y_m"])[:, None] - at
        offset = np.abs((offset + 180) % 360 - 180)
        gains = 10 ** (gain_db(offset, beams["width_deg"]) / 10)
        own = np.arange(4) == users["beam"][:, None]
        used = beams["members"] > 0
        signal = users["path"] * (gains * own).sum(1)
        interference = users["path"] * (gains * ~own * used).sum(1)
        assert users["signal"] == pytest.approx(signal, rel=1e-9)
        assert users["interference"] == pytest.approx(interference, rel=1e-9)
        assert (users["lost"] == (signal / (1 + interference) < 10**-0.5)).all()
        assert (beams["members"] == np.bincount(users["beam"], minlength=4)).all()
    plain, _ = started(30, shadow_std_db=0.0, hot_spot_std_m=0.0)
    users = plain.state.users
    distance = np.hypot(users["x_m"], users["y_m"])
    assert distance.min() >= 60.0
    assert distance.max() <= 180.0
    loss = (3e8 / 2.99792458e8) ** 2 * (4 * np.pi * distance * 30e9 / 3e8) ** 2
    assert users["path"] == pytest.approx(0.25 / noise_w / loss, rel=1e-9)
    assert np.abs(azimuths(users["x_m"], users["y_m"])).max() <= 50.0


def test_shadow_fading_has_its_deviation():
    batch, _ = started(400)
    users = batch.state.users
    away = 20 * np.log10(np.hypot(users["x_m"], users["y_m"]))
    residual = 10 * np.log10(users["path"]) + away
    assert residual.std() == pytest.approx(5.8, rel=0.05)


def test_reports_and_groups_follow_their_laws():
    batch, frame = started(200, location_errors_m=(2.0, 40.0))
    users = batch.state.users
    errors = np.stack([users["seen_x_m"] - users["x_m"], users["seen_y_m"] - users["y_m"]])
    for sigma, share in ((2.0, 0.6), (40.0, 0.4)):
        chosen = users["cross_std_m"] == sigma
        assert chosen.mean() == pytest.approx(share, abs=0.03)
        assert errors[:, chosen].std() == pytest.approx(sigma, rel=0.05)
    before = users["seen_x_m"].copy()
    for slot in range(1, 101):
        step(batch, frame, np.zeros((200, 32), int))
        assert (users["seen_x_m"] != before).any() == (slot == 100)


def test_a_radar_locates_as_its_bounds_say():
    """The formulas written out; errors grow with the cube of the distance across."""
    batch, _ = started(300, location="radar")
    users = batch.state.users
    distance = np.hypot(users["x_m"], users["y_m"])
    turn = np.arctan2(users["y_m"], users["x_m"])
    noise_j = 1.380649e-23 * 290 * 10**0.7
    wavelength = 2.99792458e8 / 30e9
    deviations = set()
    for area in (10.0, 0.1):
        snr = 0.1 * 1e-3 * wavelength**2 * area / ((4 * np.pi) ** 3 * distance**4 * noise_j)
        angle = np.sqrt(6 / (snr * (np.pi * np.cos(turn)) ** 2 * 8 * 63))
        delay = np.sqrt(3 / (2 * np.pi**2 * 8 * snr)) / 100e6
        of_class = np.isclose(users["cross_std_m"], np.minimum(1000, distance * angle), rtol=1e-9)
        along = np.minimum(1000, delay * 2.99792458e8 / 2)
        assert users["range_std_m"][of_class] == pytest.approx(along[of_class], rel=1e-9)
        deviations.add(round(float(of_class.mean()), 1))
    assert deviations == {0.6, 0.4}
    error = np.stack([users["seen_x_m"] - users["x_m"], users["seen_y_m"] - users["y_m"]])
    along = error[0] * np.cos(turn) + error[1] * np.sin(turn)
    across = error[1] * np.cos(turn) - error[0] * np.sin(turn)
    assert (along / users["range_std_m"]).std() == pytest.approx(1.0, abs=0.03)
    assert (across / users["cross_std_m"]).std() == pytest.approx(1.0, abs=0.03)


def test_more_sensing_power_makes_beams_narrower():
    widths = []
    for power_dbm in (0.0, 20.0, 40.0):
        batch, _ = started(100, location="radar", sensing_power_dbm=power_dbm)
        widths.append(batch.state.env["width_deg"].mean())
    assert widths[0] > 1.2 * widths[1] > 1.44 * widths[2]


def test_fading_is_rician_and_remembers():
    batch, frame = started(300, rician_k_db=3.0, fading_correlation=0.8)
    first = batch.state.fading.copy()
    k = 10**0.3
    assert batch.state.power.mean() == pytest.approx(1.0, abs=0.01)
    assert batch.state.power.var() == pytest.approx((1 + 2 * k) / (1 + k) ** 2, rel=0.03)
    step(batch, frame, np.zeros((300, 32), int))
    correlation = np.corrcoef(first.ravel(), batch.state.fading.ravel())[0, 1]
    assert correlation == pytest.approx(0.8, abs=0.01)
    assert batch.state.fading.var() == pytest.approx(0.5, rel=0.02)


def test_reports_of_the_channel_follow_the_table():
    batch, _ = started(20)
    users, power = batch.state.users, batch.state.power
    signal, others = users["signal"][..., None], users["interference"][..., None]
    sinr = power * signal / (1.0 + power * others)
    cqi = select_cqi(10 * np.log10(sinr), 2)
    cqi = np.where(users["lost"][..., None], 0, cqi)
    assert (batch.state.cqi == cqi).all()
    bits = np.floor(100e6 / 8 * 1e-3 * cqi_efficiency(2, cqi))
    assert (batch.state.bits == bits).all()
    assert set(range(3, 16)) <= set(cqi.ravel())
    shannon, _ = started(20, link_adaptation="shannon")
    lost = users["lost"][..., None]
    expected = np.where(lost, 0.0, 12_500 * np.log2(1 + sinr))
    assert np.abs(shannon.state.bits - expected).max() <= 1.0


@pytest.mark.parametrize("load", [4.0, 60.0])
def test_queues_are_those_of_packets_in_lists(load):
    batch, frame = started(
        4, offered_mbit_s=load, deadline_slots=5, lifetime_slots=12, packet_bits=4000
    )
    p, users, random = batch.model.params, batch.state.users, np.random.default_rng(0)
    queues = [Queues(p.users, p) for _ in range(4)]
    for i, each in enumerate(queues):
        for u in range(p.users):
            each.add(u, users["waiting_bits"][i, u], 0)
    seen_late, seen_dropped = 0, 0
    for slot in range(1, 121):
        actions = random.integers(0, p.users + 1, (4, 32))
        bits, beams = batch.state.bits.copy(), users["beam"].copy()
        step(batch, frame, actions)
        for i, each in enumerate(queues):
            carried, denied = 0.0, 0
            granted = np.zeros(p.users)
            for k, g in np.ndindex(4, 8):
                u = actions[i, 8 * k + g] - 1
                if u >= 0 and beams[i, u] == k:
                    granted[u] += bits[i, u, g]
                denied += u >= 0 and beams[i, u] != k
            for u in range(p.users):
                carried += each.send(u, granted[u])
            dropped = each.drop(slot)
            for u in range(p.users):
                each.add(u, users["waiting_bits"][i, u] - each.waiting(u), slot)
            ages = np.array([each.age(u, slot) for u in range(p.users)])
            assert (users["age"][i] == ages).all()
            late = each.late(slot)
            assert frame.costs[i, 0, 0] == late
            metrics = frame.metrics[i, 0]
            assert metrics["dropped"] == dropped
            assert metrics["denied"] == denied
            assert metrics["carried_mbit_s"] == pytest.approx(carried / p.users * 1e-3)
            assert metrics["delay_ms"] == pytest.approx(ages.mean())
            expected = [carried / (p.users * load * 1e3), -np.minimum(ages / 5, 1).mean()]
            assert frame.objectives[i, 0] == pytest.approx(expected)
            seen_late, seen_dropped = seen_late + late, seen_dropped + dropped
    assert seen_late > 0
    assert seen_dropped > 0


def test_arrivals_have_the_offered_mean():
    batch, frame = started(100)
    (arrived,) = mean_of(batch, frame, policy(batch, "random"), 100, "arrived_mbit_s")
    assert arrived == pytest.approx(25.0, rel=0.01)


@pytest.mark.parametrize("rule", SCHEDULERS)
def test_schedulers_choose_as_the_slow_references(rule):
    batch, frame = started(6, offered_mbit_s=15.0)
    follow, p = policy(batch, rule), batch.model.params
    for time in range(12):
        chosen = follow.act()
        for i in range(6):
            users, bits = batch.state.users[i], batch.state.bits[i]
            expected = schedule(rule, users, bits, p, time, PATIENCE)
            assert (chosen[i] == expected.ravel()).all()
        step(batch, frame, chosen)
        assert (frame.metrics["denied"] == 0).all()


@pytest.mark.parametrize("rule", SCHEDULERS)
def test_the_scheduler_of_an_action_is_the_baseline(rule):
    named, one = started(5, action="scheduler")
    batch, other = started(5)
    assert (policy(named, rule).act() == SCHEDULERS.index(rule)).all()
    for _ in range(120):
        step(named, one, policy(named, rule).act())
        step(batch, other, policy(batch, rule).act())
        assert (one.rewards == other.rewards).all()
        assert (one.observations == other.observations).all()


def test_masks_let_members_through():
    batch, frame = started(10)
    masks = frame.masks.reshape(10, 4, 8, 21)
    members = batch.state.users["beam"][:, None] == np.arange(4)[:, None]
    assert masks[..., 0].all()
    assert (masks[..., 1:] == members[:, :, None]).all()
    random = policy(batch, "random").act().reshape(10, 4, 8)
    assert np.take_along_axis(masks, random[..., None], -1).all()
    assert (random > 0).all() == (batch.state.beams["members"] > 0).all()
    _, frame = started(3, action="scheduler")
    assert frame.masks.all()
    assert frame.masks.shape == (3, 1, len(SCHEDULERS))


def test_who_is_no_member_is_served_by_nobody():
    batch, frame = started(1)
    users = batch.state.users[0]
    wrong = [
        next(u + 1 for u in range(20) if users["beam"][u] != k) for k in range(4) for _ in range(8)
    ]
    step(batch, frame, [wrong])
    assert frame.metrics["denied"][0, 0] == 32
    assert frame.metrics["granted"][0, 0] == 0
    assert frame.objectives[0, 0, 0] == 0.0


def test_the_world_is_the_same_whatever_is_decided():
    served, one = started(3)
    idle, other = started(3)
    best = policy(served, "max_weight")
    for _ in range(120):
        step(served, one, best.act())
        step(idle, other, np.zeros((3, 32), int))
    assert (served.state.bits == idle.state.bits).all()
    assert (served.state.beams == idle.state.beams).all()
    assert (served.state.env["world"] == idle.state.env["world"]).all()
    assert served.state.users["waiting_bits"].sum() < idle.state.users["waiting_bits"].sum()


def test_beams_cover_their_share_of_the_samples():
    batch, _ = started(1, widest_deg=60.0)
    samples = batch.state.scratch.samples  # of the copy that was reset last
    users, beams = batch.state.users[0], batch.state.beams[0]
    for k in range(4):
        x, y = np.moveaxis(samples[users["beam"] == k].reshape(-1, 2), -1, 0)
        offset = np.abs(azimuths(x, y) - beams["azimuth_deg"][k])
        covered = (offset <= beams["width_deg"][k] / 2).mean()
        assert covered == pytest.approx(0.9, abs=1.01 / len(x))
    everywhere, _ = started(20, widest_deg=8.0, location_errors_m=(40.0, 40.0))
    assert (everywhere.state.beams["width_deg"] <= 8.0).all()
    narrow, _ = started(20, beam_width="nominal")
    assert (narrow.state.beams["width_deg"] == 3.0).all()


def test_medoids_are_reports_of_users_and_means_are_means():
    batch, _ = started(20)
    for users, beams in zip(batch.state.users, batch.state.beams, strict=True):
        reports = {(float(u["seen_x_m"]), float(u["seen_y_m"])) for u in users}
        assert {(float(b["x_m"]), float(b["y_m"])) for b in beams} <= reports
    batch, _ = started(20, clustering="k_means")
    for users, beams in zip(batch.state.users, batch.state.beams, strict=True):
        for k in np.flatnonzero(beams["members"]):
            assert beams["x_m"][k] == pytest.approx(users["seen_x_m"][users["beam"] == k].mean())
    batch, _ = started(1, clustering="uk_means")
    samples, users = batch.state.scratch.samples, batch.state.users[0]
    for k in np.flatnonzero(batch.state.beams["members"][0]):
        mean = samples[users["beam"] == k].mean((0, 1))
        assert batch.state.beams["x_m"][0, k] == pytest.approx(mean[0])


def test_angles_between_azimuths_turn_around():
    assert deviation_deg(179.0, -179.0) == pytest.approx(2.0)
    assert deviation_deg(-50.0, 40.0) == pytest.approx(90.0)


def test_the_observation_holds_what_is_known_of_each_user():
    batch, frame = started(2)
    for _ in range(30):
        step(batch, frame, policy(batch, "round_robin").act())
    rows = frame.observations.reshape(2, 20, 15)
    users, bits = batch.state.users, batch.state.cqi
    assert rows[..., :8] == pytest.approx(bits / 15.0)
    waits = users["waiting_bits"]
    assert rows[..., 8] == pytest.approx(waits / (waits + 25e3 * 20))
    assert rows[..., 9] == pytest.approx(users["age"] / 100.0)
    assert rows[..., 10] == pytest.approx(users["average_bits"] / (users["average_bits"] + 25e3))
    assert (rows[..., 11:].argmax(-1) == users["beam"]).all()
    assert (rows[..., 11:].sum(-1) == 1.0).all()
    mean = Env(scenarios.build(ID, None, {"observation": "wideband"})).reset(seed=0)[0]
    full = Env(scenarios.build(ID, None, {})).reset(seed=0)[0]
    assert mean.reshape(20, 8)[:, 0] == pytest.approx(full.reshape(20, 15)[:, :8].mean(1))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"users": 3}, "parameter users = 3: valid: >= beams = 4"),
        ({"farthest_m": 50.0}, "parameter farthest_m = 50.0: valid: >= nearest_m = 60.0"),
        ({"nominal_width_deg": 50.0}, "nominal_width_deg = 50.0"),
        ({"lifetime_slots": 10}, "parameter lifetime_slots = 10: valid: >= deadline_slots = 20"),
        ({"users": 64, "samples": 1000}, "parameter samples = 1000: with users = 64"),
        ({"offered_mbit_s": 5000.0}, "parameter offered_mbit_s = 5000.0: with slot_s"),
        ({"location_errors_m": (1.0,)}, "location_errors_m"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(ScenarioError, match=message):
        scenarios.build(ID, None, changes)
