"""Declarations of the toy environments."""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, RandomBaseline
from isac_envs.declaration.fields import Coordinate, Signal, Spec
from isac_envs.declaration.model import Model, State
from toy import corridor_kernel, rover_kernel
from toy.params import CorridorParams, RoverParams


class Homing(Baseline):
    """Drives each rover straight at the origin."""

    summary = "Full action towards the origin."

    def act(self) -> npt.NDArray[Any]:
        """Return the actions of the first rover of all copies."""
        rovers = self.batch.state[1][:, 0]
        way = -np.stack((rovers["x_m"], rovers["y_m"]), -1) / self.params.stride_m
        return np.clip(way, self.model.action.low, self.model.action.high)


class Rovers(Model):
    """Rovers that hold their place in a drifting square on a finite battery."""

    id = "toy/Rovers-v0"
    summary = "Rovers against the wind."
    source = "Made up for the tests."
    default_scenario = "default"
    params_type = RoverParams
    kernel = rover_kernel
    env_fields = rover_kernel.STATE_FIELDS
    objectives = (
        Signal("distance", "Negative distance to the origin.", "m"),
        Signal("energy", "Negative energy of the step.", "J"),
    )
    costs = (
        Signal("energy", "A tenth of the energy."),
        Signal("away", "Exponential of the distance."),
        Signal("wall", "How far the wall pushed back.", "m"),
    )
    metrics = (
        Signal("distance_m", "Distance to the origin.", "m"),
        Signal("energy_j", "Energy of the step.", "J"),
    )
    baselines = {"homing": Homing, "random": RandomBaseline}  # noqa: RUF012

    def observation_spec(self) -> Spec:
        """Return the position as the rover sees it, and its battery."""
        place = Coordinate("place", "Position, east then north.", "m", -1.0, 1.0, size=2)
        return Spec("box", (place, Coordinate("charge", "Share of a full battery.")))

    def action_spec(self) -> Spec:
        """Return the motion; the bounds are no float32 numbers on purpose."""
        east = Coordinate("east", "Motion east over the stride.", "1", -0.7, 1.0)
        north = Coordinate("north", "Motion north over the stride.", "1", -1.0, 0.9)
        return Spec("box", (east, north))

    def agent_names(self) -> tuple[str, ...]:
        """Return one name for each rover."""
        return tuple(f"rover_{k}" for k in range(self.params.rovers))

    def allocate(self, n: int) -> State:
        """Return the environments and the rovers."""
        rovers = np.zeros((n, self.params.rovers), rover_kernel.ROVER)
        return rover_kernel.State(np.zeros(n, self.env_dtype), rovers)


class Corridor(Model):
    """Walkers that earn by standing far right; moves out of the corridor are masked."""

    id = "toy/Corridor-v0"
    summary = "Walkers in a corridor."
    source = "Made up for the tests."
    default_scenario = "default"
    params_type = CorridorParams
    kernel = corridor_kernel
    objectives = (Signal("cell", "Cell after the step, less a fee for moving."),)
    metrics = (Signal("refused", "1 if the move led outside."),)
    baselines = {"random": RandomBaseline}  # noqa: RUF012

    def observation_spec(self) -> Spec:
        """Return the cell and its parity."""
        cell = Coordinate("cell", "Place in the corridor.", "cells", high=self.params.cells - 1)
        return Spec("multi_discrete", (cell, Coordinate("odd", "1 in an odd cell.")))

    def action_spec(self) -> Spec:
        """Return the three moves."""
        labels = ("left", "stay", "right")
        return Spec("discrete", (Coordinate("move", "Move.", high=2, labels=labels),))

    def agent_names(self) -> tuple[str, ...]:
        """Return one name for each walker."""
        return tuple(f"walker_{k}" for k in range(self.params.walkers))

    def allocate(self, n: int) -> State:
        """Return the environments and the walkers."""
        walkers = np.zeros((n, self.params.walkers), corridor_kernel.WALKER)
        return corridor_kernel.State(np.zeros(n, self.env_dtype), walkers)
