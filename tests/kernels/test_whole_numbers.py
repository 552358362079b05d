"""Counts, numbers of cases and seeds are whole: every public kernel refuses 1.5 of them."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from isac_envs import engine, kernels
from isac_envs.engine import noise, rng
from isac_envs.engine.elementwise import Range
from isac_envs.engine.jit import INTERPRETED
from isac_envs.kernels.arrays import beams, steering
from isac_envs.kernels.channel import fading
from isac_envs.kernels.estimation import array_bounds, resolution_bounds
from isac_envs.kernels.link import metrics as link_metrics
from isac_envs.kernels.link import modulation_tables
from isac_envs.kernels.numerics import assignment, clustering, fourier
from isac_envs.kernels.power_control import foschini_miljanic as least_powers
from isac_envs.kernels.power_control import fractional, interference, weighted_mmse
from isac_envs.kernels.precoding import wmmse
from isac_envs.kernels.radar import (
    cfar,
    clutter,
    detection,
    echo,
    measurement,
    range_doppler,
    required_snr,
    swerling,
)
from isac_envs.kernels.ris import discrete_phases, phase
from isac_envs.kernels.ris import rates as surface_rates
from isac_envs.kernels.ris import secrecy as surface_secrecy

COUNTS = {
    "axis", "bits", "blades", "block_length", "case", "cells", "code_block_bits", "column_axis",
    "columns", "cqi", "elements", "guard", "levels", "links", "mcs", "order", "oversampling",
    "pulses", "rank", "row_axis", "rows", "seed", "size", "snapshots", "subcarriers", "swerling",
    "symbols", "table", "tones", "train",
}  # fmt: skip
"""Names that mean a whole number wherever they stand."""

NOT_COUNTS = {
    "fourier_transform.axis": "an axis of an array, which NumPy checks",
    "ris_legs.cells": "points of the surface, shape (N, 3)",
    "standard_normal.size": "a shape",
    "ris_channel.cells": "points of the surface, shape (N, 3)",
    "start_of.links": "gains, noise and budget of given links",
    "complex_matrix.shape": "sizes of arrays, like the next three",
    "user_weights.users": "the users of given channels",
    "downlink_of.users": "the users of given channels",
    "checked_reflection.elements": "the elements of given channels",
}
PLUMBING = {f"isac_envs.engine.{name}" for name in ("elementwise", "jit", "lanes", "machine")}
POWER = np.ones((16, 16))
STREAMS = np.ones((2, 4), np.uint64)
TWO_USERS = np.eye(2), np.eye(2), np.eye(2)
ONE_USER = np.ones(2), np.ones(2), np.eye(2)
BOUND = ([1.0, 1.0], [0.0, 1e-7], [0.0, 1e3], 1e5, 1e-5)


def grid(name: str, value: float) -> Any:
    """Return a valid grid but for one count."""
    return echo.OfdmGrid(28e9, 120e3, 8.92e-6, 0.58e-6, 64, 16)._replace(**{name: value})


CALLS: dict[str, Callable[[Any], Any]] = {
    "fourier_plan.longest": lambda n: fourier.fourier_plan(n),
    "plane_size.values": lambda n: fourier.plane_size(n),
    "assignment_work.rows": lambda n: assignment.assignment_work(n, 1),
    "assignment_work.columns": lambda n: assignment.assignment_work(1, n),
    "precoder_angle_variance.receivers": lambda n: array_bounds.precoder_angle_variance(
        np.ones((2, 1)), 0.0, n, 1.0
    ),
    "cluster_work.points": lambda n: clustering.cluster_work(n, 1),
    "cluster_work.clusters": lambda n: clustering.cluster_work(1, n),
    "half_power_beamwidth.elements": lambda n: beams.half_power_beamwidth(n),
    "dft_turns.elements": lambda n: beams.dft_turns(n),
    "dft_turns.oversampling": lambda n: beams.dft_turns(4, n),
    "dft_codebook.elements": lambda n: beams.dft_codebook(n),
    "dft_codebook.oversampling": lambda n: beams.dft_codebook(4, n),
    "cfar_factor.cells": lambda n: cfar.cfar_factor("ca", 1e-3, n),
    "cfar_factor.rank": lambda n: cfar.cfar_factor("os", 1e-3, 8, n),
    "cfar_detect.train": lambda n: cfar.cfar_detect(POWER, 1e-3, (n, 2), (1, 1)),
    "cfar_detect.guard": lambda n: cfar.cfar_detect(POWER, 1e-3, (2, 2), (1, n)),
    "cfar_detect.rank": lambda n: cfar.cfar_detect(POWER, 1e-3, (2, 2), (1, 1), "os", n),
    "draw_clutter_powers.cells": lambda n: clutter.draw_clutter_powers(STREAMS, "k", 1.0, n),
    "detection_threshold.pulses": lambda n: detection.detection_threshold(1e-3, n),
    "detection_probability.pulses": lambda n: detection.detection_probability(1.0, 1e-3, n),
    "detection_probability.swerling": lambda n: detection.detection_probability(1.0, 1e-3, 1, n),
    "best_discrete_phases.levels": lambda n: discrete_phases.best_discrete_phases(np.ones(4), n),
    "jakes_tones.seed": lambda n: fading.jakes_tones(n, [0]),
    "jakes_tones.links": lambda n: fading.jakes_tones(0, [n]),
    "jakes_tones.tones": lambda n: fading.jakes_tones(0, [0], 16 * n),
    "finite_block_rate.block_length": lambda n: link_metrics.finite_block_rate(1.0, n, 1e-3),
    "measurement_parameters.elements": lambda n: measurement.measurement_parameters(
        grid("symbols", 8), 1e-3, n
    ),
    "mcs_efficiency.table": lambda n: modulation_tables.mcs_efficiency(n, 1),
    "mcs_efficiency.mcs": lambda n: modulation_tables.mcs_efficiency(1, n),
    "cqi_efficiency.table": lambda n: modulation_tables.cqi_efficiency(n, 1),
    "cqi_efficiency.cqi": lambda n: modulation_tables.cqi_efficiency(1, n),
    "mcs_threshold_db.table": lambda n: modulation_tables.mcs_threshold_db(n, 1),
    "mcs_threshold_db.mcs": lambda n: modulation_tables.mcs_threshold_db(1, n),
    "mcs_threshold_db.code_block_bits": lambda n: modulation_tables.mcs_threshold_db(1, 1, 99 + n),
    "select_mcs.table": lambda n: modulation_tables.select_mcs(1.0, n),
    "select_mcs.code_block_bits": lambda n: modulation_tables.select_mcs(1.0, 1, 99 + n),
    "select_cqi.table": lambda n: modulation_tables.select_cqi(1.0, n),
    "standard_normal.seed": lambda n: noise.standard_normal(n, 4),
    "required_snr.pulses": lambda n: required_snr.required_snr(0.5, 1e-3, n),
    "required_snr.swerling": lambda n: required_snr.required_snr(0.5, 1e-3, 1, n),
    "albersheim_snr_db.pulses": lambda n: required_snr.albersheim_snr_db(0.5, 1e-3, n),
    "shnidman_snr_db.pulses": lambda n: required_snr.shnidman_snr_db(0.5, 1e-3, n),
    "shnidman_snr_db.swerling": lambda n: required_snr.shnidman_snr_db(0.5, 1e-3, 1, n),
    "two_target_bounds.subcarriers": lambda n: resolution_bounds.two_target_bounds(
        *BOUND, 16 * n, 8
    ),
    "two_target_bounds.symbols": lambda n: resolution_bounds.two_target_bounds(*BOUND, 16, 8 * n),
    "poisson_table.size": lambda n: rng.poisson_table(1.0, n),
    "linear_positions.elements": lambda n: steering.linear_positions(n),
    "linear_positions.axis": lambda n: steering.linear_positions(4, 0.5, n),
    "planar_positions.columns": lambda n: steering.planar_positions(n, 4),
    "planar_positions.rows": lambda n: steering.planar_positions(4, n),
    "planar_positions.column_axis": lambda n: steering.planar_positions(4, 4, 0.5, n),
    "planar_positions.row_axis": lambda n: steering.planar_positions(4, 4, 0.5, 0, n),
    "check_stopping.iterations": lambda n: wmmse.check_stopping(0.1, n),
    "reflection_states.bits": lambda n: phase.reflection_states(n),
    "surface_for_one_user.iterations": lambda n: surface_rates.surface_for_one_user(
        *ONE_USER, iterations=n
    ),
    "surface_for_rate.iterations": lambda n: surface_rates.surface_for_rate(
        *TWO_USERS, iterations=n
    ),
    "surface_for_secrecy.iterations": lambda n: surface_secrecy.surface_for_secrecy(
        *TWO_USERS, iterations=n
    ),
    "surface_work.users": lambda n: surface_rates.surface_work(n, 1, 1),
    "surface_work.antennas": lambda n: surface_rates.surface_work(1, n, 1),
    "surface_work.elements": lambda n: surface_rates.surface_work(1, 1, n),
    "wmmse.iterations": lambda n: wmmse.wmmse(np.eye(2), iterations=n),
    "wmmse_work.users": lambda n: wmmse.wmmse_work(n),
    "counts.bands": lambda n: interference.counts(n, 1),
    "counts.links": lambda n: interference.counts(1, n),
    "stop_of.iterations": lambda n: interference.stop_of(0.0, n),
    "mmse_work.bands": lambda n: weighted_mmse.mmse_work(n, 1),
    "mmse_work.links": lambda n: weighted_mmse.mmse_work(1, n),
    "weighted_mmse.iterations": lambda n: weighted_mmse.weighted_mmse(np.eye(2), iterations=n),
    "fractional_work.bands": lambda n: fractional.fractional_work(n, 1),
    "fractional_work.links": lambda n: fractional.fractional_work(1, n),
    "fractional_programming.iterations": lambda n: fractional.fractional_programming(
        np.eye(2), iterations=n
    ),
    "foschini_miljanic.iterations": lambda n: least_powers.foschini_miljanic(
        np.eye(2), 1.0, iterations=n
    ),
    "draw_powers.swerling": lambda n: swerling.draw_powers(STREAMS, n, 1.0),
    "draw_powers.pulses": lambda n: swerling.draw_powers(STREAMS, 1, 1.0, n),
    "draw_amplitudes.swerling": lambda n: swerling.draw_amplitudes(STREAMS, n, 1.0),
    "draw_amplitudes.pulses": lambda n: swerling.draw_amplitudes(STREAMS, 1, 1.0, n),
}
"""Every function with checks of its own: a call with one count, valid for 1 and for no 1.5."""


def public_functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the functions of all kernel modules that check; compiled ones do not."""
    modules = [
        *pkgutil.walk_packages(kernels.__path__, f"{kernels.__name__}."),
        *pkgutil.iter_modules(engine.__path__, f"{engine.__name__}."),
    ]
    for module in modules:
        space = vars(importlib.import_module(module.name))
        for name, each in space.items():
            plain = inspect.isfunction(each) and not name.startswith("_")
            own = getattr(each, "__module__", "") == space["__name__"] or hasattr(each, "ranges")
            if plain and own and not name.endswith("_one") and module.name not in PLUMBING:
                yield name, each


