"""Slopes of the rate by the elements of a surface."""

import numpy as np
import pytest
from downlink_setups import complex_normal, unit_phases
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.kernels.precoding.rates import weighted_sum_rate
from isac_envs.kernels.ris.cascade import cascade
from isac_envs.kernels.ris.slopes import receiver_slopes, surface_slopes


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 4))
def test_slope_is_the_derivative_of_the_rate_by_the_phase(
    seed: int, users: int, antennas: int
) -> None:
    generator = np.random.default_rng(seed)
    shapes = (users, antennas), (users, 3), (3, antennas), (antennas, users)
    direct, reflected, incident, beams = (complex_normal(generator, *each) for each in shapes)
    weights = generator.uniform(0.2, 2.0, users)
    present = unit_phases(generator, 3) * generator.uniform(0.2, 1.0, 3)
    slopes = surface_slopes(direct, reflected, incident, beams, present, 0.7, weights)

    def rate(element: int, turned_rad: float) -> float:
        phases = present.copy()
        phases[element] *= np.exp(1j * turned_rad)
        channels = cascade(direct, reflected, phases, incident)
        return float(np.log(2.0) * weighted_sum_rate(channels, beams, 0.7, weights))

    for n in range(3):
        measured = (rate(n, 1e-5) - rate(n, -1e-5)) / 2e-5
        turned = present[n].conjugate() * slopes[n]
        assert 2.0 * turned.imag == pytest.approx(measured, rel=1e-5, abs=1e-7)
        if users == 1:
            others = [rate(n, each) for each in np.linspace(0.0, 6.3, 200)]
            assert rate(n, float(np.angle(turned))) >= max(others) - 1e-12


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 4), st.integers(1, 3))
def test_slope_of_a_receiver_with_several_channels(
    seed: int, rows: int, antennas: int, columns: int
) -> None:
    generator = np.random.default_rng(seed)
    shapes = (rows, antennas), (rows, 3), (3, antennas), (antennas, columns)
    direct, reflected, incident, beams = (complex_normal(generator, *each) for each in shapes)
    shares = generator.uniform(0.2, 2.0, rows)
    present = unit_phases(generator, 3) * generator.uniform(0.2, 1.0, 3)
    found, slopes = receiver_slopes(direct, reflected, incident, beams, present, shares)

    def rate(element: int, turned_rad: float) -> float:
        phases = present.copy()
        phases[element] *= np.exp(1j * turned_rad)
        heard = shares @ np.abs(cascade(direct, reflected, phases, incident) @ beams) ** 2
        return float(np.log(1.0 + heard[0] / (1.0 + heard[1:].sum())))

    assert found == pytest.approx(rate(0, 0.0), rel=1e-12)
    for n in range(3):
        measured = (rate(n, 1e-5) - rate(n, -1e-5)) / 2e-5
        turned = present[n].conjugate() * slopes[n]
        assert 2.0 * turned.imag == pytest.approx(measured, rel=1e-5, abs=1e-7)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="weights"):
        receiver_slopes([[1.0]], [[1.0]], [[1.0]], [[1.0]], weights=[1.0, 2.0])
    with pytest.raises(ValueError, match="precoder"):
        surface_slopes(np.ones((2, 3)), np.ones((2, 4)), np.ones((4, 3)), np.ones((2, 3)))
    with pytest.raises(ValueError, match="noise_w"):
        surface_slopes([[1.0]], [[1.0]], [[1.0]], [[1.0]], noise_w=0.0)
