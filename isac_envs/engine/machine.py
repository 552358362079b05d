"""Operations that the processor or IEEE 754 fixes to the bit, compiled and interpreted.

``fma`` rounds ``a * b + c`` once; where a processor has no such instruction, LLVM calls the one of
the C library, which is exact.
"""

import struct
from math import fsum, isfinite
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from isac_envs.engine.jit import INTERPRETED

_SPLIT = 2.0**27 + 1.0  # halves of a float have 26 bits


@intrinsic  # type: ignore[untyped-decorator]
def _compiled_float_bits(_context: Any, _x: Any) -> Any:
    def build(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), build


@intrinsic  # type: ignore[untyped-decorator]
def _compiled_bits_float(_context: Any, _x: Any) -> Any:
    def build(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), build


@intrinsic  # type: ignore[untyped-decorator]
def _compiled_single_bits(_context: Any, _x: Any) -> Any:
    def build(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.int32(types.float32), build


@intrinsic  # type: ignore[untyped-decorator]
def _compiled_bits_single(_context: Any, _x: Any) -> Any:
    def build(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.int32), build


@intrinsic  # type: ignore[untyped-decorator]
def _compiled_fma(_context: Any, _a: Any, _b: Any, _c: Any) -> Any:
    def build(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), build


@intrinsic  # type: ignore[untyped-decorator]
def _compiled_round_even(_context: Any, _x: Any) -> Any:
    def build(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        function = builder.module.declare_intrinsic("llvm.rint", [ir.DoubleType()])
        return builder.call(function, arguments)

    return types.float64(types.float64), build


def _python_float_bits(x: float) -> np.int64:
    return np.int64(struct.unpack("<q", struct.pack("<d", x))[0])


def _python_bits_float(bits: Any) -> float:
    return float(struct.unpack("<d", struct.pack("<q", int(bits)))[0])


def _python_single_bits(x: Any) -> np.int32:
    return np.float32(x).view(np.int32)


def _python_bits_single(bits: Any) -> np.float32:
    return np.int32(bits).view(np.float32)


def _python_fma(a: float, b: float, c: float) -> float:
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


def _python_round_even(x: float) -> float:
    return float(np.rint(x))


float_bits = _python_float_bits if INTERPRETED else _compiled_float_bits
bits_float = _python_bits_float if INTERPRETED else _compiled_bits_float
single_bits = _python_single_bits if INTERPRETED else _compiled_single_bits
bits_single = _python_bits_single if INTERPRETED else _compiled_bits_single
fma = _python_fma if INTERPRETED else _compiled_fma
round_even = _python_round_even if INTERPRETED else _compiled_round_even
