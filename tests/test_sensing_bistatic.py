"""Looks whose sender is another station, against geometry, derivatives and draws."""

import math

import numpy as np
import pytest

from isac_envs.engine import rng
from isac_envs.engine.jit import record_of
from isac_envs.envs.tracking.target_track_multi.params import TargetTrackMultiParams
from isac_envs.kernels.arrays.beams import element_gain_38901, ula_beam_gain
from isac_envs.kernels.pathloss.free_space import radar_received_power, thermal_noise
from isac_envs.sensing import looks
from isac_envs.sensing import tracks as filters
from isac_envs.sensing.detections import DETECTION, MOST_DETECTIONS
from isac_envs.sensing.looks import HERE, Echo, Look, Sender
from isac_envs.sensing.tracks import TRACK, WORK

PARAMS = TargetTrackMultiParams()
P = record_of(PARAMS.radar.fields() | PARAMS.tracker.fields())[0]
TURN = 0.3  # turns from the receiver's boresight to the sender's
ASIDE = Sender(
    60.0, -100.0, math.cos(math.tau * TURN), math.sin(math.tau * TURN), math.hypot(60.0, 100.0)
)


def at_the_receiver() -> Sender:
    """Return a sender a millionth of a metre away: the formulas of two, at one place."""
    return Sender(1e-6, 0.0, 1.0, 0.0, 1e-6)


def sent_to(x: float, y: float) -> float:
    """Return the sine at the sender ASIDE of a place in the receiver's frame."""
    away = (complex(x, y) - complex(ASIDE.x_m, ASIDE.y_m)) * complex(ASIDE.cosine, -ASIDE.sine)
    return away.imag / abs(away)


def path(x: float, y: float, sender: Sender = ASIDE) -> float:
    return 0.5 * (math.hypot(x, y) + math.hypot(x - sender.x_m, y - sender.y_m))


def rate(state: np.ndarray, sender: Sender = ASIDE) -> float:
    x, y, v_x, v_y = state
    a, b = np.array((x, y)), np.array((x - sender.x_m, y - sender.y_m))
    velocity = np.array((v_x, v_y))
    return float(0.5 * (a @ velocity / np.hypot(*a) + b @ velocity / np.hypot(*b)))


def track_at(state: tuple[float, ...], variance: float = 1.0) -> np.ndarray:
    found = np.zeros(1, TRACK)
    found["estimate"], found["covariance"] = state, variance * np.eye(4)
    found["cross_section_m2"] = 1.0
    return found


def test_snr_is_the_radar_equation_with_both_arrays() -> None:
    x, y = 90.0, 20.0
    sine, sent = y / math.hypot(x, y), sent_to(x, y)
    look = Look(sent + 0.03, 70.0, 1.9, 8.0, ASIDE)
    gain_t = ula_beam_gain(sent, sent + 0.03, 8) * 10.0 ** (
        0.1 * element_gain_38901(90.0, math.degrees(math.asin(sent)))
    )
    gain_r = 16.0 * 10.0 ** (0.1 * element_gain_38901(90.0, math.degrees(math.asin(sine))))
    far_t = math.hypot(x - ASIDE.x_m, y - ASIDE.y_m)
    echo = radar_received_power(
        1.0 / 1584.0, gain_t, gain_r, 28e9, 1.0, far_t, math.hypot(x, y), 10.0**0.6
    )
    expected = 128 * 70 * echo / thermal_noise(60e3, 7.0) / 1.9
    assert looks.mean_snr_one(P, look, math.hypot(x, y), sine) == pytest.approx(expected, rel=1e-9)


def test_nothing_is_behind_the_sender() -> None:
    behind = complex(ASIDE.x_m, ASIDE.y_m) - 30.0 * complex(ASIDE.cosine, ASIDE.sine)
    sine = behind.imag / abs(behind)
    look = Look(0.0, 70.0, 1.0, 16.0, ASIDE)
    assert looks.mean_snr_one(P, look, abs(behind), sine) == 0.0


def test_a_place_lies_on_the_ellipse_of_its_path() -> None:
    random = np.random.default_rng(0)
    look = Look(0.0, 70.0, 1.0, 16.0, ASIDE)
    for _ in range(50):
        far, azimuth = random.uniform(10.0, 200.0), random.uniform(-1.2, 1.2)
        x, y = far * math.cos(azimuth), far * math.sin(azimuth)
        sine = math.sin(azimuth)
        half = looks.path_one(look, far, sine)
        assert half == pytest.approx(path(x, y))
        assert looks.range_of_path_one(look, half, sine) == pytest.approx(far, rel=1e-6)


