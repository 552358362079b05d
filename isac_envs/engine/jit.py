"""The decorators of every compiled function."""

import functools
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numba import config, njit

from isac_envs.engine.code_cache import CodeCache

Function = TypeVar("Function", bound=Callable[..., Any])

Record: TypeAlias = Any
"""One element of a NumPy record array: its fields are attributes, compiled and interpreted."""

INTERPRETED = bool(config.DISABLE_JIT)


def jit(function: Function) -> Function:
    """Compile a kernel: IEEE semantics, divisions without checks, machine code kept on disk.

    ``error_model="numpy"`` lets loops vectorise (no branch for each division); fast-math stays off
    because results must not depend on how a loop was split. The GIL is released, so that threads
    can share a batch. With ``NUMBA_DISABLE_JIT=1`` the same function runs interpreted.
    """
    return _compile(function, inline="never")


def inlined(function: Function) -> Function:
    """Like :func:`jit`, and merged into every caller before optimisation.

    For the scalar functions that a batch loop calls for each copy: a call of its own would pass
    array views with their reference counts, which costs more than the work inside.
    """
    return _compile(function, inline="always")


def record(*fields: tuple[Any, ...]) -> np.dtype[Any]:
    """Return the dtype of an aligned record whose fields are attributes in both modes.

    Args:
        *fields: ``(name, format)`` or ``(name, format, shape)``, as for :class:`numpy.dtype`.

    Raises:
        ValueError: If NumPy's records have such an attribute: interpreted kernels would read that.
    """
    for name, *_ in fields:
        if hasattr(np.record, name):
            raise ValueError(f"{name!r} cannot be a field: NumPy's records have such an attribute")
    return np.dtype((np.record, np.dtype(list(fields), align=True)))


def _compile(function: Function, inline: str) -> Function:
    if INTERPRETED:
        return _interpreted(function)
    options = {"error_model": "numpy", "nogil": True, "inline": inline}
    compiled: Any = njit(**options)(function)
    compiled._cache = CodeCache(compiled.py_func, options)
    return compiled


def _interpreted(function: Function) -> Function:
    """Give an interpreted kernel the compiled one's silence: integers wrap, x / 0 is infinite."""

    @functools.wraps(function)
    def call(*arguments: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*arguments)

    return call  # type: ignore[return-value]
