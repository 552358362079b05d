"""Declaration of ``isac/RisIsacMulti-v0``."""

from dataclasses import replace
from types import ModuleType
from typing import ClassVar

import numpy as np

from isac_envs.declaration.fields import Spec
from isac_envs.envs.surfaces.ris_isac import fields
from isac_envs.envs.surfaces.ris_isac.model import RisIsac
from isac_envs.envs.surfaces.ris_isac_multi import baselines, kernel


class RisIsacMulti(RisIsac):
    r"""A base station divides its power, and a surface turns its phases, each for itself.

    The world, the slot and its outcome are those of ``isac/RisIsac-v0`` (equations 1 to 14), bit
    for bit. In addition:

    15. Agent ``base_station_0`` chooses the share $s$, or all beams where they are learned. It sees
        what concerns users and target: what the estimates promise, what the last slot gave, the
        last share, and the channels over the surface where beams are learned.
    16. Agent ``ris_0`` chooses the phases of all elements or the beam of the codebook. It sees the
        elements: phases and directions, or the legs.
    17. Both decide at the same time and receive the same reward, costs and metrics.

    So the surface does not know how much the radar SNR lacks, and the base station does not know
    which way the phases will turn. The directions refer to the last share. The baselines are
    central controllers that see both.
    """

    id = "isac/RisIsacMulti-v0"
    summary = "A base station divides power and a surface turns phases, for users and a target."
    kernel: ClassVar[ModuleType] = kernel
    baselines = baselines.BASELINES
    reference_baseline = "alternating"

    def agent_names(self) -> tuple[str, ...]:
        """Return the names of the base station and of the surface."""
        return "base_station_0", "ris_0"

    def observation_spec(self) -> Spec:
        """Return the wider of both observations, whose ranges hold the other."""
        return _joined(*(self.specs_of(agent)[0] for agent in (0, 1)))

    def action_spec(self) -> Spec:
        """Return the wider of both actions, whose ranges hold the other."""
        return _joined(*(self.specs_of(agent)[1] for agent in (0, 1)))

    def specs_of(self, agent: int) -> tuple[Spec, Spec]:
        """Return what an agent sees and decides: 0 is the base station, 1 the surface."""
        p = self.params
        kind, phases = fields.phases(p)
        if agent == 0:
            return Spec("box", fields.receivers(p)), Spec(kind, (fields.power(p),))
        return Spec("box", fields.elements(p)), Spec(kind, (phases,))


def _joined(one: Spec, other: Spec) -> Spec:
    """Return the wider of two specs; a coordinate is as wide as those of both."""
    wide, narrow = (one, other) if one.width >= other.width else (other, one)
    low, high = wide.low.copy(), wide.high.copy()
    np.minimum(low[: narrow.width], narrow.low, out=low[: narrow.width])
    np.maximum(high[: narrow.width], narrow.high, out=high[: narrow.width])
    if (low == wide.low).all() and (high == wide.high).all():
        return wide
    each = (part for part in wide.coordinates for _ in range(part.size))
    return Spec(wide.kind, tuple(
        replace(part, low=float(low[k]), high=float(high[k]), size=1)
        for k, part in enumerate(each)
    ))  # fmt: skip
