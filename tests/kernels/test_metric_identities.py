"""The same bits from one call, a batch and two threads; interpreted as compiled."""

import json
import os
import runpy
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).with_name("metric_samples.py")
_HELPER = runpy.run_path(str(SCRIPT))
BOUNDS, MODULES = _HELPER["BOUNDS"], _HELPER["MODULES"]
function, samples = _HELPER["function"], _HELPER["samples"]
ALL = sorted(BOUNDS)
SCALAR_CALLS = ["swerling_1_single_pulse", "detection_probability:3", "delay_variance"]
SCALAR_CALLS += ["rician_outage", "select_mcs", "rotary_wing_power"]
OTHER_TESTS = {"mcs_efficiency"}


def same_bits(left: object, right: object) -> bool:
    return np.asarray(left, np.float64).tobytes() == np.asarray(right, np.float64).tobytes()


def test_every_elementwise_function_is_covered() -> None:
    public = {
        name
        for module in MODULES
        for name, value in vars(module).items()
        if getattr(value, "ranges", None) is not None and not name.startswith("_")
    }
    assert len(public) > 20
    assert public <= {name.partition(":")[0] for name in ALL} | OTHER_TESTS


@pytest.mark.parametrize("name", ALL)
def test_slices_and_threads_give_the_bits_of_a_batch(name: str) -> None:
    arguments = samples(name, 203)
    whole = function(name)(**arguments)
    assert whole.shape == (203,) and whole.dtype == np.float64
    for part in (slice(0, 1), slice(7, 8), slice(202, 203), slice(5, 18)):
        assert same_bits(whole[part], function(name)(**{k: v[part] for k, v in arguments.items()}))

    def half(part: slice) -> np.ndarray:
        return function(name)(**{k: v[part] for k, v in arguments.items()})

    with ThreadPoolExecutor(2) as pool:
        halves = list(pool.map(half, (slice(0, 100), slice(100, 203))))
    assert same_bits(whole, np.concatenate(halves))


@pytest.mark.parametrize("name", SCALAR_CALLS)
def test_numbers_give_the_bits_of_a_batch(name: str) -> None:
    arguments = samples(name, 20)
    whole = function(name)(**arguments)
    for i in range(20):
        one = function(name)(**{k: float(v[i]) for k, v in arguments.items()})
        assert type(one) is float
        assert same_bits(one, whole[i])


def test_interpreted_and_compiled_agree() -> None:
    outputs = []
    for disabled in ("0", "1"):
        run = subprocess.run(
            [sys.executable, str(SCRIPT), "4"],
            env={**os.environ, "NUMBA_DISABLE_JIT": disabled},
            check=True,
            capture_output=True,
            text=True,
        )
        outputs.append(json.loads(run.stdout))
    compiled, interpreted = outputs
    assert list(compiled) == list(interpreted) == list(BOUNDS)
    for name, values in compiled.items():
        assert same_bits(interpreted[name], values), name
