"""The decorators of every compiled function."""

import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numba import config

from isac_envs.engine.interpreting import interpret
from isac_envs.engine.program import Kernel

Function = TypeVar("Function", bound=Callable[..., Any])

Record: TypeAlias = Any
"""One element of a NumPy record array: its fields are attributes, compiled and interpreted."""

INTERPRETED = bool(config.DISABLE_JIT)


def jit(function: Function) -> Function:
    """Compile a kernel: IEEE semantics, divisions without checks, machine code kept on disk.

    ``error_model="numpy"`` lets loops vectorise (no branch for each division); fast-math stays off
    because results must not depend on how a loop was split. The GIL is released, so that threads
    can share a batch. Arrays belong to the caller, who keeps them for the time of the call: their
    references are not counted, so a kernel makes no arrays (:func:`allocating` may). With
    ``NUMBA_DISABLE_JIT=1`` the same function runs interpreted.
    """
    return _compile(function, _nrt=False, forceinline=False)


def inlined(function: Function) -> Function:
    """Like :func:`jit`, and merged into every caller by the optimiser.

    For the scalar functions that a batch loop calls for each copy: together they are optimised as
    one loop.
    """
    return _compile(function, _nrt=False, forceinline=True)


def allocating(function: Function) -> Function:
    """Like :func:`jit`, for a function that allocates arrays."""
    return _compile(function, _nrt=True, forceinline=False)


def record(*fields: tuple[Any, ...]) -> np.dtype[Any]:
    """Return the dtype of an aligned record whose fields are attributes in both modes.

    Args:
        *fields: ``(name, format)`` or ``(name, format, shape)``, as for :class:`numpy.dtype`.

    Raises:
        ValueError: If NumPy's records have such an attribute, which interpreted kernels would read.
    """
    for name, *_ in fields:
        if hasattr(np.record, name):
            raise ValueError(f"{name!r} cannot be a field: NumPy's records have such an attribute")
    return np.dtype((np.record, np.dtype(list(fields), align=True)))


def record_of(values: Mapping[str, Any]) -> np.ndarray:
    """Return numbers and arrays of numbers as the fields of a record array of shape ``(1,)``.

    Args:
        values: Values by field name. Floats become float64, integers int64.
    """
    arrays = {name: np.asarray(value) for name, value in values.items()}
    formats = {"f": "f8", "i": "i8", "b": "?"}
    fields = ((name, formats[each.dtype.kind], each.shape) for name, each in arrays.items())
    result = np.zeros(1, record(*fields))
    for name, array in arrays.items():
        result[name] = array
    return result


def _compile(function: Any, **options: bool) -> Any:
    if INTERPRETED:
        return _interpreted(function)
    return Kernel(function, {"error_model": "numpy", "nogil": True, **options})


def _interpreted(function: Function) -> Function:
    @functools.wraps(function)
    def call(*arguments: Any) -> Any:
        return interpret(function, *arguments)

    return call  # type: ignore[return-value]
