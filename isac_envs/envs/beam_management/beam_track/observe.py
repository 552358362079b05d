"""What the agent sees: the belief, the last measurements, or the echo itself."""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined
from isac_envs.engine.mathx import acos_turns, linear_to_db, log2
from isac_envs.envs.beam_management.beam_track.belief import moments
from isac_envs.envs.beam_management.beam_track.echoes import snapshot
from isac_envs.envs.beam_management.beam_track.params import BeamTrackParams
from isac_envs.envs.beam_management.beam_track.records import State

BELIEF = BeamTrackParams.code("observation", "belief")
HISTORY = BeamTrackParams.code("observation", "history")
ECHO = BeamTrackParams.code("observation", "echo")
FEATURES = 9  # numbers of a belief
TUPLE = 5  # numbers of a measurement

_LEAST = 1e-30


@inlined
def clip(x: float) -> float:
    """Return x, not beyond -1 and 1."""
    return min(max(x, -1.0), 1.0)


@inlined
def snr_feature(p: Record, v: Record) -> float:
    """Return the array's echo SNR over 60 dB; 0 where nothing was detected and no echo is known."""
    snr_db = linear_to_db(max(v.measured_snr * p.receive_antennas, 1e-6))
    return clip(snr_db / 60.0) if v.detected else 0.0


@inlined
def wipe(memory: Any) -> None:
    """Forget everything."""
    for j in range(memory.shape[0]):
        memory[j].value = 0.0


@inlined
def remember(p: Record, state: State, k: int) -> None:
    """Keep what the slot measured of vehicle k, newest first, or its echo.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        k: Number of the vehicle.
    """
    v, memory = state.vehicles[k], state.memory
    if p.observation == HISTORY:
        size = TUPLE * p.history_length
        first = size * k
        for j in range(size - 1, TUPLE - 1, -1):
            memory[first + j].value = memory[first + j - TUPLE].value
        seen = 1.0 if v.detected else 0.0
        memory[first].value = seen * clip(v.measured_cosine)
        memory[first + 1].value = seen * clip(v.measured_distance / p.distance_scale)
        memory[first + 2].value = seen * clip(v.measured_speed / p.speed_scale)
        memory[first + 3].value = seen
        memory[first + 4].value = snr_feature(p, v)
    elif p.observation == ECHO:
        snapshot(p, state.env.measurement, v, memory, 2 * p.receive_antennas * k)


@inlined
def write_belief(p: Record, v: Record, first: int, observation: Any) -> None:
    """Write the nine numbers of a belief, that of the coming slot.

    Args:
        p: Parameters of the environment, one record.
        v: Record of the vehicle.
        first: Index to begin at.
        observation: Receives the observation, shape ``(D,)``.
    """
    u, var_u, d, var_d = moments(v, p.height_m)
    observation[first] = 4.0 * acos_turns(clip(u)) - 1.0
    observation[first + 1] = clip(0.0625 * log2(var_u * p.transmit_antennas * p.transmit_antennas))
    observation[first + 2] = clip(d / p.distance_scale)
    observation[first + 3] = clip(0.0625 * log2(var_d))
    observation[first + 4] = clip((v.m0 * v.m1 + v.m2 * v.m3) / (d * p.speed_scale))
    observation[first + 5] = clip(u)
    observation[first + 6] = 1.0 if v.detected else -1.0
    observation[first + 7] = snr_feature(p, v)
    observation[first + 8] = min(0.1 * v.age, 1.0)


@inlined
def write_echo(p: Record, memory: Any, k: int, observation: Any) -> None:
    """Write the snapshot of vehicle k behind an automatic gain control, and its level.

    Args:
        p: Parameters of the environment, one record.
        memory: Snapshots of the vehicles, one after the other: real parts, then imaginary.
        k: Number of the vehicle.
        observation: Receives the observation, shape ``(D,)``.
    """
    size = 2 * p.receive_antennas
    first = size * k
    power = 0.0
    for j in range(size):
        power += memory[first + j].value * memory[first + j].value
    power = power / p.receive_antennas + _LEAST
    factor = 0.25 / math.sqrt(power)
    for j in range(size):
        observation[first + k + j] = clip(factor * memory[first + j].value)
    observation[first + k + size] = clip(linear_to_db(power + 1e-6) / 60.0)


@inlined
def observe(p: Record, state: State, observation: Any) -> None:
    """Write the observation in one of three forms, vehicle after vehicle.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observation: Receives the observation, shape ``(D,)``.
    """
    vehicles, memory = state.vehicles, state.memory
    if p.observation == HISTORY:
        for j in range(memory.shape[0]):
            observation[j] = memory[j].value
    else:
        for k in range(vehicles.shape[0]):
            if p.observation == BELIEF:
                write_belief(p, vehicles[k], FEATURES * k, observation)
            else:
                write_echo(p, memory, k, observation)
