"""Operations that the processor or IEEE 754 fixes to the bit, compiled and interpreted.

Each is a Python function, which interpreted kernels call, with instructions that compiled kernels
have in its place. ``fma`` rounds ``a * b + c`` once; where a processor has no such instruction,
LLVM calls the one of the C library, which is exact.
"""

import struct
from collections.abc import Callable
from math import fsum, isfinite
from typing import Any, TypeVar

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.typing.templates import infer_global, make_intrinsic_template

Function = TypeVar("Function", bound=Callable[..., Any])

_SPLIT = 2.0**27 + 1.0  # halves of a float have 26 bits


def compiled_as(define: Callable[..., Any]) -> Callable[[Function], Function]:
    """Decorate a Python function with what compiled kernels have in its place.

    Args:
        define: Definition of the instructions, as for :func:`numba.extending.intrinsic`.
    """

    def register(function: Function) -> Function:
        template = make_intrinsic_template(function, define, function.__name__)
        infer_global(function, types.Function(template))
        function.instructions = define  # type: ignore[attr-defined]
        return function

    return register


def _float_bits(_context: Any, _x: Any) -> Any:
    def build(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), build


@compiled_as(_float_bits)
def float_bits(x: float) -> Any:
    """Return the bits of a float64 as an int64."""
    return np.int64(struct.unpack("<q", struct.pack("<d", x))[0])


def _bits_float(_context: Any, _bits: Any) -> Any:
    def build(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), build


@compiled_as(_bits_float)
def bits_float(bits: Any) -> float:
    """Return the float64 that has the bits of an int64."""
    return float(struct.unpack("<d", struct.pack("<q", int(bits)))[0])


def _single_bits(_context: Any, _x: Any) -> Any:
    def build(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.int32(types.float32), build


@compiled_as(_single_bits)
def single_bits(x: Any) -> Any:
    """Return the bits of a float32 as an int32."""
    return np.float32(x).view(np.int32)


def _bits_single(_context: Any, _bits: Any) -> Any:
    def build(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.int32), build


@compiled_as(_bits_single)
def bits_single(bits: Any) -> Any:
    """Return the float32 that has the bits of an int32."""
    return np.int32(bits).view(np.float32)


def _round_even(_context: Any, _x: Any) -> Any:
    def build(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        function = builder.module.declare_intrinsic("llvm.rint", [ir.DoubleType()])
        return builder.call(function, arguments)

    return types.float64(types.float64), build


@compiled_as(_round_even)
def round_even(x: float) -> float:
    """Return the nearest whole number, of two equally near ones the even one."""
    return float(np.rint(x))


def _fma(_context: Any, _a: Any, _b: Any, _c: Any) -> Any:
    def build(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), build


@compiled_as(_fma)
def fma(a: float, b: float, c: float) -> float:
    """Return a b + c, rounded once.

    Args:
        a: A factor.
        b: The other one.
        c: The summand.
    """
    a, b, c = float(a), float(b), float(c)
    if not (isfinite(a) and isfinite(b) and isfinite(c)):
        return a * b + c
    product = a * b
    if 1e-200 < abs(product) < 1e200 and abs(a) < 1e200 and abs(b) < 1e200 and abs(c) < 1e200:
        return fsum((product, _product_error(a, b, product), c))  # rounds once
    (p, q), (r, s), (u, v) = (each.as_integer_ratio() for each in (a, b, c))
    return (p * r * v + u * q * s) / (q * s * v)  # of whole numbers: rounds once


def _product_error(a: float, b: float, product: float) -> float:
    """Return a b less its rounded value, exactly: Dekker's product of halves by Veltkamp's split.

    Source: T. J. Dekker, "A floating-point technique for extending the available precision",
    Numer. Math. 18, 1971 (recalled).
    """
    a_high, b_high = _SPLIT * a, _SPLIT * b
    a_high, b_high = a_high - (a_high - a), b_high - (b_high - b)
    a_low, b_low = a - a_high, b - b_high
    return a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)
