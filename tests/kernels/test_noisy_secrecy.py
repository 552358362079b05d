"""Surfaces for secrecy with artificial noise, against plain NumPy."""

from typing import Any

import numpy as np
import pytest
from downlink_setups import complex_normal, unit_phases
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.kernels.ris.cascade import cascade
from isac_envs.kernels.ris.noisy_secrecy import sweep_surface_with_noise
from isac_envs.kernels.ris.secrecy import surface_for_secrecy

SEEDS = st.integers(0, 10**6)


def setup(seed: int, rows: int, antennas: int, elements: int, beams: int) -> Any:
    generator = np.random.default_rng(seed)
    shapes = (rows, antennas), (rows, elements), (elements, antennas), (antennas, beams)
    return tuple(complex_normal(generator, *each) for each in shapes)


def secrecy(links: Any, phases: np.ndarray) -> float:
    direct, reflected, incident, beams = links
    heard = np.abs(cascade(direct, reflected, phases, incident) @ beams) ** 2
    user, other = heard[0], heard[1:].mean(0)
    rates = [np.log2(1 + each[0] / (1 + each[1:].sum())) for each in (user, other)]
    return float(max(rates[0] - rates[1], 0.0))


@settings(deadline=None, max_examples=30)
@given(SEEDS, st.integers(2, 4), st.integers(1, 3), st.integers(1, 3))
def test_one_element_gets_its_best_phase(seed: int, rows: int, antennas: int, beams: int) -> None:
    links = setup(seed, rows, antennas, 1, beams)
    found, rate = sweep_surface_with_noise(*links)
    assert abs(found[0]) == pytest.approx(1.0, abs=1e-12)
    turns = np.exp(2j * np.pi * np.arange(4000) / 4000)
    best = max(secrecy(links, turns[k : k + 1]) for k in range(4000))
    assert rate == pytest.approx(secrecy(links, found), rel=1e-10, abs=1e-12)
    assert rate >= best - 2e-5


@settings(deadline=None, max_examples=30)
@given(SEEDS, st.booleans())
def test_a_pass_never_lowers_the_rate(seed: int, few: bool) -> None:
    links = setup(seed, 4, 2, 9, 3)
    states = np.array([1.0, 0.8j, -1.0, -0.5j])
    generator = np.random.default_rng(seed)
    phases = states[generator.integers(0, 4, 9)] if few else unit_phases(generator, 9)
    rate = secrecy(links, phases)
    for _ in range(3):
        phases, found = sweep_surface_with_noise(
            *links, reflection=phases, states=states if few else None
        )
        assert found >= rate - 1e-12
        rate = found
    if few:
        assert set(phases) <= set(states)


def test_without_noise_it_agrees_with_the_closed_form() -> None:
    """From the closed form's optimum, element by element for its beam, nothing is left to gain."""
    direct, reflected, incident, _ = setup(5, 2, 1, 8, 1)
    phases, beam, rate, _ = surface_for_secrecy(direct, reflected, incident, tolerance=1e-12)
    found = sweep_surface_with_noise(direct, reflected, incident, beam[:, None], phases)[1]
    assert found == pytest.approx(rate, abs=1e-6)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="direct has 1 rows"):
        sweep_surface_with_noise([[1.0]], [[1.0]], [[1.0]], [[1.0]])
    with pytest.raises(ValueError, match="precoder"):
        sweep_surface_with_noise(np.ones((2, 2)), np.ones((2, 1)), np.ones((1, 2)), [[1.0]])
