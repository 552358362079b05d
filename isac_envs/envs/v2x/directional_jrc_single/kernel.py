"""Dynamics with one learning vehicle: the others of the road take turns as a round robin.

The physics is that of :mod:`isac_envs.envs.v2x.directional_jrc.kernel`.
"""

from typing import Any

from isac_envs.engine.jit import jit
from isac_envs.envs.v2x.directional_jrc.kernel import play_one, report, reset_one
from isac_envs.envs.v2x.directional_jrc.observing import allow, observe
from isac_envs.envs.v2x.directional_jrc.policies import round_robin


@jit
def reset_batch(
    p: Any, env: Any, vehicles: Any, order: Any, faces: Any, labels: Any, ages: Any,
    incoming: Any, nearest: Any, mask: Any, observations: Any, masks: Any,
) -> None:  # fmt: skip
    """Reset the masked copies."""
    for i in range(env.shape[0]):
        if mask[i]:
            reset_one(p[0], env[i], vehicles[i], order[i], labels[i], ages[i], incoming[i])
            observe(
                p[0], env[i], vehicles[i], order[i], labels[i], ages[i], nearest[i], 0,
                observations[i, 0],
            )  # fmt: skip
            allow(vehicles[i], 0, masks[i, 0])


@jit
def step_batch(
    p: Any, env: Any, vehicles: Any, order: Any, faces: Any, labels: Any, ages: Any,
    incoming: Any, nearest: Any, actions: Any, restart: bool, observations: Any, masks: Any,
    objectives: Any, costs: Any, metrics: Any, ended: Any,
) -> None:  # fmt: skip
    """Step all copies; with ``restart``, reset those that are done instead."""
    for i in range(env.shape[0]):
        if restart and env[i].done:
            reset_one(p[0], env[i], vehicles[i], order[i], labels[i], ages[i], incoming[i])
        else:
            vehicles[i, 0].action = actions[i, 0, 0]
            for k in range(1, vehicles.shape[1]):
                vehicles[i, k].action = round_robin(env[i].time, k, p[0].radar_interval)
            play_one(p[0], env[i], vehicles[i], order[i], faces[i], labels[i], ages[i], incoming[i])
            report(p[0], vehicles[i], ages[i], 0, objectives[i, 0], costs[i, 0], metrics[i, 0])
            ended[i, 0] = False
            ended[i, 1] = env[i].done
        observe(
            p[0], env[i], vehicles[i], order[i], labels[i], ages[i], nearest[i], 0,
            observations[i, 0],
        )  # fmt: skip
        allow(vehicles[i], 0, masks[i, 0])
