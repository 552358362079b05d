"""What must hold of every path loss function, whatever the numbers; and the known traps."""

import json
import math
import os
import runpy
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.engine.elementwise import Range, elementwise
from isac_envs.kernels import pathloss
from isac_envs.kernels.pathloss.free_space import fspl_one

SCRIPT = Path(__file__).with_name("pathloss_samples.py")
_HELPER = runpy.run_path(str(SCRIPT))
FUNCTIONS, samples = _HELPER["FUNCTIONS"], _HELPER["samples"]
ALL = sorted(FUNCTIONS)
LOSSES = [
    name
    for name in ALL
    if {"d_2d_m", "d_3d_m", "d_m"} & set(FUNCTIONS[name].ranges)
    and "f_hz" in FUNCTIONS[name].ranges
    and not name.endswith("_gain")
]
"""Path losses: functions of a distance and a carrier."""
PROBABILITIES = [name for name in ALL if name.endswith("_probability")]
FALLING = [each for each in PROBABILITIES if each.endswith("los_probability")]
NLOS_WITH_MAXIMUM = {
    "uma_nlos": "uma_los",
    "umi_nlos": "umi_los",
    "rma_nlos": "rma_los",
    "inh_nlos": "inh_los",
    "inh_nlos_optional": "inh_los",  # no maximum in the table, and none needed
    "inf_sl_nlos": "inf_los",
    "inf_dl_nlos": "inf_los",
    "inf_sh_nlos": "inf_los",
    "inf_dh_nlos": "inf_los",
    "rma_av_nlos": "rma_av_los",
    "umi_av_nlos": "umi_av_los",
}

frequency = st.floats(0.5e9, 100e9)


def same_bits(left: Any, right: Any) -> bool:
    return np.asarray(left, np.float64).tobytes() == np.asarray(right, np.float64).tobytes()


def test_friis_gain_is_the_free_space_loss_as_a_ratio() -> None:
    d_m, f_hz = np.array([1e-3, 1.0, 37.5, 2e7]), 28e9
    loss_db = pathloss.fspl(d_m, f_hz)
    assert pathloss.friis_gain(d_m, f_hz) == pytest.approx(10.0 ** (-loss_db / 10.0), rel=1e-12)


def test_every_model_is_covered() -> None:
    assert len(LOSSES) >= 30
    assert len(FALLING) >= 13


@pytest.mark.parametrize("name", ALL)
def test_finite_on_its_whole_domain(name: str) -> None:
    arguments = samples(name, 2000)
    assert np.isfinite(FUNCTIONS[name](**arguments)).all()
    corners = {a: np.array([r.low, r.high]) for a, r in FUNCTIONS[name].ranges.items()}
    if not FUNCTIONS[name].ordered and not any(r.open_low for r in FUNCTIONS[name].ranges.values()):
        mesh = np.meshgrid(*corners.values(), indexing="ij")
        assert np.isfinite(FUNCTIONS[name](**dict(zip(corners, mesh, strict=True)))).all()


@pytest.mark.parametrize("name", LOSSES)
def test_path_loss_grows_with_distance(name: str) -> None:
    arguments = samples(name, 300)
    (distance,) = (a for a in arguments if a in ("d_2d_m", "d_3d_m", "d_m"))
    arguments[distance] = np.sort(arguments[distance])
    column = {a: v if a == distance else v[:40, None] for a, v in arguments.items()}
    assert (np.diff(FUNCTIONS[name](**column), axis=1) >= -1e-12).all()


@pytest.mark.parametrize("name", FALLING)
def test_los_probability_falls_with_distance(name: str) -> None:
    """Not for UMa terminals above 13 m, whose correction term has a maximum near 450 m.

    Nor for highway sidelinks, whose parabola has a minimum at 475.9 m, after its end.
    """
    if name.startswith("al_hourani"):
        return
    arguments = samples(name, 300)
    (distance,) = (a for a in arguments if a in ("d_2d_m", "d_m"))
    arguments[distance] = np.sort(arguments[distance])
    if name == "uma_los_probability":
        arguments["h_ut_m"] = arguments["h_ut_m"].clip(1.5, 13.0)
    column = {a: v if a == distance else v[:40, None] for a, v in arguments.items()}
    values = FUNCTIONS[name](**column)
    assert (np.diff(values) <= 1e-15).all()
    assert (values >= 0.0).all()
    assert (values <= 1.0).all()


