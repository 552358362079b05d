"""Declaration of ``isac/UavAllocTiny-v0``."""

from types import ModuleType
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.fields import Coordinate, Signal, Spec
from isac_envs.declaration.model import Model, State
from isac_envs.envs.uav.uav_alloc import fields, records
from isac_envs.envs.uav.uav_alloc.model import UavAlloc
from isac_envs.envs.uav.uav_alloc_tiny import baselines, kernel
from isac_envs.envs.uav.uav_alloc_tiny.exact import transition_model
from isac_envs.envs.uav.uav_alloc_tiny.params import UavAllocTinyParams
from isac_envs.planning import FiniteMdp


class UavAllocTiny(Model):
    r"""Two hovering UAVs share one channel and spend the levels of their batteries.

    The radio (equations 1 to 7) and the options of a UAV are those of ``isac/UavAlloc-v0``. UAVs
    and targets stay where the parameters put them. So the state is the level of each battery, 25
    values by default, and an action is one of 49 pairs of options. In each slot:

    8. The reward is $w_1\, 2 \sum_k MI_k / (4 K) + w_2\, CR / 4 - w_3 \sum_m p_m / M$.
    9. A transmission with power $p$ takes one level of ``level_j`` with probability $p \cdot$
       ``step_s / level_j``, and none otherwise: the energy of the slot on average.
    10. A UAV without a level stays idle, as the action mask says. What it asks for is denied.

    An episode starts with full batteries. The observation holds the levels, as shares, and the
    clock; or the index of the state. The optimum of the episode is exact, by backward induction. It
    saves levels for later, which the search of a single slot does not.
    """

    id = "isac/UavAllocTiny-v0"
    summary = "Two hovering UAVs with few energy levels: small enough for an exact solution."
    source = UavAlloc.source
    default_scenario = "pair"
    params_type = UavAllocTinyParams
    kernel: ClassVar[ModuleType] = kernel
    objectives = fields.OBJECTIVES[:3]
    costs = (Signal("denied", "UAVs that wanted to transmit without energy.", "UAVs"),)
    metrics = (
        Signal("information_bit", "Mean mutual information of the targets.", "bit/s/Hz"),
        Signal("rate_bit", "Sum of the spectral efficiencies of the uplinks.", "bit/s/Hz"),
        Signal("power_w", "Sum of the transmit powers.", "W"),
        Signal("level", "Mean level of the batteries after the slot."),
        Signal("sending", "UAVs that sent to the base station.", "UAVs"),
        Signal("sensing", "UAVs that sensed a target.", "UAVs"),
    )
    summaries = fields.SUMMARIES[:3]
    baselines = baselines.BASELINES
    reference_baseline = "optimum"
    scene = "isac_envs.envs.uav.uav_alloc.scene:draw_tiny"
    finite = True

    def observation_spec(self) -> Spec:
        """Return the observation fields."""
        p = self.params
        if p.observation == "index":
            meaning = "Levels of all batteries as one number, the first UAV's counts most."
            return Spec("discrete", (Coordinate("state", meaning, high=p.states - 1.0),))
        level = Coordinate("level", "Energy level of each UAV, as a share.", size=p.uavs)
        return Spec("box", (level, Coordinate("clock", "Slots over plan_slots, at most 1.")))

    def action_spec(self) -> Spec:
        """Return the joint options of all UAVs."""
        meaning = "Options of all UAVs as one number, the first UAV's counts most."
        high = self.params.option_count**self.params.uavs - 1.0
        return Spec("discrete", (Coordinate("joint", meaning, high=high),))

    def allocate(self, n: int) -> State:
        """Return environments ``(n,)``, batteries ``(n, M)`` and allocations ``(n, M)``."""
        shape = (n, self.params.uavs)
        allocation = np.zeros(shape, records.ALLOCATION)
        env = np.zeros(n, self.env_dtype)
        return kernel.State(env, np.zeros(shape, kernel.BATTERY), allocation)

    def transition_model(self) -> FiniteMdp:
        """Return the exact finite MDP."""
        return transition_model(self.params)

    def state_index(self, state: State) -> npt.NDArray[np.int64]:
        """Return the index of each copy's state, shape ``(n,)``."""
        size = self.params.levels_full + 1
        return np.asarray(
            (state.batteries["level"] * size ** np.arange(self.params.uavs)[::-1]).sum(-1)
        )

    def all_states(self) -> State:
        """Return one copy in each state."""
        state = self.allocate(self.params.states)
        shape = (self.params.levels_full + 1,) * self.params.uavs
        state.batteries["level"] = np.indices(shape).reshape(self.params.uavs, -1).T
        return state
