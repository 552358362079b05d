"""Discrete Fourier transforms of many columns together, in single precision, inside kernels.

A transform runs along the first axis of an array of shape ``(n, width)`` over all columns together:
its loops run along contiguous rows, which fills vector registers for every length. Real and
imaginary parts are separate, in two rows of an array of planes, because products of complex numbers
then need no shuffles. Every length is possible; a prime factor above 5 takes a sum of that many
terms for each value. Roots of unity are computed in double precision and stored in single.

Neither direction is scaled. The error is below 1e-6 of the root of the mean square for lengths up
to 300.

Sources: J. W. Cooley and J. W. Tukey, Math. Comput. 19, 1965; T. G. Stockham, AFIPS Spring Joint
Computer Conference, 1966 (stages that leave the results in order); S. Winograd, Math. Comput. 32,
1978 (fewer products for 3 and 5). Recalled; checked against SciPy.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from isac_envs.engine import mathx
from isac_envs.engine.elementwise import Range, check_range
from isac_envs.engine.jit import inlined, jit
from isac_envs.engine.lanes import WIDTH, load, padded, spread, store

STAGES = 16
"""More than a length up to 65536 has, with factors of at least 2 and fours taken together."""

PLANES_APART = 32
"""Numbers between two planes: at a distance of a power of two, they evict each other."""

_LENGTH = Range(1.0, 65536.0, whole=True)
_HALF, _QUARTER = np.float32(0.5), np.float32(0.25)
_SINE_3 = np.float32(math.sqrt(0.75))
_ROOT_5 = np.float32(math.sqrt(5.0) / 4.0)
_SINE_5 = np.float32(mathx.sincos_turns(0.2)[0])
_SINE_10 = np.float32(mathx.sincos_turns(0.1)[0])


class FourierPlan(NamedTuple):
    r"""What a transform of one length and direction needs; :func:`plan_fourier` fills it.

    Attributes:
        shape: Length, number of stages and direction, int64, shape ``(3,)``.
        radices: Factors of the length in the order of the stages, int64, shape ``(STAGES,)``.
        roots: :math:`\exp(\pm 2 \pi j k / n)`, real and imaginary parts, float32, shape
            ``(2, longest)``.
    """

    shape: Any
    radices: Any
    roots: Any


def fourier_plan(longest: int) -> FourierPlan:
    """Return an empty plan for lengths up to the longest.

    Args:
        longest: In 1..65536.

    Raises:
        ValueError: The length is outside its range.
    """
    check_range("longest", float(longest), _LENGTH)
    return FourierPlan(
        np.zeros(3, np.int64), np.zeros(STAGES, np.int64), np.zeros((2, int(longest)), np.float32)
    )


def plane_size(values: int) -> int:
    """Return the length of a plane for a number of values.

    Args:
        values: Number of values, in 1..2**40.

    Raises:
        ValueError: The number is outside its range.
    """
    check_range("values", float(values), Range(1.0, 2.0**40, whole=True))
    return padded(int(values)) + PLANES_APART


@jit
def plan_fourier(length: int, sign: int, plan: FourierPlan) -> None:
    r"""Fill a plan, unless it is filled for this length and direction already.

    Args:
        length: Number n of values, in 1..longest.
        sign: 1 or -1, the sign in :math:`\exp(\pm 2 \pi j k l / n)`.
        plan: Is overwritten.
    """
    if plan.shape[0] == length and plan.shape[2] == sign:
        return
    left, stages, radix = length, 0, 4
    while left > 1:
        while left % radix == 0:
            plan.radices[stages] = radix
            stages, left = stages + 1, left // radix
        radix = 2 if radix == 4 else (3 if radix == 2 else radix + 2)
    step = float(sign) / length
    for k in range(length):
        sine, cosine = mathx.sincos_turns(k * step)
        plan.roots[0, k], plan.roots[1, k] = cosine, sine
    plan.shape[0], plan.shape[1], plan.shape[2] = length, stages, sign


class _Stage(NamedTuple):
    """Rows of one stage: results of ``rest`` groups, each of rows of ``span`` numbers."""

    xr: Any
    xi: Any
    yr: Any
    yi: Any
    rest: int
    span: int


@inlined
def _put(s: _Stage, at: int, real: Any, imaginary: Any) -> None:
    store(s.yr, at, real)
    store(s.yi, at, imaginary)


@inlined
def _put_turned(s: _Stage, at: int, real: Any, imaginary: Any, c: Any, d: Any) -> None:
    """Store a result times c + j d."""
    store(s.yr, at, c * real - d * imaginary)
    store(s.yi, at, c * imaginary + d * real)


@inlined
def _factor(plan: FourierPlan, k: int) -> Any:
    """Return the k-th root of unity in all lanes."""
    return spread(plan.roots[0, k]), spread(plan.roots[1, k])


@jit
def _stage_2(plan: FourierPlan, s: _Stage, stride: int) -> None:
    further = s.rest * s.span
    for p in range(s.rest):
        c, d = _factor(plan, p * stride)
        i, o = p * s.span, 2 * p * s.span
        for q in range(0, s.span, WIDTH):
            ar, ai = load(s.xr, i + q), load(s.xi, i + q)
            br, bi = load(s.xr, i + q + further), load(s.xi, i + q + further)
            _put(s, o + q, ar + br, ai + bi)
            _put_turned(s, o + q + s.span, ar - br, ai - bi, c, d)


@jit
def _stage_3(plan: FourierPlan, s: _Stage, stride: int, sign: int) -> None:
    further, half, height = s.rest * s.span, spread(_HALF), spread(_SINE_3 * np.float32(sign))
    for p in range(s.rest):
        c1, d1 = _factor(plan, p * stride)
        c2, d2 = _factor(plan, 2 * p * stride)
        i, o = p * s.span, 3 * p * s.span
        for q in range(0, s.span, WIDTH):
            k = i + q
            ar, ai = load(s.xr, k), load(s.xi, k)
            br, bi = load(s.xr, k + further), load(s.xi, k + further)
            cr, ci = load(s.xr, k + 2 * further), load(s.xi, k + 2 * further)
            tr, ti = br + cr, bi + ci
            mr, mi = ar - half * tr, ai - half * ti
            nr, ni = height * (bi - ci), height * (br - cr)
            _put(s, o + q, ar + tr, ai + ti)
            _put_turned(s, o + q + s.span, mr - nr, mi + ni, c1, d1)
            _put_turned(s, o + q + 2 * s.span, mr + nr, mi - ni, c2, d2)


@jit
def _stage_4(plan: FourierPlan, s: _Stage, stride: int, sign: int) -> None:
    further, turn = s.rest * s.span, spread(np.float32(sign))
    for p in range(s.rest):
        c1, d1 = _factor(plan, p * stride)
        c2, d2 = _factor(plan, 2 * p * stride)
        c3, d3 = _factor(plan, 3 * p * stride)
        i, o = p * s.span, 4 * p * s.span
        for q in range(0, s.span, WIDTH):
            k = i + q
            ar, ai = load(s.xr, k), load(s.xi, k)
            br, bi = load(s.xr, k + further), load(s.xi, k + further)
            cr, ci = load(s.xr, k + 2 * further), load(s.xi, k + 2 * further)
            dr, di = load(s.xr, k + 3 * further), load(s.xi, k + 3 * further)
            pr, pi, mr, mi = ar + cr, ai + ci, ar - cr, ai - ci
            qr, qi = br + dr, bi + di
            nr, ni = turn * (bi - di), turn * (br - dr)
            _put(s, o + q, pr + qr, pi + qi)
            _put_turned(s, o + q + s.span, mr - nr, mi + ni, c1, d1)
            _put_turned(s, o + q + 2 * s.span, pr - qr, pi - qi, c2, d2)
            _put_turned(s, o + q + 3 * s.span, mr + nr, mi - ni, c3, d3)


@jit
def _stage_5(plan: FourierPlan, s: _Stage, stride: int, sign: int) -> None:
    further, turn = s.rest * s.span, np.float32(sign)
    quarter, root = spread(_QUARTER), spread(_ROOT_5)
    wide, narrow = spread(turn * _SINE_5), spread(turn * _SINE_10)
    for p in range(s.rest):
        c1, d1 = _factor(plan, p * stride)
        c2, d2 = _factor(plan, 2 * p * stride)
        c3, d3 = _factor(plan, 3 * p * stride)
        c4, d4 = _factor(plan, 4 * p * stride)
        i, o = p * s.span, 5 * p * s.span
        for q in range(0, s.span, WIDTH):
            k = i + q
            ar, ai = load(s.xr, k), load(s.xi, k)
            br, bi = load(s.xr, k + further), load(s.xi, k + further)
            cr, ci = load(s.xr, k + 2 * further), load(s.xi, k + 2 * further)
            dr, di = load(s.xr, k + 3 * further), load(s.xi, k + 3 * further)
            er, ei = load(s.xr, k + 4 * further), load(s.xi, k + 4 * further)
            tr, ti, ur, ui = br + er, bi + ei, cr + dr, ci + di
            sr, si = tr + ur, ti + ui
            mr, mi = ar - quarter * sr, ai - quarter * si
            gr, gi = root * (tr - ur), root * (ti - ui)
            vr, vi, wr, wi = br - er, bi - ei, cr - dr, ci - di
            hr, hi = wide * vi + narrow * wi, wide * vr + narrow * wr
            jr, ji = narrow * vi - wide * wi, narrow * vr - wide * wr
            _put(s, o + q, ar + sr, ai + si)
            _put_turned(s, o + q + s.span, mr + gr - hr, mi + gi + hi, c1, d1)
            _put_turned(s, o + q + 2 * s.span, mr - gr - jr, mi - gi + ji, c2, d2)
            _put_turned(s, o + q + 3 * s.span, mr - gr + jr, mi - gi - ji, c3, d3)
            _put_turned(s, o + q + 4 * s.span, mr + gr + hr, mi + gi - hi, c4, d4)


@jit
def _stage_odd(plan: FourierPlan, s: _Stage, stride: int, radix: int) -> None:
    """Sum the terms of every result: terms j and radix - j share factors, as two results do."""
    further, root, half = s.rest * s.span, s.rest * stride, (radix - 1) // 2
    for p in range(s.rest):
        i, o = p * s.span, radix * p * s.span
        for q in range(0, s.span, WIDTH):
            real, imaginary = load(s.xr, i + q), load(s.xi, i + q)
            for j in range(1, radix):
                real = real + load(s.xr, i + q + j * further)
                imaginary = imaginary + load(s.xi, i + q + j * further)
            _put(s, o + q, real, imaginary)
        for k in range(1, half + 1):
            c1, d1 = _factor(plan, k * p * stride)
            c2, d2 = _factor(plan, (radix - k) * p * stride)
            one, two = o + k * s.span, o + (radix - k) * s.span
            for q in range(0, s.span, WIDTH):
                mr, mi, turn = load(s.xr, i + q), load(s.xi, i + q), 0
                nr, ni = mr - mr, mi - mi
                for j in range(1, half + 1):
                    turn += k
                    turn -= radix if turn >= radix else 0
                    e, f = _factor(plan, turn * root)
                    first, last = i + q + j * further, i + q + (radix - j) * further
                    ar, ai = load(s.xr, first), load(s.xi, first)
                    br, bi = load(s.xr, last), load(s.xi, last)
                    mr, mi = mr + e * (ar + br), mi + e * (ai + bi)
                    nr, ni = nr + f * (ar - br), ni + f * (ai - bi)
                _put_turned(s, one + q, mr - ni, mi + nr, c1, d1)
                _put_turned(s, two + q, mr + ni, mi - nr, c2, d2)


@jit
def transform(plan: FourierPlan, planes: Any, source: int, spare: Any, width: int) -> int:
    """Transform every column of the source and return where the results are.

    Args:
        plan: Of the length n.
        planes: float32, one contiguous row for each plane, shape ``(k, size)`` with size at least
            n times the width. Value (i, c) is at i width + c; the imaginary plane follows the real
            one. Planes other than the source and ``spare`` are not changed.
        source: Row of the real plane of the source, which is kept.
        spare: Rows of two other real planes: the results are in one of them.
        width: Length of a row, a multiple of eight.

    Returns:
        The row of the real plane of the results: the source itself for a length of 1.
    """
    length, stages, sign = plan.shape[0], plan.shape[1], plan.shape[2]
    stride, here, there, after = 1, source, spare[0], spare[1]
    for stage in range(stages):
        radix = plan.radices[stage]
        rest = length // (stride * radix)
        s = _Stage(
            planes[here], planes[here + 1], planes[there], planes[there + 1], rest, stride * width
        )
        if radix == 4:
            _stage_4(plan, s, stride, sign)
        elif radix == 2:
            _stage_2(plan, s, stride)
        elif radix == 3:
            _stage_3(plan, s, stride, sign)
        elif radix == 5:
            _stage_5(plan, s, stride, sign)
        else:
            _stage_odd(plan, s, stride, radix)
        here, there, after = there, after, there
        stride *= radix
    return here


def fourier_transform(
    values: npt.ArrayLike, axis: int = -1, inverse: bool = False
) -> npt.NDArray[np.complex64]:
    """Return the transform of an array along one axis, in single precision.

    Args:
        values: Complex, finite, at most 65536 along the axis.
        axis: Along which; every other one is a batch.
        inverse: Whether the exponent is positive. Neither direction is scaled.

    Raises:
        ValueError: The array has no axes or no values, a value is not finite, or the axis is
            longer than 65536.
    """
    given = np.asarray(values, dtype=np.complex64)
    if given.ndim == 0 or given.size == 0:
        raise ValueError(f"values have shape {given.shape}: nothing to transform")
    if not np.isfinite(given).all():
        raise ValueError("values are not all finite")
    moved = np.moveaxis(given, axis, 0)
    columns = moved.reshape(len(moved), -1)
    length, width = len(columns), padded(columns.shape[1])
    planes = np.zeros((6, plane_size(length * width)), np.float32)
    rows = planes[:, : length * width].reshape(6, length, width)
    rows[0, :, : columns.shape[1]], rows[1, :, : columns.shape[1]] = columns.real, columns.imag
    plan = fourier_plan(length)
    plan_fourier(length, 1 if inverse else -1, plan)
    at = transform(plan, planes, 0, (2, 4), width)
    found = np.empty(columns.shape, np.complex64)
    found.real, found.imag = rows[at : at + 2, :, : columns.shape[1]]
    return np.moveaxis(found.reshape(moved.shape), 0, axis)
