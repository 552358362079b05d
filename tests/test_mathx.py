"""Elementary functions against arbitrary precision, at their stated error bounds."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import mathx_samples
import mpmath
import numpy as np
import pytest
from mathx_samples import evaluate, samples

from isac_envs.engine import mathx
from isac_envs.kernels.numerics import portable

EPS = float(np.finfo(float).eps)
COUNT = 1500

mpmath.mp.prec = 140


def exact(name: str) -> Callable[[Any], Any]:
    return {
        "log2": lambda x: mpmath.log(x, 2),
        "ln": mpmath.log,
        "log10": mpmath.log10,
        "linear_to_db": lambda x: 10 * mpmath.log10(x),
        "exp2": lambda x: mpmath.power(2, x),
        "exp": mpmath.exp,
        "db_to_linear": lambda x: mpmath.power(10, x / 10),
    }[name]


BOUNDS = {
    "log2": 2.0,
    "ln": 3.0,  # one more rounding than log2, which its docstring leaves open
    "log10": 3.0,
    "linear_to_db": 3.0,
    "exp2": 2.0,
    "exp": 2.0,
    "db_to_linear": 2.0,
}
"""Relative errors in units of eps."""


@pytest.mark.parametrize("name", BOUNDS)
def test_relative_error(name: str) -> None:
    values = samples(name, COUNT)
    worst, where = mpmath.mpf(0), None
    for value, result in zip(values.tolist(), evaluate(name, values).tolist(), strict=True):
        reference = exact(name)(mpmath.mpf(value))
        difference = abs(mpmath.mpf(result) - reference)
        error = difference / abs(reference) if reference else difference
        if error > worst:
            worst, where = error, value
    assert worst < BOUNDS[name] * EPS, f"{float(worst / EPS)} eps at {where!r}"


def test_atan2_error() -> None:
    for (y, x), result in zip(
        samples("atan2_turns", COUNT).tolist(),
        evaluate("atan2_turns", samples("atan2_turns", COUNT)).tolist(),
        strict=True,
    ):
        exact = mpmath.atan2(y, x) / (2 * mpmath.pi)
        # the angle of a small quotient keeps its relative accuracy
        assert abs(exact - result) <= min(1e-16, 4 * EPS * abs(exact)), (y, x)


@pytest.mark.parametrize(
    ("y", "x", "turns"),
    [(0.0, 0.0, 0), (0.0, 3.0, 0), (3.0, 0.0, 0.25), (-3.0, 0.0, -0.25), (0.0, -3.0, 0.5),
     (2.0, 2.0, 0.125), (2.0, -2.0, 0.375), (-2.0, -2.0, -0.375), (-2.0, 2.0, -0.125)],
)  # fmt: skip
def test_eighths_of_a_turn_are_exact(y: float, x: float, turns: float) -> None:
    assert mathx.atan2_turns(y, x) == turns


def test_acos_error() -> None:
    values = samples("acos_turns", COUNT)
    for value, result in zip(values.tolist(), evaluate("acos_turns", values).tolist(), strict=True):
        exact = mpmath.acos(value) / (2 * mpmath.pi)
        assert abs(exact - result) <= min(2e-16, 4 * EPS * exact), value


def test_power_error() -> None:
    pairs = samples("power", COUNT)
    for (base, exponent), result in zip(
        pairs.tolist(), evaluate("power", pairs).tolist(), strict=True
    ):
        exact = mpmath.power(base, mpmath.mpf(exponent))
        size = abs(exponent * np.log2(base))
        assert abs(exact - result) < (1.0 + size / 40.0) * EPS * exact, (base, exponent)


def test_power_of_two_is_exact() -> None:
    for base in (0.25, 2.0, 8.0):
        for exponent in range(-300, 300):
            assert mathx.power(base, float(exponent)) == base**exponent


def test_sincos_error() -> None:
    values = samples("sincos_turns", COUNT)
    for value, (sine, cosine) in zip(
        values.tolist(), evaluate("sincos_turns", values), strict=True
    ):
        angle = 2 * mpmath.pi * mpmath.frac(mpmath.mpf(value))
        errors = abs(mpmath.sin(angle) - sine), abs(mpmath.cos(angle) - cosine)
        assert max(errors) < 2e-16, value


@pytest.mark.parametrize(
    ("turns", "sine", "cosine"),
    [(0.0, 0, 1), (0.25, 1, 0), (0.5, 0, -1), (0.75, -1, 0), (1.0, 0, 1), (-0.25, -1, 0),
     (2.0**48 + 0.25, 1, 0), (1e15 / 8, 0, 1)],
)  # fmt: skip
def test_quarter_turns_are_exact(turns: float, sine: int, cosine: int) -> None:
    assert mathx.sincos_turns(turns) == (sine, cosine)


def test_exact_values() -> None:
    for k in range(-1021, 1022):
        assert mathx.exp2(float(k)) == 2.0**k
        assert mathx.log2(2.0**k) == k
    assert mathx.exp(0.0) == mathx.db_to_linear(0.0) == 1.0
    assert mathx.ln(1.0) == mathx.log10(1.0) == mathx.linear_to_db(1.0) == 0.0


def test_small_arguments_keep_their_relative_accuracy_in_sine() -> None:
    for turns in (1e-3, 1e-8, 1e-30, 1e-300):
        expected = float(mpmath.sin(2 * mpmath.pi * mpmath.mpf(turns)))
        assert mathx.sincos_turns(turns)[0] == pytest.approx(expected, rel=4 * EPS)


def test_symmetry() -> None:
    for turns in samples("sincos_turns", 200).tolist():
        sine, cosine = mathx.sincos_turns(turns)
        assert mathx.sincos_turns(-turns) == (-sine, cosine)


def test_db_round_trip() -> None:
    for level_db in np.linspace(-300, 300, 601).tolist():
        ratio = mathx.db_to_linear(level_db)
        assert mathx.linear_to_db(ratio) == pytest.approx(level_db, rel=1e-14, abs=1e-14)


def test_portable_forms_give_the_bits_of_the_scalar_ones() -> None:
    values = samples("log2", 50)[:80].reshape(2, -1)
    for name in ("log2", "log10", "linear_to_db"):
        found = getattr(portable, name)(values)
        assert found.tolist() == [[getattr(mathx, name)(x) for x in row] for row in values]
    sines, cosines = portable.sincos_turns(np.array([0.1, 0.2]))
    assert (sines[1], cosines[1]) == mathx.sincos_turns(0.2)
    assert portable.atan2_turns(1.0, np.array([0.0, 3.0])).tolist() == [
        0.25,
        mathx.atan2_turns(1.0, 3.0),
    ]


def test_portable_exponential_falls_to_zero_and_does_not_overflow() -> None:
    assert portable.exp(np.array([-np.inf, -1e9, 0.0])).tolist() == [0.0, 0.0, 1.0]
    with pytest.raises(ValueError, match=r"x = 800\.0 is outside"):
        portable.exp(800.0)


def test_interpreted_gives_the_compiled_bits() -> None:
    finished = subprocess.run(
        [sys.executable, mathx_samples.__file__, "300"],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    answer = json.loads(finished.stdout)
    assert answer["interpreted"]
    assert answer["digests"] == mathx_samples.digests(300)
