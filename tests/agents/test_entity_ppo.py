"""The policy over entities: permutations, choices, and what does not fit."""

import numpy as np
import pytest
import torch
from gymnasium import spaces

from isac_agents import registry
from isac_agents.adapters.vec_env import BatchVecEnv
from isac_agents.algorithms.networks import FIXED
from isac_agents.algorithms.ppo.entity_ppo import EntityPolicy

USERS, SECTORS = (6, 7), (16, 5)
BOX = spaces.Box(-1.0, 1.0, (6 * 7 + 16 * 5 + 2,))
CHOICES = spaces.MultiDiscrete([7, 4, 16])


def policy(**changes) -> EntityPolicy:
    settings = {"groups": [USERS, SECTORS], "choices": [0, FIXED, 1]} | changes
    made = EntityPolicy(BOX, CHOICES, lambda _: 1e-3, **settings)
    for parameter in made.parameters():  # scores that tell entities apart
        torch.nn.init.normal_(parameter, 0.0, 0.3)
    return made


def scores(made: EntityPolicy, rows: torch.Tensor) -> list[torch.Tensor]:
    """Return the log probabilities of the values of each choice."""
    parts = made.get_distribution(rows).distribution
    return [each.logits.detach() for each in parts]


def shuffled(rows: torch.Tensor, users: torch.Tensor, sectors: torch.Tensor) -> torch.Tensor:
    first, second, rest = rows.split((42, 80, 2), 1)
    first = first.reshape(-1, *USERS)[:, users].reshape(len(rows), -1)
    second = second.reshape(-1, *SECTORS)[:, sectors].reshape(len(rows), -1)
    return torch.cat((first, second, rest), 1)


def test_permuted_entities_have_permuted_scores_and_one_value() -> None:
    torch.manual_seed(1)
    made, rows = policy(), torch.rand(8, BOX.shape[0])
    users, sectors = torch.randperm(6), torch.randperm(16)
    moved = shuffled(rows, users, sectors)
    user, share, sector = scores(made, rows)
    other_user, other_share, other_sector = scores(made, moved)
    torch.testing.assert_close(other_user[:, 0], user[:, 0])  # nobody
    torch.testing.assert_close(other_user[:, 1:], user[:, 1:][:, users])
    torch.testing.assert_close(other_share, share)
    torch.testing.assert_close(other_sector, sector[:, sectors])
    torch.testing.assert_close(made.predict_values(moved), made.predict_values(rows))
    assert sector.std(1).min() > 1e-3


def test_scores_of_both_ways_are_the_same() -> None:
    made, rows = policy(), torch.rand(3, BOX.shape[0])
    network = made.mlp_extractor
    both = network(rows)
    torch.testing.assert_close(both[0], network.forward_actor(rows))
    torch.testing.assert_close(both[1], network.forward_critic(rows))


def test_every_weight_is_trained() -> None:
    made, rows = policy(), torch.rand(64, BOX.shape[0])
    actions = torch.stack([torch.as_tensor(CHOICES.sample()) for _ in range(64)])
    values, chances, _ = made.evaluate_actions(rows, actions)
    (values.sum() + chances.sum()).backward()
    trained = {id(each) for group in made.optimizer.param_groups for each in group["params"]}
    for parameter in made.parameters():
        assert id(parameter) in trained
        assert parameter.grad is not None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"choices": [0, FIXED]}, "3 coordinates need one group each"),
        ({"choices": [0, FIXED, 2]}, r"groups 0..1, or -1"),
        ({"choices": [1, FIXED, 1]}, "a coordinate of 7 values chooses among the 16 entities"),
        ({"groups": [(6, 70), SECTORS]}, "hold 500 numbers, an observation has 124"),
    ],
)
def test_what_does_not_fit_is_refused(changes, words) -> None:
    with pytest.raises(ValueError, match=words):
        policy(**changes)


def own_policy(**changes) -> EntityPolicy:
    settings = {"groups": [USERS, SECTORS], "own": True} | changes
    made = EntityPolicy(BOX, spaces.MultiDiscrete([3] * 6), lambda _: 1e-3, **settings)
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, 0.0, 0.3)
    return made


def test_own_choices_go_with_their_entities() -> None:
    torch.manual_seed(2)
    made, rows = own_policy(), torch.rand(8, BOX.shape[0])
    users, sectors = torch.randperm(6), torch.randperm(16)
    first = torch.stack(scores(made, rows), 1)
    assert first.shape == (8, 6, 3) and first.std(1).min() > 1e-3
    moved = torch.stack(scores(made, shuffled(rows, users, sectors)), 1)
    torch.testing.assert_close(moved, first[:, users])


