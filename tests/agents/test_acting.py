"""Acting in chunks: noise of copies, and processes that play the chunks."""

import numpy as np
import pytest

from isac_agents.algorithms.d4pg.exploration import draw_noise, noise_scales, noise_streams


def test_noise_scales_are_given_or_geometric():
    assert noise_scales(3, 0.4, 0.25) == pytest.approx([0.4, 0.2, 0.1])
    assert noise_scales(2, 0.3) == pytest.approx([0.3, 0.3])
    assert noise_scales(2, [0.1, 0.7]) == pytest.approx([0.1, 0.7])


def test_noise_of_a_copy_does_not_depend_on_the_number_of_copies():
    scales = np.array([0.5, 2.0, 1.0])
    many = draw_noise(noise_streams(7, 3), scales, (2000, 2, 3), 1000)
    few = draw_noise(noise_streams(7, 2), scales[:2], (2000, 2, 3), 1000)
    assert many.shape == (2000, 6, 3) and np.array_equal(many[:, :4], few)
    uniform, gaussian = many[:1000], many[1000:]
    assert np.abs(uniform).max() <= 1.0
    assert uniform.std() == pytest.approx(3**-0.5, rel=0.02)
    assert gaussian[:, :2].std() == pytest.approx(0.5, rel=0.05)
    assert gaussian[:, 2:4].std() == pytest.approx(2.0, rel=0.05)
