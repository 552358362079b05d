"""Policy iteration by rollouts: values of combinations, branches, and what is refused."""

import itertools
import json

import numpy as np
import pytest
import torch
from gymnasium import spaces

from isac_agents import registry
from isac_agents.adapters.vec_env import BatchVecEnv
from isac_agents.algorithms.networks import FIXED
from isac_agents.algorithms.rollouts.branches import Branches, varied
from isac_agents.algorithms.rollouts.policy import ActionValuePolicy
from isac_agents.algorithms.rollouts.rollout_iteration import RolloutIteration
from isac_agents.algorithms.teachers import Rule
from isac_agents.arrays import read_arrays, write_arrays
from isac_envs.core.batch import Batch
from isac_envs.declaration.buffers import StepBuffers
from isac_envs.errors import IsacError
from isac_envs.scenarios import build

BOX = spaces.Box(-1.0, 1.0, (3 * 2 + 4 * 3 + 2,))
CHOICES = spaces.MultiDiscrete([4, 3, 4])
GROUPS = {"groups": [(3, 2), (4, 3)], "choices": [0, FIXED, 1], "given": 1}
ID = "isac/HsrDualBeam-v0"


def policy(**changes) -> ActionValuePolicy:
    made = ActionValuePolicy(BOX, CHOICES, **(GROUPS | changes))
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, 0.0, 0.3)
    return made


def learner(copies: int = 4, **changes) -> RolloutIteration:
    env = BatchVecEnv(ID, copies, seed=0)
    few = {"rounds": 2, "teacher_rounds": 1, "branch_steps": 3, "candidates": 4, "epochs": 1}
    preset = registry.preset("rollout_iteration")
    return registry.create(preset, env, 0, **(few | changes))


@pytest.mark.parametrize("given", [None, 1])
@pytest.mark.parametrize("grouped", [True, False])
def test_the_best_action_has_the_largest_value_of_all(given, grouped) -> None:
    torch.manual_seed(0)
    groups = {} if grouped else {"groups": (), "choices": None}
    made = policy(given=given, **groups)
    rows = torch.rand(20, BOX.shape[0])
    everything = torch.tensor(list(itertools.product(*map(range, CHOICES.nvec))))
    values = made.net.evaluate(rows, everything.expand(20, -1, -1))
    best = made.net.best(rows)
    assert torch.equal(best, everything[values.argmax(1)])
    assert len(best.unique(dim=0)) > 3
    top = made.net.evaluate(rows, best[:, None])
    torch.testing.assert_close(top[:, 0], values.amax(1))


def test_permuted_entities_have_permuted_values() -> None:
    torch.manual_seed(1)
    made, rows, order = policy(), torch.rand(5, BOX.shape[0]), torch.randperm(4)
    users, sectors, rest = rows.split((6, 12, 2), 1)
    moved = torch.cat((users, sectors.reshape(5, 4, 3)[:, order].reshape(5, -1), rest), 1)
    base, scores = made.net(rows)
    other, changed = made.net(moved)
    torch.testing.assert_close(other, base)
    torch.testing.assert_close(changed[0], scores[0])
    torch.testing.assert_close(changed[2], scores[2][:, order])


def test_values_depend_on_the_pairs_with_the_given_coordinate_alone() -> None:
    torch.manual_seed(2)
    made, row = policy(), torch.rand(1, BOX.shape[0])

    def value(*action: int) -> float:
        return made.net.evaluate(row, torch.tensor([[action]])).item()

    assert value(1, 2, 3) - value(0, 2, 3) == pytest.approx(value(1, 2, 0) - value(0, 2, 0), 1e-4)
    assert value(1, 2, 3) - value(1, 2, 0) != pytest.approx(value(1, 0, 3) - value(1, 0, 0), 1e-4)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"given": 3}, r"coordinates 0..2"),
        ({"given": 0}, "chooses an entity"),
        ({"choices": [0, FIXED, 5]}, r"groups 0..1"),
    ],
)
def test_settings_that_do_not_fit_are_refused(changes, words) -> None:
    with pytest.raises(ValueError, match=words):
        policy(**changes)


@pytest.fixture(scope="module")
def model():
    return build(ID, None, {"horizon": 12})


@pytest.fixture(scope="module")
def started(model):
    batch = Batch(model, 3)
    buffers = StepBuffers.allocate(model, 3)
    batch.reset(buffers, [1, 2, 3])
    actions = batch.actions()
    for _ in range(4):
        batch.step(actions, buffers)
    return batch