@pytest.mark.parametrize("name", PROBABILITIES)
def test_probabilities_are_between_0_and_1(name: str) -> None:
    values = FUNCTIONS[name](**samples(name, 4000))
    assert (values >= 0.0).all()
    assert (values <= 1.0).all()


@given(frequency, st.floats(2.0, 22.5), st.floats(5.0, 40.0), st.floats(0.0, 1.0))
@settings(max_examples=60, deadline=None)
def test_urban_los_is_continuous_at_the_breakpoint(
    f_hz: float, h_ut_m: float, h_bs_m: float, h_e_m: float
) -> None:
    d_bp = pathloss.breakpoint_distance(f_hz, h_bs_m, h_ut_m, h_e_m)
    if not 10.0 < d_bp < 4999.0:
        return
    for name in ("uma", "umi"):
        function = getattr(pathloss, f"{name}_los_at_breakpoint")
        around = function(d_bp * np.array([1.0, 1.0 + 1e-12]), f_hz, d_bp, h_ut_m, h_bs_m)
        assert abs(np.diff(around)[0]) < 1e-9


@given(st.floats(0.5e9, 30e9))
@settings(max_examples=60, deadline=None)
def test_rural_los_steps_as_stated_at_the_breakpoint(f_hz: float) -> None:
    d_bp = pathloss.rma_breakpoint_distance(f_hz)
    if not 10.0 < d_bp < 9999.0:
        return
    near, far = pathloss.rma_los(d_bp * np.array([1.0 - 1e-12, 1.0 + 1e-12]), f_hz)
    step = 20.0 * math.log10(math.hypot(d_bp, 33.5) / d_bp)
    assert 0.9 * step - 1e-3 < far - near < step + 1e-9


@pytest.mark.parametrize("name", NLOS_WITH_MAXIMUM)
def test_nlos_is_never_below_los(name: str) -> None:
    arguments = samples(name, 2000)
    los = FUNCTIONS[NLOS_WITH_MAXIMUM[name]]
    shared = {a: v for a, v in arguments.items() if a in los.ranges}
    assert (FUNCTIONS[name](**arguments) >= los(**shared)).all()


@given(*[st.floats(1.0, 1e5)] * 2, frequency, st.floats(1e-4, 1e4))
@settings(max_examples=60, deadline=None)
def test_radar_is_reciprocal(d_1: float, d_2: float, f_hz: float, rcs: float) -> None:
    there, back = (
        pathloss.radar_loss(*distances, f_hz, rcs) for distances in ((d_1, d_2), (d_2, d_1))
    )
    assert there == back
    assert pathloss.v2x_blockage_case(d_1 / 1e5, d_2 / 1e5, 0.5) == pathloss.v2x_blockage_case(
        d_2 / 1e5, d_1 / 1e5, 0.5
    )


@pytest.mark.parametrize("name", ALL)
def test_outside_the_domain_names_parameter_value_and_range(name: str) -> None:
    function = FUNCTIONS[name]
    valid = {a: float(v[0]) for a, v in samples(name, 1).items()}
    function(**valid)
    for argument, interval in function.ranges.items():
        wrong = [math.nan, math.inf, np.nextafter(interval.high, np.inf)]
        wrong.append(interval.low if interval.open_low else np.nextafter(interval.low, -np.inf))
        for value in map(float, wrong):
            for given_value in (value, [valid[argument], value]):
                with pytest.raises(ValueError) as caught:
                    function(**(valid | {argument: given_value}))
                message = str(caught.value)
                rule = "not a whole number in" if interval.whole else "outside"
                assert message == f"{argument} = {value!r} is {rule} {interval}"


