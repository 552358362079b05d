"""The optimal beam of a wiretap channel against SciPy's generalised eigenvalues."""

import math

import numpy as np
import pytest
from downlink_setups import complex_normal
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import eigh

from isac_envs.kernels.precoding.rates import power_of
from isac_envs.kernels.precoding.secrecy import secrecy_beam

SEEDS = st.integers(0, 10**6)


def ratio(user: np.ndarray, eavesdropper: np.ndarray, beam: np.ndarray, noise: float) -> float:
    return (1.0 + abs(sum(user * beam)) ** 2 / noise) / (
        1.0 + abs(sum(eavesdropper * beam)) ** 2 / noise
    )


def largest(user: np.ndarray, eavesdropper: np.ndarray, snr: float) -> float:
    a, b = (np.eye(user.size) + snr * np.outer(row.conj(), row) for row in (user, eavesdropper))
    return float(eigh(a, b, eigvals_only=True)[-1])


@settings(deadline=None)
@given(SEEDS, st.integers(1, 9), st.floats(-40.0, 60.0), st.floats(-30.0, 30.0))
def test_against_scipy(seed: int, antennas: int, snr_db: float, stronger_db: float) -> None:
    generator = np.random.default_rng(seed)
    user, eavesdropper = complex_normal(generator, 2, antennas)
    eavesdropper *= 10.0 ** (stronger_db / 20.0)
    noise = generator.uniform(0.1, 10.0)
    snr = 10.0 ** (snr_db / 10.0)
    beam, rate = secrecy_beam(user, eavesdropper, snr * noise, noise)
    expected = max(math.log2(largest(user, eavesdropper, snr)), 0.0)
    assert rate == pytest.approx(expected, rel=1e-9, abs=1e-12)
    if rate > 1e-6:
        assert power_of(beam[:, None]) == pytest.approx(snr * noise, rel=1e-12)
    reached = ratio(user, eavesdropper, beam, noise)
    assert math.log2(reached) == pytest.approx(rate, rel=1e-8, abs=1e-12)


def test_no_random_beam_is_better() -> None:
    generator = np.random.default_rng(2)
    user, eavesdropper = complex_normal(generator, 2, 3)
    rate = secrecy_beam(user, eavesdropper, 4.0)[1]
    beams = complex_normal(generator, 100_000, 3)
    beams *= 2.0 / np.linalg.norm(beams, axis=1)[:, None]
    beams *= generator.uniform(0.5, 1.0, (100_000, 1))
    user_snr, other_snr = np.abs(beams @ user) ** 2, np.abs(beams @ eavesdropper) ** 2
    found = np.log2((1.0 + user_snr) / (1.0 + other_snr)).max()
    assert 0.9 * rate < found < rate


@pytest.mark.parametrize("antennas", [1, 2, 5])
@pytest.mark.parametrize("turn", [1.0, -1j, np.exp(0.3j)])
def test_parallel_channels(antennas: int, turn: complex) -> None:
    """A weaker user keeps no secret; a stronger one keeps the ratio of the matched beam."""
    user = complex_normal(np.random.default_rng(3), antennas)
    for factor in (1.0, 1.5, 40.0):
        beam, rate = secrecy_beam(user, factor * turn * user, 7.0, 0.2)
        assert rate < 1e-15  # a turn changes the length in the last bit
        assert not beam.any() or factor == 1.0
    beam, rate = secrecy_beam(user, 0.4 * turn * user, 7.0, 0.2)
    gain = 7.0 / 0.2 * np.sum(np.abs(user) ** 2)
    assert rate == pytest.approx(math.log2((1.0 + gain) / (1.0 + 0.16 * gain)), rel=1e-12)
    assert np.allclose(beam, math.sqrt(7.0) * user.conj() / np.linalg.norm(user), atol=1e-12)


def test_nearly_parallel_channels() -> None:
    """Where the difference of two products would lose half of the digits."""
    user = np.array([1.0, 0.0])
    for apart in (1e-3, 1e-5, 1e-7):
        other = np.array([2.0, apart])
        beam, rate = secrecy_beam(user, other, 1.0, 1e-9)
        exact = 1e9 * 1e9 * apart**2  # d; a = 1e9, b = (4 + apart^2) 1e9
        a, b = 1e9, (4.0 + apart**2) * 1e9
        middle = a - b + exact
        root = math.sqrt(middle**2 + 4.0 * exact * (1.0 + b))
        excess = 2.0 * exact / (root - middle) if middle < 0 else 0.5 * (middle + root) / (1 + b)
        assert rate == pytest.approx(math.log1p(excess) / math.log(2.0), rel=1e-9)
        assert math.log2(ratio(user, other, beam, 1e-9)) == pytest.approx(rate, rel=1e-6)


def test_channels_of_nobody() -> None:
    user = np.array([1.0 + 1j, 2.0])
    beam, rate = secrecy_beam(user, np.zeros(2), 3.0)
    assert rate == pytest.approx(math.log2(1.0 + 3.0 * 6.0), rel=1e-14)
    assert np.allclose(beam, math.sqrt(3.0 / 6.0) * user.conj(), atol=1e-14)
    beam, rate = secrecy_beam(np.zeros(2), user, 3.0)
    assert rate == 0.0
    assert not beam.any()


def test_messages() -> None:
    ones = np.ones(3)
    for call, message in (
        (lambda: secrecy_beam(ones, ones[:2]), r"eavesdropper has shape \(2,\), must have"),
        (lambda: secrecy_beam([ones], ones), r"user has shape \(1, 3\)"),
        (lambda: secrecy_beam(ones, ones, 0.0), "power_w = 0.0 is outside"),
        (lambda: secrecy_beam(ones, ones, 1.0, 0.0), "noise_w = 0.0 is outside"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
