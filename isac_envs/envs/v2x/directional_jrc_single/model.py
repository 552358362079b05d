"""Declaration of ``isac/DirectionalJrcSingle-v0``."""

from types import ModuleType
from typing import ClassVar

from isac_envs.envs.v2x.directional_jrc.model import DirectionalJrc
from isac_envs.envs.v2x.directional_jrc_single import baselines, kernel
from isac_envs.envs.v2x.directional_jrc_single.params import DirectionalJrcSingleParams


class DirectionalJrcSingle(DirectionalJrc):
    r"""One vehicle learns to beam or to sense among partners that take turns.

    Physics, observation and actions are those of ``isac/DirectionalJrc-v0`` (equations 1 to 8),
    with beams of 35 degrees half width and a sensing weight of 8. Only vehicle 0 is an agent.
    Partner $i$ is part of the environment:

    9. At time $t > 0$ with $(t + i) \bmod$ ``radar_interval`` $= 0$ it uses radar. Otherwise it
       cycles through the 16 pairs of beam and sector, starting with pair $i$ at time 0.

    The scenario ``lee2022`` is the published model for a single agent. Its defects, beyond those
    listed there:

    | published | parameters |
    | --- | --- |
    | Cells lie on the wrong side of the receiver: data moves away. | `displacement` |
    | What matters lies towards +x for receivers of both headings. | `importance_map` |
    | Nothing interferes, collides or is hidden. | `radar_interferes`, `collisions`, `shadows` |
    | Unit power and wavelength over 1e-7 W. | `bandwidth_hz`, `power_dbm`, `carrier_hz` |

    It is a validation preset, not a benchmark: the greedy rule takes the best action of every step,
    and nothing better is known. In the default scenario, where packets collide and get lost, greedy
    rules go 0.87 of the way from random to ``one_step_genie``.
    """

    id = "isac/DirectionalJrcSingle-v0"
    summary = "One vehicle beams sensor data or uses radar, among seven that take turns."
    source = (
        "J. Lee, Y. Cheng, D. Niyato, Y. L. Guan, D. Gonzalez G., 'Deep reinforcement learning for "
        "time allocation and directional transmission in joint radar-communication', IEEE WCNC "
        "2022, doi 10.1109/WCNC51071.2022.9771580, and the authors' public code; radio "
        "propagation, packet errors and merging of the default scenario are our choice."
    )
    params_type = DirectionalJrcSingleParams
    kernel: ClassVar[ModuleType] = kernel
    baselines = baselines.BASELINES
    reference_baseline = "one_step_genie"

    def agent_names(self) -> tuple[str, ...]:
        """Return the name of the learning vehicle."""
        return ("agent_0",)
