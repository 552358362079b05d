"""Tracks and sets of positions against Stone Soup, and the life of a track."""

import json
import math
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2
from test_sensing_looks import RADAR

from isac_envs.engine.jit import jit, record_of
from isac_envs.kernels.estimation import kalman
from isac_envs.sensing import tracks as filters
from isac_envs.sensing.detections import DETECTION
from isac_envs.sensing.gospa import gospa
from isac_envs.sensing.looks import Look
from isac_envs.sensing.station import Station
from isac_envs.sensing.tracks import CONFIRMED, FREE, TENTATIVE, TRACK, WORK, Tracker

CASES = json.loads(Path(__file__).with_name("sensing_reference.json").read_text())
TRACKER = Tracker(
    interval_s=0.05,
    acceleration_psd=1.5,
    tangential_std_m_s=7.0,
    gate=16.0,
    confirm_hits=3,
    confirm_opportunities=5,
    delete_missed=5,
    coast_s=0.5,
    cutoff_m=5.0,
    azimuth_deg=60.0,
)
AHEAD = Look(0.0, 70.0, 1.0, 16.0)


@jit
def _predict(p, track, work):  # type: ignore[no-untyped-def]
    filters.predict(p, track, work)


@jit
def _update(track, measured, std, work, out):  # type: ignore[no-untyped-def]
    filters.linearise(AHEAD, track, work)
    expected_azimuth = math.atan2(track.estimate[1], track.estimate[0])
    work.innovation[0] = measured[0] - filters.range_of(track)
    work.innovation[1] = measured[1] - expected_azimuth
    work.innovation[2] = measured[2] - filters.range_rate_of(track)
    for k in range(3):
        work.variances[k] = std[k] * std[k]
    estimate, covariance = track.estimate, track.covariance
    innovation, jacobian = work.innovation, work.jacobian
    out[0] = kalman.update(estimate, covariance, innovation, jacobian, work.variances, work.filter)


@pytest.mark.parametrize("case", CASES["filter"], ids=range(len(CASES["filter"])))
def test_filter_is_that_of_stone_soup(case: dict[str, Any]) -> None:
    tracker = TRACKER._replace(
        interval_s=case["interval"], acceleration_psd=case["acceleration_psd"]
    )
    p = record_of(RADAR.fields() | tracker.fields())[0]
    tracks, work, out = np.zeros(1, TRACK), np.zeros(1, WORK), np.zeros(1)
    tracks["estimate"][0], tracks["covariance"][0] = case["mean"], case["covariance"]
    _predict(p, tracks[0], work[0])
    assert tracks["estimate"][0] == pytest.approx(case["predicted"], rel=1e-12, abs=1e-12)
    covariance = np.array(case["predicted_covariance"])
    assert np.allclose(tracks["covariance"][0], covariance, rtol=1e-10, atol=1e-12)
    measured = np.array((case["range"], case["azimuth"], case["range_rate"]))
    azimuth_std, range_std, rate_std = case["std"]
    _update(tracks[0], measured, np.array((range_std, azimuth_std, rate_std)), work[0], out)
    # Stone Soup differentiates numerically
    scale = np.abs(case["updated_covariance"]).max()
    assert tracks["estimate"][0] == pytest.approx(case["updated"], abs=2e-5)
    assert tracks["covariance"][0] == pytest.approx(
        np.array(case["updated_covariance"]), abs=1e-5 * scale
    )
    assert out[0] == pytest.approx(case["distance"], rel=1e-4)


@pytest.mark.parametrize("case", CASES["gospa"], ids=range(len(CASES["gospa"])))
def test_gospa_is_that_of_stone_soup(case: dict[str, Any]) -> None:
    estimates = np.array(case["estimates"]).reshape(-1, 2)
    parts = gospa(case["truth"], estimates, case["cutoff"])
    half = 0.5 * case["cutoff"] ** 2
    assert parts.localisation == pytest.approx(case["localisation"], abs=1e-9)
    assert parts.missed * half == pytest.approx(case["missed"])
    assert parts.false * half == pytest.approx(case["false"])
    assert math.sqrt(parts.squared(case["cutoff"])) == pytest.approx(case["distance"])


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 5), st.integers(0, 5))
def test_gospa_is_the_least_over_all_assignments(seed: int, targets: int, found: int) -> None:
    generator = np.random.default_rng(seed)
    truth, estimates = generator.normal(0, 4, (targets, 2)), generator.normal(0, 4, (found, 2))
    square = np.square(truth[:, None] - estimates).sum(-1)
    padded = np.full((targets + found, found + targets), 0.0)
    padded[:targets, :found] = np.where(square < 25.0, square, 1e9)
    padded[:targets, found:] = padded[targets:, :found] = 12.5
    every = range(targets + found)
    best = min(sum(padded[i, j] for i, j in enumerate(order)) for order in permutations(every)) if (
        targets + found < 8
    ) else None  # fmt: skip
    parts = gospa(truth, estimates, 5.0)
    if best is not None:
        assert parts.squared(5.0) == pytest.approx(best, abs=1e-9)
    swapped = gospa(estimates, truth, 5.0)
    assert parts.squared(5.0) == pytest.approx(swapped.squared(5.0), abs=1e-9)
    assert (parts.missed, parts.false) == (swapped.false, swapped.missed)


