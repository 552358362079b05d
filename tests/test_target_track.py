"""``isac/TargetTrack-v0`` against its specification."""

import math
from typing import Any

import gymnasium
import numpy as np
import pytest
from scipy.stats import norm

import isac_envs  # noqa: F401 - registers the ids
from isac_envs.declaration.trial import Trial
from isac_envs.envs.tracking.target_track.model import TargetTrack
from isac_envs.envs.tracking.target_track.params import TARGET_KINDS, TargetTrackParams
from isac_envs.errors import ScenarioError
from isac_envs.kernels import pathloss
from isac_envs.scenarios import build
from isac_envs.sensing.tracks import CONFIRMED, FREE

NONE, SHORT, MIDDLE, LONG = range(4)  # shares


def trial(n: int = 1, seed: int = 0, **changes: Any) -> Trial:
    """Return started copies."""
    model = TargetTrack(TargetTrackParams(**changes))
    result = Trial(model, n)
    result.start(np.arange(seed, seed + n))
    return result


def everyone(n: int, user: int, share: int, sector: int) -> np.ndarray:
    return np.tile((user, share, sector), (n, 1))


def place(state: Any, k: int, x: float, y: float, vx: float, vy: float, kind: int = 2) -> None:
    """Put a target into place ``k`` of every copy."""
    for name, value in {"x": x, "y": y, "v_x": vx, "v_y": vy, "kind": kind, "alive": True}.items():
        state.targets[name][:, k] = value
    for name in ("slots", "tracked", "acquired"):
        state.targets[name][:, k] = 0


CALM = {
    "birth_rate_hz": 0.0, "start_targets": 0.0, "life_s": 1e9, "turn_rate_hz": 0.0,
    "false_alarm_probability": 1e-12,
}  # fmt: skip
"""Nothing is born, dies or turns, and nothing is seen that is not there."""


def test_spaces_of_the_specification() -> None:
    env = gymnasium.make("isac/TargetTrack-v0")
    assert env.action_space == gymnasium.spaces.MultiDiscrete([7, 4, 16])
    assert env.observation_space.shape == (148,)
    continuous = gymnasium.make("isac/TargetTrack-v0", action="continuous")
    assert continuous.action_space.shape == (9,)


def test_sectors_are_even_in_the_sine() -> None:
    sines = TargetTrackParams().sector_sines()
    edge = math.sin(math.radians(60.0))
    assert sines == pytest.approx([-edge + (s + 0.5) * 2 * edge / 16 for s in range(16)])
    assert np.diff(sines) == pytest.approx(0.108, abs=5e-4)


def test_shares_give_the_symbols_of_the_specification() -> None:
    p = TargetTrackParams()
    assert 1.0 / p.symbol_step_s * p.slot_s == pytest.approx(280.3, abs=0.02)
    slot = p.slot_s / p.symbol_step_s
    assert [math.floor(share * slot) for share in p.shares] == [0, 28, 70, 140]


def test_start_is_that_of_the_specification() -> None:
    n = 4000
    state = trial(n).state
    count = state.targets["alive"].sum(1)
    assert count.mean() == pytest.approx(3.0, abs=4 * math.sqrt(3.0 / n))
    assert (state.tracks["status"] == FREE).all()
    assert (state.users["queue_mbit"] == 0.0).all()
    assert state.users["active"].mean() == pytest.approx(0.5, abs=0.02)
    far = state.users["range_m"]
    assert far.min() >= 20.0
    assert far.max() <= 110.0
    inside = (far < 65.0).mean()  # uniform over the area
    assert inside == pytest.approx((65.0**2 - 400.0) / (110.0**2 - 400.0), abs=0.015)
    assert np.abs(state.users["sine"]).max() <= math.sin(math.radians(58.0))
    alive = state.targets[state.targets["alive"]]
    away = np.hypot(alive["x"], alive["y"])
    share = (away < 100.0).mean()
    assert share == pytest.approx((1e4 - 225.0) / (170.0**2 - 225.0), abs=0.02)
    shares = [(alive["kind"] == k).mean() for k in range(3)]
    assert shares == pytest.approx([0.5, 0.25, 0.25], abs=0.02)
    speed = np.hypot(alive["v_x"], alive["v_y"])
    for k, kind in enumerate(TARGET_KINDS):
        own = speed[alive["kind"] == k]
        assert own.min() >= kind.slowest_m_s - 1e-9
        assert own.max() <= kind.fastest_m_s + 1e-9


