"""Parameters of vehicular views."""

import math
from typing import Any, Literal

import numpy as np
from pydantic import model_validator

from isac_envs.declaration.params import EnvParams, Weight, parameter
from isac_envs.engine.mathx import db_to_linear
from isac_envs.envs.v2x.vcps_view import tables
from isac_envs.envs.v2x.vcps_view.records import MOST_CANDIDATES, MOST_TYPES, MOST_VIEWS

WU = "Wu et al., arXiv 2211.00007, and the authors' public code"
IDM = "Treiber, Hennecke and Helbing, Phys. Rev. E 62(2), 2000: intelligent driver model"


class VcpsParams(EnvParams):
    """Parameters of vehicular views, whoever decides."""

    horizon: int = parameter(
        300, "Slots until an episode is truncated.", "slots", WU, ge=1, le=10**7
    )
    weights: tuple[Weight, ...] = parameter(
        (0.5, 0.5), "Weights of the quality and the profit of the views.", "1", WU
    )
    slots: int = parameter(
        300, "Length of the tracks, and the unit of time in observations.", "slots", WU,
        ge=2, le=10_000,
    )  # fmt: skip
    vehicles: int = parameter(10, "Number of vehicles V.", "1", WU, ge=1, le=100)
    types: int = parameter(50, "Types of information I.", "1", WU, ge=1, le=1000)
    sensable_types: int = parameter(
        10, "Types K that a vehicle can sense, a random subset.", "1", WU, ge=1, le=100
    )
    views: int = parameter(30, "Different views M.", "1", WU, ge=MOST_VIEWS, le=1000)
    required_types: int = parameter(
        9, "Most types that a view requires; the number is uniform from 1.", "1", WU,
        ge=1, le=MOST_TYPES,
    )  # fmt: skip
    bandwidth_hz: float = parameter(2e6, "Bandwidth of the edge B.", "Hz", WU, ge=1e3, le=1e9)
    max_power_dbm: float = parameter(20.0, "Largest transmit power.", "dBm", WU, ge=-30, le=60)
    noise_dbm: float = parameter(-90.0, "Noise power N0.", "dBm", WU, ge=-200, le=0)
    path_loss_exponent: float = parameter(3.0, "Path loss exponent.", "1", WU, ge=1, le=6)
    fading_mean: float = parameter(2.0, "Mean of the amplitude gain h.", "1", WU, ge=0.01, le=10)
    fading_deviation: float = parameter(
        0.4, "Standard deviation of the amplitude gain h.", "1", WU, ge=0, le=2
    )
    target_low_db: float = parameter(30.0, "Smallest SNR target.", "dB", WU, ge=-20, le=80)
    target_high_db: float = parameter(35.0, "Largest SNR target.", "dB", WU, ge=-20, le=80)
    success: float = parameter(
        0.9, "Probability with which the target must be reached.", "1", WU, ge=0.5, le=1 - 1e-9
    )
    size_low_byte: float = parameter(100.0, "Smallest size of a packet.", "byte", WU, ge=1, le=1e9)
    size_high_byte: float = parameter(
        1048576.0, "Largest size of a packet.", "byte", WU, ge=1, le=1e9
    )
    update_low_s: float = parameter(
        1.0, "Shortest time between two updates of a source.", "s", WU, ge=1e-3, le=1e3
    )
    update_high_s: float = parameter(
        10.0, "Longest time between two updates of a source.", "s", WU, ge=1e-3, le=1e3
    )
    cost_low: float = parameter(0.1, "Smallest cost of sensing a packet.", "1", WU, ge=0, le=1)
    cost_high: float = parameter(1.0, "Largest cost of sensing a packet.", "1", WU, ge=1e-3, le=1)
    timeliness_weight: float = parameter(
        0.6, "Weight of timeliness in the quality, the rest is consistency.", "1", WU, ge=0, le=1
    )
    redundancy_weight: float = parameter(
        0.2, "Weight of redundancy in the cost of a view.", "1", WU, ge=0, le=1
    )
    sensing_weight: float = parameter(
        0.4, "Weight of sensing in the cost; the rest is transmission.", "1", WU, ge=0, le=1
    )
    longest_s: float = parameter(
        30.0, "Bound of sensing intervals, waits and transmissions; ages that make a type useless.",
        "s", WU, ge=1, le=1e3,
    )  # fmt: skip
    energy_mj: float = parameter(
        100.0,
        "Transmission energy per required type that counts as the full cost.",
        "mJ",
        ge=1e-3,
        le=1e6,
    )
    map_m: float = parameter(
        1000.0, "Side of the square map; the edge is in the middle.", "m", WU, ge=100, le=1e5
    )
    block_m: float = parameter(200.0, "Distance between parallel streets.", "m", ge=20, le=1e4)
    speed_m_s: float = parameter(
        13.9, "Mean desired speed; vehicles differ uniformly by up to 30 %.", "m/s", ge=0.1, le=60
    )
    light_s: float = parameter(
        30.0, "Duration of a traffic light's red phase, and of its green phase.", "s", ge=0, le=600
    )
    traces: str = parameter(
        "", "File of mobility that replaces drawn tracks: floating-car data of SUMO or CSV. "
        "Episodes show scenes of it, `slots` long. Its path is relative to the scenario file, "
        "or to the working directory where it is given as an argument.", file=True,
    )  # fmt: skip
    instance: int = parameter(
        -1, "Tracks, types, costs, views and requests: redrawn in each episode (-1), or always "
        "the instance of this number.", "1", WU, ge=-1, le=2**62 - 1,
    )  # fmt: skip
    discipline: Literal["preemptive", "nonpreemptive"] = parameter(
        "preemptive", "A packet of higher priority interrupts a transmission (and it resumes)."
    )
    second_moment: Literal["second_moment", "variance"] = parameter(
        "second_moment", "What waits are computed from: E[S^2]; or the variance, up to half (D2)."
    )
    ages: Literal["current", "cached", "frozen"] = parameter(
        "current", "Age: of all packets now; of cached ones now, of fresh ones at their reception; "
        "of all at their reception, so that it is best never to sense (D1)."
    )  # fmt: skip
    size_unit: Literal["bit", "byte"] = parameter(
        "bit", "What is divided by a rate in bit/s: bits; or bytes, eight times too fast (D3)."
    )
    bandwidth_law: Literal["linear", "squared"] = parameter(
        "linear", "Rates are proportional to B; or to B^2, in MHz (D4)."
    )
    normaliser: Literal["fixed", "running"] = parameter(
        "fixed", "Parts are divided by fixed scales; or by the range seen so far (D5)."
    )
    warmup_episodes: int = parameter(
        0, "Episodes of random actions that widen the running range at each reset.", "1",
        ge=0, le=20,
    )  # fmt: skip
    draws: Literal["independent", "published"] = parameter(
        "independent", "Views need any types and sizes are independent of update intervals; or "
        "views only need the first required_types + 1, and large packets have long intervals (D6)."
    )  # fmt: skip
    load: Literal["guarded", "shares"] = parameter(
        "guarded", "Load of a queue: max_load at most; or the shares of what is sensed in all "
        "rate coordinates, which is 1 if all is sensed (D7)."
    )  # fmt: skip
    allocation: Literal["shares", "fractions"] = parameter(
        "shares", "Bandwidth coordinates: shares of the total; or fractions of B, whose sum costs "
        "beyond 1 and is then scaled to 1.", interface=True,
    )  # fmt: skip
    max_load: float = parameter(0.9, "Largest load, where it is guarded.", "1", ge=0.01, le=0.999)
    targets: Literal["redrawn", "kept"] = parameter(
        "redrawn", "SNR targets: drawn in each slot; or kept while a vehicle stands still (D8)."
    )
    reliability: Literal["gaussian", "worst_case", "sampled"] = parameter(
        "gaussian", "Gain that the power is set for: the quantile of the normal law; the worst of "
        "all laws with its mean and variance (Cantelli); a quantile of 100 samples."
    )  # fmt: skip
    first_sample: Literal["at_start", "after_interval"] = parameter(
        "at_start", "Types that were not sensed yet are sensed at time 0; or in the future."
    )
    reuse_costs: bool = parameter(False, "Packets from the cache cost as much as new ones.")
    cost_of: Literal["view", "vehicle"] = parameter(
        "view", "Costs of a view: sums; or means over the vehicles of their mean costs."
    )
    view_age: Literal["oldest", "sum"] = parameter(
        "oldest", "Timeliness of a view: its oldest packet; or the sum of each vehicle's oldest.",
        "1", WU,
    )  # fmt: skip
    gate: bool = parameter(
        True, "Quality and profit count in proportion to the share of types that are known."
    )
    observation: Literal["coming", "published"] = parameter(
        "coming", "The agent sees the coming slot and when cached packets were made; or the slot "
        "that has passed and when they were received."
    )  # fmt: skip
    action: Literal["threshold", "rate", "hybrid"] = parameter(
        "threshold", "What is sensed: decision coordinates above 1/2; rates above rate_floor; "
        "decisions of 0 and 1, with all other coordinates in `levels` steps."
    )  # fmt: skip
    rate_floor: float = parameter(
        0.5, "Rate coordinate below which a type is not sensed, where action = rate.", "1",
        interface=True, ge=0, le=0.99,
    )  # fmt: skip
    levels: int = parameter(
        5, "Values of a coordinate where action = hybrid.", "1", interface=True, ge=2, le=100
    )

    @model_validator(mode="after")
    def _is_possible(self) -> "VcpsParams":
        for low, high in (
            ("size_low_byte", "size_high_byte"),
            ("update_low_s", "update_high_s"),
            ("cost_low", "cost_high"),
            ("target_low_db", "target_high_db"),
        ):
            if getattr(self, low) > getattr(self, high):
                raise ValueError(f"parameter {low} = {getattr(self, low)}: valid: <= {high}")
        if self.horizon > self.slots:
            raise ValueError(f"parameter horizon = {self.horizon}: valid: <= slots = {self.slots}")
        if self.sensable_types > self.types:
            raise ValueError(
                f"parameter sensable_types = {self.sensable_types}: valid: <= types = {self.types}"
            )
        if self.block_m > self.map_m:
            raise ValueError(f"parameter block_m = {self.block_m}: valid: <= map_m = {self.map_m}")
        if self.redundancy_weight + self.sensing_weight > 1.0:
            raise ValueError(
                f"parameter sensing_weight = {self.sensing_weight}: valid: <= 1 - "
                f"redundancy_weight = {1.0 - self.redundancy_weight:g}"
            )
        tables.scenes(self)  # a wrong file is refused here, not when the first step compiles
        return self

    @property
    def vehicle_width(self) -> int:
        """Action coordinates of a vehicle: 3 K + 1, or 2 K + 1 where rates decide."""
        return (2 if self.action == "rate" else 3) * self.sensable_types + 1

    @property
    def action_width(self) -> int:
        """Action coordinates of all vehicles and the edge."""
        return self.vehicles * self.vehicle_width + self.vehicles

    @property
    def places(self) -> int:
        """Most types that the views of a slot require."""
        most = min(self.required_types, self.needed_types)
        return min(self.needed_types, MOST_VIEWS * most)

    @property
    def needed_types(self) -> int:
        """Types, from the first, among which views choose."""
        published = min(self.types, self.required_types + 1)
        return published if self.draws == "published" else self.types

    def derived(self) -> dict[str, Any]:
        """Return scales in SI units, the demanded gain, the streets, and scenes of a file."""
        diagonal = 0.5 * self.map_m * math.sqrt(2.0)
        whole = math.floor(self.map_m / self.block_m + 1e-9)
        return {
            "vehicle_width": self.vehicle_width,
            "max_power_w": 1e-3 * db_to_linear(self.max_power_dbm),
            "noise_w": 1e-3 * db_to_linear(self.noise_dbm),
            "fixed_gain": tables.demanded_gain(self),
            "link_hz": self.bandwidth_hz * tables.squaring(self),
            "size_scale": 8.0 if self.size_unit == "bit" else 1.0,
            "needed_types": self.needed_types,
            "most_needed": min(self.required_types, self.needed_types),
            "places": self.places,
            "most_candidates": 1,
            "reach_m": diagonal,
            "centre_m": 0.5 * self.map_m,
            "streets": whole + 1,
            "street_offset_m": 0.5 * (self.map_m - whole * self.block_m),
            "unit": 1.0 / (self.levels - 1) if self.action == "hybrid" else 1.0,
            **tables.scenes(self),
        }


