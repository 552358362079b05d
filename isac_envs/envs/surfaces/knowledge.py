"""What a base station knows of the channels: how they were, with errors."""

from typing import Any

from isac_envs.engine.jit import Record, jit
from isac_envs.engine.rng import next_u64
from isac_envs.envs.surfaces.legs import draw_row


@jit
def blur(noise: Any, deviation: float, true: Any, out: Any) -> None:
    """Write channels with independent errors.

    Args:
        noise: Standard normal variates, shape ``(2, N)``.
        deviation: Standard deviation of each component.
        true: The channels, shape ``(N,)``.
        out: Receives them with errors, shape ``(N,)``.
    """
    for n in range(out.shape[0]):
        re = true[n].real + deviation * noise[0, n]
        out[n] = complex(re, true[n].imag + deviation * noise[1, n])


@jit
def estimate(p: Record, state: Any, count: int) -> None:
    """Estimate the channels of the first receivers; the oldest ones of the rings are seen.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        count: Number of receivers whose channels are estimated.
    """
    key, noise = next_u64(state.env.measurement), state.scratch.noise
    past = (state.env.now + 1) % state.direct.shape[0]
    antennas, elements = state.direct.shape[2], state.reflected.shape[2]
    for k in range(count):
        user, first = state.users[k], k * (antennas + elements)
        draw_row(key, first, noise, antennas)
        deviation = p.error_std * user.direct_amplitude
        blur(noise, deviation, state.direct[past, k], state.estimated_direct[k])
        draw_row(key, first + antennas, noise, elements)
        deviation = p.error_std * user.reflected_amplitude
        blur(noise, deviation, state.reflected[past, k], state.estimated_reflected[k])
