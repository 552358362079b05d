"""``isac/TargetTrackMulti-v0``: one station is TargetTrack; several share, disturb, hand over."""

import math
from typing import Any

import numpy as np
import pytest
from harness import same
from target_track_teams import CALM, NOTHING, everyone, metric, place, trial

from isac_envs import scenarios
from isac_envs.declaration.trial import Trial
from isac_envs.engine.loops import per_copy
from isac_envs.envs.tracking.target_track.observing import PER_USER
from isac_envs.envs.tracking.target_track_multi.model import TargetTrackMulti
from isac_envs.envs.tracking.target_track_multi.params import TargetTrackMultiParams
from isac_envs.envs.tracking.target_track_multi.records import NOBODY
from isac_envs.errors import ScenarioError
from isac_envs.kernels.constants import BOLTZMANN_J_K, SPEED_OF_LIGHT_M_S
from isac_envs.scenarios import build
from isac_envs.sensing.gospa import gospa
from isac_envs.sensing.tracks import CONFIRMED, FREE, TENTATIVE

ALONE, TEAM = "isac/TargetTrack-v0", "isac/TargetTrackMulti-v0"


def pair_of(scenario: str, **overrides: Any) -> tuple[Any, Any]:
    """Return a scenario of TargetTrack, and the same with one station among several."""
    alone = build(ALONE, scenario, overrides)
    values = {name: getattr(alone.params, name) for name in type(alone.params).model_fields}
    return alone, TargetTrackMulti(TargetTrackMultiParams(**values, stations=1))


@pytest.mark.parametrize(
    ("scenario", "overrides", "steps"),
    [
        *((name, {}, 60) for name in scenarios.names(ALONE) if name != "echoes"),
        ("default", {"action": "continuous"}, 60),
        ("default", {"observation": "looks"}, 20),
        ("echoes", {}, 15),
        ("echoes", {"action": "continuous"}, 15),
    ],
)
def test_one_station_is_target_track(scenario: str, overrides: dict[str, Any], steps: int) -> None:
    n, width = 4, 0
    models = pair_of(scenario, **overrides)
    alone, team = (Trial(model, n) for model in models)
    width = models[0].observation.width
    for each in (alone, team):
        each.start(np.arange(n) + 5)
    random = np.random.default_rng(1)
    spec = models[0].action
    for _ in range(steps):
        if spec.kind == "box":
            actions: Any = random.uniform(-1.0, 1.0, (n, spec.width))
        else:
            actions = random.integers(0, spec.high.astype(int) + 1, (n, 3))
        assert np.array_equal(alone.step(actions), team.step(actions))
        for name in ("objectives", "costs"):
            assert np.array_equal(getattr(alone._buffers, name), getattr(team._buffers, name))
        for signal in models[0].metrics:
            assert np.array_equal(metric(alone, signal.name), metric(team, signal.name))
        seen, shared = (each._buffers.seen[0] for each in (alone, team))
        assert np.array_equal(seen, shared[..., :width])
        assert shared.shape[-1] == width + 1
        assert (metric(team, "noise_rise_db") == 0.0).all()


@pytest.mark.parametrize("name", ["genie", "index_blind_choice", "myopic", "revisit",
                                  "opportunistic", "round_robin", "serve_greedy"])  # fmt: skip
def test_rules_of_one_station_are_those_of_target_track(name: str) -> None:
    models = pair_of("default")
    alone, team = (Trial(model, 3) for model in models)
    for each in (alone, team):
        each.start(np.arange(3))
    one, other = (
        model.baselines[name](each) for model, each in zip(models, (alone, team), strict=True)
    )
    for _ in range(40):
        chosen = one.act()
        assert np.array_equal(chosen, other.act()[:, 0])
        assert np.array_equal(alone.step(chosen), team.step(chosen))


