"""State and settings of a learner told apart, and the states of library objects."""

import dataclasses
import enum
import functools
import types
import weakref
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from gymnasium import spaces

_SETTINGS = (
    type, types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.ModuleType,
    functools.partial, weakref.ReferenceType, enum.Enum, torch.device, torch.dtype, np.dtype,
    torch.distributions.Distribution,  # recreated in every forward pass
)  # fmt: skip
_OPTIMISERS = (torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler)
_BARE_MODULE = set(vars(torch.nn.Module())) - {"training", "_parameters", "_buffers", "_modules"}
_CLOCKS = {"start_time"}  # of Stable-Baselines3: when this process started to learn


def is_setting(value: Any) -> bool:
    """Return whether an object never changes, or can be recreated from stored values."""
    if isinstance(value, (list, tuple)):
        return bool(value) and all(map(is_setting, value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return bool(value.__dataclass_params__.frozen)  # type: ignore[attr-defined]
    return isinstance(value, _SETTINGS)


def attributes(value: Any) -> dict[str, Any]:
    """Return the attributes of an object that may change, by name, in alphabetical order."""
    hidden = _CLOCKS | (_BARE_MODULE if isinstance(value, torch.nn.Module) else set())
    held = vars(value)
    return {name: held[name] for name in sorted(held.keys() - hidden) if not is_setting(held[name])}


def _set_generator(generator: np.random.Generator, state: Any) -> None:
    generator.bit_generator.state = state


def _set_space(space: spaces.Space[Any], state: Any) -> None:
    for part, generator in zip(_parts(space), state, strict=True):
        if generator is not None:
            part.np_random.bit_generator.state = generator


def _parts(space: spaces.Space[Any]) -> list[spaces.Space[Any]]:
    """Return a space and all spaces in it: each has a generator of its own."""
    inner: Any = getattr(space, "spaces", ())
    inner = inner.values() if isinstance(inner, Mapping) else inner
    return [space, *(part for each in inner for part in _parts(each))]


def _space_states(space: spaces.Space[Any]) -> list[Any]:
    generators = [vars(part).get("_np_random") for part in _parts(space)]  # do not create one
    return [None if each is None else each.bit_generator.state for each in generators]


Kind = tuple[str, Callable[[Any], bool], Callable[[Any], Any], Callable[[Any, Any], object]]
KINDS: tuple[Kind, ...] = (
    (
        "optimiser",
        lambda value: isinstance(value, _OPTIMISERS),
        lambda value: value.state_dict(),
        lambda value, state: value.load_state_dict(state),
    ),
    (
        "generator",
        lambda value: isinstance(value, np.random.Generator),
        lambda value: value.bit_generator.state,
        _set_generator,
    ),
    (
        "torch_generator",
        lambda value: isinstance(value, torch.Generator),
        lambda value: value.get_state(),
        lambda value, state: value.set_state(state),
    ),
    ("space", lambda value: isinstance(value, spaces.Space), _space_states, _set_space),
    (
        "snapshot",
        lambda value: (
            callable(getattr(value, "snapshot", None)) and callable(getattr(value, "restore", None))
        ),
        lambda value: value.snapshot(),
        lambda value, state: value.restore(state),
    ),
)
"""Name of a kind, its test, how its state is read, and how it is restored."""
