"""How much memory a learner asks for, before it is made: a record may come from a stranger."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from gymnasium import spaces

from isac_envs.memory import refuse_beyond

_WIDTHS = ("policy_kwargs", "hidden", "n_atoms", "n_quantiles")  # hold sizes of networks


def refuse_too_large(hyper_parameters: Mapping[str, Any], env: Any) -> None:
    """Refuse buffers and networks that do not fit into the memory of this machine.

    Args:
        hyper_parameters: Of the learner.
        env: The vector of environments that it learns on.

    Raises:
        IsacError: Naming the hyper-parameters.
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
