"""Array functions from compiled functions of numbers, with the same bits.

A scalar kernel checks nothing and is what other kernels call; it is named ``<name>_one``. Its
public function broadcasts like NumPy, checks that every argument is finite and inside its range,
and runs the kernel in a compiled loop. The loop is written out as source text for each kernel,
because a loop that received the kernel as an argument could not be kept on disk.
"""

import functools
import inspect
import math
from collections.abc import Callable
from typing import Any, NamedTuple, ParamSpec, TypeAlias, get_args, get_type_hints

import numpy as np
from numba import types
from numba.extending import overload

from isac_envs.engine.jit import jit

P = ParamSpec("P")

Real: TypeAlias = Any
"""A float inside a kernel; a float or an array of floats in its public function."""


class Range(NamedTuple):
    """The valid values of one argument."""

    low: float
    high: float
    unit: str = ""
    open_low: bool = False
    whole: bool = False
    """Whether the argument is a count or an index: fractions are refused."""

    def __str__(self) -> str:
        """Return the interval with its unit, such as ``[10, 5000] m``."""
        left = "(" if self.open_low else "["
        return f"{left}{self.low:g}, {self.high:g}] {self.unit}".rstrip()


Order: TypeAlias = tuple[str, str]
"""Names of two arguments: everywhere, the first must be below the second."""


def elementwise(
    kernel: Callable[P, Any], ordered: tuple[Order, ...] = (), /, **ranges: Range
) -> Callable[P, Any]:
    """Return the public function of a scalar kernel.

    Args:
        kernel: A compiled function of numbers whose name ends in ``_one``.
        ordered: Pairs of arguments of which the first must be below the second.
        **ranges: The valid range of every argument.

    Returns:
        A function with the kernel's signature that takes numbers or arrays that broadcast against
        each other, and returns a float if all are numbers, else a float64 array of their common
        shape; a tuple of such results where the kernel's annotation says ``tuple``. It raises
        ValueError for an argument outside its range. Its attributes ``ranges`` and ``ordered`` are
        these arguments, for callers that validate parameters early.

    Raises:
        TypeError: An argument has no range, or a range has no argument.
    """
    signature = inspect.signature(kernel)
    names = tuple(signature.parameters)
    if set(names) != set(ranges):
        raise TypeError(f"{kernel.__name__}: ranges for {sorted(ranges)}, arguments {names}")
    outputs = len(get_args(get_type_hints(kernel).get("return")))
    loop = _compiled_loop(kernel, names, outputs)

    @functools.wraps(kernel)
    def call(*args: P.args, **kwargs: P.kwargs) -> Any:
        if kwargs or len(args) != len(names):
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            args = bound.args  # type: ignore[assignment]
        given = [_number_or_array(value) for value in args]
        for name, value in zip(names, given, strict=True):
            check_range(name, value, ranges[name])
        for lower, upper in ordered:
            _check_order(lower, given[names.index(lower)], upper, given[names.index(upper)])
        results = _evaluate(loop, given, max(outputs, 1))
        return results if outputs else results[0]

    call.__name__ = call.__qualname__ = kernel.__name__.removesuffix("_one")
    call.__doc__ = _documentation(kernel, ranges, ordered)
    call.__dict__.update(ranges=ranges, ordered=ordered)
    return call


def check_range(name: str, value: Any, valid: Range) -> None:
    """Raise ValueError unless every element is a number inside its range, whole where it says so.

    Args:
        name: Name of the argument, for the message.
        value: A float or a float64 array.
        valid: Its range.
    """
    low = np.nextafter(valid.low, np.inf) if valid.open_low else valid.low
    if isinstance(value, np.ndarray):
        flat = np.ravel(value)
        if _count_outside(flat, low, valid.high, valid.whole) == 0:
            return
        right = (flat >= low) & (flat <= valid.high)
        value = float(flat[~(right & (flat == np.floor(flat)) if valid.whole else right)][0])
    elif low <= value <= valid.high and not (valid.whole and value != math.floor(value)):
        return
    if valid.whole:
        shown = int(value) if float(value).is_integer() else value
        raise ValueError(f"{name} = {shown!r} is not a whole number in {valid}")
    raise ValueError(f"{name} = {value!r} is outside {valid}")


