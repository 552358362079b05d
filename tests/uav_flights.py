"""Flights of ``isac/UavTrajectory-v0`` that several test files make."""

from typing import Any

import numpy as np

from isac_envs import scenarios
from isac_envs.core.batch import Batch
from isac_envs.declaration.buffers import StepBuffers

ID = "isac/UavTrajectory-v0"


def build(scenario: str = "mission", **overrides: Any) -> Any:
    return scenarios.build(ID, scenario, overrides)


def made(n: int, seed: int = 0, scenario: str = "mission", **overrides: Any) -> tuple[Any, Any]:
    model = build(scenario, **overrides)
    batch, frame = Batch(model, n), StepBuffers.allocate(model, n)
    batch.reset(frame, list(range(seed, seed + n)))
    return batch, frame


def look_from(batch: Any, frame: Any, places: Any) -> None:
    """Put the UAVs somewhere and let them look."""
    env = batch.env
    env["x"], env["y"] = np.asarray(places).T
    actions = batch.actions()
    actions[:, 0, 2] = 1.0
    batch.step(actions, frame)


def totals(baseline: Any, n: int = 48, **overrides: Any) -> tuple[Any, Any]:
    """Return the weighted sums of the episodes of a policy, and its last metrics."""
    batch, frame = made(n, 1000, **overrides)
    policy, weights = baseline(batch), np.array(batch.model.params.weights)
    rewards, running = np.zeros(n), np.ones(n, bool)
    last = frame.metrics.copy()
    while running.any():
        actions = batch.actions()
        actions[:, 0] = policy.act().reshape(n, -1)
        batch.step(actions, frame)
        rewards += running * (frame.objectives[:, 0] @ weights)
        last[running] = frame.metrics[running]
        running &= ~batch.env["done"]
    return rewards, last[:, 0]
