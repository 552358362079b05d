"""Rows of several agents: PettingZoo's whole test package, its registry, and SuperSuit."""

import functools
import types
from typing import Any

import numpy as np
import pettingzoo
import pettingzoo.test as tests
import supersuit
from ecosystem_row import TEAM, TEAMS, Row
from pettingzoo.test.bombardment_test import bombardment_test
from pettingzoo.test.performance_benchmark import performance_benchmark
from pettingzoo.test.save_obs_test import test_save_obs
from pettingzoo.test.state_test import state_test
from pettingzoo.utils import parallel_to_aec

import isac_envs

EVERY = [functools.partial(isac_envs.parallel_env, name) for name in TEAMS]


def turns(make: Any, **settings: Any) -> Any:
    """Return an environment in PettingZoo's form of one agent after the other."""
    return parallel_to_aec(make(**settings))


def interface() -> str:
    """The checks of both interfaces."""
    for make in EVERY:
        tests.parallel_api_test(make(), num_cycles=50)
        tests.api_test(turns(make), num_cycles=50)
    return f"{len(EVERY)} ids"


def seeds() -> None:
    """The checks of seeds."""
    for make in EVERY:
        tests.parallel_seed_test(make, num_cycles=20)
        tests.seed_test(functools.partial(turns, make), num_cycles=20)


def limits() -> None:
    """The check of ``max_cycles``."""
    for make in EVERY:
        module = types.SimpleNamespace(parallel_env=make, env=functools.partial(turns, make))
        tests.max_cycles_test(module)


def pictures() -> None:
    """The check of rendering."""
    for make in EVERY:
        tests.render_test(functools.partial(turns, make))


def states() -> None:
    """The check of ``state`` and ``state_space``."""
    for make in EVERY:
        state_test(turns(make), make(), num_cycles=5)


def remaining() -> str:
    """Saved observations and the benchmark; what is left asks for a keyboard."""
    make = functools.partial(isac_envs.parallel_env, TEAM)
    test_save_obs(turns(make))
    performance_benchmark(turns(make, max_cycles=5))
    return "`manual_control_test` asks for a keyboard"


def registry() -> None:
    """``pettingzoo.make`` with every id and with settings."""
    for name in TEAMS:
        env = pettingzoo.make("parallel", name, max_cycles=4, render_mode="rgb_array")
        assert env.render_mode == "rgb_array"
        assert env.model.params.horizon == 4


def suits(env: Any) -> dict[str, Any]:
    """Return environments in SuperSuit's wrappers that suit any space."""
    s = supersuit
    return {
        "agent_indicator": s.agent_indicator_v0(env),
        "black_death": s.black_death_v3(env),
        "clip_reward": s.clip_reward_v0(env),
        "delay_observations": s.delay_observations_v0(env, 2),
        "dtype": s.dtype_v0(env, np.float64),
        "flatten": s.flatten_v0(env),
        "frame_skip": s.frame_skip_v0(env, 2),
        "frame_stack": s.frame_stack_v2(env, 2),
        "max_observation": s.max_observation_v0(env, 2),
        "nan_noop": s.nan_zeros_v0(env),
        "normalize_obs": s.normalize_obs_v0(env),
        "pad_action_space": s.pad_action_space_v0(env),
        "pad_observations": s.pad_observations_v0(env),
        "reward_lambda": s.reward_lambda_v0(env, lambda reward: 2 * reward),
        "sticky_actions": s.sticky_actions_v0(env, 0.2),
    }


def wear(make: Any) -> str:
    """Play in each wrapper."""
    for env in suits(make()).values():
        env.reset(seed=0)
        for _ in range(4):
            env.step({each: env.action_space(each).sample() for each in env.agents})
    return f"{len(suits(make()))} wrappers"


def shared_policy(make: Any) -> None:
    """SuperSuit's way to train one policy for all agents with Stable-Baselines3."""
    from stable_baselines3 import PPO

    env = supersuit.pettingzoo_env_to_vec_env_v1(make())
    env = supersuit.concat_vec_envs_v1(env, 2, base_class="stable_baselines3")
    PPO("MlpPolicy", env, n_steps=16, batch_size=32).learn(256)


def foreign_team() -> Any:
    """Return a team that ships with PettingZoo."""
    from pettingzoo.test.example_envs import generated_agents_parallel_v0

    return generated_agents_parallel_v0.parallel_env()


def foreign_turns() -> Any:
    """Return the same in the form of one agent after the other."""
    from pettingzoo.test.example_envs import generated_agents_env_v0

    return generated_agents_env_v0.env()


OURS = functools.partial(isac_envs.parallel_env, TEAM)
ROWS = (
    Row("pettingzoo", "`api_test`, `parallel_api_test`", interface),
    Row("pettingzoo", "`seed_test`, `parallel_seed_test`", seeds),
    Row("pettingzoo", "`max_cycles_test`", limits),
    Row("pettingzoo", "`render_test`", pictures),
    Row("pettingzoo", "`state_test`", states),
    Row(
        "pettingzoo",
        "`bombardment_test`",
        lambda: bombardment_test(turns(OURS), cycles=50),
        lambda: bombardment_test(foreign_turns(), cycles=50),
        "it takes what `step` returns, None, for an observation",
    ),
    Row("pettingzoo", "the rest of `pettingzoo.test`", remaining),
    Row("pettingzoo", '`pettingzoo.make("parallel", id, ...)`', registry),
    Row(
        "supersuit",
        "wrappers",
        functools.partial(wear, OURS),
        functools.partial(wear, foreign_team),
    ),
    Row(
        "supersuit",
        "vectors for Stable-Baselines3",
        functools.partial(shared_policy, OURS),
        functools.partial(shared_policy, foreign_team),
    ),
)
