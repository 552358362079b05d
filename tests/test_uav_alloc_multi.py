"""isac/UavAllocMulti-v0: the same group as the central environment, seen from each UAV."""

import numpy as np
import pytest

from isac_envs import scenarios
from isac_envs.core.batch import Batch
from isac_envs.core.parallel_env import ParallelEnv
from isac_envs.declaration.buffers import StepBuffers

CENTRAL, MULTI = "isac/UavAlloc-v0", "isac/UavAllocMulti-v0"


def started(name, copies, **overrides):
    model = scenarios.build(name, "trio", overrides)
    batch, frame = Batch(model, copies), StepBuffers.allocate(model, copies)
    batch.reset(frame, list(range(copies)))
    return batch, frame


@pytest.mark.parametrize("observation", ["state", "links"])
def test_both_play_the_same_episode(observation):
    (central, seen), (multi, own) = (
        started(name, 8, observation=observation) for name in (CENTRAL, MULTI)
    )
    random, one, all_ = np.random.default_rng(0), central.actions(), multi.actions()
    for _ in range(70):
        options = random.integers(0, 17, (8, 3))
        one[:, 0], all_[..., 0] = options, options
        central.step(one, seen)
        multi.step(all_, own)
        for m in range(3):
            assert (own.objectives[:, m] == seen.objectives[:, 0]).all()
            assert (own.costs[:, m] == seen.costs[:, 0]).all()
        assert (own.observations[:, 0, :-1] == seen.observations[:, 0]).all()
        assert (own.masks == seen.masks.reshape(8, 3, 17)).all()


def test_each_uav_sees_itself_first():
    _, frame = started(MULTI, 4)
    width = 9 + 3 + 2
    blocks = frame.observations[..., : 3 * width].reshape(4, 3, 3, width)
    for m in range(3):
        for r in range(3):
            assert (blocks[:, m, r] == blocks[:, (m + r) % 3, 0]).all()
    assert frame.observations[0, :, -1] == pytest.approx([1 / 3, 2 / 3, 1.0])


def test_rewards_are_shared_and_agents_have_masks():
    env = ParallelEnv(scenarios.build(MULTI, None, {}))
    _, infos = env.reset(seed=0)
    assert env.possible_agents == ["uav_0", "uav_1", "uav_2", "uav_3"]
    assert infos["uav_2"]["action_mask"].shape == (21,)
    _, rewards, *_ = env.step(dict.fromkeys(env.agents, 2))
    assert len(set(rewards.values())) == 1


@pytest.mark.parametrize("action", ["discrete", "continuous"])
def test_baselines_earn_what_they_earn_in_the_centre(action):
    earned = []
    for name in (CENTRAL, MULTI):
        batch, frame = started(name, 10, action=action)
        baseline, rows = batch.model.baselines["greedy_sequential"](batch, 0), batch.actions()
        for _ in range(5):
            rows[...] = np.asarray(baseline.act()).reshape(rows.shape)
            batch.step(rows, frame)
        earned.append(frame.objectives[:, 0].copy())
    assert (earned[0] == earned[1]).all()
