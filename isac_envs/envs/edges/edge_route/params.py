"""Parameters of ``isac/EdgeRoute-v0``."""

from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import model_validator

from isac_envs.declaration.params import parameter
from isac_envs.engine.interpreting import sparing
from isac_envs.engine.rng import poisson, seed_stream
from isac_envs.envs.edges.grid import NOWHERE, ROADS, neighbour, on_cross
from isac_envs.envs.edges.params import RoadParams
from isac_envs.envs.edges.servers import server_delay_one
from isac_envs.kernels.numerics import portable
from isac_envs.kernels.platforms.road_traffic import link_time

MOST_NODES = 64
MOST_REACH = 64
WANG = "Wang et al., IEEE/ACM Trans. Netw. 27(3), 2019, arXiv 1506.05261"

Array = npt.NDArray[Any]


class Field(NamedTuple):
    """What a vehicle meets on the grid.

    Attributes:
        travel_s: Time of each road in calm traffic and in rush, shape ``(2, N, 4)``; of a road
            that is not there, the time of waiting.
        server_s: Time of a task at each server with the vehicle's twin, shape ``(N,)``.
        air_s: Time of a task over the air at each node, shape ``(N,)``.
        ends: Where each road leads; the node itself where there is none, shape ``(N, 4)``.
        twins: Other twins at each server, shape ``(N,)``.
        lightest: Neighbour of each node with the fewest other twins, shape ``(N,)``.
    """

    travel_s: Array
    server_s: Array
    air_s: Array
    ends: Array
    twins: Array
    lightest: Array


