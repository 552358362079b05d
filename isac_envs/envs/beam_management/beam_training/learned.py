"""Baselines that learn from drives which beams are best where, as studies of recorded data do."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import HasState
from isac_envs.declaration.trial import Trial
from isac_envs.envs.beam_management.beam_training.rules import Genie, Trainer

Array: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]

SAMPLES = 2000
"""Positions with their best beams that are learned from."""
NEIGHBOURS = 10
PROBES = 3
"""Beams that are tried in a slot."""

_COPIES, _SEED = 50, 4_000_000_000


def drive(model: Any, count: int, seed: int) -> tuple[Array, Integers]:
    """Return reported positions and the best beams there, shapes ``(N, 2)`` and ``(N,)``.

    Args:
        model: The environment; of a replay, its samples for training are driven, if it tests.
        count: Least number of samples.
        seed: Of the first of the drives.
    """
    if model.params.replay_split == "test":
        model = model.with_parameters({"replay_split": "train"})
    trial = Trial(model, _COPIES)
    genie = Genie(trial)
    trial.start(seed + np.arange(_COPIES))
    places, labels = [], []
    for number in range(-(-count // _COPIES)):
        if number and number % model.params.episode_slots == 0:
            trial.start(seed + _COPIES * number + np.arange(_COPIES))
        env = trial.state[0]
        places.append(np.column_stack([env["gps_x_m"], env["gps_y_m"]]))
        labels.append(env["truly_best"].copy())
        trial.step(genie.act())
    return np.concatenate(places), np.concatenate(labels)


class _Learned(Trainer):
    """Scores beams by samples, and probes the best of them in turn."""

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self.places, self.labels = drive(self.model, SAMPLES, _SEED)
        self.votes = np.zeros((len(self.env), self.params.beams))

    def scores(self, places: Array) -> Array:
        """Return a score for each beam at some positions, shape ``(n, B)``."""
        raise NotImplementedError

    def act(self) -> Integers:
        """Probe the beams of the largest scores, then commit."""
        starts = np.flatnonzero(self.used == 0)  # the position is that of the slot
        here = self.env[starts]
        self.votes[starts] = self.scores(np.column_stack([here["gps_x_m"], here["gps_y_m"]]))
        scores = np.where(self.beams["probed"], -1.0, self.votes)
        return self.probe(scores.argmax(1), self.used < PROBES)


class NearestNeighbours(_Learned):
    """Votes of the nearest samples."""

    summary = (
        "The three beams that are most often best at the ten nearest of 2000 reported positions."
    )

    def scores(self, places: Array) -> Array:
        """Return the votes; the nearer of two equal ones counts a little more."""
        apart = places[:, None] - self.places
        away = apart[..., 0] * apart[..., 0] + apart[..., 1] * apart[..., 1]
        nearest = np.argsort(away, 1, kind="stable")[:, :NEIGHBOURS]
        found = np.zeros((len(places), self.params.beams))
        rows = np.arange(len(places))[:, None]
        np.add.at(found, (rows, self.labels[nearest]), 1.0 - 1e-3 * np.arange(NEIGHBOURS))
        return found


class LookUpTable(_Learned):
    """Counts in squares of positions.

    Attributes:
        square_m: Side of a square.
    """

    square_m: float = 2.0
    summary = "The three beams that were most often best in the square of 2 m of the position."

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self.corner = self.places.min(0)
        self.counts: dict[tuple[int, int], Array] = {}
        for square, label in zip(self._squares(self.places), self.labels, strict=True):
            row = self.counts.setdefault(square, np.zeros(self.params.beams))
            row[label] += 1.0
        self.everywhere = np.bincount(self.labels, minlength=self.params.beams) / len(self.labels)

    def _squares(self, places: Array) -> list[tuple[int, int]]:
        cells = np.floor((places - self.corner) / self.square_m).astype(np.int64)
        return [(int(i), int(j)) for i, j in cells]

    def scores(self, places: Array) -> Array:
        """Return the counts of the squares, and a little of those of all."""
        nothing = np.zeros(self.params.beams)
        rows = [self.counts.get(square, nothing) for square in self._squares(places)]
        return np.reshape(rows, (-1, self.params.beams)) + self.everywhere