def elementwise_counts() -> dict[str, tuple[Callable[..., Any], str]]:
    """Return the counts of elementwise functions by ``function.argument``."""
    return {
        f"{name}.{argument}": (each, argument)
        for name, each in public_functions()
        for argument in getattr(each, "ranges", ())
        if argument in COUNTS
    }


def valid(name: str, limits: Range) -> float:
    """Return a value inside a range, near its lower end."""
    value = limits.low + 1e-6 * (min(limits.high, 1e6) - limits.low)
    return float(np.ceil(value)) if limits.whole else value


@pytest.mark.skipif(INTERPRETED, reason="interpreted kernels look like functions with checks")
def test_every_count_of_a_public_function_is_tried() -> None:
    found = {
        f"{name}.{argument}"
        for name, each in public_functions()
        if not hasattr(each, "ranges")
        for argument, parameter in inspect.signature(each).parameters.items()
        if argument in COUNTS or parameter.annotation in (int, "int", "int | None")
    }
    assert found == set(CALLS) | set(NOT_COUNTS)
    assert len(elementwise_counts()) > 30


@pytest.mark.parametrize("name", elementwise_counts())
def test_elementwise_kernels_refuse_fractions(name: str) -> None:
    function, argument = elementwise_counts()[name]
    ranges = function.ranges  # type: ignore[attr-defined]
    assert ranges[argument].whole
    arguments = {each: valid(each, limits) for each, limits in ranges.items()}
    fraction = arguments[argument] + 0.5
    for wrong in (fraction, np.array([arguments[argument], fraction])):
        with pytest.raises(ValueError, match=rf"{argument} = {fraction} is not a whole number in"):
            function(**{**arguments, argument: wrong})


@pytest.mark.parametrize("name", CALLS)
def test_functions_of_counts_refuse_fractions(name: str) -> None:
    call, argument = CALLS[name], name.split(".")[1]
    low = 2 if argument in ("levels", "elements", "symbols", "subcarriers") else 1
    call(low)
    call(float(low))
    with pytest.raises(ValueError, match=rf"{argument} = \S* is not a whole number in \["):
        call(low + 0.53)


@pytest.mark.parametrize("name", ["subcarriers", "symbols"])
@pytest.mark.parametrize(
    "call",
    [
        lambda g: echo.echo_grid([1e-7], [1e3], [1.0], g),
        lambda g: echo.check_echo_domain(g, 1e-7, 1.0),
        range_doppler.resolution_limits,
        lambda g: (range_doppler.delay_of_bin(1, g), range_doppler.doppler_of_bin(1, g)),
        lambda g: measurement.measurement_parameters(g, 1e-3),
    ],
)
def test_grids_of_fractions_are_refused(call: Callable[[Any], Any], name: str) -> None:
    call(grid(name, 8))
    with pytest.raises(ValueError, match=rf"{name} = 8.5 is not a whole number in \["):
        call(grid(name, 8.5))
