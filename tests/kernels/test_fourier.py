"""Transforms against SciPy and against their own laws, for every length up to 300."""

import numpy as np
import pytest
import scipy.fft

from isac_envs.engine.lanes import padded
from isac_envs.kernels.numerics import fourier


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    draw = np.random.default_rng(seed)
    return (draw.normal(size=shape) + 1j * draw.normal(size=shape)).astype(np.complex64)


def difference(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


@pytest.mark.parametrize("inverse", [False, True])
def test_every_length_agrees_with_scipy(inverse: bool) -> None:
    worst = 0.0
    for length in range(1, 301):
        values = noise(length, 3, seed=length)
        exact = values.astype(complex)
        if inverse:
            expected = scipy.fft.ifft(exact, axis=0, norm="forward")
        else:
            expected = scipy.fft.fft(exact, axis=0)
        found = fourier.fourier_transform(values, 0, inverse)
        assert found.dtype == np.complex64
        worst = max(worst, difference(found, expected))
        energy = np.sum(np.abs(values) ** 2) * length
        assert np.sum(np.abs(found) ** 2) == pytest.approx(energy, rel=1e-5)  # Parseval
    assert worst < 1e-6


@pytest.mark.parametrize("length", [28, 70, 128, 140, 280, 293, 1584, 4099])
def test_lengths_of_looks_and_long_ones(length: int) -> None:
    values = noise(length, 5)
    expected = scipy.fft.fft(values.astype(complex), axis=0)
    assert difference(fourier.fourier_transform(values, 0), expected) < 1e-5


@pytest.mark.parametrize("length", [28, 60, 64, 105])
def test_impulses_linearity_and_the_way_back(length: int) -> None:
    first, second = noise(length, 9), noise(length, 9, seed=1)
    both = fourier.fourier_transform(first + 2j * second, 0)
    apart = fourier.fourier_transform(first, 0) + 2j * fourier.fourier_transform(second, 0)
    assert difference(both, apart) < 1e-6
    back = fourier.fourier_transform(fourier.fourier_transform(first, 0), 0, inverse=True)
    assert difference(back, length * first) < 1e-6
    impulses = np.eye(length, dtype=np.complex64)
    k = np.arange(length)
    expected = np.exp(-2j * np.pi * np.outer(k, k) / length)
    assert np.abs(fourier.fourier_transform(impulses, 0) - expected).max() < 1e-6


def test_axes_and_batches() -> None:
    values = noise(4, 12, 5)
    for axis in (0, 1, 2, -1):
        expected = scipy.fft.fft(values.astype(complex), axis=axis)
        assert difference(fourier.fourier_transform(values, axis), expected) < 1e-6


def test_what_cannot_be_transformed_is_refused() -> None:
    for values in (np.complex64(1.0), np.zeros((0, 3)), np.array([1.0, np.nan])):
        with pytest.raises(ValueError, match=r"values (have|are)"):
            fourier.fourier_transform(values)
    with pytest.raises(ValueError, match="longest"):
        fourier.fourier_plan(0)


def test_the_source_stays_and_plans_are_kept_until_the_length_changes() -> None:
    length, width = 30, padded(5)
    planes = np.zeros((6, fourier.plane_size(length * width)), np.float32)
    planes[:2] = np.random.default_rng(0).normal(size=planes[:2].shape)
    before, plan = planes[:2].copy(), fourier.fourier_plan(64)
    fourier.plan_fourier(length, 1, plan)
    at = fourier.transform(plan, planes, 0, (2, 4), width)
    assert at in (2, 4) and (planes[:2] == before).all()
    plan.roots[0, 1] = 7.0
    fourier.plan_fourier(length, 1, plan)
    assert plan.roots[0, 1] == 7.0  # nothing to do
    fourier.plan_fourier(length, -1, plan)
    assert plan.roots[0, 1] == pytest.approx(np.cos(2.0 * np.pi / length))
    assert list(plan.radices[: plan.shape[1]]) == [2, 3, 5]
