"""Surfaces for rates: the cascade, one user, several users, published anchors."""

import itertools
import math

import numpy as np
import pytest
from downlink_setups import (
    GUO_WEIGHTS,
    Downlinks,
    complex_normal,
    guo2020,
    plain_rate,
    unit_phases,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.kernels.precoding.rates import effective_gains, power_of
from isac_envs.kernels.precoding.wmmse import downlink_of, wmmse
from isac_envs.kernels.ris.cascade import cascade
from isac_envs.kernels.ris.phase import coupled_amplitude, optimal_reflection, reflection_states
from isac_envs.kernels.ris.rates import (
    checked_links,
    fill_slopes,
    free_phase,
    surface_for_one_user,
    surface_for_rate,
    surface_work,
)

SEEDS = st.integers(0, 10**6)
Channels = tuple[np.ndarray, np.ndarray, np.ndarray]


def drawn(generator: np.random.Generator, users: int, antennas: int, elements: int) -> Channels:
    shapes = (users, antennas), (users, elements), (elements, antennas)
    direct, reflected, incident = (complex_normal(generator, *shape) for shape in shapes)
    return direct, reflected, incident


@settings(deadline=None, max_examples=30)
@given(SEEDS, st.integers(1, 5), st.integers(1, 5), st.integers(1, 9))
def test_cascade_of_several_users(seed: int, users: int, antennas: int, elements: int) -> None:
    generator = np.random.default_rng(seed)
    direct, reflected, incident = drawn(generator, users, antennas, elements)
    reflection = unit_phases(generator, elements) * generator.uniform(size=elements)
    found = cascade(direct, reflected, reflection, incident)
    assert found.shape == (users, antennas)
    assert np.allclose(found, direct + reflected @ np.diag(reflection) @ incident, atol=1e-12)
    assert (cascade(direct[0], reflected[0], reflection, incident) == found[0]).all()
    swapped = cascade(direct.T, incident.T, reflection, reflected.T)  # reciprocal
    assert np.allclose(swapped, found.T, atol=1e-12)


def test_a_coupled_amplitude_enters_the_cascade() -> None:
    """The published law with its own parameters, from the angle of the coefficient."""
    generator = np.random.default_rng(1)
    direct, reflected, incident = drawn(generator, 2, 3, 16)
    turns = generator.uniform(size=16)
    law = {"least_amplitude": 0.3, "offset_turns": 0.0, "steepness": 1.5}
    sizes = 0.7 * ((np.sin(2.0 * np.pi * turns) + 1.0) / 2.0) ** 1.5 + 0.3
    reflection = coupled_amplitude(turns, **law) * np.exp(2j * np.pi * turns)
    expected = direct + (reflected * sizes * np.exp(2j * np.pi * turns)) @ incident
    assert np.allclose(cascade(direct, reflected, reflection, incident), expected, atol=1e-12)
    states = reflection_states(4, **law)
    angles = 2.0 * np.pi * np.arange(16) / 16.0
    sizes = 0.7 * ((np.sin(angles) + 1.0) / 2.0) ** 1.5 + 0.3
    assert np.allclose(states, sizes * np.exp(1j * angles), atol=1e-14)
    assert np.allclose(reflection_states(2), [1.0, 1j, -1.0, -1j], atol=1e-15)


@settings(deadline=None, max_examples=40)
@given(SEEDS, st.integers(1, 300), st.booleans())
def test_one_antenna_and_one_user_are_exact(seed: int, elements: int, with_direct: bool) -> None:
    generator = np.random.default_rng(seed)
    direct, reflected, incident = drawn(generator, 1, 1, elements)
    direct *= float(with_direct)
    start = unit_phases(generator, elements) * generator.uniform(size=elements)
    for sizes in (np.ones(elements), np.abs(start)):
        phases = start / np.abs(start) * sizes
        found, beam, gain = surface_for_one_user(direct[0], reflected[0], incident, phases)
        best = (np.abs(reflected[0] * sizes * incident[:, 0]).sum() + abs(direct[0, 0])) ** 2
        assert gain == pytest.approx(best, rel=1e-12)
        assert np.allclose(np.abs(found), sizes, rtol=1e-14)
        channel = cascade(direct[0], reflected[0], found, incident)
        assert abs(channel[0] * beam[0]) ** 2 == pytest.approx(best, rel=1e-12)
    if np.abs(reflected).min() > 0.0:
        aligned = optimal_reflection(direct[0, 0], reflected[0], incident[:, 0])
        assert gain <= np.abs(cascade(direct[0], reflected[0], aligned, incident)[0]) ** 2 * (
            1.0 + 1e-12
        )


def test_one_user_with_several_antennas() -> None:
    """No round lowers the gain, no random phases are better, and a sum over one path is exact."""
    generator = np.random.default_rng(5)
    direct, reflected, incident = (each.squeeze() for each in drawn(generator, 1, 4, 24))
    gains = [
        surface_for_one_user(direct, reflected, incident, tolerance=0.0, iterations=most)[2]
        for most in range(12)
    ]
    assert (np.diff(gains) >= -1e-12 * gains[-1]).all()
    assert gains[0] == pytest.approx(np.linalg.norm(direct + reflected @ incident) ** 2, rel=1e-12)
    best = max(
        surface_for_one_user(direct, reflected, incident, unit_phases(generator, 24))[2]
        for _ in range(5)
    )
    others = direct + (unit_phases(generator, 20_000, 24) * reflected) @ incident
    assert (np.abs(others) ** 2).sum(1).max() < best
    one_path = np.outer(incident[:, 0], np.exp(0.7j * np.arange(4)))
    gain = surface_for_one_user(0.0 * direct, reflected, one_path)[2]
    assert gain == pytest.approx(4.0 * np.abs(reflected * incident[:, 0]).sum() ** 2, rel=1e-12)


@settings(deadline=None, max_examples=25)
@given(
    SEEDS, st.integers(1, 4), st.integers(1, 4), st.integers(1, 12), st.floats(-10.0, 30.0),
    st.integers(0, 3),
)  # fmt: skip
def test_no_round_lowers_the_rate(
    seed: int, users: int, antennas: int, elements: int, snr_db: float, bits: int
) -> None:
    generator = np.random.default_rng(seed)
    channels = drawn(generator, users, antennas, elements)
    weights, power = generator.uniform(0.2, 2.0, users), 10.0 ** (snr_db / 10.0)
    states = reflection_states(bits) if bits else None
    start = unit_phases(generator, elements) * 0.8
    if bits:
        start = generator.choice(states, elements)
    beams = complex_normal(generator, antennas, users)
    before = 0.0
    for most in range(6):
        phases, precoder, rate, rounds = surface_for_rate(
            *channels, power, 1.0, weights, start, beams, states, 0.0, most
        )
        assert rounds <= most
        assert rate >= before * (1.0 - 1e-11)
        whole = cascade(channels[0], channels[1], phases, channels[2])
        assert rate == pytest.approx(plain_rate(whole, precoder, 1.0, weights), rel=1e-9)
        assert power_of(precoder) <= power
        if bits and most:
            assert np.isin(phases, states).all()
        elif not bits:
            assert np.allclose(np.abs(phases), 0.8, rtol=1e-12)
        before = rate


def test_one_user_and_one_antenna_of_the_general_method() -> None:
    direct, reflected, incident = drawn(np.random.default_rng(6), 1, 1, 30)
    rate = surface_for_rate(direct, reflected, incident, 2.0, 0.5, tolerance=1e-12)[2]
    best = (np.abs(reflected[0] * incident[:, 0]).sum() + abs(direct[0, 0])) ** 2
    assert rate == pytest.approx(math.log2(1.0 + 4.0 * best), rel=1e-9)


def test_no_random_phases_with_their_best_precoder_are_better() -> None:
    generator = np.random.default_rng(7)
    direct, reflected, incident = drawn(generator, 2, 2, 6)
    best = max(
        surface_for_rate(
            direct, reflected, incident, 5.0, reflection=unit_phases(generator, 6), tolerance=1e-7
        )[2]
        for _ in range(6)
    )
    others = [
        wmmse(cascade(direct, reflected, unit_phases(generator, 6), incident), 5.0)[1]
        for _ in range(1500)
    ]
    assert 0.85 * best < max(others) < best


@pytest.mark.parametrize("bits", [1, 2])
def test_few_levels_against_all_of_them(bits: int) -> None:
    """The best of a few starts is the best of all 2**(4 b) surfaces, each with its precoder."""
    generator = np.random.default_rng(8)
    direct, reflected, incident = drawn(generator, 2, 2, 4)
    states = reflection_states(bits)
    every = max(
        max(wmmse(channels, 5.0, start=start)[1] for start in (None, np.eye(2)))
        for channels in (
            cascade(direct, reflected, phases, incident)
            for phases in itertools.product(states, repeat=4)
        )
    )
    found = max(
        surface_for_rate(
            direct, reflected, incident, 5.0, states=states, tolerance=1e-9,
            reflection=generator.choice(states, 4),
        )[2]
        for _ in range(20)
    )  # fmt: skip
    assert found == pytest.approx(every, rel=1e-4)


def test_one_bit_of_one_user_is_the_best_of_all() -> None:
    """For one user and antenna every element at its best level is found from some start."""
    generator = np.random.default_rng(9)
    direct, reflected, incident = drawn(generator, 1, 1, 9)
    states = reflection_states(1)
    found = max(
        surface_for_rate(
            direct, reflected, incident, states=states, reflection=generator.choice(states, 9)
        )[2]
        for _ in range(12)
    )
    all_phases = np.array(list(itertools.product(states, repeat=9)))
    gains = np.abs(direct[0] + (all_phases * reflected) @ incident[:, 0]) ** 2
    assert found == pytest.approx(math.log2(1.0 + gains.max()), rel=1e-9)


def test_more_bits_are_better_and_lossy_elements_worse() -> None:
    links = guo2020(np.random.default_rng(10), 1, 10.0)
    channels = links.direct[0], links.reflected[0], links.incident[0]
    law = {"least_amplitude": 0.3, "offset_turns": 0.0, "steepness": 1.5}
    found = [
        surface_for_rate(*channels, links.power, weights=GUO_WEIGHTS, states=states)[2]
        for states in (reflection_states(1), reflection_states(2), reflection_states(4), None)
    ]
    assert found == sorted(found)
    assert found[0] > wmmse(channels[0], links.power, weights=GUO_WEIGHTS)[1]
    lossy = surface_for_rate(
        *channels, links.power, weights=GUO_WEIGHTS, states=reflection_states(4, **law)
    )[2]
    assert found[0] < lossy < found[2]


def weighted_nats(links: Downlinks, generator: np.random.Generator) -> np.ndarray:
    """Return the weighted rates without surface and with random phases, shape ``(draws, 2)``."""
    rows = []
    for direct, reflected, incident in zip(*links[:3], strict=True):
        phases = unit_phases(generator, incident.shape[0])
        both = direct, cascade(direct, reflected, phases, incident)
        rows.append([wmmse(each, links.power, 1.0, GUO_WEIGHTS)[1] for each in both])
    return np.array(rows) * math.log(2.0)


@settings(deadline=None, max_examples=20)
@given(SEEDS, st.integers(1, 4), st.integers(1, 4))
def test_slope_is_the_derivative_of_the_rate_by_the_phase(
    seed: int, users: int, antennas: int
) -> None:
    generator = np.random.default_rng(seed)
    direct, reflected, incident = drawn(generator, users, antennas, 3)
    weights = generator.uniform(0.2, 2.0, users)
    beams, present = complex_normal(generator, antennas, users), unit_phases(generator, 3)

    def gains(turned_rad: float) -> np.ndarray:
        phases = present * np.exp(1j * turned_rad * np.array([0.0, 1.0, 0.0]))
        return effective_gains(cascade(direct, reflected, phases, incident), beams)

    def rate(turned_rad: float) -> float:
        powers = np.abs(gains(turned_rad)) ** 2
        others = 0.7 + powers.sum(1) - np.diag(powers)
        return float(weights @ np.log(1.0 + np.diag(powers) / others))

    downlink, work = downlink_of(1.0, 0.7, weights, users), surface_work(users, antennas, 3)
    work.wmmse.gains[...] = gains(0.0)
    slopes = np.empty(3, np.complex128)
    links = checked_links(direct, reflected, incident)
    fill_slopes(links, beams, downlink, work, present, slopes)
    slope = slopes[1]
    measured = (rate(1e-5) - rate(-1e-5)) / 2e-5
    found = 2.0 * (1j * present[1] * slope.conjugate()).real
    assert found == pytest.approx(measured, rel=1e-5, abs=1e-7)
    arriving = (incident @ beams)[1].copy()
    moved = free_phase(gains(0.0), arriving, reflected[:, 1].copy(), downlink, present[1])
    turned_rad = float(np.angle(moved / present[1]))
    assert rate(turned_rad) >= rate(0.0) - 1e-12
    if users == 1:
        others = [rate(step) for step in np.linspace(0.0, 6.3, 200)]
        assert moved == pytest.approx(slope / abs(slope), abs=1e-12)
        assert rate(turned_rad) >= max(others) - 1e-12
