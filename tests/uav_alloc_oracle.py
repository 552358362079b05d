"""Equations (1) to (8) of the group of UAVs in plain NumPy, written from the specification."""

import numpy as np

LIGHT_M_S, BOLTZMANN_J_K = 299_792_458.0, 1.380649e-23
WAVE_M = LIGHT_M_S / 10e9
NOISE_W = BOLTZMANN_J_K * 290.0 * 10e6 * 10**0.5
STATION = np.array([0.0, 0.0, 25.0])


def decode(option, channels, powers=(0.2, 1.0)):
    """Return (mode, channel, power) of an option; mode 0 sends, k senses target k."""
    if option == 0:
        return 0, 0, 0.0
    pair, level = divmod(option - 1, len(powers))
    return (*divmod(pair, channels), powers[level])


def slot(uavs, targets, options, channels):
    """Return (MI of each target, CR, SINR of each UAV) for positions (M, 3) and (K, 3) in m."""
    chosen = [decode(option, channels) for option in options]
    information, rate, ratios = np.zeros(len(targets)), 0.0, []
    for m, (mode, channel, power) in enumerate(chosen):
        rest = [(j, p) for j, (_, c, p) in enumerate(chosen) if j != m and c == channel]
        if mode == 0:
            loss = [np.sum((uavs[j] - STATION) ** 2) for j in range(len(uavs))]
            gain = (WAVE_M / (4.0 * np.pi)) ** 2
            noise = NOISE_W + sum(p * gain / loss[j] for j, p in rest)
            ratios.append(power * gain / loss[m] / noise)
            rate += np.log2(1.0 + ratios[-1])
            continue
        far = np.linalg.norm(uavs[m] - targets[mode - 1])
        echo = power * 100.0**2 * WAVE_M**2 * 256.0 / ((4.0 * np.pi) ** 3 * far**4)
        noise = NOISE_W
        for j, p in rest:
            noise += p * (WAVE_M / (4.0 * np.pi * np.linalg.norm(uavs[j] - uavs[m]))) ** 2 * 1e-2
        ratios.append(echo / noise)
        information[mode - 1] = max(information[mode - 1], np.log2(1.0 + ratios[-1]))
    return information, rate, np.array(ratios)
