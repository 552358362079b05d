"""Compiled choice of the controller's drift plus penalty."""

from typing import Any

from isac_envs.engine.jit import Record, jit
from isac_envs.engine.loops import each_copy
from isac_envs.envs.v2x.drift import Rule, best_use
from isac_envs.envs.v2x.jrc_aoi_multi.kernel import State
from isac_envs.envs.v2x.packets import Vehicle


@jit
def grant(p: Record, state: State, lost: Any, weights: Any, constants: Any, actions: Any) -> None:
    """Grant the slot to the vehicle and the use of the largest worth.

    Args:
        p: Parameters.
        state: The vehicles.
        lost: Overflow that can be spared, by the packets that are left, shape ``(Q + 1,)``.
        weights: Weights of the objectives, shape ``(3,)``.
        constants: Constants of the rule, shape ``(5,)``.
        actions: Receives one action; the others, shape ``(N,)``, stay as they are.
    """
    rule = Rule(lost, weights, constants)
    best, winner, action = -1.0, 0, p.radar_action
    for v in range(state.vehicles.shape[0]):
        vehicle = Vehicle(state.vehicles[v], state.packets[v], state.streams[v])
        worth, level = best_use(p, vehicle, 1, state.env.time, rule)
        if worth > best:
            best, winner = worth, v
            action = level if level > 0 else p.radar_action
    actions[winner] = action


grant_batch = each_copy(grant, "lost", "weights")
