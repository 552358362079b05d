"""Common settings of the PPO family: scaled and shared rewards, decreasing settings."""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import GymEnv, Schedule
from stable_baselines3.common.utils import LinearSchedule
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from torch import nn

from isac_agents.algorithms.settings import check_reward_scale, falling_rate, with_fused_adam

Array = npt.NDArray[Any]

ACTIVATIONS: dict[str, type[nn.Module]] = {"tanh": nn.Tanh, "relu": nn.ReLU}


class LearnedRewards(VecEnvWrapper):
    """Scales and shares rewards; reports of the monitor keep the environment's units.

    Args:
        venv: The environment.
        scale: Factor on the rewards.
        share: Weight of the mean over the agents of a copy, 0..1; the agent's own has the rest.
    """

    def __init__(self, venv: VecEnv, scale: float, share: float) -> None:
        super().__init__(venv)
        self.scale, self.share = scale, share
        self.team = int(getattr(venv.unwrapped, "num_agents", 1))

    def reset(self) -> Any:
        """Start an episode in every copy."""
        return self.venv.reset()

    def step_wait(self) -> Any:
        """Advance every copy; return observations, the rewards to learn from, dones and infos."""
        observations, rewards, dones, infos = self.venv.step_wait()
        if self.share > 0.0 and self.team > 1:
            mean = rewards.reshape(-1, self.team).mean(1).repeat(self.team)
            rewards = rewards + np.float32(self.share) * (mean - rewards)
        return observations, rewards * np.float32(self.scale), dones, infos


class Annealing:
    """Adds five settings and fused Adam to a PPO of Stable-Baselines3; a mix-in before its class.

    Args:
        policy: As in the base algorithm.
        env: As in the base algorithm.
        reward_scale: Factor on the rewards, above 0. Advantages are normalised, but a critic with
            errors of hundreds can use up all of ``max_grad_norm``; scale the spread of the returns
            to about 1. Learners that normalise returns do not need it.
        team_reward: Weight of the team's mean reward in that of an agent, 0..1. With 0 each agent
            learns from its own reward and may take what others need more.
        learning_rate: Step size, or a schedule.
        final_learning_rate: Final step size, after a linear decrease; None keeps it constant.
        ent_coef: Weight of the entropy in the loss.
        final_ent_coef: Final entropy weight, after a linear decrease; None keeps it constant.
        activation: Function between fully connected layers; None for the policy's own. ``"relu"``
            is quicker than ``"tanh"``, which takes a third of the training of a small network.
            Policies over entities know ``"relu"`` alone, those over graphs have no choice.
        policy_kwargs: As in the base algorithm; ``activation_fn`` replaces ``activation``.
        **settings: Every other argument of the base algorithm, with its defaults; a minibatch is at
            most a rollout.

    Raises:
        ValueError: If the reward scale is not positive, the weight of the team's reward is not in
            0..1, or both a schedule and a final learning
            rate are given.
        KeyError: If the activation is unknown.
    """

    ent_coef: float
    _current_progress_remaining: float

    def __init__(
        self,
        policy: str | type[BasePolicy],
        env: GymEnv | str | None,
        *,
        reward_scale: float = 1.0,
        team_reward: float = 0.0,
        learning_rate: float | Schedule = 3e-4,
        final_learning_rate: float | None = None,
        ent_coef: float = 0.0,
        final_ent_coef: float | None = None,
        activation: Literal["tanh", "relu"] | None = None,
        policy_kwargs: dict[str, Any] | None = None,
        **settings: Any,
    ) -> None:
        check_reward_scale(reward_scale)
        if not 0.0 <= team_reward <= 1.0:
            raise ValueError(f"team_reward is {team_reward}, must be in [0, 1]")
        kwargs = dict(policy_kwargs or {})
        if activation is not None:
            kwargs.setdefault("activation_fn", ACTIVATIONS[activation])
        optimizer = kwargs.get("optimizer_class", torch.optim.Adam)
        given = kwargs.get("optimizer_kwargs")
        if given is None and optimizer is torch.optim.Adam:
            given = {"eps": 1e-5}  # as in the policies of Stable-Baselines3
        kwargs["optimizer_kwargs"] = with_fused_adam(optimizer, given)
        steps, size = settings.get("n_steps"), settings.get("batch_size")
        if env is not None and steps and size:
            settings["batch_size"] = min(size, steps * getattr(env, "num_envs", 1))
        self.reward_scale, self.team_reward = reward_scale, team_reward
        last = ent_coef if final_ent_coef is None else final_ent_coef
        self.entropy_schedule = LinearSchedule(ent_coef, last, 1.0)
        super().__init__(
            policy,
            env,
            learning_rate=falling_rate(learning_rate, final_learning_rate),
            ent_coef=ent_coef,
            policy_kwargs=kwargs,
            **settings,  # type: ignore[call-arg]
        )

    def train(self) -> None:
        """Take the gradient steps of one rollout."""
        self.ent_coef = self.entropy_schedule(self._current_progress_remaining)
        super().train()  # type: ignore[misc]

    def collect_rollouts(self, env: VecEnv, *args: Any, **settings: Any) -> bool:
        """Play one rollout; return False if a callback stops it."""
        if self.reward_scale != 1.0 or self.team_reward > 0.0:
            env = LearnedRewards(env, self.reward_scale, self.team_reward)
        return bool(super().collect_rollouts(env, *args, **settings))  # type: ignore[misc]
