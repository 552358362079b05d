"""What is seen: users by their estimated channels, and what is believed of the target."""

import math
from typing import Any

from isac_envs.engine.jit import Record, jit
from isac_envs.envs.surfaces.downlink_crb.beams import decibels
from isac_envs.envs.surfaces.downlink_crb.params import DownlinkCrbParams
from isac_envs.envs.surfaces.downlink_crb.records import State
from isac_envs.envs.surfaces.downlink_crb.target import sine_of
from isac_envs.envs.surfaces.observing import clipped_one, put_channels
from isac_envs.kernels.estimation.array_bounds import fill_linear_response
from isac_envs.kernels.numerics.hermitian import (
    fill_gram,
    invert_positive,
    square_one,
    squared_length,
)

CHANNELS = DownlinkCrbParams.code("observation", "channels")
_DEPENDENT = 1e-9  # share of a channel below which it is a combination of others


@jit
def _put_features(state: State, seen: Any, at: int) -> int:
    """Write what share of each channel points to the target, and what others leave of it."""
    users, gram, response = state.users.shape[0], state.scratch.gram, state.scratch.response
    antennas = response.shape[0]
    fill_linear_response(sine_of(state.believed[0]), response)
    fill_gram(state.estimated, gram)
    independent = invert_positive(gram, _DEPENDENT)
    for k in range(users):
        heard, length = complex(0.0, 0.0), squared_length(state.estimated[k])
        for m in range(antennas):
            heard += state.estimated[k, m] * response[m].conjugate()
        seen[at + k] = square_one(heard) / (length * antennas) if length > 0.0 else 0.0
        left = 1.0 / (gram[k, k].real * length) if independent else 0.0
        seen[at + users + k] = min(left, 1.0)
    return at + 2 * users


@jit
def observe(p: Record, state: State, seen: Any) -> None:
    """Write what the agent sees.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        seen: Receives the observation, shape ``(D,)``.
    """
    e, users, at = state.env, state.users.shape[0], 0
    if p.observation == CHANNELS:
        at = put_channels(state.estimated, seen, at)
    else:
        at = _put_features(state, seen, at)
    for k in range(users):
        gain_db = decibels(squared_length(state.estimated[k]))
        seen[at + k] = clipped_one(gain_db / 20.0)
        missing_db = state.users[k].sinr_db - p.required_sinr_db
        seen[at + users + k] = clipped_one(missing_db / 10.0)
    at += 2 * users
    half_beam = 2.0 / p.transmit_antennas
    seen[at] = sine_of(state.believed[0])
    seen[at + 1] = clipped_one(state.believed[1] / half_beam)
    seen[at + 2] = clipped_one(math.sqrt(max(state.covariance[0, 0], 0.0)) / half_beam)
    seen[at + 3] = 1.0 if e.heard_snr > 0.0 else 0.0
    seen[at + 4] = clipped_one(decibels(1.0 + e.heard_snr) / 20.0)