@jit
def _count_outside(values: Any, low: float, high: float, whole: bool) -> int:
    count = 0
    for i in range(values.shape[0]):
        inside = low <= values[i] <= high
        count += 0 if inside and not (whole and values[i] != math.floor(values[i])) else 1
    return count


def _check_order(lower: str, low: Any, upper: str, high: Any) -> None:
    right = low < high
    if right.all() if isinstance(right, np.ndarray) else right:
        return
    below, above = np.broadcast_arrays(low, high)
    wrong = ~(below < above)
    raise ValueError(
        f"{lower} = {float(below[wrong][0])!r} must be below {upper} = {float(above[wrong][0])!r}"
    )


def _number_or_array(value: Any) -> Any:
    if type(value) is float:
        return value
    array = np.asarray(value, dtype=np.float64)
    return array if array.ndim else array.item()


def _evaluate(loop: Callable[..., None], arguments: list[Any], outputs: int) -> tuple[Any, ...]:
    shapes = {each.shape for each in arguments if type(each) is not float}
    if not shapes:
        single = np.empty((outputs, 1))
        loop(np.full(1, arguments[0]), *arguments[1:], *single)
        return tuple(single[:, 0].tolist())
    shape = shapes.pop() if len(shapes) == 1 else np.broadcast_shapes(*shapes)
    out = tuple(np.empty(shape) for _ in range(outputs))
    first = np.full(shape, arguments[0]) if type(arguments[0]) is float else arguments[0]
    columns = (_column(each, shape) for each in (first, *arguments[1:]))
    loop(*columns, *(each.reshape(-1) for each in out))
    return out


def _column(value: Any, shape: tuple[int, ...]) -> Any:
    """Return a number unchanged, so that the compiler moves its share of the work out of the loop.

    Anything else becomes a flat array. Read-only arrays are copied: they would be a type of their
    own, compiled for separately.
    """
    if type(value) is float:
        return value
    full = value if value.shape == shape else np.broadcast_to(value, shape)
    flat = np.ascontiguousarray(full).reshape(-1)
    return flat if flat.flags.writeable else flat.copy()


def at(values: Any, i: int) -> Any:
    """Return element i of an array, or the number itself."""
    return values[i] if isinstance(values, np.ndarray) else values


@overload(at, inline="always", strict=False)  # type: ignore[untyped-decorator]
def _at_compiled(values: Any, i: Any) -> Any:
    if isinstance(values, types.Array):
        return lambda values, i: values[i]
    return lambda values, i: values


def _compiled_loop(
    kernel: Callable[..., Any], names: tuple[str, ...], outputs: int
) -> Callable[..., None]:
    name = f"_{kernel.__name__}_loop"
    elements = ", ".join(f"at({each}, i)" for each in names)
    out = [f"out_{k}" for k in range(outputs)] or ["out"]
    source = (
        f"def {name}({', '.join((*names, *out))}):\n"
        f"    for i in range({out[0]}.shape[0]):\n"
        f"        {', '.join(f'{each}[i]' for each in out)} = kernel({elements})\n"
    )
    python = getattr(kernel, "py_func", inspect.unwrap(kernel))
    space: dict[str, Any] = {"__name__": kernel.__module__, "kernel": kernel, "at": at}
    # the file of the kernel, so that machine code is filed and invalidated with it
    exec(compile(source, inspect.getfile(python), "exec"), space)
    loop: Callable[..., None] = jit(space[name])
    return loop


def _documentation(
    kernel: Callable[..., Any], ranges: dict[str, Range], ordered: tuple[Order, ...]
) -> str:
    valid = [
        f"``{name}`` {'a whole number ' if each.whole else ''}in {each}"
        for name, each in ranges.items()
    ]
    valid += [f"``{lower}`` below ``{upper}``" for lower, upper in ordered]
    return (
        f"{inspect.cleandoc(kernel.__doc__ or '')}\n\n"
        f"Numbers or arrays that broadcast; each result is a float or a float64 array.\n\n"
        f"Valid: {', '.join(valid)}.\n\n"
        f"Raises:\n    ValueError: An argument is NaN or not among its valid values.\n"
    )
