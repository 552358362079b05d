"""Results of policies on held-out episodes, stored in run folders so that nothing is played twice.

``evaluation.json`` of a run folder holds one entry for each set of episodes: the results of the
agent and of all baselines on the same episodes. An entry belongs to the hash of the weights, the
hash of the scenario, the number of episodes, the first seed, the unit of the rewards and the
version of the environments. Entries of other weights or versions are dropped when a new one is
written. Files with rewards in another unit are ignored, and so are files without the user's seal
(:mod:`isac_agents.runs.seal`): the claims of a foreign folder about the agent, or about the
baselines that all scores are measured against, are played again.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from isac_agents.evaluation.episodes import UNIT, Evaluation
from isac_agents.evaluation.statistics import Array
from isac_agents.runs.record import write_atomically
from isac_agents.runs.seal import is_sealed, seal
from isac_envs import __version__
from isac_envs.declaration.model import Model
from isac_envs.errors import IsacError
from isac_envs.files import read_bytes
from isac_envs.scenarios import content_hash

FILE = "evaluation.json"
LARGEST = 1 << 28
"""Size limit of that file, in bytes."""

_PURPOSE = "results"
_MOST = 1e100  # of a plausible number; its square is finite


def _sound(value: float) -> float:
    if abs(value) > _MOST:
        raise ValueError(f"must lie in -{_MOST:g}..{_MOST:g} or be nan")
    return value


Number = Annotated[float, Field(ge=-_MOST, le=_MOST)]
Figure = Annotated[float, AfterValidator(_sound)]
"""A number, or nan for an empty count."""

_MODEL = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class Result(BaseModel):
    """The stored results of a policy's episodes.

    Attributes:
        reward: Return of each episode divided by the steps of the longest, in the order of seeds.
        objectives: Each objective, summed and divided like the reward, mean over episodes.
        costs: Each cost, summed and divided like the reward, mean over episodes.
        figures: The environment's summary figures.
    """

    model_config = _MODEL

    reward: tuple[Number, ...]
    objectives: dict[str, Number]
    costs: dict[str, Number]
    figures: dict[str, Figure]

    @classmethod
    def of(cls, played: Evaluation, model: Model) -> "Result":
        """Reduce an evaluation to the numbers that comparisons and reports need."""
        return cls(
            reward=tuple(played.reward.tolist()),
            objectives={name: float(each.mean()) for name, each in played.objectives.items()},
            costs={name: float(each.mean()) for name, each in played.costs.items()},
            figures=played.summary(model),
        )

    def fits(self, model: Model) -> bool:
        """Return whether the names in this result are those of an environment."""
        pairs = (
            (self.objectives, model.objectives),
            (self.costs, model.costs),
            (self.figures, model.summaries),
        )
        return all(mine.keys() == {each.name for each in theirs} for mine, theirs in pairs)

    @property
    def rewards(self) -> Array:
        """Return of each episode divided by the steps of the longest, shape ``(episodes,)``."""
        return np.array(self.reward)


class Key(BaseModel):
    """Identity of a stored result.

    Attributes:
        weights_sha256: Hash of the agent's weights; empty if results are not stored.
        scenario_hash: Hash of the environment that was played, without the agent's interface.
        episodes: Number of episodes.
        seed: Seed of the first episode.
        unit: Unit of the rewards.
        version: Version of the environments.
    """

    model_config = _MODEL

    weights_sha256: str
    scenario_hash: str
    episodes: int
    seed: int
    unit: Literal["return of an episode per step of the longest"]
    version: str

    @classmethod
    def of(cls, model: Model, episodes: int, seed: int, weights: str = "") -> "Key":
        """Make the key of episodes in an environment.

        Args:
            model: The environment, without the agent's interface.
            episodes: Number of episodes.
            seed: Seed of the first episode.
            weights: Hash of the agent's weights; empty if results are not stored.
        """
        return cls(
            weights_sha256=weights,
            scenario_hash=content_hash(model.id, model.params),
            episodes=episodes,
            seed=seed,
            unit=UNIT,
            version=__version__,
        )


class Entry(BaseModel):
    """The results of an agent and of all baselines on the same episodes."""

    model_config = _MODEL

    key: Key
    agent: Result
    baselines: dict[str, Result]

    @model_validator(mode="after")
    def _every_episode_counts(self) -> Self:
        for each in (self.agent, *self.baselines.values()):
            if len(each.reward) != self.key.episodes:
                raise ValueError("the number of rewards differs from the number of episodes")
        return self


class _Kept(BaseModel):
    """The content of ``evaluation.json``."""

    model_config = _MODEL

    entries: tuple[Entry, ...] = ()
    seal: str = ""

    def content(self) -> str:
        """Return the sealed text."""
        return self.model_dump_json(include={"entries"})


def read(folder: Path, key: Key) -> Entry | None:
    """Read the entry of a run folder for a key; None if absent or not readable."""
    return next((each for each in _entries(folder) if each.key == key), None)


def read_baselines(folder: Path, key: Key) -> dict[str, Result]:
    """Read the baselines of a run folder for a key, whatever its weights."""
    weightless = key.model_copy(update={"weights_sha256": ""})
    for each in _entries(folder):
        if each.key.model_copy(update={"weights_sha256": ""}) == weightless:
            return dict(each.baselines)
    return {}


def most_episodes(folder: Path, scenario_hash: str, seed: int) -> int:
    """Return the largest number of stored episodes of a scenario in a run folder; 0 if none.

    Args:
        folder: Run folder.
        scenario_hash: Hash of the environment with its parameters.
        seed: Seed of the first episode.
    """
    keys = [each.key for each in _entries(folder)]
    kept = [key for key in keys if (key.scenario_hash, key.seed) == (scenario_hash, seed)]
    return max((key.episodes for key in kept), default=0)


def write(folder: Path, entry: Entry) -> None:
    """Store an entry beside those of other episodes."""

    def current(key: Key) -> bool:
        same = (key.weights_sha256, key.version) == (entry.key.weights_sha256, entry.key.version)
        return same and key != entry.key

    others = (each for each in _entries(folder) if current(each.key))
    kept = _Kept(entries=(*others, entry))
    sealed = kept.model_copy(update={"seal": seal(_PURPOSE, kept.content())})
    text = sealed.model_dump_json()
    write_atomically(folder / FILE, lambda path: path.write_text(text, encoding="utf-8"))


def _entries(folder: Path) -> tuple[Entry, ...]:
    try:
        kept = _Kept.model_validate_json(read_bytes(folder / FILE, LARGEST))
    except (OSError, IsacError, ValidationError):  # the result can be measured again
        return ()
    return kept.entries if is_sealed(_PURPOSE, kept.content(), kept.seal) else ()
