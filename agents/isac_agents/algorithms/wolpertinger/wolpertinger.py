"""Wolpertinger: an actor-critic for large discrete action spaces."""

from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch
from gymnasium import spaces
from stable_baselines3.common.buffers import ReplayBuffer
from stable_baselines3.common.noise import ActionNoise
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.policies import BasePolicy, ContinuousCritic
from stable_baselines3.common.type_aliases import GymEnv, Schedule
from stable_baselines3.common.utils import polyak_update
from torch.nn import functional

from isac_agents.algorithms.replay_choice import ReplayChoice
from isac_agents.algorithms.settings import check_reward_scale
from isac_agents.algorithms.wolpertinger.policies import ProtoActor, WolpertingerPolicy

Array = npt.NDArray[Any]

OU_RATE = 0.15
"""Mean reversion of the Ornstein-Uhlenbeck noise in one step."""


class Wolpertinger(ReplayChoice, OffPolicyAlgorithm):
    """Deterministic policy gradient with nearest neighbours for discrete actions.

    The actor proposes a point, the critic chooses among the k lattice points nearest to it::

        proto = f(s),  A_k = k nearest lattice points of proto,  a = argmax_{b in A_k} Q(s, b)
        y     = r + gamma * Q'(s', a'),  a' chosen in the same way by f' and Q'
        f follows the gradient of Q(s, f(s)): at the proto-action, not at a

    Source: G. Dulac-Arnold et al., "Deep reinforcement learning in large discrete action spaces",
    2015 (arXiv 1512.07679), algorithms 1 and 2.

    Differences from the paper: neighbours are exact
    (:mod:`isac_agents.algorithms.wolpertinger.lattice`), not approximate; noise is added to the
    proto-action before the search for neighbours, so that exploration stays on lattice points;
    there is neither batch normalisation nor weight decay. The replay buffer stores the levels that
    were played. Published beam learning plays every proto-action twice, with and without noise, and
    stores both; a Gymnasium environment takes one step, so one transition is stored.

    Args:
        policy: ``"MlpPolicy"``.
        env: The environment, with Discrete, MultiDiscrete or MultiBinary actions.
        learning_rate: Step size of the critic, or a schedule.
        actor_learning_rate: Step size of the actor; None for the critic's. A schedule of
            ``learning_rate`` scales it in proportion.
        k: Neighbours that the critic chooses from; with 1, acting needs no critic. With all points
            of the lattice, the critic alone decides.
        circular: Whether the levels of all dimensions lie on circles, such as phases.
        gamma: Discount; 0 if an action does not influence later rewards.
        tau: Fraction by which the target networks move towards the networks per gradient step.
        noise: ``"gaussian"``, independent in time, or ``"ou"``, an Ornstein-Uhlenbeck process
            (rate 0.15 per step) with the same standard deviation.
        noise_std: Standard deviation of the noise in coordinates; an ordered dimension has length
            2, a circle circumference 2.
        final_noise_std: Final standard deviation.
        noise_fraction: Fraction of the training over which it decreases linearly.
        reward_scale: Factor on the rewards, above 0.
        buffer_size: Transitions kept.
        learning_starts: Random steps before learning.
        batch_size: Transitions of a gradient step.
        train_freq: Steps of the environment between updates.
        gradient_steps: Gradient steps of an update.
        n_steps: Rewards that a target sums before bootstrapping.
        policy_kwargs: Arguments of :class:`WolpertingerPolicy`, such as ``net_arch``.
        stats_window_size: Number of episodes in logged means.
        tensorboard_log: Folder of the log; None for no log.
        verbose: 0 is silent.
        seed: Seed of networks, noise, replay and environment.
        device: Device of torch.
        _init_setup_model: Create the networks immediately.

    Raises:
        ValueError: If a number is out of range or the actions are not a lattice.
    """

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"MlpPolicy": WolpertingerPolicy}
    policy: WolpertingerPolicy
    actor: ProtoActor
    actor_target: ProtoActor
    critic: ContinuousCritic
    critic_target: ContinuousCritic

    def __init__(
        self,
        policy: str | type[WolpertingerPolicy],
        env: GymEnv | str,
        learning_rate: float | Schedule = 1e-3,
        *,
        actor_learning_rate: float | None = None,
        k: int = 8,
        circular: bool = False,
        gamma: float = 0.99,
        tau: float = 0.005,
        noise: Literal["gaussian", "ou"] = "gaussian",
        noise_std: float = 0.3,
        final_noise_std: float = 0.05,
        noise_fraction: float = 0.8,
        reward_scale: float = 1.0,
        buffer_size: int = 1_000_000,
        learning_starts: int = 100,
        batch_size: int = 256,
        train_freq: int | tuple[int, str] = 1,
        gradient_steps: int = 1,
        n_steps: int = 1,
        policy_kwargs: dict[str, Any] | None = None,
        stats_window_size: int = 100,
        tensorboard_log: str | None = None,
        verbose: int = 0,
        seed: int | None = None,
        device: torch.device | str = "auto",
        _init_setup_model: bool = True,
    ) -> None:
        _check_choices(k, noise, reward_scale)
        _check_deviations(noise_std=noise_std, final_noise_std=final_noise_std)
        _check_shares(noise_fraction=noise_fraction, gamma=gamma, tau=tau)
        self.prioritised = False
        own = {"k": k, "circular": circular, "actor_learning_rate": actor_learning_rate}
        super().__init__(
            policy,
            env,
            learning_rate,
            buffer_size,
            learning_starts,
            batch_size,
            tau,
            gamma,
            train_freq,
            gradient_steps,
            n_steps=n_steps,
            policy_kwargs={**(policy_kwargs or {}), **own},
            stats_window_size=stats_window_size,
            tensorboard_log=tensorboard_log,
            verbose=verbose,
            seed=seed,
            device=device,
            sde_support=False,
            supported_action_spaces=(spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary),
            support_multi_env=True,
        )
        self.k, self.circular, self.actor_learning_rate = k, circular, actor_learning_rate
        self.noise, self.noise_std, self.final_noise_std = noise, noise_std, final_noise_std
        self.noise_fraction, self.reward_scale = noise_fraction, reward_scale
        self._ou_state: Array | None = None  # noise of each copy divided by its deviation
        if _init_setup_model:
            self._setup_model()

    def _setup_model(self) -> None:
        super()._setup_model()
        self.actor, self.actor_target = self.policy.actor, self.policy.actor_target
        self.critic, self.critic_target = self.policy.critic, self.policy.critic_target

    @property
    def present_noise_std(self) -> float:
        """Standard deviation of the noise at this point of the training."""
        done = 1.0 - self._current_progress_remaining
        share = min(1.0, done / self.noise_fraction) if self.noise_fraction > 0.0 else 1.0
        return self.noise_std + share * (self.final_noise_std - self.noise_std)

    def train(self, gradient_steps: int, batch_size: int = 100) -> None:
        """Take gradient steps of critic and actor on mini-batches from the replay buffer."""
        self.policy.set_training_mode(True)
        self._update_rates()
        losses: list[tuple[float, float]] = []
        for _ in range(gradient_steps):
            data = self._draw(batch_size)
            losses.append((self._critic_step(data), self._actor_step(data.observations)))
            for network in ("critic", "actor"):
                online, target = getattr(self, network), getattr(self, f"{network}_target")
                polyak_update(online.parameters(), target.parameters(), self.tau)
        self._n_updates += gradient_steps
        critic_loss, actor_loss = np.mean(losses, axis=0)
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")
        self.logger.record("train/critic_loss", float(critic_loss))
        self.logger.record("train/actor_loss", float(actor_loss))
        self.logger.record("train/noise_std", self.present_noise_std)

    def targets(self, data: Any) -> torch.Tensor:
        """Return the targets of the critic for transitions of the replay buffer, ``(B, 1)``."""
        rewards: torch.Tensor = data.rewards * self.reward_scale
        if self.gamma == 0.0:
            return rewards
        discounts = self.gamma if data.discounts is None else data.discounts
        with torch.no_grad():
            following, policy = data.next_observations, self.policy
            levels, values = policy.choose(
                self.critic_target, following, self.actor_target(following)
            )
            if values is None:
                points = policy.lattice.coordinates(levels)
                values = policy.values(self.critic_target, following, points)
        return rewards + (1.0 - data.dones) * discounts * values

    def _critic_step(self, data: Any) -> float:
        """Train the critic on the targets of the points that were played."""
        lattice = self.policy.lattice
        offset = torch.as_tensor(lattice.offset, device=self.device)
        points = lattice.coordinates(data.actions.long() - offset)
        targets = self.targets(data)
        found = self.critic(data.observations, lattice.embed(points))
        loss = torch.stack([functional.mse_loss(each, targets) for each in found]).sum()
        self.critic.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.critic.optimizer.step()
        return loss.item()

    def _actor_step(self, observations: torch.Tensor) -> float:
        """Train the actor along the gradient of the critic."""
        protos = self.actor(observations)
        loss = -self.policy.values(self.critic, observations, protos).mean()
        self.actor.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.actor.optimizer.step()
        return loss.item()

    def _update_rates(self) -> None:
        """Set both step sizes by the schedule, keeping their initial ratio."""
        self._update_learning_rate(self.critic.optimizer)
        rate = self.lr_schedule(self._current_progress_remaining)
        if self.actor_learning_rate is not None:
            rate *= self.actor_learning_rate / self.lr_schedule(1.0)
        for group in self.actor.optimizer.param_groups:
            group["lr"] = rate

    def _sample_action(
        self, learning_starts: int, action_noise: ActionNoise | None = None, n_envs: int = 1
    ) -> tuple[Array, Array]:
        """Choose actions to play and store: random at first, then the policy on noisy protos."""
        if self.num_timesteps < learning_starts:
            actions = np.array([self.action_space.sample() for _ in range(n_envs)])
            return actions, actions
        assert self._last_obs is not None
        self.policy.set_training_mode(False)
        with torch.no_grad():
            observations, _ = self.policy.obs_to_tensor(self._last_obs)
            protos = self.actor(observations)
            protos = protos + torch.as_tensor(self._noise(tuple(protos.shape)), device=self.device)
            if not self.circular:
                protos = protos.clamp(-1.0, 1.0)
            levels, _ = self.policy.choose(self.critic, observations, protos)  # type: ignore[arg-type]
        actions = self.policy.lattice.actions(levels.cpu().numpy())
        actions = actions.reshape(n_envs, *self.action_space.shape)  # type: ignore[misc]
        return actions, actions

    def _noise(self, shape: tuple[int, ...]) -> Array:
        drawn = self.action_space.np_random.standard_normal(shape)
        if self.noise == "ou":
            if self._ou_state is None or self._ou_state.shape != shape:
                self._ou_state = np.zeros(shape)
            kept = 1.0 - OU_RATE  # with this scale of the draws, the deviation tends to 1
            self._ou_state = kept * self._ou_state + np.sqrt(1.0 - kept * kept) * drawn
            drawn = self._ou_state
        return np.asarray(self.present_noise_std * drawn, np.float32)

    def _store_transition(
        self,
        replay_buffer: ReplayBuffer,
        buffer_action: Array,
        new_obs: Array | dict[str, Array],
        reward: Array,
        dones: Array,
        infos: list[dict[str, Any]],
    ) -> None:
        """Store a transition; the noise process restarts at the end of an episode."""
        super()._store_transition(replay_buffer, buffer_action, new_obs, reward, dones, infos)
        if self._ou_state is not None:
            self._ou_state[dones] = 0.0

    def _excluded_save_params(self) -> list[str]:
        names = ["actor", "critic", "actor_target", "critic_target"]
        return [*super()._excluded_save_params(), *names]

    def _get_torch_save_params(self) -> tuple[list[str], list[str]]:
        return ["policy", "actor.optimizer", "critic.optimizer"], []


def _check_choices(k: int, noise: str, reward_scale: float) -> None:
    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise ValueError(f"k is {k!r}, must be a positive integer")
    if noise not in ("gaussian", "ou"):
        raise ValueError(f"noise is {noise!r}, must be 'gaussian' or 'ou'")
    check_reward_scale(reward_scale)


def _check_deviations(**values: float) -> None:
    for name, value in values.items():
        if not value >= 0.0:
            raise ValueError(f"{name} is {value}, must be at least 0")


def _check_shares(**values: float) -> None:
    for name, value in values.items():
        if not 0.0 <= value <= 1.0:
            raise ValueError(f"{name} is {value}, must lie in [0, 1]")