def test_links_are_umi_with_shadowing_and_blockage() -> None:
    n = 3000
    p = TargetTrackParams()
    users = trial(n).state.users.reshape(-1)
    ground = np.sqrt(np.square(users["range_m"]) - 8.5**2)
    loss = pathloss.umi_los(ground, 28e9, 1.5, 10.0)
    azimuth = np.degrees(np.arcsin(users["sine"]))
    element = 8.0 - 12.0 * np.square(azimuth / 65.0)
    noise = -174.0 + 0.02 + 10.0 * math.log10(1584 * 60e3) + 9.0 + 8.0
    mean = 30.0 + 10.0 * math.log10(16.0) + element + 5.0 - loss - noise
    shadow = users["snr_db"] - mean
    assert shadow.mean() == pytest.approx(0.0, abs=0.15)
    assert shadow.std() == pytest.approx(3.0, abs=0.1)
    snr_db = users["snr_db"] - np.where(users["blocked"], 12.0, 0.0)
    efficiency = np.minimum(np.log2(1.0 + 10.0 ** ((snr_db - 3.0) / 10.0)), 7.4)
    assert users["efficiency"] == pytest.approx(efficiency, rel=1e-12)
    likely = np.clip(pathloss.umi_los_probability(ground), 0.3, 0.95)
    assert users["blocked"].mean() == pytest.approx(1.0 - likely.mean(), abs=0.01)
    assert p.link_budget_db == pytest.approx(30 + 12.04 + 8 + 5 - noise, abs=0.01)


def test_service_is_the_lesser_of_queue_and_rate() -> None:
    t = trial(500, load_mbit=0.0, **CALM)
    t.state.users["queue_mbit"] = np.linspace(0.0, 40.0, 6)
    before, efficiency = (t.state.users[k].copy() for k in ("queue_mbit", "efficiency"))
    t.step(everyone(500, 4, MIDDLE, 3))
    rate = efficiency[:, 3] * 1584 * 60e3 * 0.05 * 1e-6 * 0.75
    served = before - t.state.users["queue_mbit"]
    assert served[:, 3] == pytest.approx(np.minimum(before[:, 3], rate), rel=1e-12)
    assert np.delete(served, 3, 1).max() == 0.0
    metrics = t._buffers.metrics[:, 0]
    assert metrics["served_mbit"] == pytest.approx(served.sum(1))


def test_arrivals_are_bursts_of_the_stated_load() -> None:
    n, slots = 400, 60
    t = trial(n, queue_mbit=1e6, **CALM)
    for _ in range(slots):
        t.step(everyone(n, 0, NONE, 0))
    per_slot = t.state.users["queue_mbit"].sum(1) / slots
    assert per_slot.mean() == pytest.approx(18.0, rel=0.03)
    recent = t.state.users["arrivals_mbit"]
    active = recent[recent.sum(-1) > 0]
    some = active[active.min(-1) > 0]  # active throughout
    assert some.mean() == pytest.approx(6.0, rel=0.05)


def test_full_queues_drop_and_cost() -> None:
    t = trial(200, **CALM)
    t.state.users["queue_mbit"] = 40.0
    t.step(everyone(200, 0, NONE, 0))
    arrived = t.state.users["arrivals_mbit"].sum((1, 2))
    assert (t.state.users["queue_mbit"] == 40.0).all()
    assert t._buffers.costs[:, 0, 0] == pytest.approx(arrived)
    assert (t._buffers.objectives[:, 0, 0] == -1.0).all()


def test_world_is_the_same_whatever_is_done() -> None:
    a, b = trial(20), trial(20)
    generator = np.random.default_rng(1)
    for _ in range(80):
        a.step(everyone(20, 0, NONE, 0))
        high = (7, 4, 16)
        b.step(generator.integers(0, high, (20, 3)))
    for name in ("alive", "x", "y", "v_x", "v_y", "kind", "slots"):
        assert np.array_equal(a.state.targets[name], b.state.targets[name])
    for name in ("active", "blocked", "efficiency", "arrivals_mbit"):
        assert np.array_equal(a.state.users[name], b.state.users[name])


