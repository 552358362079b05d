"""The physics of a CPI against closed forms, limits and simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from isac_envs import scenarios
from isac_envs.envs.mode_selection.frames_per_cpi import waveform

ID = "isac/FramesPerCpi-v0"
FRAMES = np.array([32, 64, 96, 128, 192, 256, 384, 512, 768, 1024])
SNR = st.floats(1e-3, 1e4)
FRAME_S = st.floats(1e-6, 1e-3)


def model(scenario=None, **overrides):
    return scenarios.build(ID, scenario, overrides)


def test_unambiguous_speed_and_overhead_at_the_ends():
    tables = model().params.derived()
    assert tables["max_speed_m_s"][[0, -1]] == pytest.approx([4.0, 128.0])
    assert tables["overhead_fraction"][-1] == pytest.approx(0.3556352)


def test_velocity_bound_is_that_of_the_fisher_information():
    """A tone of unknown amplitude, phase and frequency in unit-power noise."""
    frames, frame_s, snr = 96, 1e-4, 0.3
    time = np.arange(frames) * frame_s
    by_velocity = 4j * np.pi / 0.005 * time * math.sqrt(snr)
    slopes = np.stack([np.ones(frames), 1j * math.sqrt(snr) * np.ones(frames), by_velocity])
    information = 2 * (slopes.conj() @ slopes.T).real
    expected = math.sqrt(np.linalg.inv(information)[2, 2])
    found = waveform.velocity_crb_m_s(frames, frame_s, 0.005, snr)
    assert found == pytest.approx(expected, rel=1e-9)


def periodogram_peaks(samples):
    """Return the frequencies, cycles per sample, at which the periodograms are largest."""
    pulses, step = np.arange(samples.shape[1]), 0.25 / samples.shape[1]
    coarse = np.abs(np.fft.fft(samples, 4 * samples.shape[1]))
    peak = np.fft.fftfreq(coarse.shape[1])[coarse.argmax(1)]
    for _ in range(10):  # parabolas through three ever closer points
        low, mid, high = (
            np.abs((samples * np.exp(-2j * np.pi * np.outer(peak + d, pulses))).sum(1)) ** 2
            for d in (-step, 0, step)
        )
        peak = peak + np.clip(0.5 * step * (low - high) / (low - 2 * mid + high), -step, step)
        step /= 2.5
    return peak


@pytest.mark.parametrize("integrated_db", [13, 16, 20])
@pytest.mark.parametrize("pulses", [32, 128])
def test_simulated_velocity_error_meets_the_bound(pulses, integrated_db):
    """The bound is local: it holds where the peak is the target's and not one of the noise."""
    random, trials = np.random.default_rng(pulses + integrated_db), 2000
    snr = 10 ** (0.1 * integrated_db) / pulses
    turns = random.uniform(-0.5, 0.5, (trials, 1))
    phase = turns * np.arange(pulses) + random.uniform(size=(trials, 1))
    noise = random.normal(size=(2, trials, pulses)) * math.sqrt(0.5)
    samples = math.sqrt(snr) * np.exp(2j * np.pi * phase) + noise[0] + 1j * noise[1]
    error = periodogram_peaks(samples) - turns[:, 0]
    error -= np.round(error)
    local = np.abs(error) < 1 / pulses
    chance = 0.5 * pulses * math.exp(-0.5 * snr * pulses)  # union bound over noise peaks
    assert (~local).mean() <= chance + 4 * math.sqrt(chance / trials)
    speed_error = 0.5 * 0.005 * error / (0.01 / pulses)
    bound = waveform.velocity_crb_m_s(pulses, 0.01 / pulses, 0.005, snr)
    assert abs(20 * math.log10(np.sqrt((speed_error[local] ** 2).mean()) / bound)) < 1.5
    if integrated_db >= 20:
        assert local.all()


def test_simulated_swerling_1_detection():
    random, snr, false_alarm, trials = np.random.default_rng(2), 8.0, 1e-2, 200_000
    parts = random.normal(size=(2, trials)) * math.sqrt(0.5 * (1 + snr))  # target plus noise
    found = ((parts**2).sum(0) > -math.log(false_alarm)).mean()
    expected = waveform.detection_probability(snr, false_alarm)
    assert abs(found - expected) < 4 * math.sqrt(0.25 / trials)


@given(SNR, st.floats(1.0, 100.0), st.floats(1e-9, 0.5))
def test_detection_grows_with_snr_from_the_false_alarms_to_one(snr, factor, false_alarm):
    low, high = (waveform.detection_probability(s, false_alarm) for s in (snr, factor * snr))
    assert false_alarm <= low <= high <= 1
    assert waveform.detection_probability(0.0, false_alarm) == pytest.approx(false_alarm)
    assert waveform.detection_probability(1e12, false_alarm) == pytest.approx(1.0)


@given(SNR, FRAME_S, st.floats(0, 1e4))
def test_ageing_only_loses_snr(snr, frame_s, doppler_hz):
    assert 0 <= waveform.aged_snr(snr, frame_s, doppler_hz) <= snr * (1 + 1e-12)
    assert waveform.aged_snr(snr, frame_s, 0.0) == pytest.approx(snr)


def test_ageing_is_the_mean_over_uniform_angles():
    """Clarke's model: half a frame after the estimate, 100 Hz * 4 ms / 2 of the largest shift."""
    mean = quad(lambda x: math.cos(2 * math.pi * 0.2 * math.cos(x)), 0, math.pi)[0] / math.pi
    kept = mean**2
    expected = 5 * kept / (1 + 5 * (1 - kept))
    assert waveform.aged_snr(5.0, 4e-3, 100.0) == pytest.approx(expected)


@given(st.floats(-30, 30), st.floats(0, 20), st.floats(0.1, 10))
def test_frame_errors_are_logistic_in_db(threshold_db, offset_db, slope):
    def errors(snr_db):
        return waveform.frame_error_rate(10 ** (0.1 * snr_db), threshold_db, slope)

    above, below = errors(threshold_db + offset_db), errors(threshold_db - offset_db)
    assert above == pytest.approx(1 / (1 + math.exp(slope * offset_db)), rel=1e-6, abs=1e-300)
    assert above + below == pytest.approx(1.0)
    assert waveform.frame_error_rate(0.0, threshold_db, slope) == 1.0


@given(
    counts=st.sets(st.integers(2, 5000), min_size=1, max_size=6),
    snr_db=st.floats(-20, 40), cpi_s=st.floats(1e-4, 1.0), rho_db=st.floats(-40, 40),
)  # fmt: skip
def test_ranges_of_all_tables(counts, snr_db, cpi_s, rho_db):
    params = model(
        frame_counts=sorted(counts), snr_db=(snr_db,), rate_bps=(1e9,), cpi_s=cpi_s,
        preamble_snr_db=rho_db,
    ).params  # fmt: skip
    tables = params.derived()
    probabilities = ("utility", "detection_probability", "unambiguous_probability",
                     "frame_error_rate", "overhead_fraction")  # fmt: skip
    for name in probabilities:
        assert (tables[name] >= 0).all() and (tables[name] <= 1).all(), name
    assert (tables["capacity"] >= 0).all() and (tables["capacity"] <= 1e9 * cpi_s / 1e6).all()
    assert (np.diff(tables["velocity_crb_m_s"]) < 0).all()
    assert (np.diff(tables["detection_probability"]) >= 0).all()
    stronger = model(**{**dict(params), "preamble_snr_db": rho_db + 3}).params.derived()
    assert (stronger["utility"] >= tables["utility"]).all()
    assert (stronger["velocity_crb_m_s"] < tables["velocity_crb_m_s"]).all()
