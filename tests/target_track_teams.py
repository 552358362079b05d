"""What tests of ``isac/TargetTrackMulti-v0`` share: started copies, targets, actions, metrics."""

from typing import Any

import numpy as np

from isac_envs.declaration.trial import Trial
from isac_envs.envs.tracking.target_track_multi.model import TargetTrackMulti
from isac_envs.envs.tracking.target_track_multi.params import TargetTrackMultiParams

CALM = {
    "birth_rate_hz": 0.0, "start_targets": 0.0, "life_s": 1e9, "turn_rate_hz": 0.0,
    "false_alarm_probability": 1e-12,
}  # fmt: skip
"""Nothing is born, dies or turns, and nothing is seen that is not there."""
NOTHING = (0, 0, 0)


def trial(n: int = 1, seed: int = 0, **changes: Any) -> Trial:
    """Return started copies."""
    result = Trial(TargetTrackMulti(TargetTrackMultiParams(**changes)), n)
    result.start(np.arange(seed, seed + n))
    return result


def place(state: Any, k: int, x: float, y: float, vx: float, vy: float, kind: int = 2) -> None:
    """Put a target into place ``k`` of every copy."""
    for name, value in {"x": x, "y": y, "v_x": vx, "v_y": vy, "kind": kind, "alive": True}.items():
        state.targets[name][:, k] = value
    for name in ("slots", "tracked", "acquired"):
        state.targets[name][:, k] = 0


def everyone(n: int, *choices: tuple[int, int, int]) -> np.ndarray:
    return np.tile(np.array(choices), (n, 1, 1))


def metric(t: Trial, name: str) -> np.ndarray:
    return np.asarray(t._buffers.metrics[name])
