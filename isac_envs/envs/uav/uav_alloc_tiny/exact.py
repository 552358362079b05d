"""The hovering UAVs as a finite MDP, written apart from the kernel.

States are the levels of all batteries and actions the options of all UAVs, both in row-major order.
"""

from typing import Any

import numpy as np

from isac_envs.engine.mathx import log2
from isac_envs.envs.uav.uav_alloc_tiny.params import UavAllocTinyParams
from isac_envs.planning import Array, FiniteMdp


def transition_model(params: UavAllocTinyParams) -> FiniteMdp:
    """Return transition probabilities, expected rewards and expected signals.

    The signals are ``information_bit``, ``rate_bit`` and ``power_w``.
    """
    count, options = params.uavs, params.option_count
    levels = np.indices((params.levels_full + 1,) * count).reshape(count, -1).T  # (S, M)
    actions = np.indices((options,) * count).reshape(count, -1).T  # (A, M)
    place = options ** np.arange(count)[::-1]
    executed = (np.where(levels > 0, actions[:, None], 0) * place).sum(-1)  # (A, S)

    outcomes = np.array([slot(params, each) for each in actions])
    information, rate, power = (column[executed] for column in outcomes.T)
    sense, send, watt = params.weights
    reward = (
        sense * 2.0 * information / params.reference_bit
        + send * rate / params.reference_bit
        - watt * power / count
    )
    transition = np.array([_drain(params, each) for each in actions])
    initial = np.zeros(len(levels))
    initial[-1] = 1.0
    signals = {"information_bit": information, "rate_bit": rate, "power_w": power}
    return FiniteMdp(transition, reward, initial, signals, params.horizon)


def describe(params: UavAllocTinyParams, option: int) -> tuple[int, int, float]:
    """Return mode (0 sends, k senses), channel and power of an option."""
    if option == 0:
        return 0, 0, 0.0
    pair, level = divmod(option - 1, len(params.powers_w))
    return (*divmod(pair, params.channels), params.powers_w[level])


def slot(params: UavAllocTinyParams, options: Any) -> tuple[float, float, float]:
    """Return mean mutual information, rate and power of a joint action: equations (1) to (7)."""
    uavs = np.stack((params.uav_x_m, params.uav_y_m, params.uav_z_m), 1)
    targets = np.stack((params.target_x_m, params.target_y_m), 1)
    targets = np.pad(targets, ((0, 0), (0, 1)))
    station = np.array([0.0, 0.0, params.station_height_m])
    gain = params.gains()
    chosen = [describe(params, each) for each in options]
    informed, rate = np.zeros(len(targets)), 0.0
    for m, (mode, channel, power) in enumerate(chosen):
        interference = 0.0
        for j, (_, other, sent) in enumerate(chosen):
            if j != m and other == channel:
                end = station if mode == 0 else uavs[m]
                near = gain["uplink_1m"] if mode == 0 else gain["coupling_1m"]
                interference += sent * near / np.square(uavs[j] - end).sum()
        if mode == 0:
            signal = power * gain["uplink_1m"] / np.square(uavs[m] - station).sum()
            rate += log2(1.0 + signal / (1.0 + interference))
        else:
            squared = np.square(uavs[m] - targets[mode - 1]).sum()
            signal = power * gain["echo_1m"] / (squared * squared)
            found = log2(1.0 + signal / (1.0 + interference))
            informed[mode - 1] = max(informed[mode - 1], found)
    return float(informed.mean()), float(rate), sum(power for *_, power in chosen)


def _drain(params: UavAllocTinyParams, options: Any) -> Array:
    """Return the transition ``(S, S)`` of all batteries under a joint action."""
    size = params.levels_full + 1
    result = np.ones((1, 1))
    for option in options:
        lost = describe(params, option)[2] * params.step_s / params.level_j
        one = np.diag([1.0] + [1.0 - lost] * (size - 1)) + np.diag([lost] * (size - 1), -1)
        result = np.kron(result, one)
    return result
