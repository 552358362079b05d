"""The deep Q-learners on problems whose optimum is known; minutes each."""

import importlib
from pathlib import Path

import numpy as np
import pytest
import torch

from isac_agents import registry
from isac_agents.adapters.vec_env import BatchVecEnv
from isac_envs import planning, scenarios

ENVIRONMENT = "isac/ModeSelect-v0"
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.slow
@pytest.mark.parametrize("agent", ["c51", "rainbow", "ddqn"])
def test_learns_mode_selection_to_the_exact_optimum(agent):
    """Return of the greedy policy by the transition model, at least 0.97 of the optimum."""
    chosen = scenarios.load(ENVIRONMENT, "hieu2020")
    model = scenarios.build(ENVIRONMENT, "hieu2020", {})
    spec = registry.preset(agent, chosen.agents)
    options = {"prioritised": True} if agent == "ddqn" else {}
    learner = registry.create(spec, BatchVecEnv(model, 64, seed=0), 0, **options).learn(100_000)
    mdp, states = model.transition_model(), model.all_states()
    capacity = model.params.queue_capacity
    names = [each.name for each in model.observation.coordinates[1:]]
    columns = [states[0]["queue"] / capacity, *(states[0][name] for name in names)]
    seen = (2.0 * np.stack(columns, 1) - 1.0).astype(np.float32)
    actions, _ = learner.predict(seen, deterministic=True)
    policy = np.empty(mdp.states, np.int64)
    policy[model.state_index(states)] = actions
    best = planning.value_iteration(mdp, 0.9).policy
    reached, optimum = (planning.episode_mean(mdp, each) for each in (policy, best))
    assert reached >= 0.97 * optimum


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_double_dqn_solves_cart_pole(monkeypatch, seed):
    """Mean return of 100 episodes, of at most 500 steps each, at least 475."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    script = importlib.import_module("classic_control")
    mean, _ = script.train("CartPole-v1", seed)
    assert mean >= script.CASES["CartPole-v1"].solved == 475.0
