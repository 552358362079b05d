"""Rows of libraries of learners, of vector rewards and of data sets."""

import functools
from typing import Any

import gymnasium
import numpy as np
from ecosystem_row import BOX, DISCRETE, MASKED, TEAM, Row
from gymnasium.vector import AutoresetMode, SyncVectorEnv

import isac_envs

SAME_STEP = AutoresetMode.SAME_STEP


def sb3() -> None:
    """Stable-Baselines3 by id, through its own vector, and its checker."""
    from stable_baselines3 import DQN, PPO, SAC
    from stable_baselines3.common.env_checker import check_env
    from stable_baselines3.common.env_util import make_vec_env

    check_env(gymnasium.make(DISCRETE))
    PPO("MlpPolicy", make_vec_env(DISCRETE, 2), n_steps=32, batch_size=32).learn(128)
    DQN("MlpPolicy", DISCRETE, learning_starts=10).learn(64)
    SAC("MlpPolicy", BOX, learning_starts=10).learn(32)


def maskable() -> str:
    """MaskablePPO finds the masks by itself, and is refused where there are none."""
    from sb3_contrib import MaskablePPO
    from sb3_contrib.common.maskable.evaluation import evaluate_policy
    from stable_baselines3.common.env_util import make_vec_env

    agent = MaskablePPO("MlpPolicy", make_vec_env(MASKED, 2), n_steps=32, batch_size=32).learn(128)
    evaluate_policy(agent, gymnasium.make(MASKED, horizon=20), 2)
    try:
        MaskablePPO("MlpPolicy", DISCRETE, n_steps=32, batch_size=32).learn(32)
    except ValueError as error:
        assert "action masking" in str(error)
        return "refused where nothing is masked"
    raise AssertionError("masks where there are none")


def tianshou() -> None:
    """A deep Q-learner over Tianshou's vector of environments."""
    from tianshou.algorithm.modelfree.dqn import DQN, DiscreteQLearningPolicy
    from tianshou.algorithm.optim import AdamOptimizerFactory
    from tianshou.data import Collector, VectorReplayBuffer
    from tianshou.env import DummyVectorEnv
    from tianshou.trainer import OffPolicyTrainerParams
    from tianshou.utils.net.common import Net

    env = gymnasium.make(DISCRETE)
    made = [DummyVectorEnv([lambda: gymnasium.make(DISCRETE, horizon=20)] * 2) for _ in range(2)]
    space = env.action_space
    net = Net(state_shape=env.observation_space.shape, action_shape=space.n, hidden_sizes=[16])
    policy = DiscreteQLearningPolicy(model=net, action_space=space, eps_training=0.1)
    learner = DQN(policy=policy, optim=AdamOptimizerFactory(lr=1e-3), target_update_freq=10)
    parameters = OffPolicyTrainerParams(
        training_collector=Collector(learner, made[0], VectorReplayBuffer(200, 2)),
        test_collector=Collector(learner, made[1]),
        max_epochs=1,
        epoch_num_steps=80,
        collection_step_num_env_steps=20,
        test_step_num_episodes=2,
        batch_size=16,
        verbose=False,
        show_progress=False,
    )
    learner.run_training(parameters)


def torchrl_checked(env: Any) -> None:
    """TorchRL's checker of specifications, and a short play."""
    from torchrl.envs.utils import check_env_specs

    check_env_specs(env)
    env.rollout(8, break_when_any_done=False)


def torchrl_by_id() -> None:
    """GymEnv makes by id."""
    from torchrl.envs import GymEnv

    for name in (DISCRETE, MASKED, BOX):
        torchrl_checked(GymEnv(name))


def torchrl_wrapped() -> None:
    """GymWrapper around both forms of reward."""
    from torchrl.envs import GymWrapper

    torchrl_checked(GymWrapper(gymnasium.make(DISCRETE)))
    env = gymnasium.make(DISCRETE, vector_reward=True, disable_env_checker=True)
    wrapped = GymWrapper(env)
    torchrl_checked(wrapped)
    assert wrapped.reward_spec.shape == (env.unwrapped.reward_dim,)


def torchrl_objectives() -> None:
    """MOGymEnv, TorchRL's door to MO-Gymnasium."""
    from torchrl.envs import MOGymEnv

    torchrl_checked(MOGymEnv(DISCRETE, vector_reward=True))


class Nested(gymnasium.Env[Any, Any]):
    """An environment that is not ours, with a dictionary in its info."""

    observation_space = gymnasium.spaces.Box(-1, 1, (2,))
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        """Start."""
        super().reset(seed=seed)
        return np.zeros(2, np.float32), {"outer": {"inner": 0.0}}

    def step(self, action: Any) -> Any:
        """Step."""
        return np.zeros(2, np.float32), 0.0, False, False, {"outer": {"inner": 0.0}}


def torchrl_vector(env: Any) -> None:
    """GymWrapper around a vector environment."""
    from torchrl.envs import GymWrapper

    torchrl_checked(GymWrapper(env()))


def torchrl_team() -> None:
    """PettingZooWrapper with states, with masks, and with agents that differ."""
    from torchrl.envs import PettingZooWrapper

    torchrl_checked(PettingZooWrapper(isac_envs.parallel_env(TEAM), return_state=True))
    torchrl_checked(PettingZooWrapper(isac_envs.parallel_env(TEAM), use_mask=True))
    torchrl_checked(PettingZooWrapper(isac_envs.parallel_env("isac/VcpsViewMulti-v0")))


def torchrl_team_by_id(name: str) -> None:
    """PettingZooEnv makes by name."""
    from torchrl.envs import PettingZooEnv

    PettingZooEnv(name, parallel=True)