class EdgeRouteParams(RoadParams):
    """Parameters; the defaults are the ``default`` scenario."""

    observation: Literal["vector", "index"] = parameter("vector", "Form of the observation.")
    roads: Literal["grid", "line"] = parameter(
        "grid", "A grid of roads, or a user who walks at random on a line."
    )
    field_seed: int = parameter(
        1, "Seed of the background, which is the same in all episodes.", ge=0, le=2**31
    )
    twins_mean: float = parameter(
        1.6, "Mean of the Poisson number of other twins at a server.", "twins", ge=0, le=50
    )
    rush_factor: float = parameter(
        2.0, "Other vehicles on a road in rush, over those in calm traffic.", ge=1, le=10
    )
    stay_calm: float = parameter(
        0.9, "Probability that traffic stays calm; 1 for frozen traffic.", ge=0, le=1
    )
    stay_rush: float = parameter(0.8, "Probability that rush lasts.", ge=0, le=0.999)
    reach: int = parameter(
        12, "Places between user and service at which the service must follow.", "places", ge=2,
        le=MOST_REACH,
    )  # fmt: skip
    right_probability: float = parameter(
        0.45, "Probability that the user on the line moves to the right.", "1", WANG, ge=0.01,
        le=0.98,
    )  # fmt: skip
    left_probability: float = parameter(
        0.25, "Probability that the user moves to the left.", "1", WANG, ge=0.01, le=0.98
    )
    transmission_constant_s: float = parameter(
        0.03, "Constant part of the delay at a distance d from the service on the line.", "s",
        WANG, ge=0, le=10,
    )  # fmt: skip
    transmission_slope_s: float = parameter(
        -0.025, "Part of the delay that goes with the base to the power of d.", "s", WANG,
        ge=-10, le=10,
    )  # fmt: skip
    transmission_base: float = parameter(0.8, "Base of the power.", "1", WANG, ge=0.1, le=1.2)
    migration_constant: float = parameter(
        2.0, "Constant part of the cost of moving the service by x places.", "migrations", WANG,
        ge=0, le=100,
    )  # fmt: skip
    migration_slope: float = parameter(
        -1.0, "Part of the cost that goes with the base to the power of x.", "migrations", WANG,
        ge=-100, le=100,
    )  # fmt: skip
    migration_base: float = parameter(0.8, "Base of the power.", "1", WANG, ge=0.1, le=1.2)

    @model_validator(mode="after")
    def _user_moves_at_most_once(self) -> "EdgeRouteParams":
        if self.right_probability + self.left_probability > 1.0:
            raise ValueError(
                f"parameter right_probability = {self.right_probability:g} and left_probability = "
                f"{self.left_probability:g} add up to more than 1"
            )
        return self

    @model_validator(mode="after")
    def _costs_are_not_negative(self) -> "EdgeRouteParams":
        for name, unit in (("transmission", "_s"), ("migration", "")):
            if self.line_costs(name).min() < 0.0:
                parts = (f"constant{unit}", f"slope{unit}", "base")
                given = ", ".join(
                    f"{name}_{part} = {getattr(self, f'{name}_{part}'):g}" for part in parts
                )
                raise ValueError(
                    f"parameters {given}, reach = {self.reach}: the cost is below 0 at some "
                    f"distance up to the reach"
                )
        return self

    def line_costs(self, name: str) -> Array:
        """Return the cost at each distance up to the reach, shape ``(reach + 1,)``; 0 at 0.

        Args:
            name: ``transmission`` (in s) or ``migration`` (in migrations).
        """
        unit = "_s" if name == "transmission" else ""
        constant, slope = (getattr(self, f"{name}_{part}{unit}") for part in ("constant", "slope"))
        base, powers = getattr(self, f"{name}_base"), np.arange(1.0, self.reach + 1.0)
        return np.concatenate([[0.0], constant + slope * portable.power(base, powers)])

    @property
    def rush_start(self) -> float:
        """Return the probability that an episode starts in rush: that of the long run."""
        leave = 1.0 - self.stay_calm
        return leave / (leave + 1.0 - self.stay_rush)

    @cached_property
    def field(self) -> Field:
        """What a vehicle meets on the grid."""
        with sparing():
            return self._draw_field()

    def _draw_field(self) -> Field:
        side, stream = self.side, np.zeros(4, np.uint64)
        seed_stream(stream, np.uint64(self.field_seed), np.uint64(0))
        nodes = side * side
        ends = np.tile(np.arange(nodes)[:, None], (1, ROADS))
        others, there = np.zeros((nodes, ROADS)), np.zeros((nodes, ROADS), bool)
        for node in range(nodes):
            for road in range(ROADS):
                end = int(neighbour(side, node, road))
                if end != NOWHERE:
                    cross = on_cross(side, node, end)
                    mean = self.cross_mean if cross else self.background_mean
                    others[node, road], there[node, road] = poisson(stream, mean), True
                    ends[node, road] = end
        twins = np.array([poisson(stream, self.twins_mean) for _ in range(nodes)])
        busy = np.stack([others, self.rush_factor * others]) + 1.0
        travel = np.where(there, link_time(self.free_time_s, busy, self.road_capacity),
                          self.free_time_s)  # fmt: skip
        server = np.array([
            server_delay_one(self.task_rate_hz * (1.0 + each), self.service_rate_hz,
                             self.longest_wait_s) for each in twins
        ])  # fmt: skip
        loads = np.where(there, twins[ends], np.inf)
        lightest = ends[np.arange(nodes), loads.argmin(1)]
        air = super().derived()["uplink_s"] * (1.0 + twins)
        return Field(travel, server, air, ends, twins, lightest)

    def derived(self) -> dict[str, Any]:
        """Return the tables of the grid and those of the line, of fixed sizes."""
        field, count = self.field, self.side * self.side
        travel = np.zeros((2, MOST_NODES, ROADS))
        server, air, lightest = (np.zeros(MOST_NODES) for _ in range(3))
        travel[:, :count], server[:count], air[:count] = field.travel_s, field.server_s, field.air_s
        lightest[:count] = field.lightest
        costs = np.zeros((2, MOST_REACH + 1))
        costs[0, : self.reach + 1] = self.line_costs("transmission")
        costs[1, : self.reach + 1] = self.line_costs("migration")
        tables = {"travel": travel, "server": server, "air": air, "lightest": lightest}
        return {**tables, "line_cost": costs, "rush_start": self.rush_start}
