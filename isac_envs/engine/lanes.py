"""Eight single-precision numbers together, for loops that the compiler cannot vectorise itself.

A loop over many arrays runs in vector registers only after a check that none of them overlaps with
another one that is written. With sixteen arrays and short rows those checks cost more than the
work. Code on lanes needs none: whatever it loads, it loads before it stores.

IEEE 754 fixes the sum, difference and product of each lane, so that the results are the same bits
on every processor, whatever the width of its registers, and in an interpreted run, where eight
lanes are an array of shape ``(8,)``.
"""

import operator
from typing import Any, TypeAlias

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, models, register_model

from isac_envs.engine.jit import inlined
from isac_envs.engine.machine import compiled_as

WIDTH = 8
"""Numbers in one set of lanes; rows of scratch arrays are padded to a multiple of this."""

Lanes: TypeAlias = Any
"""Eight float32: can be added, subtracted and multiplied."""


@inlined
def padded(count: int) -> int:
    """Return the count rounded up to a multiple of the width."""
    return -(-count // WIDTH) * WIDTH


class _LanesType(types.Type):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__(name="Lanes")


_LANES = _LanesType()
_VECTOR = ir.VectorType(ir.FloatType(), WIDTH)


@register_model(_LanesType)
class _LanesModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _VECTOR)


def _operate(function: Any, instruction: str) -> None:
    class Typing(AbstractTemplate):  # type: ignore[misc]
        def generic(self, args: Any, kws: Any) -> Any:
            if len(args) == 2 and all(each is _LANES for each in args):
                return signature(_LANES, _LANES, _LANES)
            return None

    def build(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return getattr(builder, instruction)(*arguments)

    infer_global(function)(Typing)
    lower_builtin(function, _LANES, _LANES)(build)


_operate(operator.add, "fadd")
_operate(operator.sub, "fsub")
_operate(operator.mul, "fmul")


def _pointer(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), ir.PointerType(_VECTOR))


def _is_row(array: Any) -> bool:
    return (
        isinstance(array, types.Array)
        and array.dtype == types.float32
        and array.layout == "C"
        and array.ndim == 1
    )


def _load(_context: Any, array: Any, index: Any) -> Any:
    if not (_is_row(array) and isinstance(index, types.Integer)):
        return None

    def build(context: Any, builder: Any, given: Any, arguments: Any) -> Any:
        pointer = _pointer(context, builder, given.args[0], *arguments)
        return builder.load(pointer, align=4)

    return _LANES(array, types.intp), build


@compiled_as(_load)
def load(array: Any, index: int) -> Lanes:
    """Return the eight numbers from an index on, of a contiguous float32 array."""
    return array[index : index + WIDTH].copy()


def _store(_context: Any, array: Any, index: Any, lanes: Any) -> Any:
    if not (_is_row(array) and isinstance(index, types.Integer) and lanes is _LANES):
        return None

    def build(context: Any, builder: Any, given: Any, arguments: Any) -> Any:
        pointer = _pointer(context, builder, given.args[0], *arguments[:2])
        builder.store(arguments[2], pointer, align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, _LANES), build


@compiled_as(_store)
def store(array: Any, index: int, lanes: Lanes) -> None:
    """Write eight numbers from an index on; nothing is checked.

    Args:
        array: Contiguous row of float32.
        index: Where the first of them goes.
        lanes: The numbers.
    """
    array[index : index + WIDTH] = lanes


def _spread(_context: Any, value: Any) -> Any:
    def build(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        first = builder.insert_element(
            ir.Constant(_VECTOR, ir.Undefined), arguments[0], ir.Constant(ir.IntType(32), 0)
        )
        mask = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
        return builder.shuffle_vector(first, ir.Constant(_VECTOR, ir.Undefined), mask)

    return _LANES(types.float32), build


@compiled_as(_spread)
def spread(value: Any) -> Lanes:
    """Return the same float32 in all lanes."""
    return np.full(WIDTH, value, np.float32)


def _gather(_context: Any, lanes: Any) -> Any:
    if lanes is not _LANES:
        return None

    def build(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        def lane(k: int) -> Any:
            return builder.extract_element(arguments[0], ir.Constant(ir.IntType(32), k))

        pairs = [builder.fadd(lane(k), lane(k + 4)) for k in range(4)]
        return builder.fadd(builder.fadd(pairs[0], pairs[2]), builder.fadd(pairs[1], pairs[3]))

    return types.float32(_LANES), build


@compiled_as(_gather)
def gather(lanes: Lanes) -> Any:
    """Return the sum of the lanes, in a fixed order."""
    pairs = lanes[:4] + lanes[4:]
    return (pairs[0] + pairs[2]) + (pairs[1] + pairs[3])
