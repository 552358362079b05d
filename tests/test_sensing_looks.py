"""A look by its statistics, against the laws that it states."""

import math

import numpy as np
import pytest
from scipy.stats import binom, norm, poisson

from isac_envs.engine import rng
from isac_envs.engine.jit import jit, record_of
from isac_envs.kernels.estimation.bounds import angle_variance, split_aperture_variance
from isac_envs.kernels.radar.bins import bin_gain
from isac_envs.kernels.radar.range_doppler import scalloping_loss_db
from isac_envs.sensing import looks
from isac_envs.sensing.detections import DETECTION, MOST_DETECTIONS
from isac_envs.sensing.looks import Echo, Look, Radar
from isac_envs.sensing.station import observe_all
from isac_envs.sensing.tracks import WORK

RADAR = Radar(
    carrier_hz=28e9,
    power_w=1.0 / 1584,
    columns=16,
    noise_figure_db=7.0,
    loss_db=6.0,
    subcarrier_spacing_hz=60e3,
    subcarriers=128,
    subcarrier_step_hz=720e3,
    symbol_step_s=178.4e-6,
    data_loss=17.0 / 9.0,
    false_alarm_probability=1e-6,
    train_cells=4,
    guard_cells=2,
    range_from_m=15.0,
    range_to_m=170.0,
)
CELL_M = RADAR.range_cell_m
SPEED_CELL_M_S = 299792458.0 / 28e9 / (2 * 70 * 178.4e-6)


def decibel(x: float) -> float:
    return 10.0 * math.log10(x)


@pytest.mark.parametrize(
    ("range_m", "dbsm", "expected_db"),
    [
        (100.0, -12.81, 25.6),
        (170.0, -12.81, 16.4),
        (100.0, -12.81 + 11.4, 25.6 + 11.4),
        (100.0, 11.25, 25.6 + 24.1),
    ],
)
def test_snr_of_the_calibration(range_m: float, dbsm: float, expected_db: float) -> None:
    snr_db = decibel(RADAR.snr(range_m, 10.0 ** (dbsm / 10.0), 70))
    assert snr_db == pytest.approx(expected_db, abs=0.06)


def test_resolution_of_the_calibration() -> None:
    assert pytest.approx(1.626, abs=1e-3) == CELL_M
    assert pytest.approx(208.2, abs=0.1) == 128 * CELL_M
    assert RADAR.fastest_m_s == pytest.approx(15.0, abs=0.02)
    assert RADAR.cfar_cells == 144
    factor = RADAR.fields()["cfar_factor"]
    assert factor == pytest.approx(144.0 * (1e-6 ** (-1.0 / 144.0) - 1.0), rel=1e-12)


def test_gain_between_bins_is_the_limit_of_many_samples() -> None:
    for offset in (0.0, 0.1, 0.25, 0.5):
        loss = scalloping_loss_db(np.ones(4096), offset)
        assert -decibel(float(bin_gain(offset))) == pytest.approx(loss, abs=1e-5)
    assert bin_gain([1.0, -2.0]) == pytest.approx(0.0, abs=1e-30)


def test_phase_of_two_halves_measures_the_sine() -> None:
    snr, n, theta = 40.0, 16, 0.6
    sine = split_aperture_variance(snr, 0.5, n)
    assert sine == pytest.approx(8.0 / (snr * math.pi**2 * n**2), rel=1e-14)
    bound = angle_variance(snr / n, theta, 0.5, n, 1)  # one snapshot of the whole grid
    ratio = sine / math.cos(theta) ** 2 / bound
    assert ratio == pytest.approx(4.0 / 3.0 * (n * n - 1) / (n * n), rel=1e-12)


@jit
def _gains(p, look, range_m, sine, rate, out):  # type: ignore[no-untyped-def]
    out[0] = looks.mean_snr_one(p, look, range_m, sine)
    out[1] = looks.doppler_gain_one(p, look, rate)
    out[2] = looks.range_gain_one(p, range_m)


def gains(look: Look, range_m: float, sine: float, rate: float) -> np.ndarray:
    out = np.zeros(3)
    _gains(record_of(RADAR.fields())[0], look, range_m, sine, rate, out)
    return out


def test_mean_snr_is_the_radar_equation_with_both_patterns() -> None:
    sine, beam = 0.30, 0.27
    look = Look(beam, 70.0, RADAR.data_loss, 16.0)
    offset = sine - beam
    pattern = (math.sin(8 * math.pi * offset) / (16 * math.sin(0.5 * math.pi * offset))) ** 2
    azimuth = math.degrees(math.asin(sine))
    element = 10.0 ** (-1.2 * (azimuth / 65.0) ** 2)
    expected = RADAR.snr(80.0, 1.0, 70) * (pattern * element) ** 2 * 9.0 / 17.0
    assert gains(look, 80.0, sine, 0.0)[0] == pytest.approx(expected, rel=1e-12)


def test_side_lobes_are_blanked() -> None:
    look = Look(0.1, 70.0, 1.0, 16.0)
    assert gains(look, 80.0, 0.1 + 2.0 / 16.0 + 1e-9, 0.0)[0] == 0.0
    assert gains(look, 80.0, 0.1 + 1.9 / 16.0, 0.0)[0] > 0.0