def test_order_of_arguments_is_checked() -> None:
    with pytest.raises(ValueError, match=r"h_e_m = 12.0 must be below h_ut_m = 1.5"):
        pathloss.uma_los(100.0, 28e9, h_e_m=12.0)
    with pytest.raises(ValueError, match=r"h_ut_m = 3.0 must be below clutter_height_m = 2.0"):
        pathloss.inf_high_los_probability(10.0, 0.2, 10.0, 2.0, h_ut_m=[1.5, 3.0])


@pytest.mark.parametrize("name", ALL)
def test_one_call_a_batch_and_two_threads_give_the_same_bits(name: str) -> None:
    function, arguments = FUNCTIONS[name], samples(name, 203)
    batch = function(**arguments)
    rows = [{a: float(v[i]) for a, v in arguments.items()} for i in range(203)]
    assert same_bits([function(**row) for row in rows], batch)
    halves = [{a: v[part] for a, v in arguments.items()} for part in (slice(101), slice(101, 203))]
    with ThreadPoolExecutor(2) as pool:
        threads = list(pool.map(lambda half: function(**half), halves))
    assert same_bits(np.concatenate(threads), batch)


def test_a_pair_holds_what_its_functions_return() -> None:
    arguments = samples("uma_nlos", 203)
    los, nlos = pathloss.uma(**arguments)
    assert same_bits(los, pathloss.uma_los(**arguments))
    assert same_bits(nlos, pathloss.uma_nlos(**arguments))
    row = {name: float(values[7]) for name, values in arguments.items()}
    assert pathloss.uma(**row) == (los[7], nlos[7])
    assert all(type(each) is float for each in pathloss.uma(**row))
    with pytest.raises(ValueError, match=r"d_2d_m = 5\.0 is outside"):
        pathloss.uma(5.0, 28e9)


def test_numpy_signature() -> None:
    single = pathloss.uma_los(100, 28e9)
    assert type(single) is float
    grid = pathloss.uma_los(np.full((3, 1), 100.0), np.full(4, 28e9))
    assert grid.shape == (3, 4)
    assert (grid == single).all()
    assert pathloss.uma_los([], 28e9).shape == (0,)
    assert pathloss.uma_los(100.0, [28e9, 28e9]).tolist() == [single] * 2
    strided = np.repeat(100.0, 10)[::3]
    strided.flags.writeable = False
    assert pathloss.uma_los(strided, 28e9).tolist() == [single] * 4
    with pytest.raises(TypeError, match="unexpected keyword"):
        pathloss.uma_los(100.0, 28e9, h_ut=1.5)
    with pytest.raises(ValueError, match="broadcast"):
        pathloss.uma_los([100.0, 200.0], [1e9, 2e9, 3e9])


def test_every_argument_needs_a_range() -> None:
    with pytest.raises(TypeError, match=r"fspl_one: ranges for \['d_m'\]"):
        elementwise(fspl_one, d_m=Range(0.0, 1.0))


def test_documentation_states_the_ranges() -> None:
    text = pathloss.rma_av_los.__doc__ or ""
    assert "``d_2d_m`` in [0, 10000] m" in text
    assert "``h_ut_m`` in (10, 300] m" in text
    assert "``h_e_m`` below ``h_ut_m``" in (pathloss.uma_los.__doc__ or "")


def test_interpreted_and_compiled_agree() -> None:
    outputs = []
    for disabled in ("0", "1"):
        environment = os.environ | {"NUMBA_DISABLE_JIT": disabled}
        run = subprocess.run(
            [sys.executable, str(SCRIPT), "12"],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
        outputs.append(json.loads(run.stdout))
    compiled, interpreted = outputs
    assert list(compiled) == list(interpreted) == list(FUNCTIONS)
    for name, values in compiled.items():
        np.testing.assert_allclose(interpreted[name], values, rtol=1e-12, atol=1e-12)
