"""What an action means, in both of its forms."""

import math
from typing import Any, NamedTuple

from isac_envs.engine import mathx
from isac_envs.engine.jit import Record, inlined
from isac_envs.envs.tracking.target_track.params import TargetTrackParams
from isac_envs.envs.tracking.target_track.slot import sector_sine

CHOICES = TargetTrackParams.code("action", "choices")
WIDEST_OCTAVES = 3.0
"""Of the continuous form: the widest beam is formed by this many octaves fewer columns."""


class Decision(NamedTuple):
    """What the station does in a slot.

    Attributes:
        user: User that is served, 1 the first, 0 none.
        share: Share of the slot that goes to the sensing beam.
        sine: Direction of that beam.
        columns: Columns that form it.
    """

    user: int
    share: float
    sine: float
    columns: float


@inlined
def decode(p: Record, action: Any) -> Decision:
    """Return the meaning of an action.

    Args:
        p: Parameters.
        action: User, share and sector as integers; or a preference for each user, share,
            direction and width, each in [-1, 1].
    """
    if p.action == CHOICES:
        return Decision(
            int(action[0]),
            p.shares[int(action[1])],
            sector_sine(p, int(action[2])),
            1.0 * p.columns,
        )
    best, user = 0.0, 0  # nobody is served where no preference is above 0
    for i in range(action.shape[0] - 3):
        if action[i] > best:
            best, user = action[i], i + 1
    share, sine, width = action[-3], action[-2], action[-1]
    octaves = 0.5 * (width + 1.0) * WIDEST_OCTAVES
    pairs = math.floor(0.5 * p.columns * mathx.exp2(-octaves) + 0.5)  # two halves of the array
    columns = 2.0 * max(pairs, 1.0)
    return Decision(user, 0.5 * (share + 1.0) * p.largest_share, sine * p.edge_sine, columns)