def test_sender_and_receiver_at_one_place_are_monostatic() -> None:
    own, both = Look(0.2, 70.0, 1.0, 16.0, HERE), Look(0.2, 70.0, 1.0, 16.0, at_the_receiver())
    far, sine = 80.0, 0.2
    assert looks.path_one(both, far, sine) == pytest.approx(far, rel=1e-7)
    assert looks.range_of_path_one(both, far, sine) == pytest.approx(far, rel=1e-7)
    values = [looks.mean_snr_one(P, look, far, sine) for look in (own, both)]
    assert values[1] == pytest.approx(values[0], rel=1e-6)  # at the centre of the beam
    work = np.zeros(2, WORK)
    tracks = np.concatenate([track_at((70.0, 15.0, -4.0, 3.0)) for _ in range(2)])
    found = np.zeros(1, DETECTION)
    found["range_m"], found["sine"], found["range_rate_m_s"] = 72.0, 0.22, -3.0
    found["statistic"] = 40.0
    for k, look in enumerate((own, both)):
        filters.linearise(look, tracks[k], work[k])
        filters.innovate(P, look, tracks[k], found[0], work[k])
    for name in ("jacobian", "innovation", "variances"):
        assert work[name][1] == pytest.approx(work[name][0], rel=1e-5, abs=1e-7)
    chances = [filters.detection_probability(P, look, tracks[0]) for look in (own, both)]
    assert chances[1] >= chances[0] - 1e-6  # beside its centre no second pattern is lost
    for k, look in enumerate((own, both)):
        filters.start(P, look, tracks[k], found[0], work[k])
    for name in ("estimate", "covariance", "existence", "cross_section_m2"):
        assert tracks[name][1] == pytest.approx(tracks[name][0], rel=1e-4, abs=1e-6)


def test_jacobian_is_the_derivative_of_what_is_measured() -> None:
    state = np.array((80.0, 30.0, -7.0, 4.0))
    track, work, look = track_at(tuple(state)), np.zeros(1, WORK), Look(0.0, 70.0, 1.0, 16.0, ASIDE)
    filters.linearise(look, track[0], work[0])

    def measured(at: np.ndarray) -> np.ndarray:
        return np.array((path(at[0], at[1]), math.atan2(at[1], at[0]), rate(at)))

    for k in range(4):
        step = np.zeros(4)
        step[k] = 1e-5
        slope = (measured(state + step) - measured(state - step)) / 2e-5
        assert work[0]["jacobian"][:, k] == pytest.approx(slope, rel=1e-6, abs=1e-8)


def test_innovation_of_a_perfect_detection_is_nothing() -> None:
    state = np.array((80.0, 30.0, -7.0, 4.0))
    track, work, look = track_at(tuple(state)), np.zeros(1, WORK), Look(0.0, 70.0, 1.0, 16.0, ASIDE)
    found = np.zeros(1, DETECTION)
    found["range_m"], found["range_rate_m_s"] = path(80.0, 30.0), rate(state)
    found["sine"], found["statistic"] = 30.0 / math.hypot(80.0, 30.0), 50.0
    filters.innovate(P, look, track[0], found[0], work[0])
    assert work[0]["innovation"] == pytest.approx(np.zeros(3), abs=1e-9)


