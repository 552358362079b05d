"""Runs that were stopped and go on: the same weights and curves as without, for every agent."""

import numpy as np
import pytest
import torch
from command import isac
from resuming import assert_same, short

from isac_agents import registry
from isac_agents.runs.record import read_record, write_record
from isac_agents.training.plan import plan_jobs
from isac_agents.training.train_jobs import train

STEPS, EVERY, STOP = 2_000, 500, 1_350


class Stopped(Exception):
    """Leaves a training at any place."""


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def job(agent, out, resume=False, every=EVERY, steps=STEPS):
    environment, parameters, hyper = short(agent)
    (planned,) = plan_jobs(
        environment, agent, overrides=parameters, hyper_parameters=hyper, steps=steps, out=out,
        resume=resume, checkpoint_every=every,
    )  # fmt: skip
    return planned


def stop_at(step):
    def report(steps):
        if steps >= step:
            raise Stopped

    return report


def interrupted(agent, out, step=STOP):
    """Train until a step, and return the folder."""
    planned = job(agent, out)
    with pytest.raises(Stopped):
        train(planned, stop_at(step))
    return planned.folder


@pytest.mark.parametrize("agent", registry.AGENTS)
def test_every_agent_goes_on_to_the_same_numbers(agent, tmp_path):
    whole = job(agent, tmp_path / "whole", every=0)
    train(whole)
    run = interrupted(agent, tmp_path / "parts")
    assert len([*(run / "checkpoints").glob("*.json")]) in (1, 2)
    np.random.random(7)  # whatever the process has drawn in between
    torch.rand(7)
    train(job(agent, tmp_path / "parts", resume=True))
    assert_same(run, whole.folder)


def scalars(run):
    """Return all of TensorBoard's numbers of a run, file after file."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(run)).Reload()
    names = sorted(set(found.Tags()["scalars"]) - {"time/fps"})
    return {name: [(each.step, each.value) for each in found.Scalars(name)] for name in names}


def test_tensorboard_has_neither_gaps_nor_duplicates(tmp_path):
    whole = job("ppo", tmp_path / "whole", steps=2 * STEPS)  # long enough for an episode to end
    train(whole)
    parts = job("ppo", tmp_path / "parts", steps=2 * STEPS)
    with pytest.raises(Stopped):
        train(parts, stop_at(2 * STOP))
    run = parts.folder
    train(job("ppo", tmp_path / "parts", resume=True, steps=2 * STEPS))
    expected = scalars(whole.folder)
    assert len(expected["rollout/ep_rew_mean"]) > 1
    assert len(expected["train/loss"]) > 2
    assert scalars(run) == expected


def test_it_may_be_stopped_again_and_again(tmp_path):
    train(whole := job("ddqn", tmp_path / "whole"))
    run = interrupted("ddqn", tmp_path / "parts", 750)
    for step in (1_000, 1_350, 1_990):
        with pytest.raises(Stopped):
            train(job("ddqn", tmp_path / "parts", resume=True), stop_at(step))
    train(job("ddqn", tmp_path / "parts", resume=True))
    assert_same(run, whole.folder)


def test_checkpoints_do_not_change_the_numbers(tmp_path):
    runs = [job("ppo", tmp_path / str(every), every=every) for every in (0, 200, None)]
    for each in runs:
        train(each)
    assert_same(runs[0].folder, runs[1].folder)
    assert_same(runs[0].folder, runs[2].folder)
    assert not (runs[0].folder / "checkpoints").exists()


def test_the_newest_two_are_kept_and_the_times_add_up(tmp_path):
    run = interrupted("q_learning", tmp_path)
    names = sorted(path.name for path in (run / "checkpoints").iterdir())
    assert names == [f"{step:012d}.{end}" for step in (512, 1024) for end in ("json", "npz")]
    train(job("q_learning", tmp_path, resume=True))
    names = sorted(path.stem for path in (run / "checkpoints").glob("*.json"))
    assert names == [f"{step:012d}" for step in (1024, 1536)]
    assert read_record(run).status == "finished"
    assert read_record(run).cpu_seconds > 0.0


def test_without_resume_it_starts_again_and_says_so(tmp_path, capsys):
    run = interrupted("q_learning", tmp_path)
    steps = []
    train(job("q_learning", tmp_path), steps.append)
    assert steps[0] == 64
    assert "--resume would continue from step 1024 of 2000" in capsys.readouterr().err
    assert sorted(each.stem for each in (run / "checkpoints").glob("*.json"))[-1] == f"{1536:012d}"


def test_a_run_that_forgot_to_resume_can_still_do_so(tmp_path):
    run = interrupted("q_learning", tmp_path)
    with pytest.raises(Stopped):
        train(job("q_learning", tmp_path), stop_at(64))
    steps = []
    train(job("q_learning", tmp_path, resume=True), steps.append)
    assert steps[0] == 1024 + 64
    assert read_record(run).status == "finished"


def test_a_folder_is_continued_by_name(tmp_path):
    train(whole := job("ddqn", tmp_path / "whole"))
    run = interrupted("ddqn", tmp_path / "parts")
    assert "--resume" in isac("train", str(run)).stderr
    refused = isac("train", str(run), "--resume", "--steps", "10")
    assert refused.returncode == 2
    assert "omit --steps" in refused.stderr
    done = isac("train", str(run), "--resume", "--episodes", "2", "--json")
    assert done.returncode == 0, done.stderr
    assert_same(run, whole.folder)
    before = (run / "weights.npz").stat().st_mtime_ns
    assert isac("train", str(run), "--resume", "--episodes", "2", "--json").returncode == 0
    assert (run / "weights.npz").stat().st_mtime_ns == before  # a finished one is kept


class Own:
    """A learner of a user: no object of Stable-Baselines3, nothing that could be stored."""

    learned = 0

    def __init__(self, env, seed=None):
        self.env = env

    def learn(self, total_timesteps, callback=None):
        Own.learned += 1
        if Own.learned == 1:
            raise Stopped
        return self

    def predict(self, observation, state=None, episode_start=None, deterministic=True):
        return np.zeros(len(observation), int), state

    def save(self, path):
        np.savez(path, weights=np.zeros(1))


def test_an_agent_without_plain_state_starts_again(tmp_path, capsys, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "own_resuming", sys.modules[__name__])
    Own.learned = 0

    def planned(resume):
        return plan_jobs(
            "isac/ModeSelect-v0", "own_resuming:Own", steps=100, out=tmp_path, resume=resume
        )[0]

    before = planned(False)
    with pytest.raises(Stopped):
        train(before)
    write_record(before.folder, before.record)  # as one that was killed leaves it
    train(planned(True))
    assert "no checkpoint yet, the run starts over" in capsys.readouterr().err
    assert read_record(planned(True).folder).status == "finished"
