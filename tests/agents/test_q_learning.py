"""Tabular Q-learning against value iteration, and as a learner like any other."""

import numpy as np
import pytest
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import KVWriter, Logger

from isac_agents.adapters.vec_env import BatchVecEnv
from isac_agents.algorithms.tabular.q_learning import QLearning
from isac_agents.algorithms.weights import load_weights, save_weights, warm_start
from isac_envs import planning
from isac_envs.errors import IsacError

ENVIRONMENT = "isac/ModeSelect-v0"
COPIES = 64
SMALL = {"observation": "index", "queue_capacity": 2, "penalty_missed": 5.0}


def _env(copies=COPIES, **settings):
    return BatchVecEnv(ENVIRONMENT, copies, **{**SMALL, **settings})


def _learner(copies=COPIES, **settings):
    return QLearning("TablePolicy", _env(copies), **{"seed": 0, **settings})


def test_converges_to_the_values_of_value_iteration():
    env = _env(horizon=20)  # often new episodes, so that every state is met
    model = QLearning("TablePolicy", env, learning_rate=1.0, visit_exponent=0.8, gamma=0.8,
                      exploration_final_eps=1.0, seed=0)  # fmt: skip
    model.learn(1_500_000)
    mdp = env.model.transition_model()
    exact = planning.value_iteration(mdp, 0.8)
    assert model.visits.sum() == model.num_timesteps and model.visits.min() > 500
    error = np.abs(model.table - exact.action_values.T)  # the values span 5 to 27
    assert error.mean() < 0.2 and error.max() < 1.5
    greedy, _ = model.predict(np.arange(mdp.states), deterministic=True)
    reached, largest = planning.average(mdp, greedy), planning.average(mdp, exact.policy)
    assert reached > 0.99 * largest


def test_one_update_is_the_equation():
    model = _learner(1, learning_rate=0.25, gamma=0.5, exploration_final_eps=1.0)
    model.table[...] = np.arange(model.table.size).reshape(model.table.shape)
    before = model.table.copy()
    steps = []

    class Record(BaseCallback):
        def _on_step(self):
            steps.append({key: np.copy(self.locals[key]) for key in
                          ("states", "actions", "rewards", "new_obs")})  # fmt: skip
            return True

    model.learn(1, callback=Record())
    (state, action), following = (
        (steps[0]["states"][0], steps[0]["actions"][0]),
        steps[0]["new_obs"],
    )
    target = steps[0]["rewards"][0] + 0.5 * before[following[0]].max()
    before[state, action] += 0.25 * (target - before[state, action])
    np.testing.assert_allclose(model.table, before, rtol=1e-12)


def test_step_sizes_fall_with_the_number_of_updates():
    """With the exponent 1 and no discount a value is the mean of its rewards."""
    model = _learner(learning_rate=1.0, visit_exponent=1.0, gamma=0.0, exploration_final_eps=1.0)
    model.learn(200_000)
    mdp = model.env.model.transition_model()
    often = model.visits > 1_000
    assert often.any()
    spread = 15.0 / np.sqrt(model.visits[often])
    assert (np.abs(model.table - mdp.reward.T)[often] < 5.0 * spread).all()


def test_truncated_episodes_go_on_to_the_value_of_their_last_state():
    """Episodes of one step never meet the next state in play, yet learn about it."""
    env = _env(horizon=1)
    model = QLearning("TablePolicy", env, learning_rate=1.0, visit_exponent=0.8, gamma=0.8,
                      exploration_final_eps=1.0, seed=0)  # fmt: skip
    model.learn(200_000)
    exact = planning.value_iteration(env.model.transition_model(), 0.8).action_values.T
    assert exact.min() > 4.0
    assert np.abs(model.table - exact).mean() < 0.4


