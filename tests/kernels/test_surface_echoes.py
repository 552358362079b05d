"""Echoes over a surface: the radar SNR, and its slopes by the elements."""

import numpy as np
import pytest
from downlink_setups import complex_normal, unit_phases
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.kernels.ris.echoes import surface_echo


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 5))
def test_snr_and_its_derivative_by_the_phase(seed: int, antennas: int, beams: int) -> None:
    generator = np.random.default_rng(seed)
    shapes = (1, antennas), (1, 3), (3, antennas), (antennas, beams)
    direct, reflected, incident, precoder = (complex_normal(generator, *each) for each in shapes)
    present = unit_phases(generator, 3) * generator.uniform(0.2, 1.0, 3)
    found, slopes = surface_echo(direct, reflected, incident, precoder, present, 2.5)

    def snr(phases: np.ndarray) -> float:
        channel = (direct + (reflected * phases) @ incident)[0]
        echo = np.outer(channel, channel) @ precoder  # out and back over the same channel
        return float(2.5 * np.linalg.norm(echo) ** 2)

    assert found == pytest.approx(snr(present), rel=1e-12)
    for n in range(3):
        turn = np.ones(3, complex)
        turn[n] = np.exp(1e-5j)
        measured = np.log(snr(present * turn) / snr(present * turn.conj())) / 2e-5
        turned = present[n].conjugate() * slopes[n]
        assert 2.0 * turned.imag == pytest.approx(measured, rel=1e-5, abs=1e-7)


def test_no_echo_has_no_slope() -> None:
    snr, slopes = surface_echo([[0.0]], [[1.0]], [[1.0]], [[0.0]])
    assert snr == 0.0
    assert np.all(slopes == 0.0 + 0.0j) or slopes[0] == pytest.approx(0.0)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="direct has 2 rows"):
        surface_echo(np.ones((2, 3)), np.ones((2, 4)), np.ones((4, 3)), np.ones((3, 1)))
    with pytest.raises(ValueError, match="precoder"):
        surface_echo([[1.0]], [[1.0]], [[1.0]], np.ones((2, 1)))
    with pytest.raises(ValueError, match="gain"):
        surface_echo([[1.0]], [[1.0]], [[1.0]], [[1.0]], gain=-1.0)
