"""Results of policies on held-out episodes, kept in run folders so that nothing plays twice.

``evaluation.json`` of a run folder holds one entry for each set of episodes: the agent's result
and those of all baselines on the same episodes. An entry belongs to the hash of the weights, the
hash of the scenario, the number of episodes, the first seed, the unit of the rewards and the
version of the environments; entries of other weights or versions are dropped when a new one is
written, a file with rewards in another unit is not read. Nor is one without the seal of the user
(:mod:`isac_agents.runs.seal`): whatever a stranger's folder says of an agent or of the baselines,
which the scores of all runs are measured by, is played again here.
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
"""Bytes of that file."""

_PURPOSE = "results"
_MOST = 1e100  # of a number that means something, and can be squared


def _sound(value: float) -> float:
    if abs(value) > _MOST:
        raise ValueError(f"must lie in -{_MOST:g}..{_MOST:g} or be nan")
    return value


Number = Annotated[float, Field(ge=-_MOST, le=_MOST)]
Figure = Annotated[float, AfterValidator(_sound)]
"""A number, or nan where nothing was counted."""

_MODEL = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class Result(BaseModel):
    """What is kept of a policy's episodes.

    Attributes:
        reward: Return of each episode over the steps of the longest, in the order of their seeds.
        objectives: The same of each objective, averaged over episodes.
        costs: The same of each cost, likewise.
        figures: The environment's summary figures.
    """

    model_config = _MODEL

    reward: tuple[Number, ...]
    objectives: dict[str, Number]
    costs: dict[str, Number]
    figures: dict[str, Figure]

    @classmethod
    def of(cls, played: Evaluation, model: Model) -> "Result":
        """Keep what comparisons and reports need."""
        return cls(
            reward=tuple(played.reward.tolist()),
            objectives={name: float(each.mean()) for name, each in played.objectives.items()},
            costs={name: float(each.mean()) for name, each in played.costs.items()},
            figures=played.summary(model),
        )

    def fits(self, model: Model) -> bool:
        """Return whether this is a result of an environment, by the names in it."""
        pairs = (
            (self.objectives, model.objectives),
            (self.costs, model.costs),
            (self.figures, model.summaries),
        )
        return all(mine.keys() == {each.name for each in theirs} for mine, theirs in pairs)

    @property
    def rewards(self) -> Array:
        """Return of each episode over the steps of the longest, shape ``(episodes,)``."""
        return np.array(self.reward)


class Key(BaseModel):
    """What a kept result belongs to.

    Attributes:
        weights_sha256: Hash of the agent's weights; empty where nothing is kept.
        scenario_hash: Hash of the environment that was played, without the agent's interface.
        episodes: Number of episodes.
        seed: Seed of the first episode.
        unit: What the rewards are.
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
        """Return the key of episodes in an environment."""
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
                raise ValueError("there is not one reward for each episode")
        return self


class _Kept(BaseModel):
    """The content of ``evaluation.json``."""

    model_config = _MODEL

    entries: tuple[Entry, ...] = ()
    seal: str = ""

    def content(self) -> str:
        """Return what the seal is on."""
        return self.model_dump_json(include={"entries"})


def read(folder: Path, key: Key) -> Entry | None:
    """Return what a run folder keeps of certain episodes; None if nothing or nothing legible."""
    return next((each for each in _entries(folder) if each.key == key), None)


def read_baselines(folder: Path, key: Key) -> dict[str, Result]:
    """Return the baselines that a run folder keeps of certain episodes, whatever its weights."""
    weightless = key.model_copy(update={"weights_sha256": ""})
    for each in _entries(folder):
        if each.key.model_copy(update={"weights_sha256": ""}) == weightless:
            return dict(each.baselines)
    return {}


def most_episodes(folder: Path, scenario_hash: str, seed: int) -> int:
    """Return the largest number of episodes of a scenario that a run folder keeps; 0 if none."""
    keys = [each.key for each in _entries(folder)]
    kept = [key for key in keys if (key.scenario_hash, key.seed) == (scenario_hash, seed)]
    return max((key.episodes for key in kept), default=0)


def write(folder: Path, entry: Entry) -> None:
    """Keep an entry beside those of other episodes."""

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
    except (OSError, IsacError, ValidationError):  # it can be measured again
        return ()
    return kept.entries if is_sealed(_PURPOSE, kept.content(), kept.seal) else ()