def test_first_station_draws_what_it_draws_alone() -> None:
    kinds = {"layout": "line", "spacing_m": 1e4}  # nobody meets anybody
    alone, team = trial(5, stations=1, **kinds), trial(5, stations=3, **kinds)
    assert np.array_equal(alone.state.users[:, 0], team.state.users[:, 0])
    for _ in range(30):
        alone.step(everyone(5, (1, 1, 3)))
        team.step(everyone(5, (1, 1, 3), (2, 0, 0), (3, 2, 5)))
        if team.state.targets["alive"].any() or alone.state.targets["alive"].any():
            break
        for name in ("queue_mbit", "blocked", "active"):
            assert np.array_equal(alone.state.users[name][:, 0], team.state.users[name][:, 0])
    users = team.state.users
    assert not np.array_equal(users["range_m"][:, 0], users["range_m"][:, 1])
    assert not np.array_equal(users["range_m"][:, 1], users["range_m"][:, 2])


def test_trials_draw_for_themselves() -> None:
    real, other = trial(3), trial(3, seed=50)
    other.take(real.state, np.arange(3))
    other.reseed(np.arange(3) + 100)
    for each in (real, other):
        each.step(everyone(3, NOTHING, NOTHING, NOTHING))
    drawn = [each.state.users["arrivals_mbit"][:, :, :, 0] for each in (real, other)]
    for m in range(3):
        assert not np.array_equal(drawn[0][:, m], drawn[1][:, m])


def test_layouts() -> None:
    def poses(**changes: Any) -> tuple[np.ndarray, np.ndarray]:
        return TargetTrackMultiParams(spacing_m=100.0, **changes).poses()

    for layout in ("ring", "line", "facing"):
        places, headings = poses(layout=layout, stations=1)
        assert not places.any()
        assert not headings.any()
    places, headings = poses(layout="line", stations=3)
    assert places == pytest.approx(np.array(((0, 0), (0, 100), (0, 200))))
    assert not headings.any()
    places, headings = poses(layout="facing", stations=4)
    assert places == pytest.approx(np.array(((0, 0), (100, 0), (0, 100), (100, 100))))
    assert headings.tolist() == [0.0, 0.5, 0.0, 0.5]
    places, headings = poses(layout="ring", stations=5)
    assert places[0] == pytest.approx((0.0, 0.0), abs=1e-9)
    around = np.hypot(*(places - np.roll(places, 1, 0)).T)
    assert around == pytest.approx(100.0)
    radius = 50.0 / math.sin(math.pi / 5)
    ahead = np.stack((np.cos(math.tau * headings), np.sin(math.tau * headings)), -1)
    assert places + radius * ahead == pytest.approx(np.tile((radius, 0.0), (5, 1)), abs=1e-9)


def test_interference_of_two_facing_stations_by_hand() -> None:
    t = trial(layout="facing", stations=2, spacing_m=200.0, isolation_db=25.0, users=1, **CALM)
    p = t.model.params
    t.state.users["sine"] = [[[0.1], [-0.3]]]  # of the communication beams
    t.step(everyone(1, (1, 2, 7), (1, 1, 3)))
    sines = p.sector_sines()

    def array(steered: float, towards: float = 0.0) -> float:  # |sum of phasors|^2 / N
        phases = np.exp(1j * np.pi * np.arange(p.columns) * (towards - steered))
        return float(abs(phases.sum()) ** 2 / p.columns)

    element = 10.0**0.8
    spread = (SPEED_OF_LIGHT_M_S / 28e9 / (4.0 * math.pi * 200.0)) ** 2
    noise = BOLTZMANN_J_K * 290.0 * 60e3 * 10.0**0.7
    path = (1.0 / 1584.0) * element * element * spread / noise / 10.0**2.5
    sent = 0.9 * array(-0.3) + 0.1 * array(sines[3])  # by the second
    expected = [1.0 + path * sent * array(beam) for beam in (0.1, sines[7])]
    assert t.state.beams["noise_rise"][0, 0] == pytest.approx(expected, rel=1e-9)
    sent = 0.75 * array(0.1) + 0.25 * array(sines[7])
    expected = [1.0 + path * sent * array(beam) for beam in (-0.3, sines[3])]
    assert t.state.beams["noise_rise"][0, 1] == pytest.approx(expected, rel=1e-9)
    loudest = 10.0 * math.log10(max(expected))
    assert metric(t, "noise_rise_db")[0, 1] == pytest.approx(loudest)