def test_fewer_columns_make_a_wider_and_weaker_beam() -> None:
    narrow, wide = Look(0.0, 70.0, 1.0, 16.0), Look(0.0, 70.0, 1.0, 4.0)
    assert gains(wide, 80.0, 0.0, 0.0)[0] == pytest.approx(gains(narrow, 80.0, 0.0, 0.0)[0] / 16)
    assert gains(wide, 80.0, 0.3, 0.0)[0] > gains(narrow, 80.0, 0.3, 0.0)[0] == 0.0


@pytest.mark.parametrize(
    ("cells", "expected"), [(0.0, 0.0), (0.5, 0.4053), (1.0, 1.0), (1.5, 0.4053), (2.0, 1.0)]
)
def test_clutter_notch_deletes_one_bin_and_no_more(cells: float, expected: float) -> None:
    for sign in (-1.0, 1.0):
        kept = gains(Look(0.0, 70.0, 1.0, 16.0), 80.0, 0.0, sign * cells * SPEED_CELL_M_S)[1]
        assert kept == pytest.approx(expected, abs=1e-4)


@jit
def _detect_often(p, look, stream, echo, work, found, hits):  # type: ignore[no-untyped-def]
    for i in range(found.shape[0]):
        hits[i] = looks.detect(p, look, stream, echo, work.variances, found[i])


def detections_of(snr_db: float, count: int = 40_000) -> np.ndarray:
    """Return the detections of a target on a bin at broadside."""
    range_m = 60 * CELL_M
    section = 10.0 ** (snr_db / 10.0) / RADAR.snr(range_m, 1.0, 70)
    found, hits = np.zeros(count, DETECTION), np.zeros(count, bool)
    stream, work = np.zeros(4, np.uint64), np.zeros(1, WORK)
    rng.seed_stream(stream, np.uint64(11), np.uint64(1))
    echo = Echo(range_m, 5.0 * SPEED_CELL_M_S, 0.0, section)
    look, p = Look(0.0, 70.0, 1.0, 16.0), record_of(RADAR.fields())[0]
    _detect_often(p, look, stream, echo, work[0], found, hits)
    return np.asarray(found[hits])


@pytest.mark.parametrize("snr_db", [6.0, 10.0, 14.0, 18.0, 24.0])
def test_detection_follows_the_exact_law(snr_db: float) -> None:
    count, alpha = 40_000, RADAR.fields()["cfar_factor"]
    snr = 10.0 ** (snr_db / 10.0)
    # an exponential level of mean 1 + snr against a fixed threshold; averaging changes it little
    expected = math.exp(-alpha / (1.0 + snr))
    hits = len(detections_of(snr_db, count))
    low, high = binom.ppf((1e-4, 1.0 - 1e-4), count, expected)
    assert low <= hits <= high
    averaged = (1.0 + alpha / (144.0 * (1.0 + snr))) ** -144.0
    assert expected == pytest.approx(averaged, abs=0.003)


def test_errors_have_the_variances_that_the_tracker_is_told() -> None:
    found = detections_of(40.0)
    strong = found[found["statistic"] > 1000.0]
    snr = strong["statistic"] - 1.0
    m, n = 70, 128
    range_std = 299792458.0 / 2 * np.sqrt(6 / (snr * (2 * np.pi * 720e3) ** 2 * (n**2 - 1)))
    speed_std = (299792458.0 / 28e9 / 2) * np.sqrt(
        6 / (snr * (2 * np.pi * 178.4e-6) ** 2 * (m**2 - 1))
    )
    sine_std = np.sqrt(8 / (snr * np.pi**2 * 16**2))
    for error, std in (
        (strong["range_m"] - 60 * CELL_M, range_std),
        (strong["range_rate_m_s"] - 5.0 * SPEED_CELL_M_S, speed_std),
        (strong["sine"], sine_std),
    ):
        scaled = error / std
        assert np.mean(scaled) == pytest.approx(0.0, abs=5.0 / math.sqrt(len(scaled)))
        assert np.mean(np.square(scaled)) == pytest.approx(1.0, abs=0.05)
        assert np.mean(np.abs(scaled) < norm.ppf(0.75)) == pytest.approx(0.5, abs=0.02)


def test_false_alarms_are_poisson_and_lie_in_the_beam() -> None:
    radar = RADAR._replace(false_alarm_probability=1e-4)
    p, work = record_of(radar.fields())[0], np.zeros(1, WORK)[0]
    stream, found = np.zeros(4, np.uint64), np.zeros(MOST_DETECTIONS, DETECTION)
    rng.seed_stream(stream, np.uint64(5), np.uint64(1))
    look, nothing = Look(0.4, 70.0, 1.0, 16.0), np.zeros((0, 5))
    counts, alarms = [], []
    for _ in range(4000):
        none, count = observe_all(p, look, stream, nothing, found, work)
        assert none == 0
        counts.append(count)
        alarms.append(found[:count].copy())
    mean = 1e-4 * (170.0 / CELL_M) * 69
    low, high = poisson.ppf((1e-4, 1.0 - 1e-4), 4000 * mean)
    assert low <= sum(counts) <= high
    assert np.var(counts) == pytest.approx(mean, rel=0.12)
    every = np.concatenate(alarms)
    assert np.all(np.abs(every["sine"] - 0.4) <= 1.0 / 16.0)
    assert np.all((every["range_m"] >= 15.0) & (every["range_m"] <= 170.0))
    assert np.all(np.abs(every["range_rate_m_s"]) <= RADAR.fastest_m_s)
    above = every["statistic"] - radar.fields()["cfar_factor"]
    assert above.min() > 0.0
    assert above.mean() == pytest.approx(1.0, rel=0.08)
