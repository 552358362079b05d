"""Running a kernel as the Python function that it was compiled from, with the same bits.

To compile a function takes a thousand times as long as to interpret it once. Where an environment
derives a few numbers from its parameters, the first of them are interpreted. A whole process is
interpreted with ``NUMBA_DISABLE_JIT=1``.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from threading import Lock
from typing import Any

import numpy as np

from isac_envs.engine.program import Kernel

FEW = 512
"""Numbers that a kernel may be given in the sparing calls of a process before it is compiled."""


class _Mode(Enum):
    """What Python's call of a kernel runs."""

    COMPILED = "machine code"
    SPARING = "Python for the first few numbers, then machine code"
    INTERPRETED = "Python, in all that it calls as well"


_mode = ContextVar("_mode", default=_Mode.COMPILED)
_lock = Lock()
_open = 0


@contextmanager
def sparing() -> Iterator[None]:
    """Interpret kernels that are given few numbers at first."""
    with _switched(_Mode.SPARING):
        yield


def interpret(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function and all kernels in it as Python, silent like machine code.

    Integers wrap and x / 0 is infinite where NumPy's numbers meet.
    """
    if _mode.get() is _Mode.INTERPRETED:  # called by another one
        return function(*arguments)
    with _switched(_Mode.INTERPRETED), np.errstate(all="ignore"):
        return function(*arguments)


@contextmanager
def _switched(mode: _Mode) -> Iterator[None]:
    """Change the mode of this thread.

    A method of the class would cost every call of every kernel; it is there only while some thread
    has a mode.
    """
    global _open
    mode = _Mode.INTERPRETED if _mode.get() is _Mode.INTERPRETED else mode
    with _lock:
        _open += 1
        Kernel.__call__ = _call_by_mode
    token = _mode.set(mode)
    try:
        yield
    finally:
        _mode.reset(token)
        with _lock:
            _open -= 1
            if not _open:
                del Kernel.__call__


def _call_by_mode(kernel: Kernel, *arguments: Any) -> Any:
    mode = _mode.get()
    if mode is _Mode.INTERPRETED:
        return kernel.py_func(*arguments)
    if mode is _Mode.SPARING and not kernel.overloads:
        kernel.interpreted += sum(map(_count, arguments))
        if kernel.interpreted <= FEW:
            return _call_sparingly(kernel, arguments)
    return super(Kernel, kernel).__call__(*arguments)


def _count(argument: Any) -> int:
    """Return how many numbers an argument holds; too many for a state, on which much may happen."""
    if isinstance(argument, (int, float, np.number)):
        return 1
    if isinstance(argument, np.ndarray) and argument.dtype.fields is None:
        return argument.size
    return FEW + 1


def _call_sparingly(kernel: Kernel, arguments: tuple[Any, ...]) -> Any:
    arrays = [each for each in arguments if isinstance(each, np.ndarray)]
    kept = [each.copy() for each in arrays]
    try:
        return _plain(interpret(kernel.py_func, *arguments))
    except (ArithmeticError, ValueError):  # Python's numbers: a division by 0, a root
        for array, values in zip(arrays, kept, strict=True):
            array[...] = values
        return super(Kernel, kernel).__call__(*arguments)


def _plain(result: Any) -> Any:
    """Return NumPy's numbers as Python's, which machine code returns."""
    if isinstance(result, tuple):
        return tuple(map(_plain, result))
    return result.item() if isinstance(result, np.generic) else result
