"""Declaration of ``isac/UavAllocMulti-v0``."""

from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.fields import Spec
from isac_envs.envs.uav.uav_alloc import fields
from isac_envs.envs.uav.uav_alloc.model import UavAlloc
from isac_envs.envs.uav.uav_alloc_multi import kernel
from isac_envs.envs.uav.uav_alloc_multi.params import UavAllocMultiParams


class UavAllocMulti(UavAlloc):
    r"""Each UAV of a group chooses its own mode, channel and power; the reward is shared.

    The physics (equations 1 to 10), the options and the two observations are those of
    ``isac/UavAlloc-v0``. In addition:

    11. Agent $m$ decides for UAV $m$ alone, at the same time as all others. All agents receive the
        same reward, costs and metrics: those of the group.
    12. Agent $m$ sees what the central controller sees, with itself first and the others after it
        in a circle ($m, m + 1, \dots, M, 1, \dots, m - 1$), and its number.
    13. Its mask allows only to idle once its battery is empty.

    With a shared reward each slot is a common-interest game. A joint action that no UAV can improve
    alone is a local optimum, and the best-response dynamics of ``best_response`` finds one. The
    baselines are central controllers that know everything.
    """

    id = "isac/UavAllocMulti-v0"
    summary = "Each UAV chooses its mode (radar or uplink), channel and power for a shared reward."
    params_type = UavAllocMultiParams
    kernel: ClassVar[ModuleType] = kernel

    def agent_names(self) -> tuple[str, ...]:
        """Return one name for each UAV."""
        return tuple(f"uav_{m}" for m in range(self.params.uavs))

    def observation_spec(self) -> Spec:
        """Return the observation fields of one UAV."""
        return fields.view(self.params, identity=True)

    def action_spec(self) -> Spec:
        """Return the action fields of one UAV."""
        return fields.own_actions(self.params)

    def encode_options(self, options: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Return options of all UAVs, shape ``(n, M)``, in the form of the action."""
        if self.params.action == "discrete":
            return options
        return self.scores(options)
