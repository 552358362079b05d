"""Declaration of ``isac/CognitiveAccessMulti-v0``."""

from types import ModuleType
from typing import ClassVar

from isac_envs.declaration.fields import Coordinate
from isac_envs.envs.spectrum.cognitive_access.model import CognitiveAccess
from isac_envs.envs.spectrum.cognitive_access_multi import baselines, kernel
from isac_envs.envs.spectrum.cognitive_access_multi.params import CognitiveAccessMultiParams


class CognitiveAccessMulti(CognitiveAccess):
    r"""TODO."""

    id = "isac/CognitiveAccessMulti-v0"
    summary = "Secondary users sense the same channels, and collide where they send on one."
    params_type = CognitiveAccessMultiParams
    kernel: ClassVar[ModuleType] = kernel
    baselines = baselines.BASELINES
    reference_baseline = "genie"

    def agent_names(self) -> tuple[str, ...]:
        """Return the names of the users."""
        return tuple(f"user_{u}" for u in range(self.params.users))

    def more_seen(self) -> tuple[Coordinate, ...]:
        """Return the number of the user, by which one policy of all can tell them apart."""
        number = Coordinate("number", "Number of the user, from 0 for the first to 1 for the last.")
        return (number,) if self.params.users > 1 else ()

    @property
    def users(self) -> int:
        """Number of users."""
        return int(self.params.users)
