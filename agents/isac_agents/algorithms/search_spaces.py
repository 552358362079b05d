"""Search spaces of ``isac sweep`` for each agent, separate from its defaults.

Other packages declare their own: ``AgentSpec(..., search={...})`` behind an entry point, or a class
attribute ``search_space`` of a class named as ``module:Class``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from isac_envs.errors import IsacError


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``, both included; integers if both are.

    Attributes:
        low: Smallest value.
        high: Largest value.
        log: Search on a logarithmic scale.
    """

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high or (self.log and self.low <= 0):
            raise IsacError(f"{self}: needs low < high, and low above 0 on a logarithmic scale")

    @property
    def integer(self) -> bool:
        """Whether the numbers are integers."""
        return isinstance(self.low, int) and isinstance(self.high, int)


@dataclass(frozen=True)
class Choice:
    """One of several values of any TOML type."""

    values: tuple[Any, ...]


Space = Mapping[str, Range | Choice]

_GAMMA = Choice((0.9, 0.95, 0.97, 0.99, 0.995))
_NETWORK = Choice(({"net_arch": [32, 32]}, {"net_arch": [64, 64]}, {"net_arch": [128, 128]}))
_SCALE = Range(1e-3, 1.0, log=True)

_REPLAY: dict[str, Range | Choice] = {
    "learning_rate": Range(1e-4, 5e-3, log=True),
    "batch_size": Choice((128, 256, 512)),
    "gradient_steps": Choice((1, 2, 4, 8)),
    "gamma": _GAMMA,
    "tau": Range(0.002, 0.1, log=True),
}
_EXPLORATION: dict[str, Range | Choice] = {
    "exploration_fraction": Range(0.2, 0.9),
    "exploration_final_eps": Range(0.01, 0.4, log=True),
}
_DEEP_Q: Space = {
    **_REPLAY, **_EXPLORATION, "policy_kwargs": _NETWORK, "reward_scale": _SCALE,
}  # fmt: skip
_STEPS = Choice((1, 3, 5))
# Without reward_scale, because a preset's v_min and v_max are in scaled rewards.
_DISTRIBUTIONS: Space = {
    **_REPLAY, **_EXPLORATION, "policy_kwargs": _NETWORK, "n_steps": _STEPS,
}  # fmt: skip
_ON_POLICY: dict[str, Range | Choice] = {
    "learning_rate": Range(1e-4, 3e-3, log=True),
    "gamma": _GAMMA,
    "gae_lambda": Range(0.8, 0.99),
    "ent_coef": Range(1e-4, 0.05, log=True),
}
_CLIPPED: dict[str, Range | Choice] = {
    **_ON_POLICY,
    "n_steps": Choice((32, 64, 128)),
    "batch_size": Choice((256, 512, 1024)),
    "n_epochs": Range(3, 12),
    "clip_range": Choice((0.1, 0.2, 0.3)),
}
_LARGE_BATCHES: dict[str, Range | Choice] = {
    **_CLIPPED,
    "n_steps": Choice((16, 32, 64)),
    "batch_size": Choice((2048, 4096, 8192)),
    "n_epochs": Range(2, 6),
    "reward_scale": _SCALE,
}
_IMITATION: dict[str, Range | Choice] = {
    "imitation_fraction": Range(0.2, 0.8),
    "imitation_epochs": Range(1, 4),
}
_CONTINUOUS: Space = {**_REPLAY, "policy_kwargs": _NETWORK}

SPACES: dict[str, Space] = {
    "q_learning": {
        "learning_rate": Range(0.1, 1.0),
        "visit_exponent": Range(0.4, 1.0),
        "gamma": _GAMMA,
        "exploration_final_eps": Range(0.05, 1.0),
    },
    "dqn": _DEEP_Q,
    "ddqn": _DEEP_Q,
    "dueling_ddqn": _DEEP_Q,
    "c51": _DISTRIBUTIONS,
    "rainbow": _DISTRIBUTIONS,
    "ppo": {**_LARGE_BATCHES, "policy_kwargs": _NETWORK},
    "a2c": {
        **_ON_POLICY,
        "n_steps": Choice((8, 16, 32)),
        "vf_coef": Range(0.1, 1.0),
        "policy_kwargs": _NETWORK,
    },
    "sac": _CONTINUOUS,
    "td3": _CONTINUOUS,
    "tqc": _CONTINUOUS,
    "d4pg": {
        "learning_rate": Range(1e-4, 3e-3, log=True),
        "batch_size": Choice((128, 256, 512)),
        "gradient_steps": Choice((1, 2, 4, 8)),
        "gamma": _GAMMA,
        "target_update_interval": Choice((50, 100, 200)),
        "noise_scale": Range(0.05, 0.5),
        "n_steps": _STEPS,
        "policy_kwargs": _NETWORK,
    },
    "wolpertinger": {
        **_REPLAY,
        "k": Choice((1, 4, 8, 16)),
        "noise_std": Range(0.1, 1.0),
        "final_noise_std": Range(0.01, 0.2, log=True),
        "policy_kwargs": _NETWORK,
    },
    "qrdqn": {**_REPLAY, **_EXPLORATION},
    "recurrent_ppo": _CLIPPED,
    "maskable_ppo": {**_LARGE_BATCHES, "policy_kwargs": _NETWORK},
    "entity_ppo": _LARGE_BATCHES,
    "imitation_ppo": {**_LARGE_BATCHES, **_IMITATION},
    "imitation_mappo": {**_CLIPPED, **_IMITATION},
    "rollout_iteration": {
        "learning_rate": Range(3e-4, 3e-3, log=True),
        "candidates": Choice((8, 16, 32)),
        "changed": Range(0.2, 0.8),
        "branch_steps": Choice((8, 16, 24, 32)),
        "epochs": Range(4, 16),
    },
    "mappo": _CLIPPED,
    "gnn_ppo": {**_CLIPPED, "policy_kwargs": Choice(({"width": 32}, {"width": 64}))},
    "lstm_predictor": {
        "learning_rate": Range(5e-4, 1e-2, log=True),
        "hidden": Choice((32, 64, 128)),
        "epochs": Range(1, 4),
        "disturbed": Range(0.0, 0.5),
        "sweep_below": Range(0.3, 0.9),
    },
}
"""The search spaces of the agents of this package, by name."""
