"""A learned predictor: an LSTM forecasts the direction of the coming slot from past echoes."""

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import MaybeCallback
from stable_baselines3.common.utils import safe_mean
from stable_baselines3.common.vec_env import VecEnv

from isac_agents.algorithms.beam_choice import Link, link_of
from isac_agents.algorithms.forecast_data import Field, Samples
from isac_agents.algorithms.forecast_policy import ForecastPolicy
from isac_agents.vec_env import BatchVecEnv
from isac_envs.errors import IsacError

Array = npt.NDArray[Any]

_SETTINGS = ("hidden", "sweep_below", "reacquire", "powers_dbm")


class LstmPredictor(BaseAlgorithm):
    """Supervised forecasts of the direction, with the interface of Stable-Baselines3.

    An LSTM reads the last echoes that gave a measurement, with their ages, and gives mean and
    variance of the coming direction cosine; its likelihood is Gaussian. The beam points at the
    mean; its width has the largest expected rate under that Gaussian.

    Training plays rounds of episodes: the first with beams around the true direction, the others
    with the network's own beams, a part of them disturbed; the true coming direction is the label
    (dataset aggregation). After each round the network is trained on all slots so far. Only
    training reads the true state of the environment.

    Sources: an LSTM on received echoes beside an EKF and perfect knowledge: N. Wu et al.,
    "AI-enhanced integrated sensing and communications: advancements, challenges, and prospects",
    Fig. 2, after F. Xia et al., "Sensing-enabled predictive beamforming design for RIS-assisted
    V2I systems: a deep learning approach", IEEE TWC 23(6), 2024; histories of 6 to 10 slots: the
    HECTA-Net study of UAVs. Dataset aggregation: S. Ross, G. Gordon, D. Bagnell, "A reduction of
    imitation learning and structured prediction to no-regret online learning", AISTATS 2011;
    Gaussian likelihood: D. Nix, A. Weigend, "Estimating the mean and variance of the target
    probability distribution", ICNN 1994. The network itself is our choice.

    Args:
        policy: ``"ForecastPolicy"``.
        env: A vector of ``isac/BeamTrack-v0`` with ``observation="history"`` and
            ``action="pointing"``.
        learning_rate: Of Adam at the start; it falls to a hundredth along a cosine.
        hidden: Units of the LSTM.
        rounds: Rounds of playing and training.
        epochs: Passes over all slots so far in each round.
        batch_size: Slots of an update.
        disturbed: Part of the beams that are disturbed in width and direction while learning.
        sweep_below: Sweep where less than this part of the aligned array's rate is expected; 0
            never sweeps.
        reacquire: Sweep after losses; otherwise only until the first echo.
        powers_dbm: Transmit powers to learn on; None for that of ``env`` alone.
        seed: Seeds the environments, the network and the disturbances; None for fresh entropy.
        tensorboard_log: Folder of the log; None for no log.
        verbose: 0 is silent, 1 prints the log.
        device: Not used: the network stays on the CPU.
        stats_window_size: Episodes that logged means run over.
        _init_setup_model: Make the network at once.

    Raises:
        IsacError: If the environment is another, or has another form.
    """

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"ForecastPolicy": ForecastPolicy}
    policy: ForecastPolicy

    def __init__(
        self,
        policy: str | type[ForecastPolicy],
        env: VecEnv | None,
        learning_rate: float = 3e-3,
        *,
        hidden: int = 64,
        rounds: int = 6,
        epochs: int = 2,
        batch_size: int = 512,
        disturbed: float = 0.25,
        sweep_below: float = 0.6,
        reacquire: bool = True,
        powers_dbm: Sequence[float] | None = None,
        seed: int | None = None,
        tensorboard_log: str | None = None,
        verbose: int = 0,
        device: str = "cpu",
        stats_window_size: int = 100,
        _init_setup_model: bool = True,
    ) -> None:
        self.link = None if env is None else link_of(env)
        self.step_size = learning_rate
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
        self.hidden, self.rounds, self.epochs, self.batch_size = hidden, rounds, epochs, batch_size
        self.disturbed = disturbed
        self.sweep_below, self.reacquire = sweep_below, reacquire
        self.powers_dbm = None if powers_dbm is None else [float(each) for each in powers_dbm]
        if _init_setup_model:
            self._setup_model()

    def _setup_model(self) -> None:
        assert self.link is not None
        torch.set_num_threads(1)
        self.set_random_seed(self.seed)
        self.random = np.random.default_rng(self.seed)
        self.policy = self.policy_class(  # type: ignore[assignment]
            self.observation_space, self.action_space, link=self.link, hidden=self.hidden,
            sweep_below=self.sweep_below, reacquire=self.reacquire,
        )  # fmt: skip

    def learn(
        self,
        total_timesteps: int,
        callback: MaybeCallback = None,
        log_interval: int = 1,
        tb_log_name: str = "lstm_predictor",
        reset_num_timesteps: bool = True,
        progress_bar: bool = False,
    ) -> Self:
        """Play and train for at least this many slots, summed over the copies.

        Args:
            total_timesteps: Slots, a quarter of a round at the least.
            callback: As in Stable-Baselines3.
            log_interval: Rounds between two lines of the log.
            tb_log_name: Name of the TensorBoard run.
            reset_num_timesteps: Count steps from zero.
            progress_bar: Show one.
        """
        total, hook = self._setup_learn(
            total_timesteps, callback, reset_num_timesteps, tb_log_name, progress_bar
        )
        hook.on_training_start(locals(), globals())
        fields, seen = self._fields(), Samples()
        left = total - self.num_timesteps
        slots = math.ceil(left / (self.rounds * sum(each.env.num_envs for each in fields)))
        optimiser = torch.optim.Adam(self.policy.net.parameters(), lr=self.step_size)
        updates = self._updates(slots * sum(len(each.truth()) for each in fields))
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(
            optimiser, updates, 0.01 * self.step_size
        )
        for number in range(self.rounds):
            if not self._play(fields, slots, seen, number == 0, hook):
                break
            loss = self._train(seen, number, optimiser, schedule)
            if (number + 1) % log_interval == 0:
                self._log(number, loss)
        hook.on_training_end()
        return self

    def save(self, path: Any, exclude: Any = None, include: Any = None) -> None:
        """Write weights, settings and link as npz (``path`` gets that suffix)."""
        assert self.link is not None
        settings = {name: getattr(self, name) for name in _SETTINGS}
        text = json.dumps({"settings": settings, "link": self.link.as_dict()})
        weights = {name: each.numpy() for name, each in self.policy.state_dict().items()}
        np.savez(_npz(path), settings=np.array(text), **weights)

    @classmethod
    def load(cls, path: Any, env: VecEnv | None = None, **settings: Any) -> Self:  # type: ignore[override]
        """Return what :meth:`save` wrote; nothing in the file can run code.

        Args:
            path: As for :meth:`save`.
            env: To go on learning, or to act at another power; None is enough to predict.
            **settings: Replace saved settings.

        Raises:
            IsacError: If the environment does not fit the weights.
        """
        with np.load(_npz(path), allow_pickle=False) as saved:
            kept = json.loads(saved["settings"].item())
            names = set(saved.files) - {"settings"}
            weights = {name: torch.as_tensor(saved[name]) for name in names}
        chosen = {**kept["settings"], **settings}
        model = cls("ForecastPolicy", env, **chosen, _init_setup_model=False)
        if env is None:
            model.link = Link(**kept["link"])
            model.observation_space, model.action_space = model.link.spaces()
        model._setup_model()
        try:
            model.policy.load_state_dict(weights)
        except RuntimeError as error:
            raise IsacError(f"{path}: the weights do not fit: {error}") from error
        return model

    def _fields(self) -> list[Field]:
        """Return what is played: the environment, or copies of it at several powers."""
        env = self.env
        assert isinstance(env, BatchVecEnv) and self.link is not None
        if self.powers_dbm is None:
            return [Field(env, self.link, self._last_obs)]
        fields = []
        for power in self.powers_dbm:
            params: Any = env.model.params
            changed = type(params)(**{**params.model_dump(), "power_dbm": power})
            other = BatchVecEnv(type(env.model)(changed), env.num_copies)
            if self.seed is not None:
                other.seed(self.seed * env.num_copies)
            fields.append(Field(other, link_of(other)))
        return fields

    def _play(
        self, fields: list[Field], slots: int, seen: Samples, guided: bool, hook: BaseCallback
    ) -> bool:
        """Play one round in every field; return False to stop."""

        def on_step(dones: Array, infos: Sequence[dict[str, Any]]) -> bool:
            self.num_timesteps += len(dones)
            hook.update_locals(local)
            self._update_info_buffer(list(infos), dones)
            self._episode_num += int(dones.sum())
            return hook.on_step()

        local = {"self": self}
        for each in fields:
            policy = self.policy.at(each.link)
            if not each.play(policy, slots, seen, guided, self.disturbed, self.random, on_step):
                return False
        return True

    def _updates(self, rows: int) -> int:
        """Return the number of updates of all rounds with so many new rows in each."""
        batches = (math.ceil((k + 1) * rows / self.batch_size) for k in range(self.rounds))
        return self.epochs * sum(batches)

    def _train(self, seen: Samples, number: int, optimiser: Any, schedule: Any) -> float:
        """Train on all slots so far and return the mean loss of the last pass."""
        net = self.policy.net
        memory, slots, powers, cosines = seen.tensors()
        if number < max(self.rounds // 2, 1):
            net.fit(memory, slots, powers, cosines)
        echoes, context, base, scale = net.prepare(memory, slots, powers)
        data = (echoes, context, (cosines - base) / scale)
        losses: list[float] = []
        for _ in range(self.epochs):
            losses = []
            for rows in self._minibatches(len(cosines)):
                loss = net.loss(*(each[rows] for each in data))
                optimiser.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
                optimiser.step()
                schedule.step()
                losses.append(loss.item())
        return float(np.mean(losses))

    def _minibatches(self, rows: int) -> Iterator[torch.Tensor]:
        order = torch.as_tensor(self.random.permutation(rows))
        yield from torch.split(order, self.batch_size)

    def _log(self, number: int, loss: float) -> None:
        episodes: Any = self.ep_info_buffer
        if episodes:
            self.logger.record("rollout/ep_rew_mean", safe_mean([e["r"] for e in episodes]))
            self.logger.record("rollout/ep_len_mean", safe_mean([e["l"] for e in episodes]))
        self.logger.record("train/loss", loss)
        self.logger.record("train/round", number + 1)
        self.logger.record("time/total_timesteps", self.num_timesteps, exclude="tensorboard")
        self.logger.dump(step=self.num_timesteps)


def _npz(path: Any) -> Path:
    path = Path(path)
    return path if path.suffix == ".npz" else path.with_name(path.name + ".npz")
