"""Surfaces for secrecy: one element in closed form, rounds, published anchors."""

import math

import numpy as np
import pytest
from downlink_setups import around, complex_normal, kumar2021, liu2024, unit_phases
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.kernels.precoding.rates import power_of
from isac_envs.kernels.precoding.secrecy import secrecy_beam
from isac_envs.kernels.ris.cascade import cascade
from isac_envs.kernels.ris.phase import reflection_states
from isac_envs.kernels.ris.secrecy import secret_phase, surface_for_secrecy

SEEDS = st.integers(0, 10**6)


@settings(deadline=None)
@given(SEEDS, st.floats(0.05, 1.0), st.floats(-40.0, 40.0))
def test_one_element_against_a_grid(seed: int, magnitude: float, noise_db: float) -> None:
    generator = np.random.default_rng(seed)
    user, other, p, q = (complex(each) for each in complex_normal(generator, 4))
    noise = 10.0 ** (noise_db / 10.0)

    def value(coefficient: np.ndarray) -> np.ndarray:
        return (noise + np.abs(user + coefficient * p) ** 2) / (
            noise + np.abs(other + coefficient * q) ** 2
        )

    found = secret_phase(user, other, p, q, magnitude, noise, 1.0 + 0.0j)
    assert abs(found) == pytest.approx(magnitude, rel=1e-12)
    grid = magnitude * np.exp(2j * np.pi * np.arange(4096) / 4096.0)
    values = value(grid)
    assert value(np.array(found)) >= values.max() * (1.0 - 1e-12)
    near = magnitude * np.exp(1j * (np.angle(found) + np.array([-1e-3, 1e-3])))
    assert (value(near) <= value(np.array(found)) * (1.0 + 1e-13)).all()


def test_an_element_that_changes_nothing_stays() -> None:
    assert secret_phase(1j, 0.3 + 0j, 0j, 0j, 1.0, 0.1, 0.6 + 0.8j) == 0.6 + 0.8j


@settings(deadline=None, max_examples=40)
@given(SEEDS, st.integers(1, 4), st.integers(1, 12), st.floats(-20.0, 40.0), st.integers(0, 3))
def test_no_round_lowers_the_secrecy_rate(
    seed: int, antennas: int, elements: int, snr_db: float, bits: int
) -> None:
    generator = np.random.default_rng(seed)
    direct, reflected = (complex_normal(generator, 2, each) for each in (antennas, elements))
    incident = complex_normal(generator, elements, antennas)
    power = 10.0 ** (snr_db / 10.0)
    states = reflection_states(bits) if bits else None
    start = generator.choice(states, elements) if bits else 0.9 * unit_phases(generator, elements)
    before = 0.0
    for most in range(6):
        phases, beam, rate, rounds = surface_for_secrecy(
            direct, reflected, incident, power, 1.0, start, states, 0.0, most
        )
        assert rounds <= most
        assert rate >= before * (1.0 - 1e-10) - 1e-12
        channels = cascade(direct, reflected, phases, incident)
        assert rate == pytest.approx(secrecy_beam(*channels, power)[1], rel=1e-8, abs=1e-11)
        if bits and most:
            assert np.isin(phases, states).all()
        elif not bits:
            assert np.allclose(np.abs(phases), 0.9, rtol=1e-12)
        if rate > 0.0:
            assert power * (1.0 - 1e-12) < power_of(beam[:, None]) <= power
        else:
            assert not beam.any()
        before = rate


def test_no_random_phases_are_better() -> None:
    generator = np.random.default_rng(2)
    direct, reflected = complex_normal(generator, 2, 2), complex_normal(generator, 2, 8)
    incident = complex_normal(generator, 8, 2)
    best = max(
        surface_for_secrecy(direct, reflected, incident, 3.0, reflection=unit_phases(generator, 8))[
            2
        ]
        for _ in range(5)
    )
    others = [
        secrecy_beam(*cascade(direct, reflected, unit_phases(generator, 8), incident), 3.0)[1]
        for _ in range(5000)
    ]
    assert 0.7 * best < max(others) < best


