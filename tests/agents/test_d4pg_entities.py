"""D4PG with one network for all entities."""

import numpy as np
import pytest
import torch
from command import refused
from gymnasium import spaces

from isac_agents.algorithms.d4pg.policies import D4pgPolicy

COUNT, NUMBERS, REST = 5, 3, 2


def policy(groups, parts=1, net_arch=(16, 8), common=0):
    seen = spaces.Box(-1.0, 1.0, (COUNT * NUMBERS + REST,))
    action = spaces.Box(-1.0, 1.0, (COUNT * parts + common,))
    torch.manual_seed(1)
    return D4pgPolicy(
        seen, action, lambda _: 1e-3, groups=groups, width=8, net_arch=list(net_arch), common=common
    )


@pytest.mark.parametrize(("parts", "common"), [(1, 0), (2, 0), (1, 3), (2, 7)])
def test_entities_in_another_order_act_in_that_order(parts, common):
    made = policy([[COUNT, NUMBERS]], parts, common=common)
    made.set_atoms(-1.0, 1.0)
    seen = torch.rand(7, COUNT * NUMBERS + REST)
    order = torch.as_tensor(np.random.default_rng(2).permutation(COUNT))
    ends = COUNT * NUMBERS
    moved = torch.cat((seen[:, :ends].reshape(7, COUNT, NUMBERS)[:, order].flatten(1),
                       seen[:, ends:]), 1)  # fmt: skip
    with torch.no_grad():
        actions, others = made.actor(seen), made.actor(moved)
        assert actions.shape == (7, COUNT * parts + common)
        own = actions[:, : COUNT * parts].reshape(7, COUNT, parts)[:, order].flatten(1)
        expected = torch.cat((own, actions[:, COUNT * parts :]), 1)
        assert torch.allclose(others, expected, atol=1e-6)
        given, rest = 2.0 * torch.rand(7, COUNT, parts) - 1.0, torch.rand(7, common)
        straight, turned = (torch.cat((each.flatten(1), rest), 1)
                            for each in (given, given[:, order]))  # fmt: skip
        values = made.critic.mean(seen, straight), made.critic.mean(moved, turned)
        assert torch.allclose(*values, atol=1e-6)
        assert not torch.allclose(values[0], made.critic.mean(seen, turned), atol=1e-6)
        if common:
            other = torch.cat((straight[:, :-1], straight[:, -1:] - 1.0), 1)
            assert not torch.allclose(values[0], made.critic.mean(seen, other), atol=1e-6)


def test_global_numbers_matter_to_actor_and_critic():
    made = policy([[COUNT, NUMBERS]])
    made.set_atoms(-1.0, 1.0)
    seen = torch.rand(3, COUNT * NUMBERS + REST)
    other = seen.clone()
    other[:, -1] += 1.0
    with torch.no_grad():
        assert not torch.equal(made.actor(seen), made.actor(other))
        action = made.actor(seen)
        assert not torch.equal(made.critic(seen, action), made.critic(other, action))


def test_it_is_made_again_from_what_it_saves(tmp_path):
    made = policy([[COUNT, NUMBERS]])
    made.save(tmp_path / "policy.pt")
    again = D4pgPolicy.load(tmp_path / "policy.pt")
    seen = torch.rand(4, COUNT * NUMBERS + REST)
    with torch.no_grad():
        assert torch.equal(made.actor(seen), again.actor(seen))


def test_groups_that_do_not_fit_are_refused(tmp_path):
    with pytest.raises(ValueError, match="a layer of the actor in net_arch"):
        policy([[COUNT, NUMBERS]], net_arch=())
    with pytest.raises(ValueError, match="4 entities do not share the 5 numbers of an action"):
        policy([[4, NUMBERS]])
    with pytest.raises(ValueError, match="the 8 numbers of an action, common = 4 of which are"):
        D4pgPolicy(
            spaces.Box(-1.0, 1.0, (COUNT * NUMBERS,)), spaces.Box(-1.0, 1.0, (8,)), lambda _: 1e-3,
            groups=[[COUNT, NUMBERS]], common=4, net_arch=[8],
        )  # fmt: skip
    message = refused(
        "train", "isac/RisMiso-v0", "--agent", "d4pg", "--out", str(tmp_path), "--hyper",
        "policy_kwargs={groups=[[63, 4]], net_arch=[8]}",
    )  # fmt: skip
    assert "63 entities do not share the 64 numbers of an action" in message
