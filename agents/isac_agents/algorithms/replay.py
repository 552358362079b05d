"""Replay buffers for many copies: n-step returns and prioritised replay."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from stable_baselines3.common.buffers import ReplayBuffer
from stable_baselines3.common.type_aliases import ReplayBufferSamples
from stable_baselines3.common.vec_env import VecNormalize

from isac_agents.adapters.nan_guard import NotFiniteError
from isac_agents.algorithms import sum_tree

Array = npt.NDArray[Any]


class NStepBuffer(ReplayBuffer):
    """Replay buffer of Stable-Baselines3 whose samples span up to ``n_steps`` steps.

    A sample that starts in state ``s_t`` of a copy holds::

        rewards = r_t + gamma r_(t+1) + ... + gamma**(k-1) r_(t+k-1)
        discounts = gamma**k, next_observations = s_(t+k), dones = s_(t+k) is terminal

    ``k`` is ``n_steps``, or fewer at the end of the episode or at the newest transition of the
    copy. Terminated episodes have no value behind their end, truncated ones do: ``dones`` is 0 and
    the next observation is the last one of the episode.

    Source: R. S. Sutton, Machine Learning 3, 1988; with deep Q-learning M. Hessel et al.,
    "Rainbow", AAAI 2018 (arXiv 1710.02298).

    Differences from :class:`stable_baselines3.common.buffers.NStepReplayBuffer`: :meth:`cut` ends
    the running episodes when the environment was reset from outside (a second ``learn``), which
    otherwise would be joined to the next ones; samples can be requested by index.

    Args:
        *args: As for :class:`stable_baselines3.common.buffers.ReplayBuffer`.
        n_steps: Maximum steps of a sample.
        gamma: Discount factor.
        **kwargs: As for :class:`stable_baselines3.common.buffers.ReplayBuffer`.

    Raises:
        ValueError: If ``n_steps`` is below 1 or ``optimize_memory_usage`` is set.
    """

    def __init__(self, *args: Any, n_steps: int = 3, gamma: float = 0.99, **kwargs: Any) -> None:
        if n_steps < 1:
            raise ValueError(f"n_steps is {n_steps}, must be at least 1")
        super().__init__(*args, **kwargs)
        if self.optimize_memory_usage:
            raise ValueError("samples over n steps need optimize_memory_usage=False")
        self.n_steps, self.gamma = n_steps, gamma

    def cut(self) -> None:
        """End the running episode of every copy as truncated: the environment was reset."""
        if self.size():
            self.timeouts[self.pos - 1] = np.maximum(
                self.timeouts[self.pos - 1], 1.0 - self.dones[self.pos - 1]
            )

    def gather(
        self, rows: Array, copies: Array, env: VecNormalize | None = None
    ) -> tuple[torch.Tensor, ...]:
        """Gather the columns of the samples that start at given indices.

        Args:
            rows: Indices in the buffer, shape ``(B,)``.
            copies: Copies of the environment, shape ``(B,)``.
            env: Normalises observations and rewards.
        """
        path = (rows[:, None] + np.arange(self.n_steps)) % self.buffer_size
        column = copies[:, None]
        newest = (self.pos - 1) % self.buffer_size
        over = (self.dones[path, column] + self.timeouts[path, column] > 0.0) | (path == newest)
        within = over.cumsum(1) - over == 0  # up to and including the first end
        steps = within.sum(1)
        last = path[np.arange(len(rows)), steps - 1]
        factors = within * self.gamma ** np.arange(self.n_steps)
        rewards = (self._normalize_reward(self.rewards[path, column], env) * factors).sum(1)
        terminated = self.dones[last, copies] * (1.0 - self.timeouts[last, copies])
        columns = (
            self._normalize_obs(self.observations[rows, copies], env),
            self.actions[rows, copies],
            self._normalize_obs(self.next_observations[last, copies], env),
            terminated[:, None],
            rewards[:, None].astype(np.float32),
            (self.gamma**steps)[:, None].astype(np.float32),
        )
        return tuple(self.to_torch(each, copy=False) for each in columns)  # type: ignore[arg-type]

    def _get_samples(
        self, batch_inds: Array, env: VecNormalize | None = None
    ) -> ReplayBufferSamples:
        copies = np.random.randint(self.n_envs, size=len(batch_inds))
        return ReplayBufferSamples(*self.gather(batch_inds, copies, env))


class PrioritisedSamples(NamedTuple):
    """Samples of Stable-Baselines3 with weights and indices.

    Attributes:
        observations: Shape ``(B, ...)``.
        actions: Shape ``(B, W)``.
        next_observations: Observations at most ``n_steps`` steps later, shape ``(B, ...)``.
        dones: 1 if terminal, shape ``(B, 1)``.
        rewards: Discounted sums of rewards, shape ``(B, 1)``.
        discounts: Discount of the next observation's value, shape ``(B, 1)``.
        weights: Factors on the losses, at most 1, shape ``(B, 1)``.
        places: Indices for :meth:`PrioritisedBuffer.update_priorities`, int64, shape ``(B, 1)``.
    """

    observations: torch.Tensor
    actions: torch.Tensor
    next_observations: torch.Tensor
    dones: torch.Tensor
    rewards: torch.Tensor
    discounts: torch.Tensor
    weights: torch.Tensor
    places: torch.Tensor


class PrioritisedBuffer(NStepBuffer):
    """Proportional prioritised replay over all copies, with samples over n steps.

    Transition ``i`` is drawn with probability ``P(i) = p_i**alpha / sum_k p_k**alpha``, where
    ``p_i`` is its last error plus ``epsilon``; new transitions get the largest priority so far.
    Losses are weighted by ``(N P(i))**-beta``, divided by the largest weight in the sample.
    ``beta`` increases to 1 as the learner calls :meth:`anneal`. One transition is drawn from each
    of ``batch_size`` intervals of equal probability.

    Source: T. Schaul et al., "Prioritized experience replay", ICLR 2016 (arXiv 1511.05952),
    equations (1) and (2) and algorithm 1.

    The learner must use ``weights`` and call :meth:`update_priorities`; the learners of this
    package do so with ``prioritised=True``. Otherwise the draws are uniform.

    Args:
        *args: As for :class:`stable_baselines3.common.buffers.ReplayBuffer`.
        n_steps: Maximum steps of a sample.
        gamma: Discount factor of these steps.
        alpha: Exponent of the priorities, 0 (uniform) to 1.
        beta: Initial exponent of the weights, 0 (none) to 1.
        epsilon: Added to errors so that every transition can be drawn, above 0.
        **kwargs: As for :class:`stable_baselines3.common.buffers.ReplayBuffer`.

    Raises:
        ValueError: If a setting is out of range.
    """

    def __init__(
        self,
        *args: Any,
        n_steps: int = 1,
        gamma: float = 0.99,
        alpha: float = 0.6,
        beta: float = 0.4,
        epsilon: float = 1e-6,
        **kwargs: Any,
    ) -> None:
        for name, value in (("alpha", alpha), ("beta", beta)):
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"{name} is {value}, must lie in 0..1")
        if not epsilon > 0.0:
            raise ValueError(f"epsilon is {epsilon}, must be above 0")
        super().__init__(*args, n_steps=n_steps, gamma=gamma, **kwargs)
        self.alpha, self.first_beta, self.beta, self.epsilon = alpha, beta, beta, epsilon
        self.max_priority = 1.0
        self.tree = sum_tree.make_tree(self.buffer_size * self.n_envs)

    def reset(self) -> None:
        """Clear the buffer."""
        super().reset()
        self.tree[...] = 0.0
        self.max_priority = 1.0

    def add(self, *args: Any, **kwargs: Any) -> None:
        """Add a transition of every copy; arguments as in Stable-Baselines3."""
        places = self.pos * self.n_envs + np.arange(self.n_envs)
        super().add(*args, **kwargs)
        sum_tree.set_leaves(self.tree, places, self.max_priority**self.alpha)

    def anneal(self, progress_remaining: float) -> None:
        """Increase ``beta`` linearly from its initial value to 1 at the end of training.

        Args:
            progress_remaining: Decreases from 1 to 0.
        """
        self.beta = 1.0 - (1.0 - self.first_beta) * max(progress_remaining, 0.0)

    def sample(self, batch_size: int, env: VecNormalize | None = None) -> PrioritisedSamples:  # type: ignore[override]
        """Draw transitions by priority."""
        whole = sum_tree.total(self.tree)
        parts = (np.arange(batch_size) + np.random.random(batch_size)) * (whole / batch_size)
        places = sum_tree.find_leaves(self.tree, parts)
        data = self.gather(*np.divmod(places, self.n_envs), env)
        chances = sum_tree.get_leaves(self.tree, places) / whole
        # N cancels: the weight of the smallest probability is normalised to 1.
        weights = ((chances / chances.min()) ** -self.beta).astype(np.float32)
        return PrioritisedSamples(
            *data,  # type: ignore[call-arg]
            self.to_torch(weights[:, None]),
            torch.as_tensor(places[:, None]),
        )

    def update_priorities(self, places: torch.Tensor, errors: torch.Tensor) -> None:
        """Set the priorities of transitions from their new errors.

        Args:
            places: Indices from the samples, shape ``(B, 1)`` or ``(B,)``.
            errors: Absolute errors, or another nonnegative measure of surprise, of the same shape.

        Raises:
            NotFiniteError: If an error is not finite; its priority would never change again.
            ValueError: If an error is negative.
        """
        surprises = errors.detach().cpu().numpy().ravel().astype(np.float64)
        if not np.isfinite(surprises).all():
            raise NotFiniteError("an error of a priority is not finite")
        if (surprises < 0.0).any():
            raise ValueError(f"an error is {surprises.min()}, must be at least 0")
        priorities = surprises + self.epsilon
        self.max_priority = max(self.max_priority, float(priorities.max()))
        sum_tree.set_leaves(self.tree, places.numpy().ravel(), priorities**self.alpha)
