"""Compiled choice of the controller's drift plus penalty."""

from typing import Any

from isac_envs.engine.jit import jit
from isac_envs.envs.v2x.conditions import bad_conditions
from isac_envs.envs.v2x.drift import worth_of_radar, worth_of_sending


@jit
def grant_batch(
    p: Any, env: Any, vehicles: Any, packets: Any, streams: Any, lost: Any, weights: Any,
    constants: Any, actions: Any,
) -> None:  # fmt: skip
    """Grant each slot to the vehicle and the use of the largest worth.

    Args:
        p: Parameters ``(1,)``.
        env: Environment records ``(n,)``.
        vehicles: Vehicles ``(n, N)``.
        packets: Queues ``(n, N, Q)``.
        streams: Ages of the classes ``(n, N, K)``.
        lost: Expected overflow by the packets that are left ``(Q + 1,)``.
        weights: Weights of the objectives ``(3,)``.
        constants: Constants of the rule ``(n, 5)``.
        actions: Receives one action; the others, shape ``(n, N)``, stay as they are.
    """
    for i in range(env.shape[0]):
        best, winner, action = -1.0, 0, p[0].radar_action
        for v in range(vehicles.shape[1]):
            worth = worth_of_radar(p[0], vehicles[i, v], weights, constants[i])
            if worth > best:
                best, winner, action = worth, v, p[0].radar_action
            quiet = 1.0 - p[0].event_probability[bad_conditions(vehicles[i, v])]
            for k in range(streams.shape[2]):
                worth = quiet * worth_of_sending(
                    p[0], vehicles[i, v], packets[i, v], k + 1, 1, env[i].time,
                    streams[i, v, k].age, lost, weights, constants[i],
                )  # fmt: skip
                if worth > best:
                    best, winner, action = worth, v, k + 1
        actions[i, winner] = action
