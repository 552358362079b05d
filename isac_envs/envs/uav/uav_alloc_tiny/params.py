"""Parameters of the hovering UAVs with quantised batteries."""

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from isac_envs.declaration.params import Weight, parameter
from isac_envs.engine.interpreting import interpret
from isac_envs.engine.jit import Record, jit, record
from isac_envs.engine.loops import per_copy
from isac_envs.envs.uav.uav_alloc import links
from isac_envs.envs.uav.uav_alloc.params import WANG, RadioParams
from isac_envs.envs.uav.uav_alloc.records import State, allocate

Place = Annotated[float, Field(ge=-1e5, le=1e5)]
Height = Annotated[float, Field(ge=1, le=1e4)]
MOST_ACTIONS, MOST_STATES = 4_000, 1_000


@jit
def _measure(p: Record, group: State) -> None:
    links.measure_gains(p, group, True)


class UavAllocTinyParams(RadioParams):
    """Parameters; the defaults are the ``pair`` scenario."""

    horizon: int = parameter(25, "Slots until an episode is truncated.", "steps", ge=1, le=10**7)
    weights: tuple[Weight, ...] = parameter(
        (0.5, 0.5, 0.1), "Weights of sensing (alpha), communication (1 - alpha) and power."
    )
    observation: Literal["vector", "index"] = parameter(
        "vector", "Levels of the batteries and the clock; or the index of the state."
    )
    plan_slots: int = parameter(
        25, "Slots over which the observed clock runs: the expected horizon.", "steps",
        interface=True, ge=1, le=10**6,
    )  # fmt: skip
    channels: int = parameter(1, "Sub-channels.", "1", WANG, ge=1, le=16)
    uav_x_m: tuple[Place, ...] = parameter(
        (-700.0, 900.0), "Positions of the UAVs to the east of the base station.", "m",
        min_length=1, max_length=3,
    )  # fmt: skip
    uav_y_m: tuple[Place, ...] = parameter(
        (200.0, -250.0),
        "Positions of the UAVs to the north of the base station.",
        "m",
        min_length=1,
        max_length=3,
    )
    uav_z_m: tuple[Height, ...] = parameter(
        (150.0, 120.0), "Heights of the UAVs.", "m", min_length=1, max_length=3
    )
    target_x_m: tuple[Place, ...] = parameter(
        (-1000.0, 300.0), "Positions of the targets to the east.", "m", min_length=1, max_length=4
    )
    target_y_m: tuple[Place, ...] = parameter(
        (300.0, -200.0), "Positions of the targets to the north.", "m", min_length=1, max_length=4
    )
    levels_full: int = parameter(4, "Energy levels of a full battery.", "1", ge=1, le=100)
    level_j: float = parameter(
        5.0, "Energy of a level; a slot takes it with probability p step / level.", "J",
        ge=1e-6, le=1e6,
    )  # fmt: skip

    @model_validator(mode="after")
    def _everything_fits(self) -> "UavAllocTinyParams":
        for name, others in (("uav_x_m", ("uav_y_m", "uav_z_m")), ("target_x_m", ("target_y_m",))):
            count = len(getattr(self, name))
            for other in others:
                if len(getattr(self, other)) != count:
                    raise ValueError(
                        f"parameter {other} = {getattr(self, other)}: valid: {count} values, as "
                        f"many as {name}"
                    )
        if max(self.powers_w) * self.step_s > self.level_j:
            raise ValueError(
                f"parameter level_j = {self.level_j}: valid: >= the largest of powers_w times "
                f"step_s = {max(self.powers_w) * self.step_s} J"
            )
        if self.option_count**self.uavs > MOST_ACTIONS or self.states > MOST_STATES:
            raise ValueError(
                f"{self.option_count**self.uavs} joint actions (of uav_x_m, target_x_m, channels "
                f"and powers_w) and {self.states} states (of uav_x_m and levels_full); valid: <= "
                f"{MOST_ACTIONS} and <= {MOST_STATES}"
            )
        return self

    @property
    def uavs(self) -> int:
        """Number of UAVs."""
        return len(self.uav_x_m)

    @property
    def targets(self) -> int:
        """Number of targets."""
        return len(self.target_x_m)

    @property
    def option_count(self) -> int:
        """Options of a UAV: idle, or one of the modes, channels and powers."""
        return 1 + (self.targets + 1) * self.channels * len(self.powers_w)

    @property
    def states(self) -> int:
        """States of the finite MDP: the levels of all batteries."""
        return (self.levels_full + 1) ** self.uavs

    def derived(self) -> dict[str, Any]:
        """Return the number of options and of levels, and the gains of all links in 1/W."""
        group = allocate(np.zeros(1), self.uavs, self.targets)
        for axis in ("x_m", "y_m", "z_m"):
            group.uavs[axis] = getattr(self, f"uav_{axis}")
        for axis in ("x_m", "y_m"):
            group.targets[axis] = getattr(self, f"target_{axis}")
        fields = {**self.gains(), "station_height_m": self.station_height_m}
        site = np.zeros(1, record(*((name, "f8") for name in fields)))
        for name, value in fields.items():
            site[name] = value
        group = State._make((*(each[0] for each in per_copy(group)), group.scratch))
        interpret(_measure, site[0], group)
        return {
            "options": self.option_count,
            "levels": len(self.powers_w),
            "echoes": group.echoes,
            "uplinks": group.uplinks,
            "couplings": group.couplings,
        }
