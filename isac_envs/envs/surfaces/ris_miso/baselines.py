"""Baselines of ``isac/RisMiso-v0``: the best phases, by what is believed of the channels.

They choose phases; increments go there as far as they may, levels and codebooks as near as they
can. With a learned precoder they add that of WMMSE.
"""

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, HasState, RandomBaseline
from isac_envs.envs.surfaces.asking import Turns, phase_action
from isac_envs.envs.surfaces.policies import (
    Channels,
    PhasePolicy,
    Smoothed,
    element_states,
    filter_gain,
    true_channels,
)
from isac_envs.envs.surfaces.ris_miso import search

FEW_BITS = 2
"""Bits of an element up to which its other levels are tried one after the other."""


class PhaseBaseline(PhasePolicy):
    """Base of the baselines: they choose phases, or beams of the codebook."""

    tolerance: ClassVar[float] = 1e-3
    most: ClassVar[int] = 60
    refinements: ClassVar[int] = 0

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        elements = self.params.elements
        self.bench = search.Bench(
            element_states(self.params), self.tolerance, self.most, self.refinements,
            np.zeros(elements, np.complex128), np.zeros(elements),
        )  # fmt: skip

    def chosen(self, channels: Channels) -> Turns:
        """Return the wanted phases in turns, shape ``(n, N)``."""
        raise NotImplementedError

    def act(self) -> npt.NDArray[Any]:
        """Return the actions of all copies."""
        channels = self.believed()
        if self.params.action == "codebook":
            return self.beam(channels)
        return self.encoded(self.chosen(channels), channels)

    def beam(self, channels: Channels) -> npt.NDArray[np.int64]:
        """Return the best beams of the codebook, shape ``(n,)``."""
        best = np.zeros((len(self.env), 1), np.int64)
        search.search_codebook_batch(*self.scene(), self.bench, *channels, best)
        return best[:, 0]

    def encoded(self, turns: Turns, channels: Channels) -> npt.NDArray[Any]:
        """Return phases in the form of the action, with beams where they are learned.

        Args:
            turns: Wanted phases, shape ``(n, N)``.
            channels: What the beams are made for.
        """
        p = self.params
        action, turns = phase_action(p, self.batch.state.elements["turns"], turns)
        if p.precoder != "learned":
            return action
        beams = np.zeros((len(turns), p.antennas, p.users), np.complex128)
        search.best_beams_batch(*self.scene(), *channels, turns, beams)
        parts = np.stack((beams.real, beams.imag), -1).reshape(len(turns), -1)
        largest_part = np.maximum(np.abs(parts).max(1, keepdims=True), 1e-300)
        return np.concatenate((action, parts / largest_part), 1)


class AlternatingEstimated(PhaseBaseline):
    """Alternating optimisation on what is known in the slot."""

    starts = 4
    summary = "Alternating optimisation of phases and precoder on the estimates of the slot."

    def chosen(self, channels: Channels) -> Turns:
        """Return the phases that the optimisation ends at, from those of the slot before."""
        fresh, state = self.fresh, self.batch.state
        self.turns = np.where(fresh[:, None], state.elements["turns"], self.turns)
        search.optimise_batch(*self.scene(), self.bench, *channels, self.turns)
        if fresh.any():
            self._start_again(fresh, channels)
        return self.turns

    def _start_again(self, fresh: npt.NDArray[np.bool_], channels: Channels) -> None:
        """Try other starts in a new episode, and keep the best."""
        most, found = np.zeros((2, len(fresh), 1))
        search.measure_batch(*self.scene(), *channels, self.turns, most)
        for _ in range(int(self.starts) - 1):
            tried = self.random.random(self.turns.shape)
            search.optimise_batch(*self.scene(), self.bench, *channels, tried)
            search.measure_batch(*self.scene(), *channels, tried, found)
            better = (found > most)[:, 0] & fresh
            self.turns[better], most[better] = tried[better], found[better]


