"""Baselines of sparse-array beam learning."""

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, HasState, RandomBaseline
from isac_envs.engine.rng import seed_stream
from isac_envs.envs.beam_management.sparse_array_beam import codebook, radar_search
from isac_envs.envs.beam_management.sparse_array_beam.pattern import SAMPLE
from isac_envs.kernels.numerics import portable

Integers = npt.NDArray[np.int64]
RADAR, COMMUNICATION = 0, 1
EXHAUSTIVE_BITS = 22
"""Radars whose levels have at most this many bits in all are searched completely."""


class _LevelBaseline(Baseline):
    """Base of the baselines: they choose levels, shape ``(n, N)``."""

    def levels(self) -> Integers:
        """Return the levels of all elements of all copies."""
        raise NotImplementedError

    def act(self) -> npt.NDArray[Any]:
        """Return the levels in the form of the action."""
        chosen = self.levels()
        if self.params.action == "multi_discrete":
            return chosen
        turns = chosen / self.params.levels
        return np.asarray(2.0 * np.pi * (turns - np.round(turns)))

    @property
    def elements(self) -> npt.NDArray[Any]:
        """State records of the elements, shape ``(n, N)``."""
        return self.batch.state.elements

    def by_mode(self, radar: Integers, communication: Integers) -> Integers:
        """Return the levels for the coming mode of each copy."""
        return np.where((self.env["mode"] == RADAR)[:, None], radar, communication)

    def rounded(self, turns: npt.NDArray[np.float64]) -> Integers:
        """Return the levels nearest to phases in turns."""
        return np.asarray(np.rint(turns * self.params.levels), np.int64) % self.params.levels


class _OfScene(_LevelBaseline):
    """Base of those that work their beams out once for each scene."""

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self._scenes = np.empty((0, 4))
        self._found = np.empty((0, 2, self.params.elements), np.int64)

    def levels(self) -> Integers:
        """Return the beams of the present scenes."""
        e = self.elements
        names = ("channel_re", "channel_im", "steer_re", "steer_im")
        scenes = np.concatenate([e[name] for name in names], axis=1)
        if self._scenes.shape != scenes.shape:
            self._scenes = np.full(scenes.shape, np.nan)
            self._found = np.zeros((len(scenes), 2, self.params.elements), np.int64)
        new = np.flatnonzero((self._scenes != scenes).any(1))
        if new.size:
            _, first, again = np.unique(scenes[new], axis=0, return_index=True, return_inverse=True)
            beams = [self.beams(int(new[k])) for k in first]
            self._found[new] = np.stack(beams)[again.reshape(-1)]
            self._scenes[new] = scenes[new]
        return self.by_mode(self._found[:, RADAR], self._found[:, COMMUNICATION])

    def beams(self, i: int) -> Integers:
        """Return the levels for radar and communication of copy ``i``, shape ``(2, N)``."""
        raise NotImplementedError


class Optimum(_OfScene):
    """The best levels, whatever anybody knows."""

    kind = "best_known"
    constants = ("restarts",)
    restarts = 40
    summary = (
        "Communication: exact, by a sweep over one common phase. Radar: all levels up to "
        f"{EXHAUSTIVE_BITS} bits, else coordinate descent from {restarts + 1} starts."
    )

    def beams(self, i: int) -> Integers:
        """Return the best levels; those of a mode that never comes are not searched."""
        exact = self.elements[i]["optimum"]
        if self.params.mode == "communication":
            return np.stack((exact, exact))
        restarts = int(self.restarts)
        radar, _ = best_radar_levels(self.params, self.elements[i], restarts)
        return np.stack((radar, exact))


class Rounded(_OfScene):
    """Every phase separately."""

    kind = "genie"
    summary = "Knows channel and phase errors; each phase rounded to the nearest level."

    def beams(self, i: int) -> Integers:
        """Return the rounded phases of the channel and of the radar direction."""
        e = self.elements[i]
        radar = portable.atan2_turns(e["steer_im"], e["steer_re"])
        user = portable.atan2_turns(e["channel_im"], e["channel_re"])
        return self.rounded(np.stack((radar, user)))


class Codebook(_OfScene):
    """A sweep over a codebook, done beforehand."""

    summary = (
        f"Best beam of a {codebook.OVERSAMPLING} times oversampled DFT codebook, quantised; for "
        "the radar quantised steering. Takes phase errors for zero."
    )

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self.book = codebook.dft_levels(self.params)
        self.sines, self.cosines = portable.sincos_turns(self.book / self.params.levels)

    def beams(self, i: int) -> Integers:
        """Return the steering levels and the best entry of the codebook."""
        sine = self.env["steer_sine"][i]
        steering = self.rounded(0.5 * np.array(self.params.positions) * sine)
        e = self.elements[i]
        re, im = e["channel_re"], e["channel_im"]
        real = (self.cosines * re + self.sines * im).sum(1)
        imaginary = (self.sines * re - self.cosines * im).sum(1)
        gain = real * real + imaginary * imaginary
        return np.stack((steering, self.book[gain.argmax()]))


