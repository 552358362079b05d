"""Surfaces for rates: the cascade, one user, several users, published anchors."""

import itertools
import math

import numpy as np
import pytest
from downlink_setups import (
    GUO_WEIGHTS,
    around,
    complex_normal,
    guo2020,
    liu2024,
    plain_rate,
    unit_phases,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.kernels.precoding.rates import power_of
from isac_envs.kernels.precoding.wmmse import Downlink, wmmse
from isac_envs.kernels.ris.cascade import cascade
from isac_envs.kernels.ris.phase import coupled_amplitude, optimal_reflection, reflection_states
from isac_envs.kernels.ris.rates import (
    best_state,
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


@pytest.mark.parametrize(("bits", "share"), [(1, 0.9), (2, 0.98)])
def test_few_levels_against_all_of_them(bits: int, share: float) -> None:
    """Starts from free phases come near the best of all 2**(4 b) surfaces, and never above."""
    generator = np.random.default_rng(8)
    links = drawn(generator, 2, 2, 4)
    states = reflection_states(bits)
    every = max(
        max(wmmse(channels, 5.0, start=start)[1] for start in (None, np.eye(2)))
        for channels in (
            cascade(links[0], links[1], phases, links[2])
            for phases in itertools.product(states, repeat=4)
        )
    )
    found = []
    for start in unit_phases(generator, 10, 4):
        free, beams, _, _ = surface_for_rate(*links, 5.0, reflection=start)
        found.append(surface_for_rate(*links, 5.0, 1.0, None, free, beams, states)[2])
    assert share * every < max(found) < every * (1.0 + 1e-4)


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


def mean_and_error(values: np.ndarray) -> tuple[float, float]:
    return float(values.mean()), float(values.std() / math.sqrt(len(values)))


def test_guo2020_without_and_with_random_phases() -> None:
    """Published means of 100 draws, whose own errors are 1.7 %; their ratio is 20 times sharper."""
    generator = np.random.default_rng(12)
    links = guo2020(generator, 2000)
    rates = np.array(
        [
            [
                wmmse(channels, links.power, 1.0, GUO_WEIGHTS)[1] * math.log(2.0)
                for channels in (direct, cascade(direct, reflected, phases, incident))
            ]
            for direct, reflected, incident, phases in zip(
                *links[:3], unit_phases(generator, 2000, 100), strict=True
            )
        ]
    )
    for ours, published in zip(rates.T, (0.5813, 0.5880), strict=True):
        mean, error = mean_and_error(ours)
        assert error < 0.01 * mean / 2.0
        assert abs(mean - published) < 3.0 * math.hypot(error, ours.std() / 10.0)
    with_surface = rates[:, 1] / rates[:, 0].mean()
    mean, _ = mean_and_error(with_surface)
    apart = (rates[:, 1] - rates[:, 0]).std() / rates[:, 0].mean() / 10.0
    assert mean == pytest.approx(0.5880 / 0.5813, abs=3.0 * apart)
    assert apart < 0.005


def test_guo2020_optimised() -> None:
    """The surface is worth more than half of the rate without it; starts matter little."""
    generator = np.random.default_rng(13)
    links = guo2020(generator, 40)
    gains = []
    for direct, reflected, incident in zip(*links[:3], strict=True):
        without = wmmse(direct, links.power, 1.0, GUO_WEIGHTS)[1]
        found = [
            surface_for_rate(direct, reflected, incident, links.power, 1.0, GUO_WEIGHTS, start)[2]
            for start in unit_phases(generator, 3, 100)
        ]
        gains.append([found[0] / without, max(found) / without])
    first, best = np.array(gains).T
    assert first.mean() - 3.0 * mean_and_error(first)[1] > 1.5
    assert best.mean() < 1.05 * first.mean()


def test_geometry_of_liu2024() -> None:
    """An optimised surface is better than random phases in every draw, and than none."""
    generator = np.random.default_rng(14)
    links = liu2024(generator, 6, 49, around(generator, 60, 4, near=8.0, far=8.0))
    rows = []
    for direct, reflected, incident in zip(*links[:3], strict=True):
        start = unit_phases(generator, 49)
        found = surface_for_rate(direct, reflected, incident, links.power, reflection=start)
        whole = cascade(direct, reflected, start, incident)
        without = [wmmse(each, links.power)[1] for each in (direct, whole)]
        rows.append([*without, found[2], found[3]])
    none, chance, best, rounds = np.array(rows).T
    assert rounds.mean() < 300  # ten times more if rounds do not go on in their direction
    assert (best > chance).all()
    assert (best - none).mean() > 3.0 * mean_and_error(best - none)[1] + 1.0


@settings(deadline=None, max_examples=40)
@given(SEEDS, st.integers(2, 4), st.floats(-20.0, 30.0))
def test_one_element_has_the_least_error(seed: int, users: int, noise_db: float) -> None:
    """Against a grid of phases, with receivers and weights of the present gains."""
    generator = np.random.default_rng(seed)
    gains, noise = complex_normal(generator, users, users), 10.0 ** (noise_db / 10.0)
    beams, legs = complex_normal(generator, 2, users)
    present = complex(0.7 * unit_phases(generator))
    weights = generator.uniform(0.1, 2.0, users)
    downlink = Downlink(1.0, noise, weights)
    others = gains - present * np.outer(legs, beams)
    total = (np.abs(gains) ** 2).sum(1) + noise
    receivers = np.diag(gains) / total
    importance = weights / (1.0 - np.abs(np.diag(gains)) ** 2 / total)

    def errors(coefficients: np.ndarray) -> np.ndarray:
        moved = others + coefficients[:, None, None] * np.outer(legs, beams)
        received = (np.abs(moved) ** 2).sum(2) + noise
        wanted = np.diagonal(moved, axis1=1, axis2=2)
        each = np.abs(receivers) ** 2 * received - 2.0 * (receivers.conj() * wanted).real + 1.0
        return each @ importance

    found = free_phase(gains, beams, legs, downlink, present)
    assert abs(found) == pytest.approx(0.7, rel=1e-12)
    grid = 0.7 * np.exp(2j * np.pi * np.arange(720) / 720.0)
    least = errors(np.array([found]))[0]
    assert least <= errors(grid).min() + 1e-11 * abs(importance).max()
    state = best_state(gains, beams, legs, downlink, grid[::90].copy(), present)
    changes = (grid[::90] - present)[:, None, None] * np.outer(legs, beams)
    powers = np.abs(gains + changes) ** 2
    wanted = np.diagonal(powers, axis1=1, axis2=2)
    rates = np.log2(1.0 + wanted / (powers.sum(2) - wanted + noise)) @ weights
    assert rates[np.flatnonzero(grid[::90] == state)[0]] == pytest.approx(rates.max(), rel=1e-12)


def test_messages() -> None:
    ones = np.ones
    fitting = ones((2, 3)), ones((2, 4)), ones((4, 3))
    for call, message in (
        (lambda: surface_for_rate(ones((2, 3)), ones((3, 4)), ones((4, 3))), "reflected has shape"),
        (lambda: surface_for_rate(ones((2, 3)), ones((2, 4)), ones((4, 2))), "incident has shape"),
        (lambda: surface_for_rate(*fitting, reflection=ones(3)), r"must have shape \(4\)"),
        (lambda: surface_for_rate(*fitting, reflection=2.0 * ones(4)), r"abs\(reflection\) = 2"),
        (lambda: surface_for_rate(*fitting, states=[2.0]), r"abs\(states\) = 2.0 is outside"),
        (lambda: surface_for_rate(*fitting, precoder=ones((2, 3))), "precoder has shape"),
        (lambda: surface_for_rate(*fitting, weights=[1.0]), r"weights has shape \(1,\)"),
        (lambda: surface_for_rate(*fitting, power_w=0.0), "power_w = 0.0 is outside"),
        (lambda: surface_for_rate(*fitting, tolerance=-1.0), "tolerance = -1.0 is outside"),
        (lambda: surface_for_one_user(ones((1, 3)), ones(4), ones((4, 3))), "direct has shape"),
        (lambda: cascade(0.0, ones((2, 3)), ones(3), ones((2, 3))), "do not fit"),
        (lambda: surface_work(1, 0, 1), "antennas = 0 is not a whole number"),
        (lambda: reflection_states(0), "bits = 0 is not a whole number"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
