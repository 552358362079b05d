"""Range information from above, against the general formula of a Gaussian measurement."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isac_envs.kernels.radar.elevated_ranging import (
    echo_range_variance_one,
    elevated_range_information,
)

METRES = st.floats(-800.0, 800.0)


@given(METRES, METRES, st.floats(50.0, 400.0), st.floats(1e-12, 1e-8))
def test_information_is_that_of_a_gaussian_with_changing_mean_and_variance(
    x: float, y: float, height: float, scale: float
) -> None:
    def mean(a: float, b: float) -> float:
        return math.sqrt(a * a + b * b + height * height)

    def log_variance(a: float, b: float) -> float:
        return math.log(scale) + 4.0 * math.log(mean(a, b))

    h = 1e-3
    slope, spread = np.zeros(2), np.zeros(2)
    for k, (dx, dy) in enumerate(((h, 0.0), (0.0, h))):
        slope[k] = (mean(x + dx, y + dy) - mean(x - dx, y - dy)) / (2.0 * h)
        spread[k] = (log_variance(x + dx, y + dy) - log_variance(x - dx, y - dy)) / (2.0 * h)
    variance = echo_range_variance_one(mean(x, y), scale)
    expected = np.outer(slope, slope) / variance + 0.5 * np.outer(spread, spread)
    xx, xy, yy = elevated_range_information(x, y, height, scale)
    noise = np.finfo(float).eps * height / h  # of a slope by differences
    doubt = noise * (2.0 * float(np.abs(slope).max()) + noise) / variance
    size = float(np.trace(expected)) + 1e-12
    assert np.array(((xx, xy), (xy, yy))) == pytest.approx(expected, abs=1e-4 * size + doubt)


def test_a_target_straight_below_gives_no_information() -> None:
    assert elevated_range_information(0.0, 0.0, 200.0, 1e-10) == (0.0, 0.0, 0.0)


def test_variance_grows_by_the_fourth_power() -> None:
    ratio = echo_range_variance_one(400.0, 1e-10) / echo_range_variance_one(200.0, 1e-10)
    assert ratio == pytest.approx(16.0)