@pytest.mark.parametrize(
    ("space", "changes", "words"),
    [
        (spaces.MultiDiscrete([3] * 5), {}, "own choices of 6 entities need as many"),
        (spaces.MultiDiscrete([3] * 5 + [2]), {}, "equal coordinates"),
        (spaces.MultiDiscrete([3] * 6), {"groups": []}, "own choices of 0 entities"),
        (spaces.MultiDiscrete([3] * 6), {"choices": [0] * 6}, "own choices have none"),
        (spaces.MultiDiscrete([3] * 6), {"common": 1}, "own choices have none"),
        (spaces.Box(-1.0, 1.0, (6,)), {}, "a box has no own choices"),
    ],
)
def test_own_choices_that_do_not_fit_are_refused(space, changes, words) -> None:
    settings = {"groups": [USERS, SECTORS], "own": True} | changes
    with pytest.raises(ValueError, match=words):
        EntityPolicy(BOX, space, lambda _: 1e-3, **settings)


def test_boxes_cannot_be_chosen_from() -> None:
    with pytest.raises(ValueError, match="entity policies need discrete choices"):
        EntityPolicy(BOX, spaces.Box(-1.0, 1.0, (2,)), lambda _: 1e-3)


def test_a_saved_policy_acts_as_before(tmp_path) -> None:
    made = policy()
    made.save(str(tmp_path / "policy"))
    again = EntityPolicy.load(str(tmp_path / "policy"))
    rows = np.random.default_rng(0).random((5, *BOX.shape), np.float32)
    first, second = made.predict(rows, deterministic=True), again.predict(rows, deterministic=True)
    assert np.array_equal(first[0], second[0])


def test_without_groups_it_is_a_network_of_layers() -> None:
    env = BatchVecEnv("isac/HsrDualBeam-v0", 4, seed=0)
    agent = registry.create(registry.preset("entity_ppo"), env, 0, n_steps=16, batch_size=64)
    agent.learn(64)
    assert agent.predict(env.reset())[0].shape == (4, 3)


def means_policy(parts: int, common: int) -> EntityPolicy:
    size = 6 * parts + common
    actions = spaces.Box(-1.0, 1.0, (size,))
    settings = {"groups": [USERS, SECTORS], "common": common}
    made = EntityPolicy(BOX, actions, lambda _: 1e-3, **settings)
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, 0.0, 0.3)
    return made


@pytest.mark.parametrize(("parts", "common"), [(1, 0), (2, 0), (1, 3), (2, 1)])
def test_permuted_entities_have_permuted_numbers_of_a_box(parts, common) -> None:
    torch.manual_seed(2)
    made, rows = means_policy(parts, common), torch.rand(8, BOX.shape[0])
    users, sectors = torch.randperm(6), torch.randperm(16)
    moved = shuffled(rows, users, sectors)
    mean, other = (made.get_distribution(each).distribution.mean.detach() for each in (rows, moved))
    own, others = (each[:, : 6 * parts].reshape(8, 6, parts) for each in (mean, other))
    torch.testing.assert_close(others, own[:, users])
    torch.testing.assert_close(other[:, 6 * parts :], mean[:, 6 * parts :])
    torch.testing.assert_close(made.predict_values(moved), made.predict_values(rows))
    assert own.std(1).min() > 1e-3


def test_every_weight_of_a_policy_with_a_box_is_trained() -> None:
    made, rows = means_policy(2, 1), torch.rand(64, BOX.shape[0])
    values, chances, _ = made.evaluate_actions(rows, torch.rand(64, 13))
    (values.sum() + chances.sum()).backward()
    trained = {id(each) for group in made.optimizer.param_groups for each in group["params"]}
    for parameter in made.parameters():
        assert id(parameter) in trained
        assert parameter.grad is not None


@pytest.mark.parametrize(
    ("size", "settings", "words"),
    [
        (7, {}, "6 entities do not share the 7 numbers"),
        (6, {"common": 1}, "6 entities do not share the 6 numbers"),
        (6, {"choices": [0]}, "a box has none"),
    ],
)
def test_boxes_that_do_not_fit_are_refused(size, settings, words) -> None:
    actions = spaces.Box(-1.0, 1.0, (size,))
    with pytest.raises(ValueError, match=words):
        EntityPolicy(BOX, actions, lambda _: 1e-3, groups=[USERS, SECTORS], **settings)


def test_a_surface_learns_element_by_element() -> None:
    env = BatchVecEnv("isac/RisMiso-v0", 4, seed=0, elements=16)
    settings = {"n_steps": 16, "batch_size": 64, "policy_kwargs": {"groups": [[16, 4]]}}
    agent = registry.create(registry.preset("entity_ppo"), env, 0, **settings)
    agent.learn(64)
    assert agent.predict(env.reset())[0].shape == (4, 16)