def test_gospa_refuses_what_is_no_set_of_positions() -> None:
    with pytest.raises(ValueError, match=r"cutoff_m = 0.0 is outside \(0"):
        gospa([[0.0, 0.0]], [[0.0, 0.0]], 0.0)
    with pytest.raises(ValueError, match=r"expected \(T, d\), \(E, d\)"):
        gospa([0.0, 0.0], [[0.0, 0.0]], 1.0)


def detection(range_m: float, rate: float = 4.0, sine: float = 0.0) -> np.ndarray:
    return np.array([(range_m, rate, sine, 300.0, 0)], DETECTION)


NOTHING = np.zeros(0, DETECTION)


def test_three_hits_confirm() -> None:
    station = Station(RADAR, TRACKER)
    states = []
    for k in range(3):
        station.track(AHEAD, detection(80.0 + 0.2 * k))
        station.close()
        states.append(int(station.tracks["status"][0]))
    assert states == [TENTATIVE, TENTATIVE, CONFIRMED]
    assert (station.tracks["status"][1:] == FREE).all()
    assert station.tracks["existence"][0] > 0.9


def test_two_hits_a_slot_count_once() -> None:
    station = Station(RADAR, TRACKER)
    for _ in range(2):
        station.track(AHEAD, detection(80.0, 0.0))
        station.track(AHEAD, detection(80.0, 0.0))
        station.close()
    assert station.tracks["hits"][0] == station.tracks["opportunities"][0] == 2
    assert station.tracks["status"][0] == TENTATIVE


@pytest.mark.parametrize("pattern", ["h", "hh", "hmh", "hmmh"])
def test_tentative_track_ends_when_three_of_five_is_out_of_reach(pattern: str) -> None:
    # three misses leave at most two hits of five; each look is an opportunity
    station = Station(RADAR, TRACKER)
    for k in range(1, 12):
        hit = k <= len(pattern) and pattern[k - 1] == "h"
        station.track(AHEAD, detection(80.0 + 0.2 * k) if hit else NOTHING)
        station.close()
        if station.tracks["status"][0] == FREE:
            break
    assert k == pattern.count("h") + 3  # the third miss


def test_looks_elsewhere_are_no_opportunities() -> None:
    station = Station(RADAR, TRACKER)
    station.track(AHEAD, detection(80.0))
    station.close()
    for _ in range(8):
        station.track(AHEAD._replace(sine=0.7), NOTHING)
        station.close()
    assert station.tracks["status"][0] == TENTATIVE
    assert station.tracks["opportunities"][0] == 1


def confirmed_station() -> Station:
    station = Station(RADAR, TRACKER)
    for k in range(30):
        station.track(AHEAD, detection(80.0 + 0.2 * k))
        station.close()
    return station


def test_five_misses_and_half_a_second_end_a_confirmed_track() -> None:
    station = confirmed_station()
    slots = 0
    while station.tracks["status"][0] == CONFIRMED:
        station.track(AHEAD, NOTHING)
        station.close()
        slots += 1
    assert slots == 10  # five misses come first, half a second later


def test_track_that_nobody_looks_at_ends_by_its_uncertainty() -> None:
    station = confirmed_station()
    slots, variance = 0, 0.0
    while station.tracks["status"][0] == CONFIRMED:
        variance = (
            station.tracks["covariance"][0].trace()
            - station.tracks["covariance"][0][2:, 2:].trace()
        )
        station.track(AHEAD._replace(sine=0.7), NOTHING)
        station.close()
        slots += 1
    assert slots > 20
    assert 0.8 * 12.5**2 < variance <= 12.6**2


