"""What baselines compute: the coming slot, expected rates, power over vehicles, fixed beams."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.model import Model
from isac_envs.declaration.trial import Trial
from isac_envs.engine.jit import Record, jit
from isac_envs.engine.loops import each_copy
from isac_envs.engine.mathx import acos_turns, sincos_turns
from isac_envs.envs.beam_management.beam_track import kernel
from isac_envs.envs.beam_management.beam_track.belief import moments
from isac_envs.envs.beam_management.beam_track.echoes import alignment, efficiency, peak_gain
from isac_envs.envs.beam_management.beam_track.records import State

Floats = npt.NDArray[np.float64]

_HALF_NODES = (
    0.799129068324548, 1.6067100690287297, 2.432436827009758, 3.2890824243987664,
    4.1962077112690155, 5.190093591304781, 6.363947888829839,
)  # fmt: skip
_HALF_WEIGHTS = (
    0.23246229360973222, 0.0894177953998444, 0.017365774492137605, 0.0015673575035499562,
    5.642146405189017e-05, 5.975419597920605e-07, 8.58964989963327e-10,
)  # fmt: skip
_NODES = np.array([*(-x for x in reversed(_HALF_NODES)), 0.0, *_HALF_NODES])
"""Nodes of the Gauss-Hermite rule of 15 points for a standard normal variate."""
_WEIGHTS = np.array([*reversed(_HALF_WEIGHTS), 0.31825951825951826, *_HALF_WEIGHTS])
_TO_TURNS = 0.5 / np.pi
_EPISODES = 512
_LEAST_SLOTS = 30_000


_advance_batch = each_copy(kernel.advance)


def coming_vehicles(params: Any, state: State) -> npt.NDArray[Any]:
    """Return copies of the vehicles as the coming slot will find them, shape ``(n, K)``."""
    coming = state._replace(
        env=state.env.copy(), vehicles=state.vehicles.copy(), paths=state.paths.copy()
    )
    _advance_batch(params.record, coming)
    return np.asarray(coming.vehicles)


@jit
def _expected(p: Record, state: State, antennas: Any, rates: Any) -> None:
    vehicles = state.vehicles
    for k in range(vehicles.shape[0]):
        u, var_u, d, _ = moments(vehicles[k], p.height_m)
        sine = np.sqrt(max(1.0 - u * u, 1e-12))
        angle = acos_turns(u)
        deviation = np.sqrt(var_u) / sine
        for j in range(antennas.shape[0]):
            aimed = p.power_w / vehicles.shape[0] * peak_gain(p, antennas[j])
            peak = aimed * p.link_gain / (d * d)
            total = 0.0
            for q in range(_NODES.shape[0]):
                turns = angle + _TO_TURNS * deviation * _NODES[q]
                gain = alignment(sincos_turns(turns)[1], u, antennas[j])
                total += _WEIGHTS[q] * efficiency(peak * gain)
            rates[k, j] = total


_expected_batch = each_copy(_expected, "antennas")


def expected_rates(params: Any, state: State) -> Floats:
    """Return the expected rate of each width in the coming slot, shape ``(n, K, widths)``.

    15-point Gauss-Hermite quadrature over the believed angle, at the believed distance; the share
    of the slot that senses, a common factor, is left out. Nothing is known of what hides a vehicle:
    the path loss is that of free space.
    """
    widths = int(params.record[0].widths)
    antennas = np.array([float(params.fewest_antennas << k) for k in range(widths)])
    rates = np.empty((*state.vehicles.shape, widths))
    _expected_batch(params.record, state, antennas, rates)
    return rates


def myopic_widths(params: Any, state: State) -> npt.NDArray[np.int64]:
    """Return the indices of the widths with the largest expected rate, shape ``(n, K)``."""
    return np.asarray(expected_rates(params, state).argmax(-1), np.int64)


def water_filling(gains: Floats) -> Floats:
    """Return the parts of the power that maximise the sum of log2(1 + part gain).

    Args:
        gains: SNR of each channel if it had all the power, above 0, shape ``(n, K)``.

    Returns:
        Parts, at least 0, that sum to 1 in each row.
    """
    floors = np.sort(1.0 / gains, axis=-1)
    used = np.arange(1, gains.shape[-1] + 1)
    levels = (1.0 + np.cumsum(floors, axis=-1)) / used
    count = (levels > floors).sum(-1)
    level = np.take_along_axis(levels, count[:, None] - 1, axis=-1)
    return np.maximum(level - 1.0 / gains, 0.0)


def fixed_score(model: Model, policy: Callable[[Trial], npt.NDArray[Any]]) -> float:
    """Return the mean reward of a policy on simulated episodes, always the same ones.

    Args:
        model: The environment.
        policy: From the state to actions ``(n, W)``.
    """
    horizon = model.params.horizon
    trial = Trial(model, max(_EPISODES, _LEAST_SLOTS // horizon))
    trial.start(np.arange(trial.n))
    total = 0.0
    for _ in range(horizon):
        total += float(trial.step(policy(trial)).mean())
    return total / horizon
