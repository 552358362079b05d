"""Default hyper-parameters of the agents: small networks, made for the CPU and one thread.

Tuned settings are in the scenario files. ``policy_kwargs`` of a preset replace the defaults here as
a whole.
"""

from typing import Any

_NETWORK: dict[str, Any] = {
    "policy": "MlpPolicy",
    "policy_kwargs": {"net_arch": [64, 64]},
    "device": "cpu",
}
_REPLAY: dict[str, Any] = {
    "learning_rate": 1e-3,
    "buffer_size": 200_000,
    "learning_starts": 2_000,
    "batch_size": 512,
    "gamma": 0.97,
    "train_freq": 1,
    "gradient_steps": 4,
}
_EXPLORATION: dict[str, Any] = {
    "tau": 0.02,
    "target_update_interval": 64,
    "exploration_fraction": 0.8,
    "exploration_final_eps": 0.2,
}

TABLE: dict[str, Any] = {
    "policy": "TablePolicy",
    "learning_rate": 1.0,
    "visit_exponent": 0.8,
    "gamma": 0.97,
    "exploration_final_eps": 0.3,
}
DEEP_Q: dict[str, Any] = {**_NETWORK, **_REPLAY, "final_learning_rate": 1e-5, **_EXPLORATION}
DISTRIBUTIONS: dict[str, Any] = DEEP_Q
RAINBOW: dict[str, Any] = {
    **DISTRIBUTIONS,
    "policy": "DuelingPolicy",
    "double": True,
    "n_steps": 3,
    "prioritised": True,
}
QUANTILES: dict[str, Any] = {
    **_NETWORK,
    **_REPLAY,
    **_EXPLORATION,
    "policy_kwargs": {"net_arch": [64, 64], "n_quantiles": 25},
}
CONTINUOUS: dict[str, Any] = {**_NETWORK, **_REPLAY, "batch_size": 256, "tau": 0.01}
D4PG: dict[str, Any] = {
    **_NETWORK,
    **_REPLAY,
    "policy_kwargs": {"net_arch": [128, 128]},
    "batch_size": 256,
    "learning_rate": 1e-4,  # a faster actor may saturate in a corner of the box and stay there
    "critic_learning_rate": 1e-3,
    "final_learning_rate": 1e-5,
}
WOLPERTINGER: dict[str, Any] = {
    **_NETWORK,
    **_REPLAY,
    "batch_size": 256,
    "tau": 0.01,
    "k": 8,
    "noise_std": 0.5,
    "final_noise_std": 0.1,
}
_ON_POLICY: dict[str, Any] = {
    **_NETWORK,
    "learning_rate": 1e-3,
    "n_steps": 64,
    "batch_size": 512,
    "n_epochs": 10,
    "gamma": 0.97,
    "gae_lambda": 0.9,
    "ent_coef": 0.01,
}
# Fresh steps of many copies cost less than further gradient steps on old ones.
PPO: dict[str, Any] = {
    **_ON_POLICY,
    "n_steps": 32,
    "batch_size": 4096,
    "n_epochs": 3,
    "activation": "relu",
}
ENTITIES: dict[str, Any] = {**PPO, "policy": "EntityPolicy", "policy_kwargs": {}}
ROLLOUTS: dict[str, Any] = {"policy": "ActionValuePolicy"}
A2C: dict[str, Any] = {
    **_NETWORK,
    "learning_rate": 1e-3,
    "n_steps": 16,
    "gamma": 0.97,
    "gae_lambda": 0.9,
    "ent_coef": 0.01,
    "normalize_advantage": True,
}
RECURRENT: dict[str, Any] = {
    **_ON_POLICY,
    "policy": "MlpLstmPolicy",
    "policy_kwargs": {"net_arch": [64], "lstm_hidden_size": 64},
    "n_epochs": 5,
}
MAPPO: dict[str, Any] = {**_ON_POLICY, "policy": "TeamPolicy", "n_epochs": 8}
GNN: dict[str, Any] = {
    **_ON_POLICY,
    "policy": "GraphPolicy",
    "policy_kwargs": {"width": 64},
    "n_epochs": 8,
}