def test_number_of_targets_follows_births_deaths_and_exits() -> None:
    n = 1000
    t = trial(n, start_targets=0.0, birth_rate_hz=1.0, life_s=2.0, boundary_share=0.0)
    counts = []
    for slot in range(160):
        t.step(everyone(n, 0, NONE, 0))
        counts.append(t.state.targets["alive"].sum(1).mean() if slot >= 120 else 0.0)
    # without exits: rate times life; some leave before
    stationary = float(np.mean(counts[120:]))
    assert 1.6 < stationary <= 2.0 + 0.1


def test_most_targets_holds() -> None:
    t = trial(50, birth_rate_hz=20.0, start_targets=9.0)
    for _ in range(50):
        t.step(everyone(50, 0, NONE, 0))
        assert t.state.targets["alive"].sum(1).max() <= 10


def test_new_targets_come_in_at_the_edge() -> None:
    n = 3000
    t = trial(n, start_targets=0.0, birth_rate_hz=2.0, life_s=1e9, boundary_share=0.7)
    t.step(everyone(n, 0, NONE, 0))
    new = t.state.targets[t.state.targets["alive"]]
    assert (new["slots"] == 0).all()
    away = np.hypot(new["x"], new["y"])
    at_edge = away > 170.0 - 1e-6
    low, high = (norm.ppf(q, 0.7, math.sqrt(0.21 / len(new))) for q in (1e-4, 1 - 1e-4))
    assert low < at_edge.mean() < high + 0.01
    edge = new[at_edge]
    rate = (edge["x"] * edge["v_x"] + edge["y"] * edge["v_y"]) / away[at_edge]
    speed = np.hypot(edge["v_x"], edge["v_y"])
    assert (-rate / speed).min() >= math.cos(1.0) - 1e-9  # within 1 rad of the way inwards


def test_targets_jolt_by_their_spectral_density() -> None:
    n = 20_000
    t = trial(n, most_targets=1, **CALM)
    for kind, expected in enumerate((2.0, 0.2, 1.0)):
        speed = (8.0, 1.2, 8.0)[kind]
        place(t.state, 0, 90.0, 0.0, 0.0, speed, kind)
        t.step(everyone(n, 0, NONE, 0))
        along = t.state.targets["v_x"][:, 0]
        assert along.std() ** 2 / 0.05 == pytest.approx(expected, rel=0.05)
        moved = t.state.targets["y"][:, 0]
        assert moved.mean() == pytest.approx(0.05 * speed, rel=0.01)


def test_world_of_one_target_is_tracked_and_paid() -> None:
    t = trial(300, most_targets=1, **CALM)
    place(t.state, 0, 60.0, 3.0, 0.0, 8.0)
    sector = int(np.abs(t.model.params.sector_sines() - 0.05).argmin())
    t.step(everyone(300, 0, LONG, sector))
    assert (t._buffers.objectives[:, 0, 1] == -0.5).all()  # missed: half of the squared cutoff
    for _ in range(12):
        t.step(everyone(300, 0, LONG, sector))
    metrics = t._buffers.metrics[:, 0]
    assert (metrics["missed"] == 0.0).mean() > 0.95
    sensing = t._buffers.objectives[:, 0, 1]
    assert sensing == pytest.approx(
        -(metrics["localisation"] + 0.5 * (metrics["missed"] + metrics["false"])), abs=1e-12
    )
    assert metrics["gospa"] == pytest.approx(np.sqrt(-sensing))


def test_both_beams_illuminate() -> None:
    """A target behind the served user is found by the echoes of its data, unless ignored."""
    confirmed = {}
    for echoes in ("processed", "ignored"):
        t = trial(300, most_targets=1, communication_echoes=echoes, **CALM)
        t.state.users["sine"][:, 0] = 0.1
        place(t.state, 0, 60.0, 6.03, 7.0, 0.7)
        for _ in range(8):
            t.step(everyone(300, 1, NONE, 0))
        confirmed[echoes] = (t.state.tracks["status"] == CONFIRMED).any(1).mean()
    assert confirmed["processed"] > 0.9
    assert confirmed["ignored"] == 0.0


def test_sector_is_ignored_without_a_share() -> None:
    a, b = trial(30), trial(30)
    for _ in range(40):
        assert np.array_equal(a.step(everyone(30, 1, NONE, 0)), b.step(everyone(30, 1, NONE, 9)))


