"""Golden digests: 300 random steps of an id with its default scenario.

``python golden.py [ID ...]`` prints them as JSON, for processes with other settings, together with
the optional features of the processor that NumPy uses and the processor that Numba compiles for.
"""

import json
import sys

import gymnasium
import harness
import numba

import isac_envs  # noqa: F401 - registers the ids
from isac_envs.core.parallel_env import ParallelEnv

try:
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
except ImportError:  # NumPy 1
    from numpy.core._multiarray_umath import __cpu_dispatch__, __cpu_features__

NUMPY_FEATURES = [name for name in __cpu_dispatch__ if __cpu_features__[name]]


def golden_digest(env_id: str) -> str:
    """Return the digest of an id."""
    model = harness.bind(env_id)
    if len(model.agents) > 1:
        outcomes = harness.play_parallel(ParallelEnv(model), 300, seed=7)
    else:
        env = gymnasium.make(env_id)
        actions = harness.random_actions(env.action_space, 300, seed=7)
        outcomes = harness.play(env, actions, seed=7)
    return harness.digest(harness.drawn(outcomes))


if __name__ == "__main__":
    found = {env_id: golden_digest(env_id) for env_id in sys.argv[1:] or harness.IDS}
    settings = {"numpy": NUMPY_FEATURES, "numba": numba.config.CPU_NAME}
    print(json.dumps({**settings, "digests": found}))
