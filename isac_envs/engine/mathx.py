"""Branch-free elementary functions that LLVM vectorises inside compiled loops.

Numba has no vector math library since 0.62: ``math.sin`` in a loop is one scalar library call per
element. The functions here are only multiplications, fused multiply-adds and bit operations, so
loops over them use the full vector width, and they give the same bits on every machine with a
fused multiply-add. The polynomials are minimax fits on the stated intervals. Angles are in turns
(cycles), which makes the range reduction exact.

No function checks its domain: callers guarantee finite arguments inside the stated range.
"""

import math

import numpy as np

from isac_envs.engine.jit import jit
from isac_envs.engine.machine import bits_float as bits_float
from isac_envs.engine.machine import float_bits as float_bits
from isac_envs.engine.machine import fma as fma
from isac_envs.engine.machine import round_even as round_even

_ROUND_TO_INT = 6755399441055744.0  # 1.5 * 2**52: adding it leaves an integer in the low mantissa
_ROUND_BITS = 0x4338000000000000  # the bits of that number
_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
_LOG2_E = 1.4426950408889634
_LOG2_E_LOW = 2.0355273740931033e-17  # what float64 loses of log2(e)
_LOG2_10_TENTH = 0.33219280948873625  # log2(10) / 10
_LOG2_10_TENTH_LOW = -1.6690515569018775e-17
_LOG10_2 = 0.30102999566398120
_LN_2 = 0.6931471805599453
_TURN = 0.15915494309189535  # 1 / (2 pi)
_ATAN_NODES = np.array((0.0, 0.198912367379658, 0.41421356237309503, 0.6681786379192989, 1.0))
_ATAN_TURNS = np.arange(5) / 32.0  # the nodes are their tangents


@jit
def sincos_turns(turns: float) -> tuple[float, float]:
    r"""Return sine and cosine of an angle in turns.

    Args:
        turns: Angle divided by :math:`2 \pi`, magnitude below 2**49.

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
def atan2_turns(y: float, x: float) -> float:
    """Return the angle of the vector (x, y) in turns, in [-1/2, 1/2]; 0 for the null vector.

    Error below 1e-16: a quotient in [0, 1], the nearest of five nodes, a Taylor series.
    """
    low, high = min(abs(x), abs(y)), max(abs(x), abs(y))
    t = low / max(high, 1e-300)
    node = int(5.1 * t * (1.0 - 0.22 * t) + 0.5)
    r = (t - _ATAN_NODES[node]) / (1.0 + t * _ATAN_NODES[node])
    square = r * r
    series = 1.0 / 17.0
    for k in range(15, 0, -2):
        series = fma(-square, series, 1.0 / k)
    turns = fma(r * series, _TURN, _ATAN_TURNS[node])
    turns = 0.25 - turns if abs(y) > abs(x) else turns
    turns = 0.5 - turns if x < 0.0 else turns
    return -turns if y < 0.0 else turns


@jit
def acos_turns(cosine: float) -> float:
    """Return the angle of a cosine in [-1, 1] in turns, in [0, 1/2]; error below 2e-16."""
    return atan2_turns(math.sqrt((1.0 - cosine) * (1.0 + cosine)), cosine)


@jit
def _split(x: float) -> tuple[float, float]:
    """Return m in [sqrt(1/2) - 1, sqrt(2) - 1] and a whole number e, x = (1 + m) 2**e."""
    bits = float_bits(x)
    exponent = (bits - _SQRT_HALF_BITS) >> 52
    whole = bits_float(exponent + _ROUND_BITS) - _ROUND_TO_INT  # exact integer to float
    return bits_float(bits - (exponent << 52)) - 1.0, whole


@jit
def _log2_tail(t: float) -> float:
    """Return (log2((1 + s) / (1 - s)) / s - 2 / ln(2)) / t for t = s**2."""
    p = fma(0.21367066635364648, t, 0.22091187639284415)
    p = fma(p, t, 0.2623344014601578)
    p = fma(p, t, 0.32059853392980525)
    p = fma(p, t, 0.4121985858510587)
    p = fma(p, t, 0.5770780163454703)
    return fma(p, t, 0.9617966939259899)


@jit
def log2(x: float) -> float:
    """Return the binary logarithm of a normal float64 above 0; relative error below 2 eps."""
    m, whole = _split(x)
    s = m / (2.0 + m)
    return fma(fma(_log2_tail(s * s), s * s, 2.0 * _LOG2_E), s, whole)


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
    """Return :math:`2^x` for abs(x) < 1022; relative error below 2 eps."""
    return _exp2_of_sum(x, 0.0)


@jit
def exp(x: float) -> float:
    """Return :math:`e^x` for abs(x) < 708; relative error below 2 eps."""
    high = x * _LOG2_E
    return _exp2_of_sum(high, fma(x, _LOG2_E_LOW, fma(x, _LOG2_E, -high)))


@jit
def exp_minus_one(x: float) -> float:
    """Return :math:`e^x - 1` for abs(x) < 708; relative error below 4 eps: a series near 0."""
    if abs(x) > 0.35:
        return exp(x) - 1.0
    total = 1.0
    for k in range(15, 1, -1):
        total = fma(total, x / k, 1.0)
    return x * total


@jit
def power(base: float, exponent: float) -> float:
    """Return a power of a normal float64 above 0, for abs(exponent * log2(base)) < 1022.

    Relative error below (1 + abs(exponent * log2(base)) / 40) eps: the logarithm has two parts,
    because the exponent multiplies its rounding.
    """
    m, whole = _split(base)
    d = 2.0 + m
    s = m / d
    s_low = (fma(-s, d, m) - s * (m - (d - 2.0))) / d
    first = s * (2.0 * _LOG2_E)
    low = fma(s, 2.0 * _LOG2_E, -first) + fma(s_low, 2.0 * _LOG2_E, s * (2.0 * _LOG2_E_LOW))
    low = fma(_log2_tail(s * s), s * s * s, low)
    rough = whole + first
    low += first - (rough - whole)
    high = rough + low
    low -= high - rough
    product = exponent * high
    return _exp2_of_sum(product, fma(exponent, low, fma(exponent, high, -product)))


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
    """Return a power ratio, :math:`10^{x / 10}` of x in dB, for abs(x_db) < 3070 dB."""
    high = x_db * _LOG2_10_TENTH
    return _exp2_of_sum(high, fma(x_db, _LOG2_10_TENTH_LOW, fma(x_db, _LOG2_10_TENTH, -high)))


@jit
def linear_to_db(x: float) -> float:
    r"""Return a power ratio in dB, :math:`10 \lg x` of a normal float64 above 0."""
    return log2(x) * 3.0102999566398120
