"""Declared bounds of objectives: no step lies outside, and they bound the reward."""

import numpy as np
import pytest

from isac_envs import scenarios
from isac_envs.catalog import OWN
from isac_envs.core.batch import Batch
from isac_envs.declaration.buffers import StepBuffers
from isac_envs.scenarios import build

CASES = [(id, name) for id in OWN for name in scenarios.names(id)]


@pytest.mark.parametrize(("environment", "scenario"), CASES)
def test_objectives_keep_to_their_bounds(environment: str, scenario: str) -> None:
    model = build(environment, scenario, {})
    bounds = model.objective_bounds()
    if bounds is None:
        with pytest.raises(AttributeError, match="declares no bounds"):
            model.reward_bounds()
        return
    batch, frame = Batch(model, 64), StepBuffers.allocate(model, 64)
    batch.reset(frame, range(64))
    space = model.action.space()
    space.seed(0)
    actions = batch.actions()
    low, high = np.array(bounds).T - np.array([[1e-9], [-1e-9]])
    for _ in range(100):
        actions[...] = np.reshape(
            [space.sample() for _ in range(actions[..., 0].size)], actions.shape
        )
        batch.step(actions, frame, restart=True)
        assert (frame.objectives >= low).all() and (frame.objectives <= high).all()


def test_the_reward_lies_between_the_weighted_bounds() -> None:
    parameters = {"misalignment_penalty": 2.0, "weights": (0.5, 3.0)}
    model = build("isac/BeamTrack-v0", None, parameters)
    (_, most), _ = model.objective_bounds() or ((0.0, 0.0), ())
    assert model.reward_bounds() == pytest.approx((-6.0, 0.5 * most))
    opposite = model.with_parameters({"weights": (-0.5, 3.0)})
    assert opposite.reward_bounds() == pytest.approx((-6.0 - 0.5 * most, 0.0))


def test_perfect_beams_at_the_least_distance_earn_the_bound() -> None:
    model = build("isac/BeamTrack-v0", None, {})
    p = model.params
    (_, most), _ = model.objective_bounds() or ((0.0, 0.0), ())
    power, noise = 10 ** (0.1 * p.power_dbm), 10 ** (0.1 * p.noise_dbm)
    loss = (p.wavelength_m / (4.0 * np.pi * (p.lane_y_m - p.lane_half_width_m))) ** 2
    assert most == pytest.approx(np.log2(1.0 + power * p.transmit_antennas * loss / noise))
