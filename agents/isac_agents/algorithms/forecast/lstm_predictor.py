"""A learned predictor: an LSTM forecasts the direction in the next slot from past echoes."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import torch
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.vec_env import VecEnv

from isac_agents.adapters.vec_env import BatchVecEnv
from isac_agents.algorithms.array_algorithm import ArrayAlgorithm
from isac_agents.algorithms.forecast.beam_choice import Link, link_of
from isac_agents.algorithms.forecast.data import Field, Samples
from isac_agents.algorithms.forecast.policy import ForecastPolicy
from isac_envs.errors import IsacError

Array = npt.NDArray[Any]


class LstmPredictor(ArrayAlgorithm):
    """Supervised forecasts of the direction, with the interface of Stable-Baselines3.

    An LSTM reads the last echoes with a measurement, and their ages, and outputs mean and variance
    of the next direction cosine under a Gaussian likelihood. The beam points at the mean; its width
    maximises the expected rate under that Gaussian.

    Training plays rounds of episodes: the first with beams around the true direction, the others
    with the network's own beams, a fraction of them disturbed. The true next direction is the label
    (dataset aggregation). After each round, the network is trained on all slots so far. Only
    training reads the true state of the environment.

    Sources: an LSTM on received echoes beside an EKF and perfect knowledge: N. Wu et al.,
    "AI-enhanced integrated sensing and communications: advancements, challenges, and prospects",
    Fig. 2, after F. Xia et al., "Sensing-enabled predictive beamforming design for RIS-assisted
    V2I systems: a deep learning approach", IEEE TWC 23(6), 2024; histories of 6 to 10 slots: the
    HECTA-Net study of UAVs. Dataset aggregation: S. Ross, G. Gordon, D. Bagnell, "A reduction of
    imitation learning and structured prediction to no-regret online learning", AISTATS 2011;
    Gaussian likelihood: D. Nix, A. Weigend, "Estimating the mean and variance of the target
    probability distribution", ICNN 1994. The network is our own design.

    Args:
        policy: ``"ForecastPolicy"``.
        env: A vector of ``isac/BeamTrack-v0`` with ``observation="history"`` and
            ``action="pointing"``.
        learning_rate: Initial step size of Adam; it decreases to a hundredth along a cosine.
        hidden: Units of the LSTM.
        rounds: Rounds of playing and training.
        epochs: Passes over all slots so far in each round.
        batch_size: Slots of an update.
        disturbed: Fraction of the beams disturbed in width and direction during training, 0 to 1.
        sweep_below: Sweep if the expected rate is below this fraction of the aligned array's rate;
            0 never sweeps.
        reacquire: Sweep after losses; otherwise only until the first echo.
        powers_dbm: Transmit powers to learn on; dBm; None for the power of ``env`` alone.
        _init_setup_model: Create the network immediately.
        **settings: Every other argument of
            :class:`isac_agents.algorithms.array_algorithm.ArrayAlgorithm`.

    Raises:
        IsacError: If the environment or its form is unsuitable.
    """

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"ForecastPolicy": ForecastPolicy}
    policy: ForecastPolicy
    saved_settings: ClassVar[tuple[str, ...]] = (
        "hidden", "sweep_below", "reacquire", "powers_dbm",
    )  # fmt: skip
    saved_beside: ClassVar[tuple[str, ...]] = ("link",)

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
        _init_setup_model: bool = True,
        **settings: Any,
    ) -> None:
        self.link = None if env is None else link_of(env)
        self.step_size = learning_rate
        super().__init__(policy, env, learning_rate, **settings)
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

    def _learn(self, total: int, hook: BaseCallback, log_interval: int) -> None:
        """Play and train in rounds; all state between rounds is in attributes."""
        net = self.policy.net
        self._played, self._seen, self._round = self._fields(), Samples(), 0
        left = total - self.num_timesteps
        slots = math.ceil(left / (self.rounds * sum(each.env.num_envs for each in self._played)))
        self._optimiser = torch.optim.Adam(net.parameters(), lr=self.step_size)
        updates = self._updates(slots * sum(len(each.truth()) for each in self._played))
        self._schedule = torch.optim.lr_scheduler.CosineAnnealingLR(
            self._optimiser, updates, 0.01 * self.step_size
        )
        while self._round < self.rounds:
            hook.on_rollout_start()
            if not self._play(slots, hook):
                break
            loss = self._train()
            self._round += 1
            if self._round % log_interval == 0:
                self._log_episodes()
                self.logger.record("train/loss", loss)
                self.logger.record("train/round", self._round)
                self._dump()
        self._seen = Samples()  # large, and no longer needed

    def _header(self) -> dict[str, Any]:
        assert self.link is not None
        return {**super()._header(), "link": self.link.as_dict()}

    @classmethod
    def _revived(
        cls,
        header: dict[str, Any],
        weights: dict[str, torch.Tensor],
        env: VecEnv | None,
        settings: dict[str, Any],
    ) -> Self:
        link = header.pop("link")
        model = cls("ForecastPolicy", env, **{**header, **settings}, _init_setup_model=False)
        if env is None:
            try:
                model.link = Link(**link)
            except TypeError as error:
                raise IsacError(f"its link is damaged: {error}") from None
            model.observation_space, model.action_space = model.link.spaces()
        return model

    def _fields(self) -> list[Field]:
        """Create the fields to play: the environment, or variants at several powers."""
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

    def _play(self, slots: int, hook: BaseCallback) -> bool:
        """Play one round in every field; return False if stopped."""

        def on_step(dones: Array, infos: Sequence[dict[str, Any]]) -> bool:
            return self._count_step(dones, infos, hook)

        guided = self._round == 0
        for each in self._played:
            policy, seen = self.policy.at(each.link), self._seen
            if not each.play(policy, slots, seen, guided, self.disturbed, self.random, on_step):
                return False
        return True

    def _updates(self, rows: int) -> int:
        """Return the number of updates in all rounds, given the new rows of each round."""
        batches = (math.ceil((k + 1) * rows / self.batch_size) for k in range(self.rounds))
        return self.epochs * sum(batches)

    def _train(self) -> float:
        """Train on all slots so far and return the mean loss of the last pass."""
        net = self.policy.net
        memory, slots, powers, cosines = self._seen.tensors()
        if self._round < max(self.rounds // 2, 1):
            net.fit(memory, slots, powers, cosines)
        echoes, context, base, scale = net.prepare(memory, slots, powers)
        data = (echoes, context, (cosines - base) / scale)
        losses: list[float] = []
        for _ in range(self.epochs):
            losses = []
            for rows in self._minibatches(len(cosines)):
                loss = net.loss(*(each[rows] for each in data))
                self._optimiser.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
                self._optimiser.step()
                self._schedule.step()
                losses.append(loss.item())
        return float(np.mean(losses))

    def _minibatches(self, rows: int) -> Iterator[torch.Tensor]:
        order = torch.as_tensor(self.random.permutation(rows))
        yield from torch.split(order, self.batch_size)
