"""Compiled choice of the vehicle's drift plus penalty."""

from typing import Any

from isac_envs.engine.jit import jit
from isac_envs.envs.v2x.conditions import bad_conditions
from isac_envs.envs.v2x.drift import worth_of_radar, worth_of_sending
from isac_envs.envs.v2x.jrc_aoi.kernel import RADAR


@jit
def choose_batch(
    p: Any, env: Any, packets: Any, streams: Any, lost: Any, weights: Any, constants: Any,
    actions: Any,
) -> None:  # fmt: skip
    """Write the use of the largest worth, radar among equal ones.

    Args:
        p: Parameters ``(1,)``.
        env: Environment records ``(n,)``.
        packets: Queues ``(n, Q)``.
        streams: Ages of the classes ``(n, K)``.
        lost: Expected overflow by the packets that are left ``(Q + 1,)``.
        weights: Weights of the objectives ``(3,)``.
        constants: Constants of the rule ``(n, 5)``.
        actions: Receives the actions ``(n,)``.
    """
    for i in range(env.shape[0]):
        quiet = 1.0 - p[0].event_probability[bad_conditions(env[i])]
        most = p[0].packets_bad if env[i].channel else p[0].packets_good
        best, action = worth_of_radar(p[0], env[i], weights, constants[i]), RADAR
        for k in range(streams.shape[1]):
            worth = worth_of_sending(
                p[0], env[i], packets[i], k + 1, most, env[i].time, streams[i, k].age, lost,
                weights, constants[i],
            )  # fmt: skip
            if quiet * worth > best:
                best, action = quiet * worth, k + 1
        actions[i] = action