class VcpsViewParams(VcpsParams):
    """Parameters; the defaults are the ``manhattan`` scenario."""

    observation: Literal["coming", "published", "required"] = parameter(  # type: ignore[assignment]
        "coming", "The agent sees the coming slot and when cached packets were made; or the slot "
        "that has passed and when they were received; or features of the required types alone."
    )  # fmt: skip
    action: Literal["threshold", "rate", "hybrid", "sensors"] = parameter(  # type: ignore[assignment]
        "threshold", "What is sensed: decision coordinates above 1/2; rates above rate_floor; "
        "decisions of 0 and 1, with all other coordinates in `levels` steps; or who senses each "
        "required type, the rest by rule."
    )  # fmt: skip
    candidates: int = parameter(
        2, "Vehicles to choose from for each type, the cheapest ones, where action = sensors.",
        "vehicles", interface=True, ge=1, le=MOST_CANDIDATES,
    )  # fmt: skip
    planned_load: float = parameter(
        0.6, "Load of a queue where action = sensors.", "1", interface=True, ge=0.01, le=0.999
    )

    def derived(self) -> dict[str, Any]:
        """Return besides the loads and powers of all vehicles where only sensors are chosen."""
        loads, powers = np.full(self.vehicles, self.planned_load), np.zeros(self.vehicles)
        found = {"most_candidates": self.candidates, "planned_loads": loads}
        return {**super().derived(), **found, "least_powers": powers}
