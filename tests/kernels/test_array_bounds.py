"""Bound on the angle for any precoder: against the Fisher information, published numbers, ML."""

import math
from typing import Any

import numpy as np
import pytest
from downlink_setups import complex_normal

from isac_envs.kernels.estimation.array_bounds import precoder_angle_variance
from isac_envs.kernels.estimation.bounds import angle_variance
from isac_envs.kernels.precoding.illumination import illuminating_beam


def steering(count: int, angle_rad: float) -> Any:
    places = np.arange(count) - (count - 1) / 2
    return np.exp(1j * np.pi * places * np.sin(angle_rad))


def fisher_variance(precoder: Any, angle_rad: float, receivers: int, snr: float) -> float:
    """Return the bound by finite differences of the mean of the echo, phase and size unknown."""
    streams = precoder.shape[1]

    def mean(theta: float, re: float, im: float) -> Any:
        heard = steering(precoder.shape[0], theta) @ precoder
        echo = np.outer(steering(receivers, theta), heard)
        return (complex(re, im) * echo).reshape(-1) * math.sqrt(snr)

    point, step, columns = np.array((angle_rad, 0.6, -0.8)), 1e-5, []
    for k in range(3):
        moved = [mean(*(point + scale * step * np.eye(3)[k])) for scale in (-2, -1, 1, 2)]
        columns.append((moved[0] - 8 * moved[1] + 8 * moved[2] - moved[3]) / (12 * step))
    jacobian = np.stack(columns, 1)
    assert jacobian.shape == (receivers * streams, 3)
    return float(np.linalg.inv(2.0 * (jacobian.conj().T @ jacobian).real)[0, 0])


@pytest.mark.parametrize(("antennas", "receivers", "streams"), [(6, 8, 1), (7, 4, 3), (16, 12, 5)])
@pytest.mark.parametrize("angle_rad", [0.0, 0.4, -1.1])
def test_is_the_inverse_fisher_information(antennas, receivers, streams, angle_rad):
    precoder = complex_normal(np.random.default_rng(3), antennas, streams)
    found = precoder_angle_variance(precoder, angle_rad, receivers, 7.0)
    assert found == pytest.approx(fisher_variance(precoder, angle_rad, receivers, 7.0), rel=1e-6)


def test_no_power_on_the_target_leaves_what_the_beams_tell_apart():
    antennas, receivers = 8, 6
    places = np.arange(antennas) - (antennas - 1) / 2
    dark = np.stack((places, np.ones(antennas)), 1) * np.array([1.0, 1e-7])
    spread = receivers * float(places @ places) ** 2
    expected = 1.0 / (2.0 * np.pi**2 * spread)
    assert precoder_angle_variance(dark, 0.0, receivers, 1.0) == pytest.approx(expected, rel=1e-6)
    nothing = np.zeros((antennas, 1))
    assert precoder_angle_variance(nothing, 0.0, receivers, 1.0) > 1e200


def test_one_beam_is_a_receive_array_with_the_power_that_arrives():
    beam = illuminating_beam(np.ones(16), steering(16, 0.3))
    found = precoder_angle_variance(beam[:, None], 0.3, 20, 5.0)
    assert found == pytest.approx(float(angle_variance(5.0 * 16.0, 0.3, 0.5, 20, 1)), rel=1e-12)


@pytest.mark.parametrize(
    ("required_db", "degrees", "reached_db"), [(20, 0.00072, 27.6), (36, 0.00073, 36.0)]
)
def test_published_setting_of_one_user(required_db, degrees, reached_db):
    """A channel whose gain in the direction of the target gives the 27.6 dB that were published."""
    generator = np.random.default_rng(5)
    target = steering(16, 0.0)
    user = complex_normal(generator, 16)
    user *= 4.0 / np.linalg.norm(user)
    along = target.conj() / 4.0
    user += ((10**2.76 / 1000) ** 0.5 - user @ along) * along.conj()
    channel = math.sqrt(1000.0) * user
    beam = illuminating_beam(channel, target, 10 ** (required_db / 10))
    assert np.linalg.norm(beam) == pytest.approx(1.0, abs=1e-12)
    assert 10 * np.log10(abs(channel @ beam) ** 2) == pytest.approx(reached_db, abs=0.05)
    variance = precoder_angle_variance(beam[:, None], 0.0, 20, 30 * 1000.0)
    tolerance = 0.00001 if required_db == 20 else 0.0001  # the published channel is another one
    assert math.degrees(math.sqrt(variance)) == pytest.approx(degrees, abs=tolerance)