def test_equal_actions_earn_the_same_in_all_branches(model, started) -> None:
    branches, rule = Branches(model, 3, 5), Rule(model, "myopic")
    first = np.ones((3, 5, 3), np.int64)
    before = started.snapshot()
    earned = branches.returns(started.state, first, rule, 6, 1.0, np.random.default_rng(0))
    assert (earned == earned[:, :1]).all()
    assert len(np.unique(earned)) == 3
    for one, other in zip(before, started.snapshot(), strict=True):
        assert np.array_equal(one, other)


def test_an_episode_that_ends_earns_nothing_after(model, started) -> None:
    branches, rule = Branches(model, 3, 2), Rule(model, "myopic")
    first = np.array([[[0, 0, 0], [1, 2, 1]]] * 3)
    left = 12 - 4
    short, long = (
        branches.returns(started.state, first, rule, steps, 1.0, np.random.default_rng(5))
        for steps in (left, left + 7)
    )
    assert (short == long).all()
    sooner = branches.returns(started.state, first, rule, left - 1, 1.0, np.random.default_rng(5))
    assert (sooner != short).any()


def test_a_discount_of_zero_leaves_the_first_reward(model, started) -> None:
    branches, rule = Branches(model, 3, 2), Rule(model, "myopic")
    first = np.array([[[0, 0, 0], [1, 2, 1]]] * 3)
    one = branches.returns(started.state, first, rule, 1, 1.0, np.random.default_rng(5))
    none = branches.returns(started.state, first, rule, 5, 0.0, np.random.default_rng(5))
    assert (one == none).all()


def test_candidates_vary_the_asked_part_of_the_coordinates() -> None:
    random = np.random.default_rng(0)
    values = np.array([1000, 1000])
    actions = random.integers(0, 1000, (200, 2))
    found = varied(actions, values, 50, 0.3, random)
    assert (found[:, 0] == actions).all()
    assert np.mean(found[:, 1:] != actions[:, None]) == pytest.approx(0.3, abs=0.02)
    assert found.min() >= 0 and found.max() <= 999


def test_it_improves_on_its_teacher() -> None:
    """One step better than random is far better; the measure is the mean reward of a step."""
    made = learner(32, candidates=8, epochs=8, branch_steps=1, teacher="random", rounds=1)
    made.learn(120_000)
    env = BatchVecEnv(ID, 64, seed=100)
    found = {}
    for name in ("learned", "random"):
        observation, total = env.reset(), 0.0
        rule = Rule(env.model, "random")
        for _ in range(60):
            acts = made.predict(observation)[0] if name == "learned" else rule(env.batch, None)
            observation, reward, _, _ = env.step(acts)
            total += reward.mean() / 60
        found[name] = total
    assert found["learned"] > found["random"] + 0.1


def test_steps_are_counted_with_those_of_the_branches() -> None:
    made = learner()
    made.learn(4000)
    assert 4000 <= made.num_timesteps < 4400


def test_a_saved_learner_acts_as_before(tmp_path) -> None:
    made = learner()
    made.learn(1000)
    made.save(tmp_path / "weights")
    again = RolloutIteration.load(tmp_path / "weights")
    rows = np.random.default_rng(0).random((6, *made.observation_space.shape))
    assert np.array_equal(made.predict(rows)[0], again.predict(rows)[0])
    assert again.action_space == made.action_space


@pytest.mark.parametrize(
    "form",
    [
        {"observations": 10**12, "values": [4], "discrete": True},
        {"observations": 4, "values": [10**12], "discrete": True},
        {"observations": 4, "values": "abc", "discrete": False},
        {"observations": 4, "values": [], "discrete": True},
        {"observations": -1, "values": [4], "discrete": False},
        {},
    ],
)
def test_a_file_with_a_damaged_form_is_refused(form, tmp_path) -> None:
    made = learner()
    made.save(tmp_path / "weights.npz")
    arrays = read_arrays(tmp_path / "weights.npz")
    header = json.loads(arrays["settings"].item())
    write_arrays(
        tmp_path / "weights.npz",
        arrays | {"settings": np.array(json.dumps(header | {"form": form}))},
    )
    with pytest.raises(IsacError):
        RolloutIteration.load(tmp_path / "weights.npz")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"teacher": "myopc"}, "unknown teacher 'myopc'; did you mean 'myopic'"),
        ({"candidates": 1}, "candidates is 1, must be an integer at least 2"),
        ({"policy_kwargs": {"widht": 4}}, "widht"),
        ({"policy_kwargs": {"given": 7}}, r"given = 7: the action has coordinates 0..2"),
    ],
)
def test_bad_settings_are_named(changes, words) -> None:
    with pytest.raises(IsacError, match=words):
        learner(**changes)


def test_several_agents_are_refused() -> None:
    env = BatchVecEnv("isac/JrcAoiMulti-v0", 2, seed=0)
    with pytest.raises(IsacError, match="needs a single agent"):
        registry.create(registry.preset("rollout_iteration"), env, 0)
