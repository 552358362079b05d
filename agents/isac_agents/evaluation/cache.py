"""The policies of a comparison, and their results: played once, then stored in run folders."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from isac_agents.evaluation import results
from isac_agents.evaluation.episodes import HELD_OUT_SEED, MakePolicy, Policy, baseline, play
from isac_agents.evaluation.results import Entry, Key, Result
from isac_agents.progress import stage
from isac_envs.declaration.model import Model


@dataclass(frozen=True)
class Candidate:
    """A policy and the environment with the interface that it uses.

    Attributes:
        model: The environment as the policy sees it.
        make: Makes the policy for the environment.
        folder: Run folder that stores the results; None to store none.
        weights: Hash of the weights in the folder.
    """

    model: Model
    make: MakePolicy
    folder: Path | None = None
    weights: str = ""

    @classmethod
    def trained(cls, model: Model, policy: Policy) -> "Candidate":
        """Wrap an existing policy as a candidate."""
        return cls(model, lambda env: policy)


class EvaluationCache:
    """The results of policies on one set of episodes.

    Args:
        model: The environment, without the interface of any agent.
        episodes: Number of episodes.
        seed: Seed of the first episode.
    """

    def __init__(self, model: Model, episodes: int, seed: int = HELD_OUT_SEED) -> None:
        self.model, self.episodes, self.seed = model, episodes, seed
        self._baselines: dict[str, Result] = {}

    def baselines(self) -> dict[str, Result]:
        """Return the results of all baselines by name, in the order of the environment."""
        if not self._baselines:
            title = f"baselines of {self.model.id}"
            played: dict[str, Result] = {}
            with stage(title, len(self.model.baselines), "policies") as shown:
                for name in self.model.baselines:
                    shown.update(len(played), name)
                    played[name] = self._play(baseline(self.model, name), self.model)
            self._baselines = played
        return self._baselines

    def borrow(self, folders: Iterable[Path]) -> None:
        """Reuse the baseline results that this user stored in a run folder for these episodes."""
        key = Key.of(self.model, self.episodes, self.seed)
        for folder in folders:
            found = results.read_baselines(folder, key)
            fits = all(each.fits(self.model) for each in found.values())
            if fits and found.keys() == self.model.baselines.keys():
                self._baselines = {name: found[name] for name in self.model.baselines}
                return

    def agent(self, candidate: Candidate) -> Result:
        """Return the result of an agent; if it had to be played, it is stored in the run folder.

        Raises:
            IsacError: If the agent cannot be made, or its actions do not fit the environment.
        """
        key = Key.of(self.model, self.episodes, self.seed, candidate.weights)
        kept = results.read(candidate.folder, key) if candidate.folder else None
        if kept and kept.agent.fits(self.model):
            return kept.agent
        result = self._play(candidate.make, candidate.model)
        if candidate.folder:
            entry = Entry(key=key, agent=result, baselines=self.baselines())
            with suppress(OSError):  # read-only folders are evaluated too
                results.write(candidate.folder, entry)
        return result

    def _play(self, make: MakePolicy, model: Model) -> Result:
        return Result.of(play(make, model, self.episodes, self.seed), self.model)