def test_looks_empty_the_belief_in_targets() -> None:
    t = trial(1, **{**CALM, "birth_rate_hz": 0.4, "start_targets": 3.0})
    before = t.state.sectors["belief"].copy()
    t.step(everyone(1, 0, LONG, 7))
    after = t.state.sectors["belief"][0]
    kept = 1.0 - 0.05 / 8.0
    born = 0.4 * 0.05 / 16
    untouched = np.delete(after, 7)
    assert untouched == pytest.approx(kept * np.delete(before, 7) + born)
    assert after[7] < 0.6 * before[0, 7]
    assert t.state.sectors["slots"][0, 7] == 1
    assert (np.delete(t.state.sectors["slots"][0], 7) == 1).all()
    t.step(everyone(1, 0, LONG, 7))
    assert (np.delete(t.state.sectors["slots"][0], 7) == 2).all()
    assert t.state.sectors["slots"][0, 7] == 1


def test_lost_and_late_are_counted_once() -> None:
    t = trial(200, most_targets=1, late_s=0.5, **CALM)
    place(t.state, 0, 60.0, 3.0, 0.0, 0.0, 2)
    late = np.zeros(200)
    for _ in range(30):  # nobody looks
        t.step(everyone(200, 0, NONE, 0))
        late += t._buffers.costs[:, 0, 2]
    assert (late == 1.0).all()
    t = trial(200, most_targets=1, **CALM)
    place(t.state, 0, 60.0, 3.0, 0.0, 8.0)
    lost = np.zeros(200)
    for slot in range(80):
        t.state.targets["v_y"][:, 0] = 0.5 if slot > 12 else 2.0
        sector = 8
        t.step(everyone(200, 0, LONG if slot < 12 else NONE, sector))
        lost += t._buffers.costs[:, 0, 1]
    was_tracked = t.state.targets["acquired"][:, 0]
    assert was_tracked.mean() > 0.9
    assert lost[was_tracked].max() <= 3.0


def test_genie_is_paid_for_perfect_tracks() -> None:
    t = trial(5)
    genie = t.model.baselines["genie"](t, 0)
    for _ in range(60):
        t.step(genie.act())
        assert (t._buffers.objectives[:, 0, 1] == 0.0).all()
        assert (t._buffers.metrics["sensing_share"] == 0.0).all()


def test_reward_is_the_weighted_sum() -> None:
    t = trial(20, weights=(2.0, 0.25))
    for _ in range(30):
        reward = t.step(everyone(20, 2, SHORT, 4))
        objectives = t._buffers.objectives[:, 0]
        assert reward == pytest.approx(2.0 * objectives[:, 0] + 0.25 * objectives[:, 1])


def test_continuous_form_means_the_same() -> None:
    """Rules state choices as numbers of single precision that mean the same."""
    choices, numbers = trial(20), trial(20, action="continuous")
    for name in ("revisit", "myopic"):
        a, b = (each.model.baselines[name](each, 0) for each in (choices, numbers))
        for _ in range(30):
            same = b.act().astype(np.float32)
            left, right = choices.step(a.act()), numbers.step(same)
            assert left == pytest.approx(right, abs=1e-5)


def test_widest_beam_is_formed_by_two_columns() -> None:
    t = trial(200, action="continuous", most_targets=1, **CALM)
    found = {}
    for width in (-1.0, 1.0):
        t.start(np.arange(200))
        place(t.state, 0, 40.0, 12.0, 0.0, 8.0)  # a sine of 0.29, far outside the narrow beam
        action = np.tile((-1.0,) * 6 + (1.0, 0.0, width), (200, 1))
        t.step(action)
        found[width] = t._buffers.metrics["detections"].mean()
    assert found[-1.0] == 0.0
    assert found[1.0] > 0.5


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mix": (0.0, 0.0, 0.0)}, "at least one must be above 0"),
        ({"shares": (0.0, 0.5, 0.25)}, "must increase"),
        ({"range_to_m": 200.0}, r"cyclic_prefix_s = 1.172e-06 s \(175.7 m\)"),
        ({"subcarrier_comb": 13}, "they span 1664 of subcarriers = 1584"),
        ({"confirm_hits": 7}, "confirm_hits = 7 exceeds confirm_opportunities = 5"),
        ({"false_alarm_probability": 9e-4}, "false alarms a look"),
        ({"symbol_comb": 100, "slot_s": 1e-3}, "fewer than two symbols"),
        ({"birth_rate_hz": 100.0, "slot_s": 0.2}, "more than 10 births a slot"),
    ],
)
def test_senseless_combinations_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises((ScenarioError, ValueError), match=words):
        TargetTrack(TargetTrackParams()).with_parameters(changes)


