"""Evaluation curves: the performance of a learner without exploration during training.

At :data:`POINTS` numbers of steps, evenly spaced, the learner plays a few episodes with seeds of
their own and its best actions. A line of ``progress.csv`` holds the result: ``eval/mean_reward``,
the mean return of an episode, and ``eval/mean_ep_length``, named as in Stable-Baselines3's
``EvalCallback``. Evaluations do not change the learner or its random numbers, and so do not affect
training.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from isac_agents.adapters.nan_guard import NotFiniteError
from isac_agents.evaluation.episodes import VALIDATION_SEED, play
from isac_agents.runs.record import RunRecord
from isac_agents.text import note
from isac_agents.training.learner_state import generators, set_generators, unsound_weights
from isac_agents.training.run_log import RunLog
from isac_envs.errors import IsacError

POINTS = 20
"""Evaluations of a run besides the first one, which precedes training."""

EPISODES = 32
"""Episodes of an evaluation, played in parallel."""


class GreedyCurve:
    """Evaluates a learner when an evaluation is due.

    The steps of evaluations follow from the settings of the run alone: a resumed run does the same
    as an uninterrupted one. Between two evaluations, a copy trains for at least as many steps as
    an episode has, so that short runs do not spend their time on evaluations.

    Args:
        record: The run.
    """

    def __init__(self, record: RunRecord) -> None:
        self._model = record.model()
        together = record.num_envs * len(self._model.agents)
        self._every = max(-(-record.steps // POINTS), together * self._model.longest_episode())
        self._next, self._last = 0, -1
        self._given_up = False

    def pass_by(self, steps: int) -> None:
        """Skip the evaluations up to a number of steps, which are in the log already."""
        self._next = (steps // self._every + 1) * self._every

    def look(self, agent: Any) -> None:
        """Evaluate a learner if an evaluation is due.

        Raises:
            NotFiniteError: If one of its weights is not finite.
        """
        if agent.num_timesteps >= self._next:
            self.pass_by(agent.num_timesteps)
            self.evaluate(agent)

    def evaluate(self, agent: Any) -> None:
        """Evaluate a learner unless it was evaluated at this step.

        Raises:
            NotFiniteError: If one of its weights is not finite.
        """
        if self._given_up or agent.num_timesteps == self._last:
            return
        if not isinstance(agent.logger, RunLog):
            return
        self._last = agent.num_timesteps
        weight = unsound_weights(agent)
        if weight:
            raise NotFiniteError(f"weight {weight} is not finite")
        try:
            with _untouched(agent):
                result = play(lambda _: agent, self._model, EPISODES, VALIDATION_SEED)
        except IsacError as error:  # training needs no predict; the comparison will report it
            note(f"no evaluation curve: {error}", once=True)
            self._given_up = True
            return
        values = {
            "eval/mean_reward": float(result.reward.mean()) * self._model.longest_episode(),
            "eval/mean_ep_length": float(result.lengths.mean()),
        }
        agent.logger.write_line(values, agent.num_timesteps)


@contextmanager
def _untouched(agent: Any) -> Iterator[None]:
    """Restore the process's random generators and the modes of the networks."""
    policy = getattr(agent, "policy", None)
    parts = [*policy.modules()] if isinstance(policy, torch.nn.Module) else []
    state, modes = generators(), [each.training for each in parts]
    try:
        yield
    finally:
        set_generators(state)
        for part, mode in zip(parts, modes, strict=True):
            part.training = mode