def test_no_beam_that_serves_the_user_lights_the_target_more():
    generator = np.random.default_rng(8)
    for _ in range(20):
        user, target = complex_normal(generator, 5), steering(5, float(generator.uniform(-1, 1)))
        required = float(generator.uniform(0.0, 0.95)) * np.linalg.norm(user) ** 2
        best = illuminating_beam(user, target, required)
        assert abs(user @ best) ** 2 >= required * (1 - 1e-12)
        near = best[:, None] + 0.3 * complex_normal(generator, 5, 2000)
        for others in (complex_normal(generator, 5, 2000), near):
            others /= np.linalg.norm(others, axis=0)
            served = np.abs(user @ others) ** 2 >= required
            assert (np.abs(target @ others[:, served]) ** 2).max(initial=0.0) <= (
                abs(target @ best) ** 2 * (1 + 1e-12)
            )


def test_a_user_that_cannot_be_served_gets_its_matched_beam():
    user = np.array([1.0, 1j, -0.5])
    beam = illuminating_beam(user, steering(3, 0.2), 10.0)
    assert abs(user @ beam) == pytest.approx(np.linalg.norm(user), rel=1e-12)


def test_maximum_likelihood_reaches_the_bound():
    """At a radar SNR of -4 dB, echoes of 30 samples from a precoder of four streams."""
    generator = np.random.default_rng(2)
    antennas, receivers, samples, truth, trials = 16, 20, 30, 0.2, 600
    snr = 10**-0.4  # of all samples, between two antennas
    along = steering(antennas, 0.22).conj()[:, None] / math.sqrt(antennas)
    precoder = np.hstack((along, 0.15 * complex_normal(generator, antennas, 3)))
    precoder /= np.linalg.norm(precoder)
    symbols = np.linalg.qr(complex_normal(generator, samples, 4))[0].T * math.sqrt(samples)
    sent = precoder @ symbols
    scale = math.sqrt(snr / samples)
    angles = np.arcsin(np.linspace(-0.999, 0.999, 2001))
    transmit = np.stack([steering(antennas, each) for each in angles])
    receive = np.stack([steering(receivers, each) for each in angles])
    power = (np.abs(transmit @ sent) ** 2).sum(1)
    echo = scale * np.outer(steering(receivers, truth), steering(antennas, truth) @ sent)
    errors = np.empty(trials)
    for k in range(trials):
        phase = np.exp(2j * np.pi * generator.random())
        heard = phase * echo + complex_normal(generator, receivers, samples)
        matched = receive.conj() @ (heard @ sent.conj().T)
        likelihood = np.abs((matched * transmit.conj()).sum(1)) ** 2 / power
        at = int(np.clip(likelihood.argmax(), 1, len(angles) - 2))
        low, most, high = likelihood[at - 1 : at + 2]
        move = 0.5 * (low - high) / (low - 2 * most + high)
        sine = np.sin(angles[at]) + move * 1.998 / 2000
        errors[k] = np.arcsin(sine) - truth
    root = math.sqrt(float((errors**2).mean()))
    bound = math.sqrt(precoder_angle_variance(precoder, truth, receivers, snr))
    assert 0.95 < root / bound < 1.15


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"angle_rad": 1.6}, "angle_rad"),
        ({"receivers": 1.5}, "receivers"),
        ({"snr": 0.0}, "snr"),
        ({"precoder": np.ones(3)}, "precoder"),
    ],
)
def test_wrong_values_are_named(changes, name):
    given: dict[str, Any] = {
        "precoder": np.ones((3, 1)),
        "angle_rad": 0.0,
        "receivers": 4,
        "snr": 1.0,
    }
    with pytest.raises(ValueError, match=name):
        precoder_angle_variance(**{**given, **changes})


def test_wrong_values_of_a_beam_are_named():
    with pytest.raises(ValueError, match="target"):
        illuminating_beam(np.ones(3), np.ones(4))
    with pytest.raises(ValueError, match="required"):
        illuminating_beam(np.ones(3), np.ones(3), -1.0)
