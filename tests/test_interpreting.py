"""Interpreted kernels: the bits of machine code, and nothing of it left behind."""

import importlib
import math
import pkgutil
import threading
from functools import partial
from typing import Any

import numpy as np
import pytest

import isac_envs.kernels
from isac_envs.catalog import OWN, model_class
from isac_envs.engine import interpreting, mathx, rng
from isac_envs.engine.interpreting import FEW, interpret, sparing
from isac_envs.engine.jit import jit
from isac_envs.engine.program import Kernel
from isac_envs.scenarios import load, names

EDGE = 1e12
"""Draws from an unbounded range end here."""


def public_functions() -> dict[str, object]:
    """Return every array function of the kernels by its name."""
    found = {}
    for module in pkgutil.walk_packages(isac_envs.kernels.__path__, "isac_envs.kernels."):
        for name, each in vars(importlib.import_module(module.name)).items():
            if hasattr(each, "ranges") and each.__module__ == module.name:
                found[f"{module.name.removeprefix('isac_envs.kernels.')}.{name}"] = each
    return found


def draw(valid: Any, generator: np.random.Generator) -> float:
    """Draw a number from a range, whole where it says so, over all of its scale."""
    low, high = max(valid.low, -EDGE), min(valid.high, EDGE)
    if low > 0.0 and high / low > 1e3:
        value = low * math.exp(generator.random() * math.log(high / low))
    else:
        value = low + (high - low) * generator.random()
    return float(math.ceil(value)) if valid.whole else float(value)


def test_every_array_function_gives_the_bits_of_its_machine_code() -> None:
    functions = public_functions()
    assert len(functions) > 60
    generator = np.random.default_rng(0)
    for name, function in functions.items():
        tried = 0
        for _ in range(100):
            drawn = {key: draw(valid, generator) for key, valid in function.ranges.items()}
            try:
                compiled = function(**drawn)
            except ValueError:  # arguments that do not go together
                continue
            assert interpret(partial(function, **drawn)) == compiled, (name, drawn)
            tried += 1
            if tried == 4:
                break
        assert tried, name


def with_the_slow_marked() -> list[Any]:
    """Return all ids; tables of TargetTrack take a minute in Python."""
    slow = {name for name in OWN if "TargetTrack" in name}
    return [pytest.param(each, marks=[pytest.mark.slow] * (each in slow)) for each in sorted(OWN)]


@pytest.mark.parametrize("name", with_the_slow_marked())
def test_derived_parameters_have_the_bits_of_machine_code(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = model_class(name)
    for scenario in names(model):
        parameters = load(model, scenario).parameters
        interpreted = interpret(getattr, parameters.model_copy(), "record")
        with monkeypatch.context() as patch:
            patch.setattr(interpreting, "FEW", 0)
            compiled = parameters.model_copy().record
        assert interpreted.tobytes() == compiled.tobytes(), scenario


def compiled_kernel(function: object) -> Kernel:
    kernel = jit(function)
    assert isinstance(kernel, Kernel)
    return kernel


def test_the_first_numbers_are_interpreted_and_more_of_them_compiled() -> None:
    def plus_one(x: float) -> float:
        return x + 1.0

    kernel = compiled_kernel(plus_one)
    with sparing():
        assert [kernel(0.5) for _ in range(FEW)] == [1.5] * FEW
        assert not kernel.overloads
        assert kernel(0.5) == 1.5
    assert len(kernel.overloads) == 1


def test_arrays_count_by_their_elements() -> None:
    def fill(out: np.ndarray) -> None:
        for i in range(out.shape[0]):
            out[i] = i

    few, many = compiled_kernel(fill), compiled_kernel(fill)
    with sparing():
        few(np.empty(FEW))
        many(np.empty(FEW + 1))
    assert not few.overloads
    assert many.overloads


def test_results_are_numbers_of_python() -> None:
    with sparing():
        sine, cosine = mathx.sincos_turns(0.125)
        assert type(mathx.exp(1.0)) is type(sine) is type(cosine) is float
    assert (sine, cosine) == mathx.sincos_turns(0.125)


def test_what_python_refuses_is_left_to_machine_code() -> None:
    def halves(values: np.ndarray, by: float) -> float:
        values[0] *= 0.5
        return 1.0 / by

    values = np.ones(2)
    with sparing():
        assert compiled_kernel(halves)(values, 0.0) == math.inf
    assert values.tolist() == [0.5, 1.0]


def test_other_threads_and_later_calls_run_machine_code() -> None:
    def twice(x: float) -> float:
        return 2.0 * x

    kernel = compiled_kernel(twice)
    with sparing():
        thread = threading.Thread(target=kernel, args=(1.0,))
        thread.start()
        thread.join()
        assert kernel.overloads
        with sparing():
            assert kernel(1.0) == 2.0
    assert "__call__" not in vars(Kernel)


def test_integers_wrap_like_those_of_machine_code() -> None:
    states = np.zeros((2, 1, 4), np.uint64)
    seeds, given = np.array([2**64 - 1], np.uint64), np.ones(1, np.bool_)
    compiled = rng.seed_batch
    compiled(states[0], states[0].copy(), seeds, given)
    interpret(compiled.py_func, states[1], states[1].copy(), seeds, given)
    np.testing.assert_array_equal(*states)
