"""Common code of learners that do not use the training loops of Stable-Baselines3."""

import json
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import MaybeCallback, Schedule
from stable_baselines3.common.utils import safe_mean
from stable_baselines3.common.vec_env import VecEnv

from isac_agents.algorithms.weights import as_weights
from isac_agents.arrays import read_arrays, write_arrays
from isac_envs.errors import IsacError, hint


class ArrayAlgorithm(BaseAlgorithm):
    """A learner on the CPU that is saved as arrays: the weights of its policy and its settings.

    A subclass learns in ``_learn``, names its settings in ``saved_settings``, and creates itself
    from a file in ``_revived``.

    Args:
        policy: Name of a policy of the subclass, or its class.
        env: The environment; None to set it up later.
        learning_rate: Step size.
        seed: Seed of all random streams; None for fresh entropy.
        tensorboard_log: Folder of the log; None for no log.
        verbose: 0 is silent, 1 prints the log.
        device: Not used: everything stays on the CPU.
        stats_window_size: Number of episodes in logged means.
    """

    saved_settings: ClassVar[tuple[str, ...]]
    saved_beside: ClassVar[tuple[str, ...]] = ()
    log_interval: ClassVar[int] = 1

    def __init__(
        self,
        policy: str | type[BasePolicy],
        env: VecEnv | None,
        learning_rate: float | Schedule,
        *,
        seed: int | None = None,
        tensorboard_log: str | None = None,
        verbose: int = 0,
        device: str = "cpu",
        stats_window_size: int = 100,
    ) -> None:
        super().__init__(
            policy,
            env,
            learning_rate,
            stats_window_size=stats_window_size,
            tensorboard_log=tensorboard_log,
            verbose=verbose,
            device="cpu",
            support_multi_env=True,
            seed=seed,
        )

    def learn(
        self,
        total_timesteps: int,
        callback: MaybeCallback = None,
        log_interval: int | None = None,
        tb_log_name: str = "run",
        reset_num_timesteps: bool = True,
        progress_bar: bool = False,
    ) -> Self:
        """Learn for at least the given number of steps, summed over the copies.

        Args:
            total_timesteps: Steps of the environment.
            callback: As in Stable-Baselines3.
            log_interval: Episodes or rounds between two lines of the log; None: class default.
            tb_log_name: Name of the TensorBoard run.
            reset_num_timesteps: Count steps from zero and start new episodes.
            progress_bar: Show a progress bar.
        """
        total, hook = self._setup_learn(
            total_timesteps, callback, reset_num_timesteps, tb_log_name, progress_bar
        )
        hook.on_training_start(locals(), globals())
        self._learn(total, hook, self.log_interval if log_interval is None else log_interval)
        hook.on_training_end()
        return self

    @abstractmethod
    def _learn(self, total: int, hook: BaseCallback, log_interval: int) -> None:
        """Learn until ``num_timesteps`` is at least ``total``, or the callback stops training."""

    def save(
        self, path: Any, exclude: Iterable[str] | None = None, include: Iterable[str] | None = None
    ) -> None:
        """Write weights and settings as npz (``path`` gets that suffix).

        Args:
            path: File to write.
            exclude: Not used; an argument of Stable-Baselines3.
            include: Not used; an argument of Stable-Baselines3.
        """
        weights = {name: each.numpy() for name, each in self.policy.state_dict().items()}
        write_arrays(_npz(path), {"settings": np.array(json.dumps(self._header())), **weights})

    @classmethod
    def load(cls, path: Any, env: VecEnv | None = None, **settings: Any) -> Self:  # type: ignore[override]
        """Load a file of :meth:`save`; nothing in it can run code.

        Args:
            path: As for :meth:`save`.
            env: Environment for further learning, or a variant to act in; None suffices to predict.
            **settings: Replace saved settings.

        Raises:
            IsacError: If the file is damaged, or the environment does not fit the weights.
        """
        arrays = read_arrays(_npz(path))
        header = cls._settings_of(arrays.pop("settings", None), path)
        weights = as_weights(arrays, path)
        model = cls._revived(header, weights, env, settings)
        model._setup_model()
        try:
            model.policy.load_state_dict(weights)
        except RuntimeError as error:
            raise IsacError(f"{path}: the weights do not fit: {error}") from error
        return model

    @classmethod
    def _settings_of(cls, text: Any, path: Any) -> dict[str, Any]:
        """Read the settings of a file: exactly the saved ones, all of them."""
        try:
            header = dict(json.loads(text.item()))
        except (ValueError, TypeError, AttributeError, RecursionError):
            raise IsacError(f"{path}: settings are missing or damaged") from None
        saved = (*cls.saved_settings, *cls.saved_beside)
        for name in header:
            if name not in saved:
                raise IsacError(f"{path}: unknown setting {name!r}{hint(name, saved)}")
        for name in cls.saved_beside:
            if not isinstance(header.get(name), dict):
                raise IsacError(f"{path}: table {name!r} is missing or damaged")
        return header

    def _header(self) -> dict[str, Any]:
        """Return the content saved beside the weights."""
        return {name: getattr(self, name) for name in self.saved_settings}

    @classmethod
    @abstractmethod
    def _revived(
        cls,
        header: dict[str, Any],
        weights: dict[str, torch.Tensor],
        env: VecEnv | None,
        settings: dict[str, Any],
    ) -> Self:
        """Create a learner from saved content, its policy not yet made."""

    def _count_step(self, dones: Any, infos: Sequence[dict[str, Any]], hook: BaseCallback) -> bool:
        """Count a step of all copies and the episodes that it ended; return False to stop.

        Args:
            dones: Which copies have finished.
            infos: Of the step, one for each copy.
            hook: The callback.
        """
        self.num_timesteps += len(dones)
        hook.update_locals({"self": self})
        self._update_info_buffer(list(infos), dones)
        self._episode_num += int(dones.sum())
        return hook.on_step()

    def _log_episodes(self) -> None:
        """Record the means over the last episodes."""
        episodes: Any = self.ep_info_buffer
        if episodes:
            self.logger.record("rollout/ep_rew_mean", safe_mean([e["r"] for e in episodes]))
            self.logger.record("rollout/ep_len_mean", safe_mean([e["l"] for e in episodes]))

    def _dump(self) -> None:
        """Write a line of the log."""
        self.logger.record("time/total_timesteps", self.num_timesteps, exclude="tensorboard")
        self.logger.dump(step=self.num_timesteps)


def _npz(path: Any) -> Path:
    path = Path(path)
    return path if path.suffix == ".npz" else path.with_name(path.name + ".npz")
