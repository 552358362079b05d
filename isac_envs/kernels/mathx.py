"""Branch-free elementary functions that LLVM vectorises inside compiled loops.

Numba has no vector math library since 0.62: ``math.sin`` in a loop is one scalar library call an
element. The functions here are only multiplications, fused multiply-adds and bit operations, so
loops over them use the full vector width, and they give the same bits on every machine with a
fused multiply-add. The polynomials are minimax fits on the stated intervals. Angles are in turns
(cycles), which makes the range reduction exact.

No function checks its domain: callers guarantee finite arguments inside the stated range.
"""

import struct
from fractions import Fraction
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from isac_envs.kernels.jit import INTERPRETED, jit

_ROUND_TO_INT = 6755399441055744.0  # 1.5 * 2**52: adding it leaves an integer in the low mantissa
_ROUND_BITS = 0x4338000000000000  # the bits of that number
_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
_LOG2_E = 1.4426950408889634
_LOG2_E_LOW = 2.0355273740931033e-17  # what float64 loses of log2(e)
_LOG2_10_TENTH = 0.33219280948873625  # log2(10) / 10
_LOG2_10_TENTH_LOW = -1.6690515569018775e-17
_LOG10_2 = 0.30102999566398120
_LN_2 = 0.6931471805599453


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


def _python_fma(a: float, b: float, c: float) -> float:
    if not (np.isfinite(a) and np.isfinite(b) and np.isfinite(c)):
        return a * b + c
    return float(Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c)))  # rounds once


def _python_round_even(x: float) -> float:
    return float(np.rint(x))


float_bits = _python_float_bits if INTERPRETED else _compiled_float_bits
bits_float = _python_bits_float if INTERPRETED else _compiled_bits_float
fma = _python_fma if INTERPRETED else _compiled_fma
round_even = _python_round_even if INTERPRETED else _compiled_round_even


@jit
def sincos_turns(turns: float) -> tuple[float, float]:
    """Return sine and cosine of an angle in turns.

    Args:
        turns: Angle divided by 2 pi, magnitude below 2**49.

    Returns:
        ``(sin, cos)``, absolute error below 2e-16.
    """
    quarter = round_even(4.0 * turns)
    r = fma(quarter, -0.25, turns)  # |r| <= 1/8 turn, exact
    t = r * r
    s = fma(3.780726823085965, t, -15.093797535577933)
    s = fma(s, t, 42.05868490258314)
    s = fma(s, t, -76.70585970331938)
    s = fma(s, t, 81.60524927594453)
    s = fma(s, t, -41.341702240399634)
    s = fma(s, t, 6.283185307179586) * r
    c = fma(-1.696661572850943, t, 7.903081370611638)
    c = fma(c, t, -26.42625068590803)
    c = fma(c, t, 60.24464132648107)
    c = fma(c, t, -85.45681720650957)
    c = fma(c, t, 64.93939402266793)
    c = fma(c, t, -19.739208802178716)
    c = fma(c, t, 1.0)
    quadrant = float_bits(quarter + _ROUND_TO_INT)
    odd = (quadrant & 1) != 0
    sine = c if odd else s
    cosine = s if odd else c
    # bit 1 of the quadrant is the sign: moved onto the sign bit of the result
    sine = bits_float(float_bits(sine) ^ ((quadrant & 2) << 62))
    cosine = bits_float(float_bits(cosine) ^ (((quadrant + 1) & 2) << 62))
    return sine, cosine


@jit
def log2(x: float) -> float:
    """Return the binary logarithm of a normal float64 above 0; relative error below 2 eps."""
    bits = float_bits(x)
    exponent = (bits - _SQRT_HALF_BITS) >> 52  # puts the mantissa into [sqrt(1/2), sqrt(2))
    m = bits_float(bits - (exponent << 52)) - 1.0
    whole = bits_float(exponent + _ROUND_BITS) - _ROUND_TO_INT  # exact integer to float
    s = m / (2.0 + m)
    t = s * s
    p = fma(0.21367066635364648, t, 0.22091187639284415)
    p = fma(p, t, 0.2623344014601578)
    p = fma(p, t, 0.32059853392980525)
    p = fma(p, t, 0.4121985858510587)
    p = fma(p, t, 0.5770780163454703)
    p = fma(p, t, 0.9617966939259899)
    p = fma(p, t, 2.8853900817779268)
    return fma(p, s, whole)


@jit
def _exp2_of_sum(high: float, low: float) -> float:
    """Return 2**(high + low), low being what the product in the caller lost in rounding."""
    k = round_even(high)
    r = (high - k) + low
    p = fma(4.4352888650675365e-10, r, 7.074104573753809e-09)
    p = fma(p, r, 1.0178197976954745e-07)
    p = fma(p, r, 1.3215433095891532e-06)
    p = fma(p, r, 1.5252733490108938e-05)
    p = fma(p, r, 0.00015403530462501698)
    p = fma(p, r, 0.0013333558146789778)
    p = fma(p, r, 0.009618129107588346)
    p = fma(p, r, 0.055504108664819925)
    p = fma(p, r, 0.24022650695910155)
    p = fma(p, r, 0.6931471805599453)
    p = fma(p, r, 1.0)
    return bits_float(float_bits(p) + (float_bits(k + _ROUND_TO_INT) << 52))


@jit
def exp2(x: float) -> float:
    """Return 2**x for abs(x) < 1022; relative error below 2 eps."""
    return _exp2_of_sum(x, 0.0)


@jit
def exp(x: float) -> float:
    """Return e**x for abs(x) < 708; relative error below 2 eps."""
    high = x * _LOG2_E
    return _exp2_of_sum(high, fma(x, _LOG2_E_LOW, fma(x, _LOG2_E, -high)))


@jit
def ln(x: float) -> float:
    """Return the natural logarithm of a normal float64 above 0."""
    return log2(x) * _LN_2


@jit
def log10(x: float) -> float:
    """Return the decimal logarithm of a normal float64 above 0."""
    return log2(x) * _LOG10_2


@jit
def db_to_linear(x_db: float) -> float:
    """Return 10**(x_db / 10), a power ratio, for abs(x_db) < 3070 dB."""
    high = x_db * _LOG2_10_TENTH
    return _exp2_of_sum(high, fma(x_db, _LOG2_10_TENTH_LOW, fma(x_db, _LOG2_10_TENTH, -high)))


@jit
def linear_to_db(x: float) -> float:
    """Return 10 log10(x) in dB of a power ratio, a normal float64 above 0."""
    return log2(x) * 3.0102999566398120
