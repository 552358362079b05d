"""Shadow fading and line-of-sight states: marginal laws and persistence."""

import json
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.kernels import pathloss
from isac_envs.kernels.channel import shadowing

REFERENCE = json.loads((Path(__file__).parent / "data" / "fading.json").read_text())


@pytest.mark.parametrize("row", REFERENCE["gudmundson"])
def test_gudmundson_correlation(row: dict[str, float]) -> None:
    dx, dcor, rho = row["dx"], row["dcor"], row["rho"]
    assert shadowing.shadowing_correlation(dx, dcor) == pytest.approx(rho, abs=1e-15)
    assert shadowing.shadowing_correlation(0.4 * dx, dcor, 0.6 * dx) == pytest.approx(
        rho, abs=1e-15
    )
    assert shadowing.shadowing_step(1.0, 0.0, dx, dcor, 2.0) == pytest.approx(rho, abs=1e-15)
    innovation = shadowing.shadowing_step(0.0, 3.0, dx, dcor, 1.0)
    assert innovation == pytest.approx(3.0 * math.sqrt(1.0 - rho**2), rel=1e-14)


def test_shadowing_is_stationary_with_the_stated_correlation() -> None:
    generator, sigma = np.random.default_rng(1), 7.82
    value = generator.normal(scale=sigma, size=200_000)
    first, travelled = value, 0.0
    for moved in (1.0, 5.0, 0.2, 20.0):
        value = shadowing.shadowing_step(
            value, sigma, moved, 13.0, generator.normal(size=value.size)
        )
        travelled += moved
        assert np.std(value) == pytest.approx(sigma, rel=0.01)
        measured = np.mean(first * value) / sigma**2
        assert measured == pytest.approx(math.exp(-travelled / 13.0), abs=0.01)


def test_far_moves_forget_and_no_move_keeps() -> None:
    assert shadowing.shadowing_correlation(1e9, 1e-3) == 0.0
    assert shadowing.shadowing_step(5.0, 4.0, 0.0, 10.0, 3.0) == 5.0
    assert shadowing.shadowing_step(5.0, 4.0, 1e9, 1.0, 1.5) == 6.0


def test_two_links_of_one_terminal() -> None:
    draws = np.random.default_rng(3).normal(size=(2, 300_000))
    second = shadowing.correlated_normal(draws[0], 0.5, draws[1])
    assert np.std(second) == pytest.approx(1.0, abs=5e-3)
    assert np.mean(draws[0] * second) == pytest.approx(0.5, abs=5e-3)


@pytest.mark.parametrize("probability", [0.01, 0.230984750, 0.5, 0.9, 0.999])
def test_los_state_has_the_exact_marginal_probability(probability: float) -> None:
    generator = np.random.default_rng(4)
    latent, count = generator.normal(size=100_000), 0.0
    rho = shadowing.shadowing_correlation(5.0, 50.0)
    for _ in range(5):
        latent = shadowing.correlated_normal(latent, rho, generator.normal(size=latent.size))
        count = shadowing.los_state(latent, probability).mean()
        spread = math.sqrt(probability * (1.0 - probability) / latent.size)
        assert abs(count - probability) < 4.5 * spread


def test_los_state_at_the_quantile() -> None:
    for probability, quantile in ((0.5, 0.0), (0.975, 1.959963984540054), (0.01, -2.32634787404)):
        around = np.array([quantile - 1e-9, quantile + 1e-9])
        assert shadowing.los_state(around, probability).tolist() == [1.0, 0.0]
    assert shadowing.los_state(-40.0, 0.0) == 0.0
    assert shadowing.los_state([-3.0, 0.0, 3.0], 1.0).tolist() == [1.0, 1.0, 1.0]


