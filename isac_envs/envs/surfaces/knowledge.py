"""What a base station knows of the channels: how they were, with errors."""

from typing import Any

import numpy as np

from isac_envs.engine.jit import Record, jit
from isac_envs.engine.noise import single_pair
from isac_envs.engine.rng import next_u64


@jit
def _blur(key: Any, first: int, deviation: float, true: Any, out: Any) -> None:
    """Write channels with independent errors.

    Args:
        key: Key of the draws, uint64.
        first: Number of the first draw.
        deviation: Standard deviation of each component.
        true: The channels, shape ``(N,)``.
        out: Receives them with errors, shape ``(N,)``.
    """
    for n in range(out.shape[0]):
        x, y = single_pair(key, np.uint64(first + n))
        out[n] = complex(true[n].real + deviation * x, true[n].imag + deviation * y)


@jit
def estimate(p: Record, state: Any) -> None:
    """Estimate the channels of all users; the oldest ones of the rings are seen.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    key = next_u64(state.env.measurement)
    past = (state.env.now + 1) % state.direct.shape[0]
    antennas, elements = state.direct.shape[2], state.reflected.shape[2]
    for k in range(state.users.shape[0]):
        user, first = state.users[k], k * (antennas + elements)
        deviation = p.error_std * user.direct_amplitude
        _blur(key, first, deviation, state.direct[past, k], state.estimated_direct[k])
        deviation = p.error_std * user.reflected_amplitude
        _blur(
            key, first + antennas, deviation, state.reflected[past, k],
            state.estimated_reflected[k],
        )  # fmt: skip
