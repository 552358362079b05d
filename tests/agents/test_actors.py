"""Actors in processes of their own: the same numbers as in this one, and no process left over."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from stable_baselines3.common.callbacks import BaseCallback

from isac_agents.adapters.vec_env import BatchVecEnv
from isac_agents.algorithms.d4pg.actor_pool import partition
from isac_agents.algorithms.d4pg.actors import join, take
from isac_agents.algorithms.d4pg.d4pg import D4PG
from isac_agents.training.learner_state import capture, restore
from isac_envs.errors import IsacError, UnknownNameError

COPIES = 28  # four blocks, the last one not full


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def make(actors=0, copies=COPIES, **settings):
    env = BatchVecEnv("isac/BeamTrack-v0", copies, action="continuous", horizon=7)
    defaults = {
        "learning_starts": 100, "train_freq": 3, "gradient_steps": 2, "buffer_size": 5000,
        "policy_kwargs": {"net_arch": [32, 32]}, "seed": 3, "device": "cpu",
    }  # fmt: skip
    return D4PG("MlpPolicy", env, actors=actors, **{**defaults, **settings})


def weights(model):
    return {name: each.numpy().tobytes() for name, each in model.policy.state_dict().items()}


def assert_alike(models):
    here, there = models
    assert weights(here) == weights(there)
    assert np.array_equal(here.replay_buffer.rewards, there.replay_buffer.rewards)
    returns = [[each["r"] for each in model.ep_info_buffer] for model in models]
    assert returns[0] == returns[1] and returns[0]
    assert_same_state(here.env.snapshot(), there.env.snapshot())
    assert not multiprocessing.active_children()


def assert_same_state(here, there):
    for one, other in zip(here["state"], there["state"], strict=True):
        for name in one.dtype.names:  # records have bytes between their fields that mean nothing
            assert one[name].tobytes() == other[name].tobytes(), name


@pytest.mark.slow
@pytest.mark.parametrize("actors", [1, 2, 3, 4])
def test_results_depend_on_no_actors_if_the_training_goes_on_or_starts_again(actors):
    """``pytest -m slow tests/agents/test_actors.py``: a minute."""
    models = []
    for number in (0, actors):
        model = make(number, n_steps=1 + actors, prioritised=actors == 3)
        model.learn(1000)
        model.learn(500, reset_num_timesteps=False)  # goes on with running episodes
        models.append(model.learn(500))  # starts again
    assert_alike(models)


class Stop(Exception):
    pass


class AtRollout(BaseCallback):
    """Does something to the learner where a rollout starts, once."""

    def __init__(self, number, do):
        super().__init__()
        self.left, self.do = number, do

    def _on_rollout_start(self):
        self.left -= 1
        if self.left == 0:
            self.do(self.model)

    def _on_step(self):
        return True


@pytest.mark.parametrize(("taken", "actors"), [(2, 0), pytest.param(0, 1, marks=pytest.mark.slow)])
def test_results_and_states_do_not_depend_on_the_number_of_actors(taken, actors):
    """A state taken with actors goes on without; ``pytest -m slow`` has the other way round."""
    kept = {}

    def keep(model):
        tree, arrays = capture(model)
        kept[model.actors] = tree, [each.copy() for each in arrays]

    whole = make().learn(1500, callback=AtRollout(6, keep))
    other = make(2).learn(1500, callback=AtRollout(6, keep))
    assert_alike([whole, other])
    model = make(actors)
    model.learn(
        1500, callback=AtRollout(1, lambda model: restore_without(model, "actors", *kept[taken]))
    )
    assert weights(model) == weights(whole)


def restore_without(model, name, tree, arrays):
    """Put a state back that was taken with another value of one attribute."""
    actors = getattr(model, name)
    content = tree["learner"]["object"]
    pairs = [[key, actors if key == name else value] for key, value in content]
    restore(model, {**tree, "learner": {"object": pairs}}, arrays)


def test_a_killed_actor_stops_the_training_with_a_message():
    def kill(model):
        os.kill(model.env._places[0]._process.pid, signal.SIGKILL)

    model = make(1, copies=16)
    with pytest.raises(IsacError, match=r"actor 1 of 1 has died \(killed by signal 9\)"):
        model.learn(2000, callback=AtRollout(5, kill))
    assert not multiprocessing.active_children()
    assert isinstance(model.env, BatchVecEnv)


@pytest.mark.slow
@pytest.mark.parametrize("error", [Stop, KeyboardInterrupt])
def test_no_actor_outlives_an_error(error):
    def fail(model):
        raise error

    with pytest.raises(error):
        make(2).learn(2000, callback=AtRollout(5, fail))
    assert not multiprocessing.active_children()


@pytest.mark.slow
def test_an_error_of_an_actor_reaches_the_learner():
    def spoil(model):
        model.behaviour.head.bias.data[0] = np.nan
        model.env.restore(model.env.snapshot())  # so that the next chunk is ordered anew

    with pytest.raises(IsacError, match="an actor failed: InvalidAction"):
        make(1).learn(2000, callback=AtRollout(5, spoil))
    assert not multiprocessing.active_children()


PROGRAM = """
import torch
from isac_agents.algorithms.d4pg.d4pg import D4PG
from isac_agents.adapters.vec_env import BatchVecEnv
from stable_baselines3.common.callbacks import BaseCallback

