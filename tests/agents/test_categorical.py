"""The projection of return distributions against its definition and what it has to keep."""

import math

import pytest
import torch

from isac_agents.algorithms.categorical import (
    cross_entropy,
    make_atoms,
    project,
    return_bounds,
)

ATOMS = torch.linspace(-10.0, 10.0, 51, dtype=torch.float64)


def _rows(count, seed=0):
    generator = torch.Generator().manual_seed(seed)
    weights = torch.rand(count, 51, generator=generator, dtype=torch.float64)
    return weights / weights.sum(1, keepdim=True), generator


def _uniform(count, low, high, generator):
    return low + (high - low) * torch.rand(count, 1, generator=generator, dtype=torch.float64)


def _hat(positions, probabilities, atoms):
    """Return the projection as a sum of hat functions, one term per atom and position."""
    spacing = (atoms[-1] - atoms[0]) / (len(atoms) - 1)
    index = (positions.clamp(atoms[0], atoms[-1]) - atoms[0]) / spacing
    nearness = 1.0 - (index[:, None, :] - torch.arange(len(atoms))[None, :, None]).abs()
    return (nearness.clamp(min=0.0) * probabilities[:, None, :]).sum(2)


def _published(positions, probabilities, atoms):
    """Return algorithm 1 of the paper as printed, which forgets the case l == u."""
    spacing = (atoms[-1] - atoms[0]) / (len(atoms) - 1)
    index = (positions.clamp(atoms[0], atoms[-1]) - atoms[0]) / spacing
    lower, upper = index.floor(), index.ceil()
    result = torch.zeros(len(positions), len(atoms), dtype=torch.float64)
    result.scatter_add_(1, lower.long(), probabilities * (upper - index))
    return result.scatter_add_(1, upper.long(), probabilities * (index - lower))


def _backups(count=2000, seed=0):
    """Return rows of every kind: rewards within and beyond the support, a fifth terminal."""
    probabilities, generator = _rows(count, seed)
    rewards = _uniform(count, -15.0, 15.0, generator)
    going = (torch.rand(count, 1, generator=generator) > 0.2).double()
    return rewards + 0.99 * going * ATOMS, probabilities


def test_mass_is_kept_also_where_the_published_algorithm_loses_it():
    positions, probabilities = _backups()
    mass = project(positions, probabilities, ATOMS).sum(1)
    torch.testing.assert_close(mass, torch.ones_like(mass), rtol=0.0, atol=1e-14)
    lost = (_published(positions, probabilities, ATOMS).sum(1) < 1.0 - 1e-9).double().mean()
    assert lost > 0.3  # clipped atoms fall on whole numbers; so do those of whole rewards


@pytest.mark.parametrize("reward", [0.0, -10.0, 10.0, 0.4, -0.8, 17.0, -17.0])
def test_terminal_rows_become_one_spike_on_an_atom(reward):
    probabilities, _ = _rows(3)
    positions = torch.full((3, 51), reward, dtype=torch.float64)
    expected = torch.zeros(3, 51, dtype=torch.float64)
    expected[:, round((min(max(reward, -10.0), 10.0) + 10.0) / 0.4)] = 1.0
    found = project(positions, probabilities, ATOMS)
    torch.testing.assert_close(found, expected, rtol=0.0, atol=1e-12)


def test_a_terminal_reward_between_atoms_is_shared_by_nearness():
    found = project(torch.full((1, 51), 0.1, dtype=torch.float64), _rows(1)[0], ATOMS)
    expected = torch.zeros(1, 51, dtype=torch.float64)
    expected[0, 25], expected[0, 26] = 0.75, 0.25
    torch.testing.assert_close(found, expected, rtol=0.0, atol=1e-13)


def test_the_mean_is_kept_where_nothing_is_clipped():
    probabilities, generator = _rows(1000)
    positions = _uniform(1000, -5.0, 5.0, generator) + 0.5 * ATOMS
    before = (positions * probabilities).sum(1)
    after = project(positions, probabilities, ATOMS) @ ATOMS
    torch.testing.assert_close(after, before, rtol=0.0, atol=1e-13)


def test_it_is_the_sum_of_hat_functions():
    positions, probabilities = _backups(500)
    found, expected = (each(positions, probabilities, ATOMS) for each in (project, _hat))
    torch.testing.assert_close(found, expected, rtol=0.0, atol=1e-15)


def test_what_lies_beyond_the_ends_counts_as_the_ends():
    probabilities = torch.tensor([[0.25, 0.25, 0.5]])
    atoms = torch.tensor([-1.0, 0.0, 1.0])
    found = project(torch.tensor([[-7.0, 0.5, 1e9]]), probabilities, atoms)
    assert found.tolist() == [[0.25, 0.125, 0.625]]


def test_distributions_on_the_atoms_stay_as_they_are():
    probabilities, _ = _rows(10)
    found = project(ATOMS.expand(10, -1), probabilities, ATOMS)
    torch.testing.assert_close(found, probabilities, rtol=0.0, atol=1e-14)


def test_single_precision_keeps_mass_and_sign():
    positions, probabilities = _backups(seed=1)
    found = project(positions.float(), probabilities.float(), make_atoms(-10.0, 10.0, 51))
    assert found.dtype == torch.float32 and (found >= 0.0).all()
    torch.testing.assert_close(found.sum(1), torch.ones(len(found)), rtol=0.0, atol=1e-5)


def test_cross_entropy_is_smallest_at_the_target_and_is_the_kl_plus_the_entropy():
    targets, generator = _rows(20)
    logits = torch.randn(20, 51, generator=generator, dtype=torch.float64)
    entropy = -(targets * targets.log()).sum(1)
    learned = torch.softmax(logits, 1)
    divergence = (targets * (targets / learned).log()).sum(1)
    torch.testing.assert_close(cross_entropy(logits, targets), divergence + entropy)
    torch.testing.assert_close(cross_entropy(targets.log() + 3.0, targets), entropy)


def test_bounds_of_returns():
    assert return_bounds(-1.0, 2.0, 0.5) == (-2.0, 4.0)
    assert return_bounds(-1.0, 2.0, 0.5, horizon=2) == (-1.5, 3.0)
    assert return_bounds(-1.0, 2.0, 1.0, horizon=20) == (-20.0, 40.0)
    assert return_bounds(1.0, 2.0, 0.5) == (1.0, 4.0)  # an episode has one step at least
    low, high = return_bounds(0.0, 1.0, 0.99, horizon=300)
    assert low == 0.0 and high == pytest.approx(math.fsum(0.99**k for k in range(300)))
    with pytest.raises(ValueError, match="gamma is 1"):
        return_bounds(0.0, 1.0, 1.0)


@pytest.mark.parametrize("v_min, v_max, count", [(1.0, 1.0, 51), (2.0, 1.0, 51), (0.0, 1.0, 1)])
def test_supports_that_are_none_are_refused(v_min, v_max, count):
    with pytest.raises(ValueError, match=r"v_min|atoms"):
        make_atoms(v_min, v_max, count)
