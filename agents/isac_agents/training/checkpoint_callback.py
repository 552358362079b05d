"""The training callback: it reports progress, writes checkpoints, and resumes from one."""

import copy
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback

from isac_agents.adapters.nan_guard import NotFiniteError
from isac_agents.runs.checkpoints import Checkpoint, CheckpointFolder
from isac_agents.text import note
from isac_agents.training.greedy_curve import GreedyCurve
from isac_agents.training.learner_state import capture, restore, unsound_weights
from isac_agents.training.run_log import RunLog
from isac_agents.training.state_tree import StateTreeError

SHARE = 0.02
"""Fraction of the time that checkpoints may take if no interval is given."""

SHORTEST = 20.0
"""Least process time between two checkpoints, seconds: shorter runs simply start again."""


class CheckpointCallback(BaseCallback):
    """Write checkpoints at the start of rollouts, and resume from one at the same point.

    There the state of a training is complete: no step is half done, and the local variables of
    the learner's loop hold nothing that is not also an attribute. A resumed training starts like
    a new one; at the start of its first rollout, everything is overwritten.

    Args:
        folder: Folder of the checkpoints.
        begin: Checkpoint to resume from; None for a new run.
        every: Environment steps between two checkpoints; 0 for none; None chooses the interval so
            that checkpoints take about 2 % of the time.
        report: Called with the number of environment steps done so far.
        curve: Evaluates the learner during training; None for no evaluations.
    """

    def __init__(
        self,
        folder: CheckpointFolder,
        begin: Checkpoint | None,
        every: int | None,
        report: Callable[[int], None] | None,
        curve: GreedyCurve | None = None,
    ) -> None:
        super().__init__()
        self._folder, self._begin, self._every, self._report = folder, begin, every, report
        self._curve = curve
        self._cpu_before = begin.cpu_seconds if begin else 0.0
        self._started = time.process_time()
        self._next = every if every else self._started + SHORTEST

    @property
    def cpu_seconds(self) -> float:
        """Process time of the training, including the time before it was resumed."""
        return self._cpu_before + time.process_time() - self._started

    def state(self) -> Checkpoint:
        """Return the state of the training.

        Raises:
            StateTreeError: If the learner holds objects that are not plain data.
        """
        model: Any = self.model
        tree, arrays = capture(model)
        log = model.logger.position() if isinstance(model.logger, RunLog) else {}
        seconds = (time.time_ns() - model.start_time) / 1e9
        return Checkpoint(model.num_timesteps, self.cpu_seconds, seconds, log, tree, arrays)

    def _on_rollout_start(self) -> None:
        if self._begin is not None:
            begin, self._begin = self._begin, None
            self._go_on(begin)
            self.model.start_time = time.time_ns() - int(begin.seconds * 1e9)
            if self._every:
                self._next = (begin.steps // self._every + 1) * self._every
            if self._curve is not None:
                self._curve.pass_by(begin.steps)
            return
        if self._curve is not None:  # before a checkpoint, which includes the log up to here
            self._curve.look(self.model)
        if self._is_due():
            self._take()

    def _go_on(self, begin: Checkpoint) -> None:
        """Restore the learner from a checkpoint.

        The environment's state is not valid in an environment with other parameters: its numbers
        could index beyond tables that have become smaller. Then the new episodes continue instead.
        """
        model: Any = self.model
        another = self._folder.is_of_another_world(begin)
        if another:
            fresh, seen = model.env.snapshot(), copy.deepcopy(model._last_obs)
        restore(model, begin.tree, begin.arrays)
        if another:
            model.env.restore(fresh)
            model._last_obs = seen
            model._last_episode_starts = np.ones(model.n_envs, bool)

    def _on_step(self) -> bool:
        if self._report is not None:
            self._report(int(self.model.num_timesteps))
        return True

    def _on_training_end(self) -> None:
        if self._curve is not None:
            self._curve.evaluate(self.model)

    def _is_due(self) -> bool:
        if self._every == 0:
            return False
        done = time.process_time() if self._every is None else self.model.num_timesteps
        return done >= self._next

    def _take(self) -> None:
        started = time.monotonic()
        name = unsound_weights(self.model)
        if name:
            raise NotFiniteError(f"weight {name} is not finite")
        try:
            self._folder.write(self.state())
        except StateTreeError as error:
            note(f"no checkpoints: {error}", once=True)
            self._every = 0
        except OSError as error:
            note(f"{self._folder.path}: {error.strerror}; training continues", once=True)
        if self._every:
            self._next = (self.model.num_timesteps // self._every + 1) * self._every
        else:
            pause = max(SHORTEST, (time.monotonic() - started) / SHARE)
            self._next = time.process_time() + pause