def test_a_surface_that_only_the_eavesdropper_hears_silences_it() -> None:
    """One antenna: the elements cancel the direct path as far as they can."""
    direct, reflected = np.array([[1.0], [2.0]]), np.array([np.zeros(6), np.full(6, 0.25)])
    incident = np.ones((6, 1))
    assert surface_for_secrecy(direct, reflected, incident, iterations=0)[2] == 0.0
    rate = surface_for_secrecy(direct, reflected, incident, tolerance=1e-12)[2]
    assert rate == pytest.approx(math.log2((1.0 + 1.0) / (1.0 + 0.25)), rel=1e-9)
    rate = surface_for_secrecy(direct, 2.0 * reflected, incident, tolerance=1e-14)[2]
    assert rate == pytest.approx(1.0, rel=1e-4)  # nothing is left of it


def test_kumar2021_without_a_surface() -> None:
    links = kumar2021()
    rate = secrecy_beam(*links.direct[0], links.power)[1]
    assert rate == pytest.approx(2.515365, abs=5e-7)


def test_kumar2021_optimised() -> None:
    """Different starts end alike, and few bits below them."""
    links, generator = kumar2021(), np.random.default_rng(3)
    channels = links.direct[0], links.reflected[0], links.incident[0], links.power
    found = [
        surface_for_secrecy(*channels, reflection=start)[2]
        for start in (None, *unit_phases(generator, 9, 64))
    ]
    assert max(found) < 1.01 * min(found)
    coarse = [
        surface_for_secrecy(*channels, states=reflection_states(bits))[2] for bits in (1, 2, 3)
    ]
    assert 2.515365 < coarse[0] < coarse[1] < coarse[2] < min(found)
    others = [
        secrecy_beam(*cascade(*channels[:2], phases, channels[2]), links.power)[1]
        for phases in unit_phases(generator, 2000, 64)
    ]
    assert max(others) < coarse[0]


@pytest.mark.parametrize("antennas", [1, 2])
def test_a_surface_keeps_secrets_that_few_antennas_cannot(antennas: int) -> None:
    """In the geometry of Liu et al., the eavesdropper 2 to 6 m from the user."""
    generator = np.random.default_rng(4)
    means = {}
    for elements in (16, 49):
        user = around(generator, 100, near=8.0, far=8.0)
        eavesdropper = user + around(generator, 100, near=2.0, far=6.0)
        points = np.stack([user, eavesdropper], axis=1)
        links = liu2024(generator, antennas, elements, points)
        rows = []
        for direct, reflected, incident in zip(*links[:3], strict=True):
            start = unit_phases(generator, elements)
            rows.append(
                (
                    secrecy_beam(*direct, links.power)[1],
                    secrecy_beam(*cascade(direct, reflected, start, incident), links.power)[1],
                    surface_for_secrecy(direct, reflected, incident, links.power, 1.0, start)[2],
                )
            )
        none, chance, best = np.array(rows).T
        assert (best >= chance).all()
        assert abs((none - chance).mean()) < 3.0 * (none - chance).std() / 10.0
        means[elements] = best.mean(), best.std() / 10.0, none.mean()
    assert means[49][0] - means[16][0] > 3.0 * np.hypot(means[49][1], means[16][1])
    assert means[16][0] > means[16][2] + 3.0 * means[16][1]
    if antennas == 1:
        assert means[49][0] > 8.0 * means[49][2]


def test_messages() -> None:
    ones = np.ones
    for call, message in (
        (lambda: surface_for_secrecy(ones((3, 2)), ones((3, 4)), ones((4, 2))), "has 3 rows"),
        (lambda: surface_for_secrecy(ones((2, 2)), ones((2, 4)), ones((5, 2))), "incident has"),
        (
            lambda: surface_for_secrecy(ones((2, 2)), ones((2, 4)), ones((4, 2)), 0.0),
            "power_w = 0.0 is outside",
        ),
        (
            lambda: surface_for_secrecy(ones((2, 2)), ones((2, 4)), ones((4, 2)), noise_w=0.0),
            "noise_w = 0.0 is outside",
        ),
        (
            lambda: surface_for_secrecy(
                ones((2, 2)), ones((2, 4)), ones((4, 2)), reflection=2.0 * ones(4)
            ),
            r"abs\(reflection\) = 2.0 is outside",
        ),
        (
            lambda: surface_for_secrecy(ones((2, 2)), ones((2, 4)), ones((4, 2)), states=[[1.0]]),
            r"states has shape \(1, 1\)",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            call()