class _Search(_LevelBaseline):
    """Base of those that learn within an episode, from what is measured alone."""

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        shape = (len(self.env), 2)
        self.values = np.zeros(shape)  # the best measured, by mode
        self.kept = np.zeros((*shape, self.params.elements), np.int64)  # its levels
        self.tries = np.zeros(shape, np.int64)
        self.served = np.zeros(len(self.env), np.int64)  # mode of the last step

    def levels(self) -> Integers:
        """Keep what was best and return what is tried next."""
        rows = np.arange(len(self.env))
        measured = self.env["last"][rows, self.served]
        begun = self.env["time"] == 0
        better = (measured > self.values[rows, self.served]) & ~begun
        self.values[rows[better], self.served[better]] = measured[better]
        self.kept[rows[better], self.served[better]] = self.elements["level"][better]
        self.values[begun] = self.env["last"][begun]
        self.kept[begun] = self.elements["level"][begun][:, None]
        self.tries[begun] = 0
        mode = self.env["mode"]
        chosen = self.propose(self.kept[rows, mode], self.tries[rows, mode])
        self.tries[rows, mode] += 1
        self.served = mode.copy()
        return chosen

    def propose(self, kept: Integers, tries: Integers) -> Integers:
        """Return the next levels to try, from the best so far ``(n, N)`` and the tries ``(n,)``."""
        raise NotImplementedError


class CoordinateSearch(_Search):
    """Element by element, from feedback."""

    summary = "Tries every level of one element after the other in the episode, keeps the best."

    def propose(self, kept: Integers, tries: Integers) -> Integers:
        """Return the best so far with one element changed, until each had its turn."""
        count, levels = self.params.elements, self.params.levels
        chosen, rows = kept.copy(), np.flatnonzero(tries < count * levels)
        chosen[rows, tries[rows] // levels] = tries[rows] % levels
        return chosen


class RandomSearch(_Search):
    """Draws, and keeps the best."""

    summary = "Random beams for the first half of the episode, then the best measured."

    def propose(self, kept: Integers, tries: Integers) -> Integers:
        """Return random levels, later the best so far."""
        drawn = self.random.integers(self.params.levels, size=kept.shape)
        early = 2 * self.env["time"] < self.params.horizon
        return np.where(early[:, None], drawn, kept)


@functools.lru_cache(maxsize=4096)
def _searched(
    params: Any, elements: bytes, dtype: Any, restarts: int
) -> tuple[tuple[int, ...], float]:
    own = np.frombuffer(elements, dtype).copy()
    sums = np.zeros((2, 4, params.samples), SAMPLE)
    best = np.zeros(params.elements, np.int64)
    bench = radar_search.Bench(own, sums[0], sums[1], best)
    if params.elements * params.phase_bits <= EXHAUSTIVE_BITS:
        value_db = radar_search.try_all(params.record, bench)
    else:
        own["level"] = (
            np.rint(portable.atan2_turns(own["steer_im"], own["steer_re"]) * params.levels).astype(
                np.int64
            )
            % params.levels
        )
        stream = np.zeros(4, np.uint64)
        seed_stream(stream, np.uint64(0), np.uint64(0))
        value_db = radar_search.descend_often(params.record, bench, restarts, stream)
    return tuple(best.tolist()), float(value_db)


def best_radar_levels(
    params: Any, elements: npt.NDArray[Any], restarts: int = Optimum.restarts
) -> tuple[Integers, float]:
    """Return the best known levels of a radar and their metric in dB.

    Args:
        params: The problem.
        elements: Records of the elements of one copy, shape ``(N,)``.
        restarts: Random starts of a coordinate descent.
    """
    own = elements.copy()
    for name in ("level", "optimum", "key", "order"):  # what changes the search in no way
        own[name] = 0
    levels, value_db = _searched(params, own.tobytes(), own.dtype, restarts)
    return np.array(levels), value_db


BASELINES: dict[str, type[Baseline]] = {
    "optimum": Optimum,
    "rounded": Rounded,
    "codebook": Codebook,
    "coordinate_search": CoordinateSearch,
    "random_search": RandomSearch,
    "random": RandomBaseline,
}
