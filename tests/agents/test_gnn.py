"""The graph policy: its layer against the equation, equivariance, and what only it can learn."""

import numpy as np
import pytest
import torch
from toy.signals import Signals, SignalsParams

from isac_agents import registry
from isac_agents.adapters.vec_env import BatchVecEnv
from isac_agents.algorithms.ppo.gnn_ppo import GnnPpo, TransformerConv
from isac_agents.evaluation.episodes import baseline, play

SMALL = {"n_steps": 16, "batch_size": 384}


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def learner(model, agent="gnn_ppo", seed=0, **settings):
    env = BatchVecEnv(model, 16)
    return registry.create(registry.preset(agent), env, seed, **{**SMALL, **settings})


def test_the_layer_is_its_equation():
    torch.manual_seed(0)
    conv = TransformerConv(6)
    nodes = torch.randn(2, 4, 6)
    edges = torch.rand(2, 4, 4) > 0.4
    edges[1, 2] = False  # a node without neighbours
    found = conv(nodes, edges)
    for g in range(2):
        for i in range(4):
            expected = conv.root(nodes[g, i])
            heard = [j for j in range(4) if edges[g, i, j]]
            if heard:
                scores = [conv.query(nodes[g, i]) @ conv.key(nodes[g, j]) for j in heard]
                shares = torch.softmax(torch.stack(scores) / 6**0.5, 0)
                terms = [a * conv.value(nodes[g, j]) for a, j in zip(shares, heard, strict=True)]
                expected = expected + sum(terms)
            torch.testing.assert_close(found[g, i], expected)


def test_gradients_stay_finite_without_neighbours():
    conv = TransformerConv(6)
    conv(torch.randn(1, 3, 6), torch.zeros(1, 3, 3, dtype=torch.bool)).sum().backward()
    assert all(torch.isfinite(each.grad).all() for each in conv.parameters())


@pytest.mark.parametrize("absent", [False, True])
def test_permuted_agents_choose_permuted_actions(absent):
    agent = learner(Signals(SignalsParams(team=5)), batch_size=320)
    policy = agent.policy
    torch.nn.init.normal_(policy.action_net.weight)
    rows = torch.randn(5, 4)
    masks = torch.ones(5, 4, dtype=torch.bool)
    if absent:
        masks[1, :3] = False
    order = torch.tensor([3, 1, 4, 0, 2])
    plain = policy.action_net(policy.acting(rows, masks))
    torch.testing.assert_close(
        policy.action_net(policy.acting(rows[order], masks[order])), plain[order]
    )
    values = policy.predict_values(rows, masks)
    torch.testing.assert_close(policy.predict_values(rows[order], masks[order]), values[order])


def test_absent_agents_are_not_heard():
    policy = learner(Signals(SignalsParams())).policy
    rows, masks = torch.randn(3, 4), torch.ones(3, 4, dtype=torch.bool)
    masks[2, 1:] = False
    changed = rows.clone()
    changed[2] += 1.0
    torch.testing.assert_close(policy.acting(rows, masks)[:2], policy.acting(changed, masks)[:2])
    masks[2] = True
    assert not torch.allclose(policy.acting(rows, masks)[:2], policy.acting(changed, masks)[:2])


def test_copies_do_not_hear_each_other():
    policy = learner(Signals(SignalsParams())).policy
    first, second = torch.randn(3, 4), torch.randn(3, 4)
    both = policy.acting(torch.cat((first, second)), None)
    torch.testing.assert_close(both[:3], policy.acting(first, None))


def test_it_learns_what_only_the_others_know():
    """A guess has to name the largest cue of the other present agents."""
    model = Signals(SignalsParams(scope="others", absent=0.2))
    best = play(baseline(model, "optimum"), model, 100).reward.mean()
    reward = {}
    for name in ("gnn_ppo", "mappo"):
        agent = learner(model, name).learn(40_000 if name == "gnn_ppo" else 8_000)
        reward[name] = play(lambda _, agent=agent: agent, model, 100).reward.mean()
    assert reward["gnn_ppo"] > 0.97 * best
    assert reward["mappo"] < 0.7 * best  # its agents act on what they see themselves


def test_the_same_seed_comes_to_the_same_weights_and_files_keep_them(tmp_path):
    model = Signals(SignalsParams(absent=0.2))
    first, second = (learner(model, seed=1).learn(1536) for _ in range(2))
    weights = first.policy.state_dict()
    assert all(torch.equal(weights[k], v) for k, v in second.policy.state_dict().items())
    first.save(tmp_path / "agent")
    loaded = GnnPpo.load(tmp_path / "agent")
    seen = np.random.default_rng(0).random((9, 4)).astype(np.float32)
    chosen = [each.predict(seen, deterministic=True)[0] for each in (first, loaded)]
    np.testing.assert_array_equal(*chosen)


def test_parts_of_a_team_are_refused():
    agent = learner(Signals(SignalsParams()))
    with pytest.raises(ValueError, match="4 rows are not whole teams of 3 agents"):
        agent.predict(np.zeros((4, 4), np.float32))
