"""isac/RisIsacMulti-v0: the slots of the single form, for a base station and a surface."""

from typing import Any

import numpy as np
import pytest

from isac_envs import scenarios
from isac_envs.core.batch import Batch
from isac_envs.core.parallel_env import ParallelEnv
from isac_envs.declaration.buffers import StepBuffers

SINGLE, MULTI = "isac/RisIsac-v0", "isac/RisIsacMulti-v0"
SMALL: dict[str, Any] = {"elements": 12, "antennas": 4, "users": 2}
FORMS: tuple[dict[str, Any], ...] = (
    {"action": "increments"},
    {"action": "phases", "precoder": "learned"},
    {"action": "levels", "phase_bits": 2},
    {"action": "codebook", "codebook_size": 6},
    {"action": "phases", "observation": "channels"},
)


def started(name: str, copies: int, **overrides: Any) -> tuple[Batch, StepBuffers]:
    model = scenarios.build(name, None, overrides)
    batch, frame = Batch(model, copies), StepBuffers.allocate(model, copies)
    batch.reset(frame, list(range(copies)))
    return batch, frame


@pytest.mark.parametrize("form", FORMS, ids=lambda form: "-".join(map(str, form.values())))
def test_both_play_the_same_episode(form: dict[str, Any]) -> None:
    """Bit for bit: what agents see together, what they get, and the state."""
    (single, seen), (multi, own) = (started(name, 5, **SMALL, **form) for name in (SINGLE, MULTI))
    random, one, both = np.random.default_rng(0), single.actions(), multi.actions()
    spec, model = single.model.action, multi.model
    elements = model.specs_of(1)[0].width
    phases = model.specs_of(1)[1].width
    for _ in range(12):
        if spec.kind == "box":
            one[...] = random.uniform(spec.low, spec.high, one.shape)
        else:
            one[...] = random.integers(0, spec.high.astype(np.int64) + 1, one.shape)
        rows = one.reshape(5, -1)
        both[...] = 0
        both[:, 0, : spec.width - phases] = rows[:, phases:]
        both[:, 1, :phases] = rows[:, :phases]
        single.step(one, seen)
        multi.step(both, own)
        whole = seen.observations.reshape(5, -1)
        assert (own.observations[:, 1, :elements] == whole[:, :elements]).all()
        receivers = whole.shape[1] - elements
        assert (own.observations[:, 0, :receivers] == whole[:, elements:]).all()
        for agent in (0, 1):
            assert (own.objectives[:, agent] == seen.objectives[:, 0]).all()
            assert (own.costs[:, agent] == seen.costs[:, 0]).all()
            for signal in model.metrics:
                mine, theirs = (each.metrics[signal.name] for each in (own, seen))
                assert (mine[:, agent] == theirs[:, 0]).all()
    for mine, theirs in zip(multi.state[:-1], single.state[:-1], strict=True):
        assert mine.tobytes() == theirs.tobytes()


@pytest.mark.parametrize("form", FORMS, ids=lambda form: "-".join(map(str, form.values())))
def test_baselines_earn_what_they_earn_in_the_centre(form: dict[str, Any]) -> None:
    for label in ("alternating", "rate_first", "random_phases"):
        earned = []
        for name in (SINGLE, MULTI):
            batch, frame = started(name, 4, **SMALL, **form)
            baseline, rows = batch.model.baselines[label](batch, 0), batch.actions()
            for _ in range(3):
                rows[...] = np.asarray(baseline.act()).reshape(rows.shape)
                batch.step(rows, frame)
            earned.append(frame.objectives[:, 0].copy())
        assert (earned[0] == earned[1]).all(), label


def test_agents_and_their_spaces() -> None:
    env = ParallelEnv(scenarios.build(MULTI, None, {}))
    observations, _ = env.reset(seed=0)
    assert env.possible_agents == ["base_station_0", "ris_0"]
    assert env.observation_space("ris_0").shape == (6 * 64,)
    assert env.observation_space("base_station_0").shape == (2 * 4 + 2 + 1,)
    assert env.action_space("ris_0").shape == (64,)
    assert env.action_space("base_station_0").shape == (1,)
    assert observations["ris_0"].shape == (6 * 64,)
    actions = {name: env.action_space(name).sample() for name in env.agents}
    _, rewards, *_ = env.step(actions)
    assert len(set(rewards.values())) == 1


def test_random_draws_are_valid_for_each_agent() -> None:
    batch, _ = started(MULTI, 50, **SMALL, action="levels", phase_bits=4, share_levels=3)
    rows = batch.model.baselines["random"](batch, 0).act()
    assert set(rows[:, 0, 0]) == {0, 1, 2}
    assert rows[:, 1].max() == 15


def test_ranges_of_the_common_action_hold_both_agents() -> None:
    """Learners of one policy send rows of one width; the surface takes its last beam for more."""
    levels = scenarios.build(MULTI, None, {"action": "levels", "phase_bits": 2, "share_levels": 9})
    assert levels.action.high[:2].tolist() == [8.0, 3.0]
    few = {"action": "codebook", "codebook_size": 4, "share_levels": 9}
    found = []
    for beam in (3, 8):
        batch, frame = started(MULTI, 2, **few)
        assert batch.model.action.high.tolist() == [8.0]
        rows = batch.actions()
        rows[...] = np.reshape([8, beam] * 2, rows.shape)
        batch.step(rows, frame)
        found.append(frame.objectives.copy())
    assert (found[0] == found[1]).all()