class Alternating(AlternatingEstimated):
    """Alternating optimisation on the truth."""

    kind = "best_known"
    constants = ("starts",)
    refinements = 16
    summary = (
        "Alternating optimisation on the true channels and phase errors, then of the phases for "
        "the precoder that the base station will make; exact for one user and a leg to the surface "
        "in line of sight, else the best known."
    )

    def believed(self) -> Channels:
        """Return the channels of the slot, the errors of the phases in the legs to the users."""
        return true_channels(self.batch.state)

    def chosen(self, channels: Channels) -> Turns:
        """Return phases that fit the precoder to come.

        Not where phases can only be changed little by little: what fits the errors of one slot
        would be in the way in the next.
        """
        turns = super().chosen(channels).copy()
        if self.params.action == "increments":
            return turns
        search.adapt_batch(*self.scene(), self.bench, *channels, turns)
        if 0 < self.params.phase_bits <= FEW_BITS:
            search.polish_batch(*self.scene(), *channels, turns)
        return turns


class AlternatingFiltered(AlternatingEstimated):
    """Alternating optimisation on estimates that are smoothed."""

    summary = (
        "As alternating_estimated, on estimates smoothed over the slots by an exponential filter "
        "whose gain follows from errors and Doppler shift."
    )

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        p, table = self.params, self.params.record[0]
        shift = float(table.step_m * table.per_wavelength)
        gains = (
            filter_gain(float(k), shift, p.csi_error) for k in (table.direct_k, table.reflected_k)
        )
        self.smooth = Smoothed(*gains)

    def believed(self) -> Channels:
        """Return the smoothed estimates; called once a slot."""
        return self.smooth.renew(super().believed(), self.fresh)


class Hold(AlternatingEstimated):
    """What was best at the start."""

    summary = "Phases optimised on the first estimates of an episode, then held."

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self.beams = np.zeros(len(self.env), np.int64)
        self.held: Turns = np.zeros(self.turns.shape)

    def chosen(self, channels: Channels) -> Turns:
        """Return the phases of the first slot."""
        if self.fresh.any():
            found = super().chosen(channels)
            self.held = np.where(self.fresh[:, None], found, self.held)
        return self.held

    def beam(self, channels: Channels) -> npt.NDArray[np.int64]:
        """Return the beams of the first slot."""
        if self.fresh.any():
            self.beams = np.where(self.fresh, super().beam(channels), self.beams)
        return self.beams


class Follow(PhaseBaseline):
    """Each element for itself."""

    summary = (
        "Turns every element as the observed direction says, as if the others stood still; in a "
        "codebook as codebook_search."
    )

    def chosen(self, channels: Channels) -> Turns:
        """Return the phases that the directions point to."""
        search.follow_batch(*self.scene(), self.turns)
        return self.turns


class CodebookSearch(PhaseBaseline):
    """Trial of all beams."""

    summary = "The beam of the codebook that is best on the estimates of the slot."

    def chosen(self, channels: Channels) -> Turns:
        """Return the phases of the best beams."""
        search.phases_of_beam_batch(*self.scene(), self.beam(channels)[:, None], self.turns)
        return np.asarray(self.turns - np.floor(self.turns))


class RandomPhases(PhaseBaseline):
    """Random phases with the precoder made for them."""

    summary = "Uniform phases, drawn once in an episode; in a codebook a beam."

    def chosen(self, channels: Channels) -> Turns:
        """Return the phases that were drawn."""
        drawn = self.random.random(self.turns.shape)
        self.turns = np.where(self.fresh[:, None], drawn, self.turns)
        return self.turns

    def beam(self, channels: Channels) -> npt.NDArray[np.int64]:
        """Return the beam that was drawn."""
        return np.asarray(self.chosen(channels)[:, 0] * self.params.codebook_size, np.int64)


BASELINES: dict[str, type[Baseline]] = {
    "alternating": Alternating,
    "alternating_filtered": AlternatingFiltered,
    "alternating_estimated": AlternatingEstimated,
    "follow": Follow,
    "hold": Hold,
    "codebook_search": CodebookSearch,
    "random_phases": RandomPhases,
    "random": RandomBaseline,
}
