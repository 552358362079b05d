"""Elementary functions of numbers and arrays that give the same bits on every processor.

NumPy's ``exp``, ``log10``, ``power``, ``arctan2`` and similar functions use different code on
different processors, and :mod:`math` calls the C library; both differ in the last bit. Parameters,
tables, geometry and baselines use these forms of :mod:`.mathx` instead, or sums, products,
quotients and square roots, which IEEE 754 fixes. Angles are in turns.
"""

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from isac_envs.engine import mathx
from isac_envs.engine.elementwise import Range, elementwise
from isac_envs.kernels.numerics import gamma

Function: TypeAlias = Callable[..., Any]
"""From numbers or arrays that broadcast to a float, or a float64 array; or a pair of these."""

_ANY = Range(-math.inf, math.inf)
_NORMAL = Range(float(np.finfo(np.float64).tiny), float(np.finfo(np.float64).max))
_TURNS = Range(-(2.0**49), 2.0**49, "turns")

exp: Function = elementwise(gamma.exp_or_zero, x=Range(-math.inf, 708.0))
log2: Function = elementwise(mathx.log2, x=_NORMAL)
log10: Function = elementwise(mathx.log10, x=_NORMAL)
power: Function = elementwise(mathx.power, base=_NORMAL, exponent=Range(-1022.0, 1022.0))
db_to_linear: Function = elementwise(mathx.db_to_linear, x_db=Range(-3070.0, 3070.0, "dB"))
linear_to_db: Function = elementwise(mathx.linear_to_db, x=_NORMAL)
sincos_turns: Function = elementwise(mathx.sincos_turns, turns=_TURNS)
atan2_turns: Function = elementwise(mathx.atan2_turns, y=_ANY, x=_ANY)
gaussian_q: Function = elementwise(gamma.gaussian_q, x=Range(-1e150, 1e150))
gaussian_q_inverse: Function = elementwise(
    gamma.gaussian_q_inverse, probability=Range(1e-300, 1.0 - 1e-16)
)
