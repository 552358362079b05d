"""Baselines of ``isac/SecureIsac-v0``: the best phases and shares, by what is believed or true.

Increments go towards the wanted phases as far as they may, levels and codebooks as near as they
can. With learned beams they send those that the base station would make.
"""

import math
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, HasState, RandomBaseline
from isac_envs.declaration.model import Model
from isac_envs.declaration.trial import Trial
from isac_envs.envs.surfaces.asking import Turns, phase_action
from isac_envs.envs.surfaces.policies import PhasePolicy, element_states
from isac_envs.envs.surfaces.secure_isac import search
from isac_envs.envs.surfaces.secure_isac.records import POINTS, SHARES

ONE = (1.0, *(0.0,) * (POINTS - 1))
"""Shares of the channels in a judgement by the first alone."""
NONE = (0.0,) * POINTS
"""Shares in a judgement that leaves the eavesdropper out."""
LOOKS = (0.0, 0.002, 0.01, 0.04)
"""Shares of sensing that are tried in simulated episodes."""
LEVELS = 33
"""Shares of artificial noise that are tried where any is possible."""


class SecrecyBaseline(PhasePolicy):
    """Base of the baselines: phases by passes over the elements, and the share of noise for them.

    Attributes:
        truth: The true channels judge.
        likely: Shares of the eavesdropper's channels in the judgement; zeros look at the user.
        noisy: Artificial noise is possible.
        sensing: Share of the power for sensing.
    """

    truth: ClassVar[bool] = False
    likely: ClassVar[tuple[float, ...]] = SHARES
    noisy: ClassVar[bool] = True
    sensing: float = 0.0
    rounds: ClassVar[int] = 12
    tolerance: ClassVar[float] = 2e-3
    starts: ClassVar[int] = 4

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        p = self.params
        steps = (p.share_levels if self.discrete else LEVELS) - 1
        sensing = self.possible(float(self.sensing)) if self.can_sense else 0.0
        roots = np.arange(steps + 1) / steps if self.noisy else np.zeros(1)
        levels = roots * roots
        self.found = np.zeros((len(self.env), 2))
        self.looking = np.full(len(self.env), sensing)
        self.bench = search.Bench(
            element_states(p), levels, np.array(self.likely), self.truth, self.rounds,
            self.tolerance, sensing, np.zeros(p.elements, np.complex128), np.zeros(p.elements),
        )  # fmt: skip

    @property
    def discrete(self) -> bool:
        """Whether shares are levels."""
        return self.params.action in ("levels", "codebook")

    @property
    def can_sense(self) -> bool:
        """Whether sensing is a choice that can pay; with one antenna the user hears all of it."""
        p = self.params
        known = p.eavesdropper_knowledge == "sensed"
        return bool(known and p.precoder != "learned" and p.antennas > 1)

    def possible(self, share: float) -> float:
        """Return a share, or that of the nearest level where shares are levels."""
        if not self.discrete:
            return share
        steps = self.params.share_levels - 1
        root = round(math.sqrt(share) * steps) / steps
        return root * root

    def sharing(self) -> search.Bench:
        """Return the judgement of shares of power."""
        return self.bench

    def measure(self, turns: Turns) -> None:
        """Write the best share of noise for phases, shape ``(n, N)``."""
        search.measure_batch(*self.scene(), self.sharing(), turns, self.found)

    def choose(self) -> None:
        """Write the wanted phases, from those of the slot before, and the share of noise."""
        fresh, state = self.fresh, self.batch.state
        self.turns = np.where(fresh[:, None], state.elements["turns"], self.turns)
        self.found[fresh] = 0.0  # with much noise from the start, phases never get better
        search.improve_batch(*self.scene(), self.bench, self.turns, self.found)
        if fresh.any():
            self._start_again(fresh)

    def _start_again(self, fresh: npt.NDArray[np.bool_]) -> None:
        """Try other starts in a new episode, and keep the best."""
        found = np.zeros_like(self.found)
        for _ in range(int(self.starts) - 1):
            tried = self.random.random(self.turns.shape)
            found[:] = 0.0
            search.improve_batch(*self.scene(), self.bench, tried, found)
            better = (found[:, 1] > self.found[:, 1]) & fresh
            self.turns[better], self.found[better] = tried[better], found[better]

    def beams(self) -> npt.NDArray[np.int64]:
        """Return beams of the codebook, shape ``(n, 1)``, and write the share of noise."""
        best = np.zeros((len(self.env), 1), np.int64)
        search.search_codebook_batch(*self.scene(), self.bench, best, self.found)
        return best

    def act(self) -> npt.NDArray[Any]:
        """Return the actions of all copies."""
        p, present = self.params, self.batch.state.elements["turns"]
        if p.action == "codebook":
            return np.concatenate((self.beams(), self.levels()), 1)
        self.choose()
        action, reached = phase_action(p, present, self.turns)
        self.divide(reached)
        if p.precoder == "learned":
            return np.concatenate((action, self.learned(reached)), 1)
        return np.concatenate((action, self.levels()), 1)

    def divide(self, turns: Turns) -> None:
        """Write the shares for phases that are reached, shape ``(n, N)``."""
        if self.params.action == "increments":
            self.measure(turns)

    def levels(self) -> npt.NDArray[Any]:
        """Return the coordinates of both shares, shape ``(n, 2)``."""
        roots = np.sqrt(np.stack((self.found[:, 0], self.looking), 1))
        if self.discrete:
            return np.asarray(np.rint(roots * (self.params.share_levels - 1)), np.int64)
        return 2.0 * roots - 1.0

    def learned(self, turns: Turns) -> npt.NDArray[np.float64]:
        """Return the coordinates of learned beams, shape ``(n, 4 M)``."""
        count = len(self.env)
        beams = np.zeros((count, self.params.antennas, 3), np.complex128)
        search.make_beams_batch(*self.scene(), self.bench, turns, self.found[:, :1].copy(), beams)
        parts = np.stack((beams[..., :2].real, beams[..., :2].imag), -1).reshape(count, -1)
        return np.asarray(parts / np.maximum(np.abs(parts).max(1, keepdims=True), 1e-300))


