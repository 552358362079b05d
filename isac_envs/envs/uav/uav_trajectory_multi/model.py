"""Declaration of ``isac/UavTrajectoryMulti-v0``."""

from types import ModuleType
from typing import ClassVar

import numpy as np

from isac_envs.declaration.fields import Coordinate, Signal, Spec
from isac_envs.declaration.model import State
from isac_envs.engine.jit import record
from isac_envs.envs.uav.uav_trajectory import records
from isac_envs.envs.uav.uav_trajectory.estimate import TARGET_FIELDS
from isac_envs.envs.uav.uav_trajectory.model import UavTrajectory
from isac_envs.envs.uav.uav_trajectory_multi import baselines, kernel
from isac_envs.envs.uav.uav_trajectory_multi.params import UavTrajectoryMultiParams


class UavTrajectoryMulti(UavTrajectory):
    r"""Several UAVs share one mission; each flies, looks, serves and must return on its own.

    Each UAV is one of ``isac/UavTrajectory-v0`` with its own battery. Motion, propulsion, rates,
    ranges, information, estimator and the way home are its equations 1 to 7. In addition:

    9. Each UAV has its own band $B$, so UAVs do not disturb each other. The rate of user $m$ is the
       sum over the UAVs: $R_m = \sum_n B_{nm} \log_2(1 + P_t \alpha / (N_0 B d_{nm}^2))$.
    10. All ranges go to one estimator. Information adds up over the looks of all UAVs, those of one
        slot in the order of the UAVs. UAVs on two sides of a target locate it after one slot.
    11. Data and sensing are objectives of the team, the same for all agents: growth of the least
        data of a user over $N B \log_2(1 + \mathrm{SNR}(H))\, T$ / ``users`` with $N$ UAVs, and
        decrease of $\ln \max_k \mathrm{PEB}_k^2$. Homecoming is the agent's own, so each learns
        what it did itself. The mean over the agents is what the team earns. With one UAV it is what
        a single UAV earns.
    12. A UAV with an empty battery stays on the ground and is silent: at home it has landed,
        elsewhere it is lost. The episode ends with the last UAV (terminated) or at the horizon
        (truncated).
    13. All start from the same place. Two flying UAVs, both farther than ``home_radius_m`` from
        home, that come closer than ``separation_m`` are a cost of both, not part of the reward.

    An agent sees what a single UAV sees, then place and energy of the others in a circle ($m + 1,
    \dots, N, 1, \dots, m - 1$), and its number, by which agents of one policy can part.

    The baseline ``bound`` is that of a single UAV. For fixed weights of the users the paths of the
    UAVs are independent, so $N$ UAVs earn at most $N$ times the best path of one, and data count in
    slots of $N$ UAVs. In sensing, each UAV looks in every slot.
    """

    id = "isac/UavTrajectoryMulti-v0"
    summary = "Several UAVs divide users and targets among them, and come home."
    source = (
        "As isac/UavTrajectory-v0: X. Jing, F. Liu, C. Masouros, Y. Zeng, IEEE TWC 23(10), 2024, "
        "arXiv 2207.02904, with one UAV; several are our choice."
    )
    default_scenario = "patrol"
    params_type = UavTrajectoryMultiParams
    kernel: ClassVar[ModuleType] = kernel
    env_fields = records.TEAM_FIELDS
    costs = (
        Signal("lost", "The UAV's flight ended away from home."),
        Signal("too_close", "Another UAV in flight was closer than separation_m."),
    )
    metrics = (
        *UavTrajectory.metrics,
        Signal("nearest_m", "Distance to the nearest other UAV, at most the area's side.", "m"),
    )
    baselines = baselines.BASELINES
    reference_baseline = "bound"
    scene = "isac_envs.envs.uav.uav_trajectory.scene:draw_team"

    def agent_names(self) -> tuple[str, ...]:
        """Return one name for each UAV."""
        return tuple(f"uav_{m}" for m in range(self.params.uavs))

    def observation_spec(self) -> Spec:
        """Return the observation of an agent: a single UAV's, the other UAVs, its number."""
        parts = [*super().observation_spec().coordinates]
        for r in range(1, self.params.uavs):
            parts += [
                Coordinate(f"uav_x_{r}", "Another UAV from this one, over the side.", low=-1.0),
                Coordinate(f"uav_y_{r}", "The same along y.", low=-1.0),
                Coordinate(f"uav_energy_{r}", "Its energy, empty (-1) to full (1).", low=-1.0),
            ]
        parts.append(Coordinate("identity", "Number of the UAV, from 1, over all UAVs."))
        return Spec("box", tuple(parts))

    def allocate(self, n: int) -> State:
        """Return zeroed arrays of ``n`` copies."""
        p = self.params
        return kernel.State(
            np.zeros(n, self.env_dtype),
            np.zeros((n, p.users), record(*records.USER_FIELDS)),
            np.zeros((n, p.targets), record(*TARGET_FIELDS)),
            np.zeros((n, p.uavs), record(*kernel.UAV_FIELDS)),
            np.zeros((n, p.uavs, p.users), record(*records.LINK_FIELDS)),
            records.Scratch(p.law),
        )