class Tell(BaseCallback):
    def _on_step(self):
        if self.n_calls == 3:
            print(*(place._process.pid for place in self.training_env._places), flush=True)
        return True

if __name__ == "__main__":
    env = BatchVecEnv("isac/BeamTrack-v0", 8, action="continuous")
    D4PG("MlpPolicy", env, actors=1, learning_starts=10**9, device="cpu").learn(10**9, Tell())
"""


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize(
    "how",
    [
        signal.SIGKILL,
        pytest.param(signal.SIGTERM, marks=pytest.mark.slow),
        pytest.param(signal.SIGINT, marks=pytest.mark.slow),
    ],
)
def test_no_actor_outlives_its_parent(how, tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    command = [sys.executable, str(tmp_path / "program.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        pids = [int(each) for each in process.stdout.readline().split()]
        assert len(pids) == 1 and all(map(is_running, pids))
        process.send_signal(how)
        process.wait(60)
        for _ in range(600):
            if not any(map(is_running, pids)):
                break
            time.sleep(0.1)
        assert not any(map(is_running, pids))


def test_copies_are_divided_in_whole_blocks():
    assert partition(28, 2) == [slice(0, 16), slice(16, 28)]
    assert partition(28, 4) == [slice(0, 8), slice(8, 16), slice(16, 24), slice(24, 28)]
    assert partition(5, 1) == [slice(0, 5)]
    with pytest.raises(ValueError, match=r"actors is 5, must lie in 0\.\.4"):
        make(5)
    with pytest.raises(ValueError, match=r"actors is -1"):
        make(-1)


def test_states_are_cut_and_joined():
    env = BatchVecEnv("isac/BeamTrack-v0", 10, action="continuous", seed=1)
    env.reset()
    whole = env.snapshot()
    parts = [take(whole, slice(0, 8)), take(whole, slice(8, 10))]
    assert len(parts[0]["state"][0]) == 8
    again = join(parts)
    assert_same_state(again, whole)


def test_what_actors_cannot_play_is_refused():
    with pytest.raises(UnknownNameError, match="processes"):
        make(1, actor_backend="process")
    with pytest.raises(ValueError, match="needs a BatchVecEnv"):
        D4PG("MlpPolicy", "Pendulum-v1", actors=1, v_min=-1.0, v_max=0.0, device="cpu")


@pytest.mark.slow
def test_actors_on_ray_come_to_the_same_numbers():
    ray = pytest.importorskip("ray")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        here = make().learn(1000)
        there = make(2, actor_backend="ray").learn(1000)
        assert weights(here) == weights(there)

        def kill(model):
            ray.kill(model.env._places[0]._actor)

        with pytest.raises(IsacError, match="actor 1 of 2 has died"):
            make(2, actor_backend="ray").learn(2000, callback=AtRollout(5, kill))
        with pytest.raises(IsacError, match="has 2 CPUs"):
            make(3, actor_backend="ray").learn(100)
    finally:
        ray.shutdown()
