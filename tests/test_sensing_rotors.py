"""Rotors: lines and detection by hand, evidence that is calibrated, tracks that learn a class."""

import math

import numpy as np
import pytest
from scipy.special import gammaincc, gammainccinv

from isac_envs.declaration.trial import Trial
from isac_envs.engine import rng
from isac_envs.engine.jit import record_of
from isac_envs.envs.tracking.target_track.model import TargetTrack
from isac_envs.envs.tracking.target_track.params import TargetTrackParams
from isac_envs.envs.tracking.target_track.slot import sector_look
from isac_envs.sensing import rotors
from isac_envs.sensing.detections import DETECTION
from isac_envs.sensing.looks import Look
from isac_envs.sensing.rotors import FALSE_ALARM, Rotor
from isac_envs.sensing.tracks import CONFIRMED

RADAR = TargetTrackParams().radar
ROTOR = Rotor(blades=2, blade_m=0.12, rotation_hz=90.0, ratio_db=-12.0)
P = TargetTrackParams().record[0]


def look(symbols: float) -> Look:
    """Return a look of so many symbols."""
    return sector_look(P, 0.0, (symbols + 0.5) / float(P.slot_symbols), 16.0)


def parameters(ratio_db: float = -12.0):
    return record_of(RADAR.fields() | ROTOR._replace(ratio_db=ratio_db).fields(RADAR))[0]


def test_lines_by_hand() -> None:
    # tips at 2 pi 90 0.12 = 67.9 m/s shift by 12.67 kHz; flashes come at 180 Hz; the unambiguous
    # band of 1 / 178.4 us = 5.61 kHz holds 31 places, one of them the body's
    assert ROTOR.lines(RADAR) == 30
    slow = ROTOR._replace(rotation_hz=900.0, blade_m=0.02)  # 1.8 kHz, band of 3 places
    assert slow.lines(RADAR) == 2
    short = ROTOR._replace(blade_m=0.001)  # 106 Hz at the tips: less than the first line
    assert short.lines(RADAR) == 1


@pytest.mark.parametrize("symbols", [28, 70, 140])
@pytest.mark.parametrize("snr_db", [6.0, 16.0, 26.0, 36.0])
def test_blades_are_seen_as_swerling_2_says(symbols: int, snr_db: float) -> None:
    p, snr = parameters(), 10.0 ** (snr_db / 10.0)
    lines = min(30, symbols - 1)
    threshold = gammainccinv(lines, FALSE_ALARM)
    expected = gammaincc(lines, threshold / (1.0 + 10.0**-1.2 * snr / lines))
    assert rotors.seen_probability(p, look(symbols), snr) == pytest.approx(expected, rel=1e-9)


def test_the_frequency_of_what_is_drawn() -> None:
    p, found = parameters(), np.zeros(1, DETECTION)[0]
    stream = np.zeros(4, np.uint64)
    rng.seed_stream(stream, np.uint64(3), np.uint64(4))
    found.statistic = 1.0 + 10.0**2.6
    for has_rotor in (False, True):
        seen = 0
        for _ in range(20_000):
            rotors.watch(p, look(70), stream, has_rotor, found)
            seen += bool(found.rotor)
        expected = rotors.seen_probability(p, look(70), 10.0**2.6) if has_rotor else FALSE_ALARM
        spread = math.sqrt(expected * (1.0 - expected) / 20_000)
        assert seen / 20_000 == pytest.approx(expected, abs=4.0 * spread)


def test_evidence_is_calibrated() -> None:
    """Of targets that are believed to fly with some probability, that part does."""
    p, found = parameters(), np.zeros(1, DETECTION)[0]
    stream, random = np.zeros(4, np.uint64), np.random.default_rng(0)
    rng.seed_stream(stream, np.uint64(1), np.uint64(2))
    beliefs, truths = [], []
    for _ in range(6000):
        flies, odds = bool(random.random() < 0.5), 0.0
        for _ in range(3):
            found.statistic = 1.0 + 10.0 ** random.uniform(1.0, 2.6)
            rotors.watch(p, look(70), stream, flies, found)
            odds += rotors.evidence(p, look(70), found)
        beliefs.append(1.0 / (1.0 + math.exp(-odds)))
        truths.append(flies)
    belief, truth = np.array(beliefs), np.array(truths)
    for low, high in ((0.05, 0.5), (0.5, 0.95), (0.95, 1.0)):
        inside = (belief >= low) & (belief < high)
        assert inside.sum() > 100
        spread = math.sqrt(0.25 / inside.sum())
        assert truth[inside].mean() == pytest.approx(belief[inside].mean(), abs=4.0 * spread)


def play(slots: int = 120, copies: int = 24, **changes):
    model = TargetTrack(TargetTrackParams(mix=(0.5, 0.0, 0.5), **changes))
    trial = Trial(model, copies)
    trial.start(np.arange(copies))
    rule, rewards, wrong, tracked = model.baselines["index_blind_choice"](trial), [], 0.0, 0.0
    for _ in range(slots):
        rewards.append(trial.step(rule.act()))
        metrics = trial._buffers.metrics[:, 0]
        wrong += metrics["misclassified"].sum()
        tracked += (metrics["targets"] - metrics["missed"]).sum()
    return np.array(rewards), wrong / tracked, trial


def test_classes_change_nothing_else() -> None:
    ignored, none, _ = play(60, 6)
    observed, some, _ = play(60, 6, rotors="observed")
    assert np.array_equal(ignored, observed)
    assert none == 0.0
    assert some > 0.0


def test_tracks_learn_what_flies() -> None:
    shares = [play(rotors="observed", rotor_ratio_db=ratio)[1] for ratio in (-50.0, -12.0, 0.0)]
    assert shares[0] > 0.35  # no blade is ever seen: half of the targets are mistaken
    assert shares[0] > 2.0 * shares[1] > 2.0 * shares[2]
    assert shares[2] < 0.05


def test_echoes_learn_it_too() -> None:
    _, wrong, trial = play(30, 3, rotors="observed", fidelity="echo", rotor_ratio_db=0.0)
    assert (trial.state.tracks["status"] == CONFIRMED).any()
    assert wrong < 0.15