def test_trap_10_los_state_and_shadowing_do_not_flicker() -> None:
    """A terminal that moves 1 m changes its state with arccos(rho) / pi, not in half the steps."""
    generator = np.random.default_rng(6)
    latent = generator.normal(size=200_000)
    before = shadowing.los_state(latent, 0.5)
    rho = shadowing.shadowing_correlation(1.0, 50.0)
    latent = shadowing.correlated_normal(latent, rho, generator.normal(size=latent.size))
    changed = np.mean(shadowing.los_state(latent, 0.5) != before)
    assert changed == pytest.approx(math.acos(rho) / math.pi, abs=2e-3)
    assert changed < 0.07
    steps = shadowing.shadowing_step(0.0, 4.0, 1.0, 37.0, generator.normal(size=100_000))
    assert np.std(steps) == pytest.approx(4.0 * math.sqrt(1.0 - math.exp(-2.0 / 37.0)), rel=0.01)


def test_los_state_follows_the_distance() -> None:
    """A terminal that leaves with a frozen latent value loses the line of sight once."""
    distances = np.linspace(10.0, 500.0, 400)
    probability = pathloss.umi_los_probability(distances)
    state = shadowing.los_state(-0.3, probability)
    assert state[0] == 1.0
    assert (np.diff(state) <= 0.0).all()
    assert state[-1] == 0.0


def test_field_has_the_stated_covariance() -> None:
    generator = np.random.default_rng(8)
    positions = generator.uniform(0.0, 60.0, (12, 2))
    positions[1] = positions[0]
    groups = np.arange(12) // 6
    sigma = np.where(groups == 0, 4.0, 7.82)
    field = shadowing.shadowing_field(
        positions, 10.0, generator.normal(size=(200_000, 12)), sigma, groups
    )
    apart = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    expected = np.exp(-apart / 10.0) * (groups[:, None] == groups) * np.outer(sigma, sigma)
    np.testing.assert_allclose(np.cov(field.T), expected, atol=0.6)
    assert np.abs(field[:, 0] - field[:, 1]).max() < 1e-4
    line = shadowing.shadowing_field(np.zeros((3, 3)), 10.0, [1.0, 0.0, 0.0])
    np.testing.assert_allclose(line, 1.0, atol=1e-5)


@given(
    st.floats(-50.0, 50.0), st.floats(0.0, 20.0), st.floats(0.0, 1e6), st.floats(0.1, 1e3),
    st.floats(-8.0, 8.0),
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_step_is_bounded_and_antisymmetric(
    shadow: float, sigma: float, moved: float, dcor: float, draw: float
) -> None:
    value = shadowing.shadowing_step(shadow, sigma, moved, dcor, draw)
    assert abs(value) <= math.hypot(shadow, sigma * draw) * (1.0 + 1e-14)
    assert shadowing.shadowing_step(-shadow, sigma, moved, dcor, -draw) == -value


def test_one_call_a_batch_and_two_threads_give_the_same_bits() -> None:
    draws = np.random.default_rng(2).normal(size=(2, 203))
    for call in (
        lambda a, b: shadowing.shadowing_step(a, 4.0, 3.0, 37.0, b),
        lambda a, b: shadowing.los_state(a, 1.0 / (1.0 + b * b)),
    ):
        batch = call(draws[0], draws[1])
        assert [call(*row) for row in draws.T.tolist()] == batch.tolist()
        with ThreadPoolExecutor(2) as pool:
            parts = pool.map(call, (draws[0, :99], draws[0, 99:]), (draws[1, :99], draws[1, 99:]))
        assert np.concatenate(list(parts)).tobytes() == batch.tobytes()


def test_arguments_outside_their_ranges() -> None:
    for call in (
        lambda: shadowing.shadowing_correlation(-1.0, 10.0),
        lambda: shadowing.shadowing_correlation(1.0, 0.0),
        lambda: shadowing.shadowing_step(0.0, math.nan, 1.0, 10.0, 0.0),
        lambda: shadowing.los_state(0.0, 1.1),
        lambda: shadowing.correlated_normal(0.0, 1.1, 0.0),
        lambda: shadowing.shadowing_field([[0.0, 0.0]], -1.0, [0.0]),
        lambda: shadowing.shadowing_field([[0.0, math.inf]], 1.0, [0.0]),
    ):
        with pytest.raises(ValueError, match="is outside"):
            call()
