"""Memory needs of a learner, checked before it is made, since its record may be untrusted."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from gymnasium import spaces

from isac_envs.memory import refuse_beyond

_WIDTHS = ("policy_kwargs", "hidden", "n_atoms", "n_quantiles")  # determine network sizes


def refuse_too_large(hyper_parameters: Mapping[str, Any], env: Any) -> None:
    """Refuse buffers and networks that exceed the memory of this machine.

    Args:
        hyper_parameters: Hyper-parameters of the learner.
        env: Its vector environment.

    Raises:
        IsacError: If they do; the message names the hyper-parameters.
    """
    seen, done = _width(env.observation_space), _width(env.action_space)
    replay = _count(hyper_parameters.get("buffer_size"))
    refuse_beyond(f"replay buffers of {replay} steps", replay * 4 * (2 * seen + done + 4))
    rollout = _count(hyper_parameters.get("n_steps")) * int(env.num_envs)
    if not replay:
        refuse_beyond(f"rollouts of {rollout} steps", rollout * 4 * (seen + done + 8))
    widths = [seen, done]
    for name in _WIDTHS:
        widths += _integers(hyper_parameters.get(name))
    weights = max(widths) * sum(widths)
    refuse_beyond(f"networks of {weights} weights (policy_kwargs)", 16 * weights)


def _width(space: Any) -> int:
    return math.prod(space.shape) if isinstance(space, spaces.Box) else spaces.flatdim(space)


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _integers(value: Any) -> Iterator[int]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for each in value:
            yield from _integers(each)
    elif _count(value):
        yield value
