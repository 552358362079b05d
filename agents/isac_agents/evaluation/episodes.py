"""Evaluation of policies on held-out seeds with common random numbers.

Every policy plays the same episodes: episode ``i`` runs in a copy seeded with ``seed + i``, and
the environments draw the same random numbers whatever the action. Differences between results are
therefore differences between policies.

With several agents, the observations of a copy are consecutive rows (row ``i * A + a`` is agent
``a`` of copy ``i``). One policy chooses for all rows, and every figure of an episode - reward,
objectives, costs, metrics - is the mean over the agents.

Rewards are returns: the sum over an episode, divided by the largest possible number of steps of an
episode of the scenario. Episodes with equal returns score the same, whatever their lengths.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
from gymnasium.error import InvalidAction
from gymnasium.vector import AutoresetMode

from isac_agents.evaluation.team_env import TeamEnv
from isac_agents.progress import stage
from isac_envs.core.vector_env import VectorEnv
from isac_envs.declaration.model import Model
from isac_envs.errors import IsacError

HELD_OUT_SEED = 1_000_000_000
"""First seed of evaluation episodes; training seeds are smaller."""

UNIT: Final = "return of an episode per step of the longest"
"""Unit of the rewards of evaluations, reference scores and tables."""

VALIDATION_SEED = 2 * HELD_OUT_SEED
"""First seed of the episodes of searches and evaluation curves, distinct from held-out ones."""

Array = npt.NDArray[np.float64]


class Policy(Protocol):
    """An object that chooses actions: Stable-Baselines3's ``predict`` signature."""

    def predict(
        self,
        observation: Any,
        state: Any = None,
        episode_start: Any = None,
        deterministic: bool = True,
    ) -> tuple[Any, Any]:
        """Choose actions for a batch of observations; return them and the recurrent state.

        If the method has an argument ``action_masks``, it receives the masks, shape
        ``(rows, actions)``.

        Args:
            observation: Shape ``(rows, ...)``.
            state: State from the previous call; None at the start.
            episode_start: Which rows start an episode, bool, shape ``(rows,)``.
            deterministic: Choose without exploration.
        """


MakePolicy = Callable[[Any], Policy]
"""Makes a policy for the environment of :func:`arena`; a baseline reads its true state."""


@dataclass(frozen=True)
class Evaluation:
    """Results of a policy over a number of episodes.

    Attributes:
        reward: Return of each episode divided by the steps of the longest, shape ``(episodes,)``.
        lengths: Steps of each episode, shape ``(episodes,)``.
        objectives: Each objective by name, summed and divided like the reward, each of shape
            ``(episodes,)``.
        costs: Each cost by name, summed and divided like the reward, each of shape ``(episodes,)``.
        totals: Sum of each metric by name, each of shape ``(episodes,)``.
    """

    reward: Array
    lengths: npt.NDArray[np.int64]
    objectives: dict[str, Array]
    costs: dict[str, Array]
    totals: dict[str, Array]

    def summary(self, model: Model) -> dict[str, float]:
        """Return the summary figures of the environment's tables."""
        figures = {}
        for each in model.summaries:
            below = self.totals[each.denominator] if each.denominator else self.lengths
            total = float(below.sum())
            figures[each.name] = (
                float(self.totals[each.numerator].sum()) / total if total else float("nan")
            )
        return figures


def play(
    make: MakePolicy, model: Model, episodes: int = 256, seed: int = HELD_OUT_SEED
) -> Evaluation:
    """Play complete episodes with a policy.

    Args:
        make: Makes the policy for the environment.
        model: The environment with its parameters.
        episodes: Number of episodes, all played in parallel.
        seed: Seed of the first episode; episode ``i`` has ``seed + i``.

    Raises:
        IsacError: If the policy returns something other than actions of this environment.
    """
    env = arena(model, episodes)
    policy = make(env)
    masked = model.masked and "action_masks" in inspect.signature(policy.predict).parameters
    observation, _ = env.reset(seed=seed)
    running = np.ones(episodes, bool)
    start, memory = np.ones(len(observation), bool), None
    sums, step = _Sums(model, episodes), 0
    with stage(f"{episodes} episodes of {model.id}", model.params.horizon) as shown:
        while running.any():
            step += 1
            shown.update(step)
            masks = {}
            if masked and env.batch.masks is not None:  # of all copies, not only those just reset
                masks = {"action_masks": env.batch.masks.reshape(len(observation), -1).copy()}
            actions, memory = _decide(policy, observation, memory, start, model, masks)
            try:
                observation, reward, terminated, truncated, info = env.step(actions)
            except InvalidAction as error:
                raise IsacError(f"agent {type(policy).__name__}: {error}") from error
            sums.add(running, reward, info)
            over = terminated | truncated
            start = np.repeat(over, len(model.agents))
            running &= ~over
            if over.any() and running.any():  # finished copies continue but are ignored
                observation, _ = env.reset(options={"reset_mask": over})
    return sums.result()


def arena(model: Model, episodes: int) -> VectorEnv | TeamEnv:
    """Make the environment for evaluation: a vector environment, or its form for several agents."""
    if len(model.agents) > 1:
        return TeamEnv(model, episodes)
    return VectorEnv(model, episodes, autoreset_mode=AutoresetMode.DISABLED)


def baseline(model: Model, name: str) -> MakePolicy:
    """Return the maker of a baseline of the environment."""
    return lambda env: model.baselines[name](env.batch)


class _Sums:
    """Running totals of unfinished episodes."""

    def __init__(self, model: Model, episodes: int) -> None:
        self.model = model
        self.reward = np.zeros(episodes)
        self.lengths = np.zeros(episodes, np.int64)
        self.objectives = np.zeros((episodes, len(model.objectives)))
        self.costs = {each.name: np.zeros(episodes) for each in model.costs}
        self.metrics = {each.name: np.zeros(episodes) for each in model.reported}

    def add(self, running: npt.NDArray[np.bool_], reward: Array, info: dict[str, Any]) -> None:
        self.reward += np.where(running, reward, 0.0)
        self.lengths += running
        self.objectives += np.where(running[:, None], info["objectives"], 0.0)
        for group, sums in (("costs", self.costs), ("metrics", self.metrics)):
            for name, total in sums.items():
                total += np.where(running, info[group][name], 0.0)

    def result(self) -> Evaluation:
        names = (each.name for each in self.model.objectives)
        steps = self.model.longest_episode()
        return Evaluation(
            self.reward / steps,
            self.lengths,
            {name: self.objectives[:, k] / steps for k, name in enumerate(names)},
            {name: total / steps for name, total in self.costs.items()},
            self.metrics,
        )


def _decide(
    policy: Policy, observation: Any, memory: Any, start: Any, model: Model, masks: dict[str, Any]
) -> Any:
    try:
        answer = policy.predict(
            observation, state=memory, episode_start=start, deterministic=True, **masks
        )
        actions, memory = answer
    except Exception as error:  # third-party code may raise anything
        reason = f"{type(policy).__name__}.predict raised {type(error).__name__}: {error}"
        raise IsacError(f"{model.id}: {reason}") from error
    return np.asarray(actions), memory