def test_track_that_leaves_the_sector_ends() -> None:
    station = Station(RADAR, TRACKER)
    for k in range(12):
        station.track(AHEAD, detection(167.5 + 0.4 * k, 8.0) if 167.5 + 0.4 * k < 170 else NOTHING)
        station.close()
    assert (station.tracks["status"] == FREE).all()


def test_detection_goes_to_the_track_that_fits_by_speed() -> None:
    # two targets in one place, one approaches and one goes away
    station = Station(RADAR, TRACKER)
    for k in range(6):
        both = np.concatenate((detection(80.0 + 0.3 * k, 6.0), detection(83.0 - 0.3 * k, -6.0)))
        station.track(AHEAD, both if k % 2 else both[::-1].copy())
        station.close()
    rates = sorted(station.confirmed()[:, 2])
    assert rates == pytest.approx([-6.0, 6.0], abs=0.2)


def test_association_makes_as_many_pairs_as_the_gates_allow() -> None:
    # the nearest pair alone would leave the other track without a detection
    station = Station(RADAR, TRACKER)
    for _ in range(3):
        station.track(AHEAD, np.concatenate((detection(80.0, 0.0), detection(81.6, 0.0))))
        station.close()
    assert (station.tracks["status"][:2] == CONFIRMED).all()
    between = np.concatenate((detection(80.05, 0.0), detection(80.0, 0.0, 0.001)))
    station.track(AHEAD, between)
    assert station.tracks["is_hit"][:2].any()


@pytest.mark.parametrize("sine", [-0.8, 0.0, 0.5])
def test_new_track_knows_its_radial_speed_only(sine: float) -> None:
    station = Station(RADAR, TRACKER)
    look = AHEAD._replace(sine=sine)
    station.track(look, detection(60.0, -5.0, sine))
    track = station.tracks[0]
    u = np.array((math.sqrt(1 - sine**2), sine))
    across = np.array((-u[1], u[0]))
    assert track["estimate"][:2] == pytest.approx(60.0 * u)
    assert track["estimate"][2:] == pytest.approx(-5.0 * u)
    speed = track["covariance"][2:, 2:]
    assert across @ speed @ across == pytest.approx(49.0)
    assert u @ speed @ u < 0.1
    assert np.allclose(track["covariance"][:2, 2:], 0.0)


def test_filter_is_consistent_where_its_model_is_true() -> None:
    """The mean NEES stays in its 95 % band for motion and errors as the filter thinks them."""
    generator = np.random.default_rng(7)
    snr, m, n = 299.0, 70, 128
    range_std = 299792458.0 / 2 * math.sqrt(6 / (snr * (2 * np.pi * 720e3) ** 2 * (n**2 - 1)))
    rate_std = 299792458.0 / 28e9 / 2 * math.sqrt(
        6 / (snr * (2 * np.pi * 178.4e-6) ** 2 * (m**2 - 1))
    )  # fmt: skip
    sine_std = math.sqrt(8 / (snr * np.pi**2 * 16**2))
    dt = TRACKER.interval_s
    noise = np.linalg.cholesky(filters.process_noise(dt, TRACKER.acceleration_psd))
    move = filters.transition(dt)
    squares = []
    for _ in range(200):
        station = Station(RADAR, TRACKER._replace(gate=1e3))
        truth = np.array((generator.uniform(60.0, 100.0), generator.uniform(-4.0, 4.0), 0.0, 0.0))
        truth[2:] = generator.normal(0.0, 1.0, 2) * (4.0, 7.0)
        for slot in range(61):
            distance = math.hypot(truth[0], truth[1])
            rate = (truth[0] * truth[2] + truth[1] * truth[3]) / distance
            exact = np.array((distance, rate, truth[1] / distance))
            measured = exact + generator.normal(size=3) * (range_std, rate_std, sine_std)
            found = np.array([(*measured, snr + 1.0, 0)], DETECTION)
            station.track(station.look_at(exact[2], m), found)
            if slot in (20, 40, 60):
                track = station.tracks[0]
                error = truth - track["estimate"]
                squares.append(float(error @ np.linalg.solve(track["covariance"], error)))
            station.close()
            truth = move @ truth + noise @ generator.normal(size=4)
        assert (station.tracks["status"][1:] == FREE).all()
    low, high = chi2.ppf((0.025, 0.975), 4 * len(squares)) / len(squares)
    assert low <= np.mean(squares) <= high
    assert np.mean(np.array(squares) < chi2.ppf(0.95, 4)) == pytest.approx(0.95, abs=0.02)