def rllib() -> str:
    """PPO of RLlib on one agent by id, and on a team."""
    import ray
    from ray.rllib.algorithms.ppo import PPOConfig
    from ray.rllib.env.wrappers.pettingzoo_env import ParallelPettingZooEnv
    from ray.tune.registry import register_env

    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
    try:
        register_env("team", lambda _: ParallelPettingZooEnv(isac_envs.parallel_env(TEAM)))
        for name in (DISCRETE, "team"):
            config = (
                PPOConfig()
                .environment(name)
                .env_runners(num_env_runners=0)
                .learners(num_learners=0)
                .training(train_batch_size_per_learner=64, minibatch_size=32, num_epochs=1)
            )
            if name == "team":
                config = config.multi_agent(
                    policies={"shared"}, policy_mapping_fn=lambda agent, *_, **__: "shared"
                )
            algorithm = config.build_algo()
            algorithm.train()
            algorithm.stop()
    finally:
        ray.shutdown()
    return "its extra pins Gymnasium 1.2.2; here it runs with the version above"


def mo_wrappers() -> None:
    """Every wrapper of MO-Gymnasium."""
    import mo_gymnasium
    from mo_gymnasium import wrappers

    def made() -> Any:
        return mo_gymnasium.make(DISCRETE, vector_reward=True, horizon=8)

    count = made().unwrapped.reward_dim
    for env in (
        wrappers.LinearReward(made(), weight=np.ones(count)),
        wrappers.MONormalizeReward(made(), idx=0),
        wrappers.MOClipReward(made(), idx=1, min_r=-1, max_r=1),
        wrappers.MOMaxAndSkipObservation(made()),
        wrappers.MORecordEpisodeStatistics(made(), gamma=0.9),
    ):
        env.reset(seed=0)
        over = False
        while not over:
            _, reward, terminated, truncated, info = env.step(env.action_space.sample())
            over = terminated or truncated
        if isinstance(env, wrappers.LinearReward):
            assert np.ndim(reward) == 0
        elif isinstance(env, wrappers.MORecordEpisodeStatistics):
            assert info["episode"]["r"].shape == (count,)
        else:
            assert reward.shape == (count,)


def mo_vectors() -> None:
    """MOSyncVectorEnv and the native vector give the same, statistics included."""
    import mo_gymnasium
    from mo_gymnasium.wrappers.vector import MORecordEpisodeStatistics, MOSyncVectorEnv

    def maker() -> Any:
        return mo_gymnasium.make(DISCRETE, vector_reward=True, horizon=8)

    native = gymnasium.make_vec(DISCRETE, num_envs=2, vector_reward=True, horizon=8)
    assert native.unwrapped.reward_space == MOSyncVectorEnv([maker]).reward_space
    envs = [MORecordEpisodeStatistics(each) for each in (MOSyncVectorEnv([maker] * 2), native)]
    envs[0].action_space.seed(0)
    for env in envs:
        env.reset(seed=3)
    for _ in range(20):
        action = envs[0].action_space.sample()
        first, second = (env.step(action) for env in envs)
        assert (first[1] == second[1]).all()
        if "episode" in first[4]:
            assert (first[4]["episode"]["r"] == second[4]["episode"]["r"]).all()


def minari() -> str:
    """Minari's collector with infos, the round trip, and the environment made again."""
    import minari

    for k, name in enumerate((DISCRETE, MASKED, BOX)):
        env = minari.DataCollector(gymnasium.make(name, horizon=6), record_infos=True)
        for seed in range(2):
            env.reset(seed=seed)
            while not any(env.step(env.action_space.sample())[2:4]):
                pass
        data = env.create_dataset(f"isac/try{k}-v0", algorithm_name="random", eval_env=None)
        episode = data[0]
        assert len(episode.observations) == len(episode.infos["cost"]) == 7
        again = data.recover_environment()
        again.reset(seed=0)
        assert (again.step(episode.actions[0])[0] == episode.observations[1]).all()
        minari.delete_dataset(f"isac/try{k}-v0")
    return "infos recorded, environment recovered"


ROWS = (
    Row("stable-baselines3", "PPO, DQN, SAC, `check_env`", sb3),
    Row("sb3-contrib", "MaskablePPO", maskable),
    Row("tianshou", "DQN, `DummyVectorEnv`, `Collector`", tianshou),
    Row("torchrl", "`GymEnv(id)`", torchrl_by_id),
    Row("torchrl", "`GymWrapper`, rewards as numbers and as vectors", torchrl_wrapped),
    Row("torchrl", "`MOGymEnv(id, vector_reward=True)`", torchrl_objectives),
    Row(
        "torchrl",
        "`GymWrapper` around a vector environment",
        functools.partial(
            torchrl_vector,
            lambda: gymnasium.make_vec(DISCRETE, num_envs=2, autoreset_mode=SAME_STEP),
        ),
        functools.partial(
            torchrl_vector, lambda: SyncVectorEnv([Nested] * 2, autoreset_mode=SAME_STEP)
        ),
        "no vector environment with a dictionary in its info passes",
    ),
    Row("torchrl", "`PettingZooWrapper`: states, masks, agents that differ", torchrl_team),
    Row(
        "torchrl",
        "`PettingZooEnv(id)`",
        functools.partial(torchrl_team_by_id, TEAM),
        functools.partial(torchrl_team_by_id, "pistonball_v6"),
        "it reads a list of PettingZoo's own games, of which 1.27 has no longer all; "
        "`PettingZooWrapper` works",
    ),
    Row("ray", "RLlib's PPO, one agent and a team", rllib),
    Row("mo-gymnasium", "every wrapper", mo_wrappers),
    Row("mo-gymnasium", "`MOSyncVectorEnv` equals the native vector", mo_vectors),
    Row("minari", "`DataCollector(record_infos=True)`", minari),
)
