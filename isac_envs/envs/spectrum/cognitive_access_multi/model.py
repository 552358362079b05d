"""Declaration of ``isac/CognitiveAccessMulti-v0``."""

from types import ModuleType
from typing import ClassVar

from isac_envs.declaration.fields import Coordinate
from isac_envs.envs.spectrum.cognitive_access.model import CognitiveAccess
from isac_envs.envs.spectrum.cognitive_access_multi import baselines, kernel
from isac_envs.envs.spectrum.cognitive_access_multi.params import CognitiveAccessMultiParams


class CognitiveAccessMulti(CognitiveAccess):
    r"""Secondary users sense the same channels, and collide where they send on one.

    Channels, detectors, targets and rewards are those of ``isac/CognitiveAccess-v0`` (items 1 to
    7), with a detector, a target and a reward for each of the `users`. In a slot all of them sense,
    and then those transmit whose detectors say idle.

    8. Contention: where two users or more transmit on one idle channel, nothing arrives, and no
       echo is told from the other's signal. Neither is a cost, because nobody else is hit.
    9. Feedback: each user sees its own slots alone. Its receiver tells a primary transmission from
       that of another user, so in both cases the state of the channel is known.

    A user that still senses does not take the signal of one that has begun for a primary one. The
    last number that a user sees is its own, so that one policy for all can tell them apart. A
    single user plays ``isac/CognitiveAccess-v0`` bit for bit.

    What is best for one is worst for all: with alike channels and a perfect detector (``perfect``)
    users who each take the largest Whittle index always meet, and nothing ever arrives. `partition`
    deals the channels out once, and nobody needs to talk. `central` is one controller that gives
    distinct channels by what each user believes. `genie` also knows which channels are idle. With
    other users in the way there is no exact optimum here.
    """

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
