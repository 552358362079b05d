"""Compiled choice of the vehicle's drift plus penalty."""

from typing import Any

from isac_envs.engine.jit import Record, jit
from isac_envs.engine.loops import each_copy
from isac_envs.envs.v2x.drift import Rule, best_use
from isac_envs.envs.v2x.jrc_aoi.kernel import State, slot_capacity
from isac_envs.envs.v2x.packets import Vehicle


@jit
def choose(p: Record, state: State, lost: Any, weights: Any, constants: Any, actions: Any) -> None:
    """Write the use of the largest worth, radar among equal ones.

    Args:
        p: Parameters.
        state: The vehicle.
        lost: Overflow that can be spared, by the packets that are left, shape ``(Q + 1,)``.
        weights: Weights of the objectives, shape ``(3,)``.
        constants: Constants of the rule, shape ``(5,)``.
        actions: Receives the action, shape ``(1,)``.
    """
    e, rule = state.env, Rule(lost, weights, constants)
    vehicle = Vehicle(e, state.packets, state.streams)
    actions[0] = best_use(p, vehicle, slot_capacity(p, e), e.time, rule)[1]


choose_batch = each_copy(choose, "lost", "weights")