def test_silence_and_the_back_of_an_array_disturb_less() -> None:
    kinds = {"layout": "facing", "stations": 2, "spacing_m": 200.0, "columns": 2, **CALM}
    loud, silent = trial(**kinds), trial(**kinds)
    loud.step(everyone(1, (1, 2, 7), (1, 2, 7)))
    silent.step(everyone(1, (1, 2, 7), NOTHING))
    assert (loud.state.beams["noise_rise"][0, 0] > 1.0).all()
    assert (silent.state.beams["noise_rise"][0, 0] == 1.0).all()
    gain = {}
    for layout in ("facing", "line"):
        p = TargetTrackMultiParams(**{**kinds, "layout": layout}).record[0]
        gain[layout] = p.path_gain[0, 1]
    # at 90 degrees both elements are 12 (90 / 65)^2 dB below their peak
    fall = 2.0 * 12.0 * (90.0 / 65.0) ** 2
    assert 10.0 * math.log10(gain["facing"] / gain["line"]) == pytest.approx(fall)


def test_interference_costs_detections() -> None:
    kinds = {"layout": "facing", "stations": 2, "spacing_m": 300.0, "sectors": 15, **CALM}
    found = []
    for isolation_db in (0.0, 60.0):
        t = trial(400, isolation_db=isolation_db, **kinds)
        place(t.state, 0, 90.0, 0.0, 8.0, 0.0, kind=0)
        t.step(everyone(400, (0, 2, 7), (0, 2, 7)))
        found.append(metric(t, "detections")[:, 0].mean())
    assert found[0] < 0.05
    assert found[1] > 0.5


def test_a_field_that_moves_with_its_station_gives_the_same() -> None:
    """One of two stations that are far apart, at any pose: what the other does at its own."""
    n, kinds = 30, {"stations": 2, "layout": "line", "spacing_m": 1e4, "mix": (0.0, 0.0, 1.0)}
    model = TargetTrackMulti(TargetTrackMultiParams(**CALM, **kinds))
    angle, away = 2.2, np.array((3000.0, -4000.0))
    record = model.params.record
    record["station_x_m"][0, 1], record["station_y_m"][0, 1] = away
    record["station_cosine"][0, 1], record["station_sine"][0, 1] = math.cos(angle), math.sin(angle)
    t = Trial(model, n)
    t.start(np.arange(n))
    users = t.state.users
    users[:, 1] = users[:, 0]
    turn = np.array(((math.cos(angle), -math.sin(angle)), (math.sin(angle), math.cos(angle))))
    for k, (x, y, v_x, v_y) in enumerate(((60.0, 10.0, -6.0, 3.0), (100.0, -30.0, 5.0, 9.0))):
        place(t.state, 2 * k, x, y, v_x, v_y)
        place(t.state, 2 * k + 1, *(away + turn @ (x, y)), *(turn @ (v_x, v_y)))
    jolts = record["jolt_m_s"]
    jolts[...] = 0.0
    sines = model.params.sector_sines()
    for slot in range(12):
        sector = int(np.abs(sines - (10.0 / 61.0, -0.29)[slot % 2]).argmin())
        t.step(everyone(n, (0, 3, sector), (0, 3, sector)))
        t.state.users[:, 1] = t.state.users[:, 0]
    for name in ("missed", "localisation", "acquired", "detections"):  # of many fading looks
        first, second = metric(t, name).T
        spread = np.hypot(first.std(), second.std()) / math.sqrt(n) + 1e-3
        assert abs(first.mean() - second.mean()) < 4.0 * spread, name
    tracks = t.state.tracks
    known = tracks["estimate"][tracks["status"] == CONFIRMED]
    assert len(known) > 3.5 * n
    truth = t.state.targets["x"], t.state.targets["y"]
    for x, y, *_ in known:
        assert np.hypot(truth[0] - x, truth[1] - y).min() < 3.0


