"""Best discrete phases of a channel: exact by brute force, published means, limits."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.kernels.ris.discrete_phases import (
    best_discrete_phases,
    equal_gain_bound,
    nearest_level_one,
)


def rayleigh(generator, elements):
    return (generator.normal(size=(2, elements)) * [[1], [1j]]).sum(0)


def test_the_sweep_is_the_exact_optimum_in_40_of_40_cases():
    generator = np.random.default_rng(0)
    every = np.array(list(itertools.product(range(4), repeat=6)))
    weights = np.exp(0.5j * np.pi * every) / math.sqrt(6)
    for _ in range(40):
        channel = rayleigh(generator, 6)
        levels, gain = best_discrete_phases(channel, 4)
        by_force = np.abs(weights @ channel.conj()) ** 2
        assert gain == pytest.approx(by_force.max(), rel=1e-12)
        own = np.exp(0.5j * np.pi * levels) / math.sqrt(6)
        assert abs(np.vdot(channel, own)) ** 2 == pytest.approx(gain, rel=1e-12)


@given(st.integers(0, 2**32), st.integers(1, 5), st.sampled_from([2, 3, 8]))
@settings(max_examples=60, deadline=None)
def test_the_sweep_is_exact_for_any_number_of_levels(seed, elements, levels):
    channel = rayleigh(np.random.default_rng(seed), elements)
    every = np.array(list(itertools.product(range(levels), repeat=elements)))
    by_force = np.abs(np.exp(2j * np.pi * every / levels) @ channel.conj()).max() ** 2 / elements
    assert best_discrete_phases(channel, levels)[1] == pytest.approx(by_force, rel=1e-12)


PUBLISHED = ((1, 0.5645, 0.4053), (2, 0.8692, 0.8106), (3, 0.9663, 0.9496), (4, 0.9914, 0.9872))


@pytest.mark.parametrize(("phase_bits", "mean", "floor"), PUBLISHED)
def test_optimum_over_bound_has_the_published_mean(phase_bits, mean, floor):
    generator = np.random.default_rng(phase_bits)
    shares = []
    for _ in range(1500):
        channel = rayleigh(generator, 16)
        shares.append(best_discrete_phases(channel, 2**phase_bits)[1] / equal_gain_bound(channel))
    assert np.mean(shares) == pytest.approx(mean, abs=0.008 / phase_bits)
    assert np.sinc(2.0**-phase_bits) ** 2 == pytest.approx(floor, abs=5e-5)
    assert np.mean(shares) > floor


def test_rounding_many_phases_keeps_the_floor():
    channel = rayleigh(np.random.default_rng(1), 20_000)
    levels = np.rint(np.angle(channel) / (2 * np.pi) * 8)
    gain = abs(np.vdot(channel, np.exp(2j * np.pi * levels / 8))) ** 2 / 20_000
    assert gain / equal_gain_bound(channel) == pytest.approx(0.9496, abs=2e-3)


def test_a_common_phase_is_no_change_and_a_plane_wave_on_the_grid_has_the_full_gain():
    wave = np.exp(0.25j * np.pi * np.arange(16))
    assert best_discrete_phases(wave, 8)[1] == pytest.approx(16.0)
    channel = rayleigh(np.random.default_rng(2), 9)
    turned = best_discrete_phases(channel * np.exp(1.234j), 8)[1]
    assert turned == pytest.approx(best_discrete_phases(channel, 8)[1])


@pytest.mark.parametrize(("channel", "levels"), [([], 4), ([[1.0]], 4), ([np.nan], 4), ([1.0], 1)])
def test_channels_that_are_none_are_refused(channel, levels):
    with pytest.raises(ValueError, match=r"channel|levels"):
        best_discrete_phases(np.array(channel), levels)


@given(st.floats(-20.0, 20.0), st.sampled_from([2, 8, 16]))
def test_the_nearest_level_is_at_most_half_a_step_away(phase, levels):
    level = nearest_level_one(phase, levels)
    assert 0 <= level < levels
    apart = (phase - 2 * np.pi * level / levels) / (2 * np.pi) % 1.0
    assert min(apart, 1 - apart) <= 0.5 / levels + 1e-12