def test_the_seed_determines_the_table_and_global_generators_are_left_alone():
    before = np.random.get_state()[1].copy()
    tables = [_learner(seed=seed).learn(5_000).table for seed in (1, 1, 2)]
    np.testing.assert_array_equal(tables[0], tables[1])
    assert (tables[0] != tables[2]).any()
    np.testing.assert_array_equal(np.random.get_state()[1], before)


def test_exploration_falls_to_its_final_rate():
    model = _learner(exploration_initial_eps=0.8, exploration_final_eps=0.2)
    states = np.zeros(20_000, int)
    model.table[0] = 1.0, 0.0
    assert abs(model.predict(states)[0].mean() - 0.4) < 0.02
    model.learn(6_400)
    assert model.exploration_rate == pytest.approx(0.2)
    model.table[0] = 1.0, 0.0
    assert abs(model.predict(states)[0].mean() - 0.1) < 0.02
    assert model.predict(states, deterministic=True)[0].max() == 0
    assert np.shape(model.predict(np.array(3))[0]) == ()


def test_what_is_saved_is_loaded(tmp_path):
    model = _learner(gamma=0.7, learning_rate=0.5).learn(10_000)
    model.save(tmp_path / "table")
    loaded = QLearning.load(tmp_path / "table.npz")
    np.testing.assert_array_equal(loaded.table, model.table)
    np.testing.assert_array_equal(loaded.visits, model.visits)
    assert (loaded.gamma, loaded.learning_rate) == (0.7, 0.5)
    states = np.arange(96)
    np.testing.assert_array_equal(
        loaded.predict(states, deterministic=True)[0], model.predict(states, deterministic=True)[0]
    )
    again = QLearning.load(tmp_path / "table", env=_env(), gamma=0.9)
    again.learn(1_000)
    assert again.gamma == 0.9 and again.visits.sum() > model.visits.sum()
    with pytest.raises(IsacError, match="table"):
        QLearning.load(tmp_path / "table", env=_env(queue_capacity=3))


def test_pickled_objects_are_not_loaded(tmp_path):
    np.savez(tmp_path / "bad.npz", table=np.array([object()]), visits=0, settings="{}")
    with pytest.raises(ValueError, match="plain arrays"):
        QLearning.load(tmp_path / "bad.npz")


def test_weights_are_kept_like_those_of_a_network(tmp_path):
    model, other = _learner().learn(5_000), _learner(seed=1)
    save_weights(model, tmp_path / "weights.npz")
    warm_start(other, load_weights(tmp_path / "weights.npz"))
    np.testing.assert_array_equal(other.table, model.table)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"observation": "vector"}, 'Discrete observations.*observation="index"'),
        ({"observation": "bits"}, "Discrete observations"),
    ],
)
def test_environments_without_a_table_are_refused(settings, message):
    with pytest.raises(IsacError, match=message):
        QLearning("TablePolicy", _env(**settings))


@pytest.mark.parametrize(
    "settings", [{"learning_rate": 0.0}, {"gamma": 1.5}, {"visit_exponent": -0.1}]
)
def test_numbers_outside_their_range_are_refused(settings):
    with pytest.raises(IsacError, match=f"{next(iter(settings))} is"):
        _learner(**settings)


def test_callbacks_and_loggers_work_as_in_stable_baselines():
    class Output(KVWriter):
        rows: list = []  # noqa: RUF012

        def write(self, values, excluded, step=0):
            self.rows.append(dict(values))

        def close(self):
            pass

    class Stop(BaseCallback):
        def _on_step(self):
            return self.num_timesteps < 64_000

    model = _learner()
    model.set_logger(Logger(None, [Output()]))
    model.learn(1_000_000, callback=Stop(), log_interval=64)
    assert model.num_timesteps == 64_000
    assert len(Output.rows) == 2  # 1000 steps of 64 copies are two episodes each
    assert Output.rows[-1]["rollout/ep_len_mean"] == 400
    model.learn(64, reset_num_timesteps=False)
    assert model.num_timesteps == 64_064