def test_observations_and_rules_of_moved_stations_agree() -> None:
    """Tracks at the same place before two stations look alike to them, up to rounding."""
    model = TargetTrackMulti(TargetTrackMultiParams(stations=2, layout="line", spacing_m=1e4))
    angle, away = -1.3, np.array((-2000.0, 7000.0))
    record = model.params.record
    record["station_x_m"][0, 1], record["station_y_m"][0, 1] = away
    record["station_cosine"][0, 1], record["station_sine"][0, 1] = math.cos(angle), math.sin(angle)
    t = Trial(model, 1)
    t.start([3])
    state = t.state
    state.users[:, 1] = state.users[:, 0]
    turn = np.array(((math.cos(angle), -math.sin(angle)), (math.sin(angle), math.cos(angle))))
    both = np.kron(np.eye(2), turn)
    covariance = np.diag((0.4, 9.0, 2.0, 30.0)) + 0.1
    estimate = np.array((70.0, 25.0, -3.0, 6.0))
    for k in range(2):
        track = state.tracks[0, k : k + 1]
        track["status"], track["existence"], track["cross_section_m2"] = CONFIRMED, 0.9, 0.3
        track["estimate"] = both @ estimate + (*away, 0, 0) if k else estimate
        track["covariance"] = both @ covariance @ both.T if k else covariance
    nothing = everyone(1, NOTHING, NOTHING)
    for rule in ("index_blind_choice", "index_nearest", "revisit", "myopic"):
        choice = model.baselines[rule](t).act()
        assert np.array_equal(choice[0, 0], choice[0, 1]), rule
    state.sectors["belief"] = 0.0
    t.step(nothing)
    first, second = t._buffers.seen[0][0]
    start, end = PER_USER * model.params.users, model.observation.width - 6
    assert first[start:end] == pytest.approx(second[start:end], rel=1e-5, abs=1e-6)
    assert first[start] == 1.0


def test_reading_changes_nothing() -> None:
    t = trial(6, seed=9)
    rules = [model for name, model in t.model.baselines.items() if name not in ("random", "genie")]
    for _ in range(40):
        t.step(t.model.baselines["index_nearest"](t).act())
    assert (t.state.tracks["status"] == CONFIRMED).any()
    before = [each.copy() for each in per_copy(t.state)]
    for rule in rules:
        rule(t).act()
    for each in (*before, *per_copy(t.state)):
        if "worth" in (each.dtype.names or ()):
            each["worth"] = 0.0  # scratch of rules
    assert same(before, list(per_copy(t.state)))


def test_two_steps_from_one_state_do_not_depend_on_what_was_read() -> None:
    read, unread = trial(4, seed=2), trial(4, seed=2)
    random = np.random.default_rng(0)
    for _ in range(30):
        actions = random.integers(0, (7, 4, 16), (4, 3, 3))
        read.model.baselines["index_nearest"](read).act()
        assert np.array_equal(read.step(actions), unread.step(actions))


def crossing(**changes: Any) -> Trial:
    """Return copies in which a vehicle passes from the first station of a line to the second."""
    t = trial(8, stations=2, layout="line", spacing_m=100.0, **CALM, **changes)
    t.model.params.record["jolt_m_s"][...] = 0.0
    place(t.state, 0, 60.0, 30.0, 1.0, 12.0)
    return t


def test_a_track_is_handed_over() -> None:
    t = crossing()
    t.state.sectors["belief"] = 0.5  # else nobody would search
    rule = t.model.baselines["index_blind_choice"](t)
    handed, tracked = np.zeros((8, 2)), []
    for _ in range(80):  # 48 m: from 30 to 78, the border being at 50
        t.step(rule.act())
        handed += metric(t, "handed_over")
        tracked.append(t.state.targets["tracked"][:, 0].copy())
    places = [np.flatnonzero(row) for row in t.state.tracks["status"] == CONFIRMED]
    assert all(len(each) == 1 for each in places)
    assert (handed[:, 1] - handed[:, 0] == 1.0).all()
    assert np.mean(tracked[20:]) > 0.95  # the border is not felt
    assert (t.state.owners.max(1) == 1).all()
    assert (metric(t, "targets") == (0.0, 1.0)).all()


