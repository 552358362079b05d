"""Learners of Stable-Baselines3 by name: each learns, recurrent ones keep their memory."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from harness import bind
from toy.signals import Signals, SignalsParams

from isac_agents import registry
from isac_agents.adapters.vec_env import BatchVecEnv
from isac_agents.evaluation.episodes import baseline, play
from isac_agents.runs.learners import load
from isac_agents.runs.record import RunRecord
from isac_agents.training.job import Job
from isac_agents.training.train_jobs import train
from isac_envs import catalog
from isac_envs.scenarios import content_hash

QUICK = {
    "n_steps": 16,
    "batch_size": 384,
    "buffer_size": 20_000,
    "learning_starts": 500,
    "gradient_steps": 2,
}


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def learner(agent, model, seed=0, **settings):
    spec = registry.preset(agent)
    quick = {name: value for name, value in QUICK.items() if name in spec.hyper_parameters}
    if agent == "a2c":
        quick = {}
    return registry.create(spec, BatchVecEnv(model, 16), seed, **{**quick, **settings})


@pytest.mark.parametrize(
    ("agent", "steps"),
    [("ppo", 8_000), ("a2c", 30_000), ("maskable_ppo", 8_000), ("qrdqn", 8_000)],
)
def test_discrete_learners_reach_the_optimum(agent, steps):
    model = Signals(SignalsParams())
    trained = learner(agent, model).learn(steps)
    assert play(lambda _: trained, model, 60).reward.mean() > 0.97  # the optimum is 1


@pytest.mark.parametrize("agent", ["sac", "td3", "tqc"])
def test_continuous_learners_come_near_a_good_heuristic(agent):
    model = bind("rovers", charge_j=99.0, weights=(1.0, 0.0), sight="true")
    small = {"policy_kwargs": {"net_arch": [32, 32]}, "batch_size": 64, "learning_rate": 3e-3}
    trained = learner(agent, model, **small).learn(4_000)
    reward = {
        name: play(make, model, 30).reward.mean()
        for name, make in (
            ("homing", baseline(model, "homing")),
            ("agent", lambda _: trained),
            ("random", baseline(model, "random")),
        )
    }
    span = reward["homing"] - reward["random"]
    assert reward["agent"] > reward["random"] + 0.8 * span


def test_evaluation_hands_the_memory_of_a_recurrent_policy_on():
    model = Signals(SignalsParams(horizon=3, team=2))
    states, starts = [], []

    class Counting:
        def predict(self, observation, state=None, episode_start=None, deterministic=True):
            states.append(state)
            starts.append(episode_start)
            count = np.zeros(len(observation)) if state is None else state[0]
            return np.zeros(len(observation), int), (np.where(episode_start, 1, count + 1),)

    play(lambda _: Counting(), model, 5)
    assert states[0] is None
    assert [each[0].tolist() for each in states[1:]] == [[1] * 10, [2] * 10]
    assert [each.all() for each in starts] == [True, False, False]


def test_a_copy_that_goes_on_unseen_starts_anew():
    model = bind("corridor", collapse=0.4, horizon=12)
    starts = []

    class Standing:
        def predict(self, observation, state=None, episode_start=None, deterministic=True):
            starts.append(episode_start)
            return np.ones(len(observation), int), state

    result = play(lambda _: Standing(), model, 40)
    first_end = result.lengths
    begun = [k for k in range(40) if first_end[k] < len(starts)]
    assert begun
    assert all(starts[first_end[k]][k] for k in begun)


def test_a_recurrent_policy_is_evaluated_with_its_memory():
    model = Signals(SignalsParams(horizon=6))
    trained = learner("recurrent_ppo", model).learn(768)
    seen = []
    plain = trained.predict

    def predict(observation, state=None, episode_start=None, deterministic=True):
        answer = plain(observation, state, episode_start, deterministic)
        seen.append((state, answer[1]))
        return answer

    trained.predict = predict
    play(lambda _: trained, model, 4)
    assert seen[0][0] is None
    for (_, before), (after, _) in pairwise(seen):
        assert after is before
    assert seen[0][1][0].shape == (1, 12, 64)  # layers, rows, width


@pytest.mark.parametrize("agent", ["recurrent_ppo", "maskable_ppo", "mappo", "gnn_ppo", "qrdqn"])
def test_runs_are_loaded_as_they_were(agent, tmp_path, monkeypatch):
    model = Signals(SignalsParams())
    monkeypatch.setitem(catalog.ENVIRONMENTS, model.id, catalog.Entry("toy.signals:Signals"))
    spec = registry.preset(agent)
    quick = {name: value for name, value in QUICK.items() if name in spec.hyper_parameters}
    record = RunRecord(
        status="running",
        environment=model.id,
        scenario="default",
        scenario_hash=content_hash(model.id, model.params),
        parameters=model.params.model_dump(mode="json"),
        agent=agent,
        hyper_parameters={**spec.hyper_parameters, **quick},
        num_envs=16,
        steps=768,
        seed=1,
        versions={},
    )
    trained = train(Job(record, tmp_path))
    found, loaded = load(tmp_path)
    assert found.status == "finished"
    seen = np.random.default_rng(0).random((9, 4)).astype(np.float32)
    chosen = [each.predict(seen, deterministic=True)[0] for each in (trained, loaded)]
    np.testing.assert_array_equal(*chosen)
