"""Evaluation curves: where they are measured, what they say, and that learning is the same."""

import csv

import numpy as np
import pytest
import torch
from resuming import assert_same, curves, short, weights

from isac_agents.evaluation.episodes import VALIDATION_SEED, play
from isac_agents.runs.learners import load
from isac_agents.training import greedy_curve
from isac_agents.training.plan import plan_jobs
from isac_agents.training.train_jobs import train


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def run(agent, out, steps=4_000, **settings):
    environment, parameters, hyper = short(agent)
    (job,) = plan_jobs(
        environment, agent, overrides=parameters, hyper_parameters=hyper, steps=steps, out=out,
        checkpoint_every=0, **settings,
    )  # fmt: skip
    train(job)
    return job.folder


def evaluations(folder):
    """Return steps and values of the evaluations of a run."""
    with (folder / "progress.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["eval/mean_reward"]]
    names = ("time/total_timesteps", "eval/mean_reward", "eval/mean_ep_length")
    return np.array([[float(row[name]) for name in names] for row in rows])


@pytest.mark.parametrize("agent", ["q_learning", "ddqn", "ppo", "sac", "d4pg", "mappo"])
def test_learning_is_the_same_with_and_without(agent, tmp_path, monkeypatch):
    with_curve = run(agent, tmp_path / "with")
    assert len(evaluations(with_curve)) >= 2
    monkeypatch.setattr(greedy_curve.GreedyCurve, "evaluate", lambda self, agent: None)
    without = run(agent, tmp_path / "without")
    for name, values in weights(with_curve).items():
        assert values.tobytes() == weights(without)[name].tobytes(), name

    def learned(folder):
        rows = ({k: v for k, v in row.items() if "eval/" not in k} for row in curves(folder))
        return [row for row in rows if any(v for k, v in row.items() if "total" not in k)]

    assert learned(with_curve) == learned(without)


def test_twenty_points_from_the_first_step_to_the_last(tmp_path):
    folder = run("q_learning", tmp_path, steps=200_000)
    steps, rewards, lengths = evaluations(folder).T
    record, agent = load(folder)
    assert len(steps) == greedy_curve.POINTS + 1
    assert steps[0] == 0
    assert steps[-1] >= 200_000
    assert np.abs(np.diff(steps) - 10_000).max() <= record.num_envs
    assert set(lengths) == {40}
    model = record.model()
    last = play(lambda _: agent, model, greedy_curve.EPISODES, VALIDATION_SEED)
    assert rewards[-1] == pytest.approx(last.reward.mean() * 40)
    assert rewards[-1] > rewards[0]


def test_short_runs_are_not_spent_on_evaluations(tmp_path):
    steps = evaluations(run("q_learning", tmp_path))[:, 0]
    assert len(steps) == 3  # 64 copies of 40 steps: at 0, 2560 and the end


def test_an_agent_that_cannot_play_learns_all_the_same(tmp_path, monkeypatch, capsys):
    from isac_agents.algorithms.tabular.q_learning import QLearning

    whole = run("q_learning", tmp_path / "whole")
    monkeypatch.setattr(QLearning, "predict", lambda self, observation, **_: observation[5])
    silent = run("q_learning", tmp_path / "silent")
    assert capsys.readouterr().err.count("no evaluation curve") == 1
    for name, values in weights(whole).items():
        assert values.tobytes() == weights(silent)[name].tobytes()
    assert not any("eval/mean_reward" in row for row in curves(silent))
    monkeypatch.undo()
    assert_same(run("q_learning", tmp_path / "again"), whole)