def test_what_a_target_costs_is_its_station_s() -> None:
    t = trial(3, stations=2, layout="line", spacing_m=100.0, **CALM)
    place(t.state, 0, 60.0, 10.0, 0.0, 1.0)
    place(t.state, 1, 60.0, 90.0, 0.0, 1.0)
    place(t.state, 2, 70.0, 95.0, 0.0, 1.0)
    t.step(everyone(3, NOTHING, NOTHING))
    assert t._buffers.objectives[:, :, 1] == pytest.approx(np.tile((-0.5, -1.0), (3, 1)))
    assert (metric(t, "missed") == (1.0, 2.0)).all()
    false = t.state.tracks[:, 5]
    false["status"] = CONFIRMED
    false["estimate"] = (50.0, 5.0, 0.0, 0.0)
    false["covariance"] = 0.1 * np.eye(4)
    t.step(everyone(3, NOTHING, NOTHING))
    assert (metric(t, "false") == (1.0, 0.0)).all()
    assert t._buffers.objectives[:, :, 1] == pytest.approx(np.tile((-1.0, -1.0), (3, 1)))


def test_parts_of_the_stations_are_the_gospa_of_the_field() -> None:
    t, compared = trial(20, seed=4), 0
    rule = t.model.baselines["index_nearest"](t)
    for _ in range(60):
        t.step(rule.act())
    truth, tracks = t.state.targets.copy(), t.state.tracks.copy()
    t.step(everyone(20, NOTHING, NOTHING, NOTHING))  # judged before anything moves
    for i in range(20):
        if (t.state.tracks["status"][i] != tracks["status"][i]).any():
            continue  # a track has ended before
        compared += 1
        living = truth[i][truth[i]["alive"]]
        confirmed = tracks[i]["estimate"][tracks[i]["status"] == CONFIRMED][:, :2]
        expected = gospa(np.stack((living["x"], living["y"]), -1), confirmed, 5.0).squared(5.0)
        total = -t._buffers.objectives[i, :, 1].sum() * 25.0
        assert total == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert compared > 10


def test_hits_of_several_stations_count_once_a_slot() -> None:
    t = trial(200, layout="facing", stations=2, spacing_m=120.0, isolation_db=300.0, sectors=15,
              **CALM)  # fmt: skip
    place(t.state, 0, 60.0, 0.0, 6.0, 0.0)
    t.step(everyone(200, (0, 3, 7), (0, 3, 7)))
    both = (metric(t, "detections") == 1.0).all(1)
    assert both.mean() > 0.5
    tracks = t.state.tracks[both]
    assert ((tracks["status"] == TENTATIVE).sum(1) == 1).mean() > 0.95
    assert tracks["hits"][tracks["status"] == TENTATIVE].max() == 1


def test_two_sides_locate_better_than_one() -> None:
    """Across the line of sight of one station, the other measures range."""
    kinds = {"stations": 3, "spacing_m": 150.0, "isolation_db": 300.0, **CALM}
    variance = []
    for others in (NOTHING, (0, 3, 7)):
        t = trial(100, sectors=15, **kinds)
        radius = 75.0 / math.sin(math.pi / 3)
        place(t.state, 0, radius, 0.0, 3.0, 3.0)
        for _ in range(6):
            t.step(everyone(100, (0, 3, 7), others, others))
        cov = t.state.tracks["covariance"][t.state.tracks["status"] == CONFIRMED]
        variance.append(np.trace(cov[:, :2, :2], axis1=1, axis2=2).mean())
    assert variance[1] < 0.25 * variance[0]


