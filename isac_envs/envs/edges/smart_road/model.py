"""Declaration of ``isac/SmartRoad-v0``."""

from types import ModuleType
from typing import ClassVar

import numpy as np

from isac_envs.declaration.fields import Signal, Spec
from isac_envs.declaration.model import Model
from isac_envs.envs.edges import fields
from isac_envs.envs.edges.smart_road import baselines, kernel, records
from isac_envs.envs.edges.smart_road.params import SmartRoadParams


class SmartRoad(Model):
    r"""Vehicles cross a grid of roads, and their twins move from server to server beside them.

    Each of $V$ vehicles has a twin, a service that answers its tasks. A node of the $G \times G$
    grid is a road-side unit with a radar, an access point and a server. A step is one road, so
    steps of different vehicles last differently long. In a step:

    1. Road: a vehicle chooses one of four directions. A direction without a road is masked; who
       takes it anyway waits for the time of an empty road.
    2. Host: the twin stays, or migrates to the node ahead (the end of the road), or to that node's
       neighbour with the fewest twins. Twins move in the order of the vehicles, and each finds the
       loads that the others left.
    3. Travel time, by the Bureau of Public Roads: $T = T_0 (1 + 0.15 ((b + n) / c)^4)$, with $b$
       other vehicles and $n$ agents on the road, the vehicle included.
    4. Delay of a task: $D = 2 h d + 1 / (\mu - \lambda m) + U$. The twin is $d$ roads from the
       node ahead, at $h$ = `hop_s` each. Its server is an M/M/1 queue with the twins of $m$
       vehicles under way, and takes at most `longest_wait_s`.
    5. Uplink: $U = k S / R$. The $k$ vehicles on the way to a node share its band. $R = B \log_2(1
       + \mathrm{SNR})$ for `power_dbm` at half a road, with the path loss of 3GPP TR 37.885 for
       urban line of sight and a noise figure of 9 dB.
    6. Reward: $-(T / 60 + 10 D + 0.2 M)$, with $M = 1$ if the twin migrated. A vehicle that arrives
       takes its twin off the server, earns nothing more and waits. The episode terminates with the
       last arrival, and is truncated after `horizon` roads.
    7. Background: Poisson numbers of other vehicles, more on the middle row and column. In each
       step a road changes with `redraw_probability`. Vehicles do not see the numbers, but
       predictions.
    8. Radar (`sensing` = "radar"): the unit where a road begins sees range cells of $c / (2 B)$.
       Every other vehicle is at a random place. It is detected with $P_d = P_f^{1 / (1 +
       \rho)}$ (Swerling 1), where $\rho$ grows from `radar_snr_db` at the far end with the fourth
       power of the distance. Several in a cell count as one, and empty cells raise false alarms.
       The prediction inverts the mean: with $C$ cells and mean probability $\bar P$, $C (1 - (1 -
       \bar P / C)^b)$ cells are found. With "noisy" it is $\max(0, b + \sigma w)$ with a normal
       $w$.

    So the band couples all: a narrow one makes uplinks slow and merges vehicles in radar cells, and
    roads that look empty fill. With a tenth of the band the best rules lose a tenth of their
    return.

    Observations: ``flat`` has places, loads and the roads from the own node; ``planes`` has five
    maps of $G^2$ numbers, one after the other, for a network of convolutions (reshape to $(5, G,
    G)$). Spaces of this package are flat.

    A baseline is a rule for the road and one for the host. `shortest` takes the first of the roads
    east, south, west and north that leads nearer. `aware` follows the shortest predicted times;
    `coordinated` does so one vehicle after the other, and counts those who have already chosen.
    `always` follows with the twin, `lazy` once it is two roads away, and `balance` takes the host
    that is cheapest for the step. `coordinated_balance` is the best known policy, not an optimum.

    The scenario ``survey`` has frozen traffic, normal errors and no air. The publications give no
    numbers, so those of the grid are ours; the background means 1 and 5, the error 0.5, and the
    order of roads are readings that reproduce an earlier study of this setting. There, congestion
    awareness cut travel from 95 s to 72 s a vehicle, and migration delay from 181 ms to 106 ms.
    """

    id = "isac/SmartRoad-v0"
    summary = "Vehicles on a grid choose roads, and servers for their twins, together."
    source = (
        "After 'A joint service migration and mobility optimization approach for vehicular edge "
        "computing', IEEE Trans. Veh. Technol. 69(8), 2020, p. 9041, and the smart road of IEEE "
        "Network 34(5), 2020 (agents, roads, twins); Bureau of Public Roads, Traffic Assignment "
        "Manual, 1964 (travel times). Numbers, radars and uplink are our choice."
    )
    params_type = SmartRoadParams
    kernel: ClassVar[ModuleType] = kernel
    objectives = fields.OBJECTIVES
    costs = fields.COSTS
    metrics: ClassVar[tuple[Signal, ...]] = (
        Signal("under_way", "1 if the vehicle had not arrived before the step."),
        *fields.METRICS,
    )
    summaries = fields.SUMMARIES
    baselines = baselines.BASELINES
    reference_baseline: ClassVar[str | None] = "coordinated_balance"
    scene = "isac_envs.envs.edges.smart_road.scene:draw"

    def agent_names(self) -> tuple[str, ...]:
        """Return one name for each vehicle."""
        return tuple(f"vehicle_{v}" for v in range(self.params.vehicles))

    def observation_spec(self) -> Spec:
        """Return numbers about a vehicle and its roads, or maps of the grid."""
        if self.params.observation == "planes":
            return Spec("box", fields.planes(self.params.side * self.params.side))
        return Spec("box", fields.flat())

    def action_spec(self) -> Spec:
        """Return the choices of a road and a host."""
        return Spec("multi_discrete", (fields.ROAD, fields.HOST))

    def allocate(self, n: int) -> records.State:
        """Return zeroed arrays of ``n`` copies."""
        return records.allocate(np.zeros(n, self.env_dtype), self.params)