def test_echoes_stay_in_the_domain_of_the_model() -> None:
    from isac_envs.kernels.radar.echo import OfdmGrid, check_echo_domain

    p = TargetTrackParams()
    grid = OfdmGrid(28e9, 60e3, p.symbol_step_s, p.cyclic_prefix_s, 128, 140)
    check_echo_domain(grid, 2 * 170.0 / 299792458.0, 14.3)


def test_coupled_is_that_of_the_specification() -> None:
    p = build(TargetTrack, "coupled", {}).params
    assert (p.users, p.load_mbit, p.most_user_symbols) == (8, 24.0, 280)
    assert p.shares == (0.0, 0.05, 0.1, 0.2)


def scores(names: list[str], episodes: int, **changes: Any) -> dict[str, np.ndarray]:
    """Return the mean rewards of a slot in each of the episodes."""
    earned = {}
    for name in names:
        t = trial(episodes, seed=100_000, **changes)
        rule = t.model.baselines[name](t, 0)
        steps = t.model.params.horizon
        earned[name] = sum(t.step(rule.act()) for _ in range(steps)) / steps
    return earned


TABLE = {
    "serve_only": 0.068, "serve_greedy": 0.118, "round_robin_short": 0.321, "round_robin": 0.330,
    "round_robin_long": 0.104, "revisit_short": 0.421, "revisit": 0.478, "revisit_long": 0.273,
    "opportunistic": 0.475, "myopic_pure": 0.347, "myopic": 0.576, "index": 0.565,
    "index_blind_choice": 0.588,
}  # fmt: skip
"""Scores of the calibration, 1000 episodes each."""


@pytest.mark.slow
def test_scores_of_the_calibration() -> None:
    """About three minutes."""
    earned = scores([*TABLE, "genie", "random"], 1000)
    best, floor = earned["genie"].mean(), earned["random"].mean()
    assert best == pytest.approx(-0.2567, abs=0.03)
    assert floor == pytest.approx(-0.9764, abs=0.03)
    found = {name: (earned[name].mean() - floor) / (best - floor) for name in TABLE}
    assert found == pytest.approx(TABLE, abs=0.03)


@pytest.mark.slow
def test_both_fidelities_give_the_same_scores() -> None:
    """About four minutes: the same worlds, looked at by laws and at echoes."""
    rules = ["serve_greedy", "round_robin", "revisit", "opportunistic", "index", "myopic"]
    found = {}
    for fidelity in ("statistics", "echo"):
        earned = scores([*rules, "genie", "random"], 100, fidelity=fidelity)
        best, floor = earned["genie"].mean(), earned["random"].mean()
        found[fidelity] = [(earned[name].mean() - floor) / (best - floor) for name in rules]
    assert found["echo"] == pytest.approx(found["statistics"], abs=0.05)
    serve, robin, visit, chance, index, myopic = found["echo"]
    assert serve < robin < min(visit, chance)
    assert max(visit, chance) < min(index, myopic)


def test_echoes_track_a_target_like_its_statistics() -> None:
    """One target in the open: both fidelities confirm it and know its place as well."""
    error = {}
    for fidelity in ("statistics", "echo"):
        t = trial(60, most_targets=1, fidelity=fidelity, **CALM)
        place(t.state, 0, 60.0, 3.0, 0.0, 8.0)
        place_sine = 0.05
        sector = int(np.abs(t.model.params.sector_sines() - place_sine).argmin())
        for _ in range(12):
            t.step(everyone(60, 0, LONG, sector))
        metrics = t._buffers.metrics[:, 0]
        assert (metrics["missed"] == 0.0).mean() > 0.9
        assert (metrics["false"] == 0.0).mean() > 0.9
        error[fidelity] = np.median(metrics["localisation"])
    assert error["echo"] == pytest.approx(error["statistics"], rel=1.0)


def test_order_of_rules_on_a_few_episodes() -> None:
    names = ["random", "serve_only", "round_robin", "revisit", "myopic", "genie"]
    earned = scores(names, 60)
    means = [earned[name].mean() for name in names]
    assert means == sorted(means)
    assert earned["genie"].mean() == pytest.approx(-0.2567, abs=0.05)