def test_what_lies_behind_or_beyond_is_not_seen() -> None:
    t = trial(100, layout="line", stations=2, spacing_m=400.0, sectors=15, **CALM)
    place(t.state, 0, 60.0, 400.0, 5.0, 0.0)  # before the second
    place(t.state, 1, 300.0, 0.0, 5.0, 0.0)  # too far from the first
    t.step(everyone(100, (0, 3, 7), NOTHING))
    assert not metric(t, "detections")[:, 0].any()


def test_targets_live_in_any_sector_and_tracks_end_outside_of_all() -> None:
    t = trial(2, layout="line", stations=2, spacing_m=100.0, **CALM)
    place(t.state, 0, 30.0, 150.0, 0.0, 1.0)  # in the sector of the second only
    place(t.state, 1, 30.0, 230.0, 0.0, 1.0)  # in none
    for k, y in enumerate((150.0, 230.0)):
        track = t.state.tracks[:, k]
        track["status"], track["covariance"] = CONFIRMED, 0.1 * np.eye(4)
        track["estimate"] = (30.0, y, 0.0, 0.0)
    t.step(everyone(2, NOTHING, NOTHING))
    assert t.state.targets["alive"][:, :2].tolist() == [[True, False]] * 2
    assert (t.state.tracks["status"][:, :2] == (CONFIRMED, FREE)).all()
    assert (t.state.owners[:, :2] == (1, NOBODY)).all()


def test_births_are_in_the_sectors_of_their_stations() -> None:
    n = 2000
    t = trial(n, layout="line", stations=3, spacing_m=1e4, start_targets=1.0)
    alive = t.state.targets[t.state.targets["alive"]]
    nearest = np.round(alive["y"] / 1e4)
    for m in range(3):
        own = alive[nearest == m]
        assert len(own) / n == pytest.approx(1.0, abs=0.1)
        x, y = own["x"], own["y"] - 1e4 * m
        assert (np.hypot(x, y) <= 170.0 + 1e-6).all()
        assert (np.abs(np.arctan2(y, x)) <= math.radians(60.0) + 1e-6).all()


def test_the_others_are_seen() -> None:
    t = trial(1, layout="facing", stations=2, spacing_m=200.0, **CALM)
    first, second = t._buffers.seen[0][0]
    assert first[-6:].tolist() == [1.0, 0.0, 0.0, 0.0, 0.0, 0.5]
    assert second[-6:] == pytest.approx((1.0, 0.0, 0.0, 0.0, 0.0, 1.0), abs=1e-6)
    t.step(everyone(1, (1, 0, 3), (1, 2, 10)))
    first, second = t._buffers.seen[0][0]
    sine = t.model.params.sector_sines()[10]
    beam = (0.25, -math.sqrt(1.0 - sine * sine), -sine)  # it looks back
    assert first[-4:-1] == pytest.approx(beam, abs=1e-6)
    assert second[-4:-1].tolist() == [0.0, 0.0, 0.0]


def test_genie_is_paid_for_all_stations() -> None:
    t = trial(5)
    genie = t.model.baselines["genie"](t)
    for _ in range(20):
        t.step(genie.act())
        assert not t._buffers.objectives[:, :, 1].any()
    assert metric(t, "missed").any()


def test_coordination_pays() -> None:
    rewards = {}
    for name in ("index_nearest", "index_blind_choice"):
        t = trial(60, seed=700)
        rule = t.model.baselines[name](t)
        rewards[name] = sum(t.step(rule.act()) for _ in range(200)) / 200
    gain = rewards["index_nearest"] - rewards["index_blind_choice"]
    assert gain.mean() > 3.0 * gain.std() / math.sqrt(len(gain))


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("stations", 9, "8"),
        ("spacing_m", 1.0, ">= 10"),
        ("layout", "star", "ring, line, facing"),
        ("isolation_db", -1.0, ">= 0"),
    ],
)
def test_errors_name_field_value_and_range(field: str, value: Any, text: str) -> None:
    with pytest.raises(ScenarioError, match=field) as caught:
        build(TEAM, None, {field: value})
    assert str(value) in str(caught.value)
    assert text in str(caught.value)
