"""Precoders that a base station makes from estimates, and those that an agent chooses."""

from typing import Any, Literal, get_args

from isac_envs.engine.jit import Record, jit
from isac_envs.kernels.precoding.linear import fill_maximum_ratio, fill_regularised
from isac_envs.kernels.precoding.rates import scale_to_power
from isac_envs.kernels.precoding.wmmse import Downlink, WmmseWork, maximise_weighted_rate

Precoder = Literal["wmmse", "regularised_zero_forcing", "maximum_ratio", "learned"]
"""Choices of a parameter ``precoder``; learned: it is part of the action."""

WMMSE = get_args(Precoder).index("wmmse")
MAXIMUM_RATIO = get_args(Precoder).index("maximum_ratio")
LEARNED = get_args(Precoder).index("learned")

WMMSE_GAIN = 1e-3
"""Gain of an iteration of WMMSE, in bit/s/Hz, at which it stops."""
MOST_ITERATIONS = 30


@jit
def take_beams(action: Any, first: int, precoder: Any) -> None:
    """Read a precoder of power 1 from an action.

    Args:
        action: Action of the copy, shape ``(W,)``.
        first: Number of its first coordinate: both parts of each entry, antenna by antenna.
        precoder: Receives the precoder, shape ``(M, S)``.
    """
    at = first
    for m in range(precoder.shape[0]):
        for k in range(precoder.shape[1]):
            precoder[m, k] = complex(1.0 * action[at], 1.0 * action[at + 1])
            at += 2
    scale_to_power(precoder, 1.0)


@jit
def precode(p: Record, channels: Any, downlink: Downlink, room: WmmseWork, precoder: Any) -> None:
    """Write the precoder that the base station makes for channels, with all the power.

    Args:
        p: Parameters of the environment, one record.
        channels: Estimated channels over the surface, shape ``(K, M)``.
        downlink: Power above 0, noise of power 1, and weights.
        room: Scratch of WMMSE.
        precoder: Receives the precoder, shape ``(M, K)``; a learned one stays.
    """
    if p.precoder == LEARNED:
        return
    if p.precoder == MAXIMUM_RATIO:
        fill_maximum_ratio(channels, downlink.power_w, precoder)
        return
    ridge = 1.0 * channels.shape[0] / downlink.power_w
    fill_regularised(channels, downlink.power_w, ridge, room.gram, precoder)
    if p.precoder == WMMSE:
        maximise_weighted_rate(channels, downlink, WMMSE_GAIN, MOST_ITERATIONS, room, precoder)


def check_learned(params: Any) -> None:
    """Refuse a learned precoder beside a discrete action.

    Args:
        params: Parameters with the fields ``precoder`` and ``action``.

    Raises:
        ValueError: Naming both.
    """
    if params.precoder == "learned" and params.action in ("levels", "codebook"):
        raise ValueError(
            f"parameter precoder = 'learned' needs an action of real numbers, not action = "
            f"{params.action!r}; valid: 'increments', 'phases'"
        )