@pytest.mark.parametrize("sender", [ASIDE, Sender(150.0, 20.0, -1.0, 0.0, math.hypot(150.0, 20.0))])
def test_covariance_of_a_new_track_is_that_of_its_draws(sender: Sender) -> None:
    state, look = np.array((70.0, 25.0, -6.0, 5.0)), Look(0.0, 70.0, 1.0, 16.0, sender)
    random, work, found = np.random.default_rng(1), np.zeros(1, WORK), np.zeros(1, DETECTION)
    azimuth, statistic = math.atan2(25.0, 70.0), 200.0
    far = math.hypot(70.0, 25.0)
    found["range_m"], found["range_rate_m_s"] = path(70.0, 25.0, sender), rate(state, sender)
    found["sine"], found["statistic"] = math.sin(azimuth), statistic
    track = np.zeros(1, TRACK)
    filters.start(P, look, track[0], found[0], work[0])
    assert track["estimate"][0, :2] == pytest.approx((70.0, 25.0), rel=1e-9)
    assert rate(track["estimate"][0], sender) == pytest.approx(rate(state, sender))
    deviations, places = np.sqrt(work[0]["variances"]), []
    for _ in range(4000):
        sine = math.sin(azimuth + deviations[1] * random.normal())
        half = found[0]["range_m"] + deviations[0] * random.normal()
        distance = looks.range_of_path_one(look, half, sine)
        places.append((distance * math.sqrt(1.0 - sine * sine), distance * sine))
    covariance = np.cov(np.array(places).T)
    scale = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    assert track["covariance"][0, :2, :2] / scale == pytest.approx(covariance / scale, abs=0.08)
    velocity = track["covariance"][0, 2:, 2:]
    line = np.array((70.0, 25.0)) / far
    line = 0.5 * (line + np.array((70.0 - sender.x_m, 25.0 - sender.y_m))
                  / math.hypot(70.0 - sender.x_m, 25.0 - sender.y_m))  # fmt: skip
    assert line @ velocity @ line == pytest.approx(work[0]["variances"][2], rel=1e-9)
    across = np.array((-line[1], line[0])) / np.hypot(*line)
    assert across @ velocity @ across == pytest.approx(49.0, rel=1e-9)


def test_detections_are_of_half_the_path() -> None:
    state = np.array((90.0, 20.0, 2.0, 9.0))
    sine = 20.0 / math.hypot(90.0, 20.0)
    look = Look(sent_to(90.0, 20.0), 70.0, 1.0, 16.0, ASIDE)
    stream, variances = np.zeros(4, np.uint64), np.zeros(3)
    rng.seed_stream(stream, np.uint64(3), np.uint64(1))
    found, kept = np.zeros(1, DETECTION), []
    echo = Echo(math.hypot(90.0, 20.0), rate(state), sine, 10.0)
    for _ in range(2000):
        if looks.detect(P, look, stream, echo, variances, found[0]):
            kept.append(found[0].tolist()[:3])
    errors = np.array(kept) - (path(90.0, 20.0), rate(state), sine)
    assert len(kept) > 1500
    assert np.abs(errors.mean(0) / (errors.std(0) / math.sqrt(len(kept)))).max() < 4.0


def test_false_alarms_lie_in_the_beam() -> None:
    look = Look(0.1, 140.0, 1.0, 16.0, ASIDE)
    p = P.copy()
    p["false_alarm_probability"] = 1e-4
    stream, detections = np.zeros(4, np.uint64), np.zeros(MOST_DETECTIONS, DETECTION)
    rng.seed_stream(stream, np.uint64(5), np.uint64(1))
    seen = 0
    for _ in range(300):
        for found in detections[: looks.false_alarms(p, look, stream, detections, 0)]:
            far = looks.range_of_path_one(look, found["range_m"], found["sine"])
            x, y = far * math.sqrt(1.0 - found["sine"] ** 2), far * found["sine"]
            assert path(x, y) == pytest.approx(found["range_m"], rel=1e-6)
            assert abs(sent_to(x, y) - 0.1) < 1.0 / 16.0 + 1e-6
            seen += 1
    assert seen > 50


def test_filter_converges_on_a_target_that_only_another_illuminates() -> None:
    random, errors = np.random.default_rng(7), []
    for seed in range(100):
        state = np.array((90.0, 20.0, 2.0, -8.0))
        stream, found, variances = np.zeros(4, np.uint64), np.zeros(1, DETECTION), np.zeros(3)
        rng.seed_stream(stream, np.uint64(seed), np.uint64(1))
        track, work = np.zeros(1, TRACK), np.zeros(1, WORK)
        for _ in range(30):
            x, y = state[:2]
            look = Look(sent_to(x, y), 140.0, 1.0, 16.0, ASIDE)
            echo = Echo(math.hypot(x, y), rate(state), y / math.hypot(x, y), 10.0)
            if looks.detect(P, look, stream, echo, variances, found[0]):
                if track[0]["status"] == filters.FREE:
                    filters.start(P, look, track[0], found[0], work[0])
                else:
                    filters.update(P, look, track[0], found[0], work[0])
            if track[0]["status"] != filters.FREE:
                filters.predict(P, track[0], work[0])
            state[:2] += 0.05 * state[2:]
            state += random.multivariate_normal(np.zeros(4), P["process_noise"])
        off = track[0]["estimate"] - state
        errors.append(off @ np.linalg.solve(track[0]["covariance"], off))
    assert 3.2 < np.mean(errors) < 5.2  # of four states
