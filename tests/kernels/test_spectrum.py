"""Energy detectors and the occupancy of channels, against simulation and dynamic programming."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.kernels.spectrum.detector import energy_detection, energy_false_alarm
from isac_envs.kernels.spectrum.occupancy import (
    idle_if_declared_busy,
    idle_next,
    steady_idle,
    whittle_index,
)
from isac_envs.planning.sensing_time import optimal_sensing_time_s, used_share

PROBABILITY = st.floats(0.01, 0.99)


def test_the_published_sensing_time() -> None:
    """6 MHz, 100 ms, primary at -20 dB, detection of 0.9 (Liang et al. 2008: 14.2 ms)."""
    found = optimal_sensing_time_s(0.1, 0.01, 6e6)
    assert found == pytest.approx(14.163e-3, abs=1e-6)
    shares = [used_share(t, 0.1, 0.01, 6e6) for t in np.linspace(1e-3, 99e-3, 981)]
    assert max(shares) <= used_share(found, 0.1, 0.01, 6e6)


def test_a_sensing_time_needs_a_detection_that_falls_once() -> None:
    with pytest.raises(ValueError, match=r"detection = 0.3 is outside \[0.5, 1\)"):
        optimal_sensing_time_s(0.1, 0.01, 6e6, 0.3)


@pytest.mark.parametrize(("snr", "samples"), [(0.05, 2000), (0.2, 400), (0.02, 8000)])
def test_both_probabilities_are_those_of_drawn_signals(snr: float, samples: int) -> None:
    generator = np.random.default_rng(samples)
    trials = 3000
    noise = generator.normal(size=(trials, samples, 2)).view(complex)[..., 0] / np.sqrt(2.0)
    phases = np.exp(0.5j * np.pi * generator.integers(0, 4, (trials, samples)))
    alone = (np.abs(noise) ** 2).mean(1)
    together = (np.abs(noise + np.sqrt(snr) * phases) ** 2).mean(1)
    for wanted in (0.6, 0.9):
        threshold = np.quantile(together, 1.0 - wanted)
        found = (alone > threshold).mean()
        expected = energy_false_alarm(wanted, snr, samples)
        assert found == pytest.approx(expected, abs=0.01 + 3.0 * np.sqrt(wanted / trials))
        assert energy_detection(expected, snr, samples) == pytest.approx(wanted, rel=1e-9)


def test_a_detector_without_a_signal_guesses() -> None:
    assert energy_false_alarm(0.9, 0.0, 100) == pytest.approx(0.9, rel=1e-12)


@settings(deadline=None, max_examples=30)
@given(PROBABILITY, PROBABILITY)
def test_the_steady_state_stays(stay: float, become: float) -> None:
    steady = steady_idle(stay, become)
    assert idle_next(steady, stay, become) == pytest.approx(steady, rel=1e-12)
    nearer = abs(idle_next(0.3, stay, become) - steady)
    assert nearer == pytest.approx(abs(stay - become) * abs(0.3 - steady), abs=1e-12)


def test_bayes_rule_of_a_declaration() -> None:
    assert idle_if_declared_busy(0.5, 0.1, 0.9) == pytest.approx(0.1)
    assert idle_if_declared_busy(0.7, 0.0, 1.0) == 0.0
    assert idle_if_declared_busy(1.0, 0.0, 1.0) == 0.0  # a detector that cannot say so


def advantage(belief: float, stay: float, become: float, subsidy: float) -> float:
    """Return what sensing now is worth more than not, by relative value iteration."""
    depth = 40
    orbits = np.empty((3, depth))
    orbits[:, 0] = belief, stay, become
    for k in range(1, depth):
        orbits[:, k] = become + (stay - become) * orbits[:, k - 1]
    beliefs = orbits.ravel()
    following = np.minimum(np.arange(3 * depth) + 1, 3 * depth - 1)
    following[depth - 1 :: depth] = np.arange(depth - 1, 3 * depth, depth)
    values = np.zeros(3 * depth)
    for _ in range(2000):
        sensed = beliefs * (1.0 + values[depth]) + (1.0 - beliefs) * values[2 * depth]
        updated = 0.5 * (np.maximum(sensed, subsidy + values[following]) + values)
        change = updated - values
        values = updated - updated[0]
        if np.ptp(change) < 1e-11:
            break
    sensed = belief * (1.0 + values[depth]) + (1.0 - belief) * values[2 * depth]
    return float(sensed - subsidy - values[1])


@settings(deadline=None, max_examples=30)
@given(PROBABILITY, st.floats(0.05, 0.95), st.floats(0.05, 0.95))
def test_the_index_is_the_subsidy_that_makes_both_equal(
    belief: float, stay: float, become: float
) -> None:
    if abs(stay - become) > 0.8:
        return  # the orbits would have to be longer
    index = float(whittle_index(belief, stay, become))
    assert advantage(belief, stay, become, index - 1e-3) > 0.0
    assert advantage(belief, stay, become, index + 1e-3) < 0.0


@pytest.mark.parametrize(("stay", "become"), [(0.8, 0.2), (0.2, 0.8), (0.95, 0.02), (0.5, 0.5)])
def test_the_index_rises_with_the_belief(stay: float, become: float) -> None:
    index = whittle_index(np.linspace(0.0, 1.0, 1001), stay, become)
    assert (np.diff(index) > -1e-12).all()
    assert index[0] == 0.0
    assert index[-1] == 1.0