class Seeing(SecrecyBaseline):
    """Knows the channels, not what the base station makes its beams from."""

    truth = True
    likely = ONE
    rounds = 30
    starts = 8

    def look(self, sensing: float) -> None:
        """Take a share for sensing, as near as it can be asked for."""
        found = self.possible(sensing) if self.can_sense else 0.0
        self.bench, self.looking[:] = self.bench._replace(sensing=found), found


class Informed(Seeing):
    """Senses as much as pays.

    What sensing finds is for the slots to come, so the search of a slot does not see its worth.
    """

    kind = "best_known"
    summary = (
        "Phases and shares by block coordinate ascent on the true channels and phase errors, with "
        "the beams that the base station will make of what it knows, and the share of sensing that "
        "is best in simulated episodes; the best known."
    )

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        if self.can_sense:
            model: Any = self.model
            alone: Model = model.alone()
            self.look(_best_look(type(alone), alone.params))  # type: ignore[arg-type]


@lru_cache(maxsize=32)  # parameters are frozen, and a search takes seconds
def _best_look(model: type[Model], params: Any) -> float:
    """Return the share for sensing with the largest simulated reward."""
    slots = min(params.horizon, 40)

    def score(sensing: float) -> float:
        trial = Trial(model(params), 12)
        trial.start(np.arange(trial.n))
        policy = Seeing(trial)
        policy.look(sensing)
        return sum(float(trial.step(policy.act()).mean()) for _ in range(slots))

    return max(LOOKS, key=score)


class Robust(SecrecyBaseline):
    """Averages over the belief."""

    summary = "The same on estimates, with the leakage averaged over places of the belief."


class Believed(Robust):
    """Takes the belief for the truth."""

    likely = ONE
    summary = "The same on estimates and the believed place, as if it were true."


class Probing(Robust):
    """Keeps looking for the eavesdropper."""

    sensing = 0.002
    constants: ClassVar[tuple[str, ...]] = ("sensing",)
    summary = "As robust, with 0.2 % of the power for sensing."


class Follow(Probing):
    """Each element for itself, and the same shares in every slot."""

    noise = 0.05
    constants = ("sensing", "noise")
    summary = (
        "Turns every element as the observed directions say, hers with a fifth of the weight, as "
        "if the others stood still; 5 % of the power for artificial noise if the user hears none "
        "of it, 0.2 % for sensing; in a codebook the beam as probing."
    )

    def share(self) -> None:
        """Write the share of noise."""
        self.found[:, 0] = self.possible(self.noise) if self.params.antennas > 1 else 0.0

    def choose(self) -> None:
        """Write the phases that the directions point to."""
        search.follow_batch(*self.scene(), self.turns)
        self.share()

    def divide(self, turns: Turns) -> None:
        """Keep the shares, whatever phases are reached."""

    def beams(self) -> npt.NDArray[np.int64]:
        """Return the beams of the belief, shape ``(n, 1)``."""
        best = super().beams()
        self.share()
        return best


class NoiseOnly(SecrecyBaseline):
    """Hides by artificial noise alone."""

    likely = NONE
    summary = "Phases for the user's rate, then the share of artificial noise for the belief."

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self.judgement = self.bench._replace(shares=np.array(SHARES))

    def sharing(self) -> search.Bench:
        """Return the judgement of the belief."""
        return self.judgement

    def choose(self) -> None:
        """Write the phases of the user, and the share of noise by the belief."""
        super().choose()
        self.measure(self.turns)

    def beams(self) -> npt.NDArray[np.int64]:
        """Return the beams of the user, and write the share of noise by the belief."""
        best = super().beams()
        search.measure_beam_batch(*self.scene(), self.judgement, best, self.found)
        return best


class Ignorant(SecrecyBaseline):
    """Does not think of the eavesdropper."""

    likely = NONE
    noisy = False
    summary = "Phases for the user's rate; all the power carries the message."


class RandomPhases(SecrecyBaseline):
    """Random phases with the best share for them."""

    summary = "Uniform phases, drawn once in an episode; in a codebook a beam. Share as robust."

    def choose(self) -> None:
        """Write the phases that were drawn, and the share of noise for them."""
        drawn = self.random.random(self.turns.shape)
        self.turns = np.where(self.fresh[:, None], drawn, self.turns)
        self.measure(self.turns)

    def beams(self) -> npt.NDArray[np.int64]:
        """Return the beam that was drawn, and write the share of noise for it."""
        drawn = self.random.random(self.turns.shape)
        self.turns = np.where(self.fresh[:, None], drawn, self.turns)
        beams = np.asarray(self.turns[:, :1] * self.params.codebook_size, np.int64)
        search.measure_beam_batch(*self.scene(), self.bench, beams, self.found)
        return beams


BASELINES: dict[str, type[Baseline]] = {
    "informed": Informed,
    "follow": Follow,
    "probing": Probing,
    "robust": Robust,
    "believed": Believed,
    "noise_only": NoiseOnly,
    "ignorant": Ignorant,
    "random_phases": RandomPhases,
    "random": RandomBaseline,
}
