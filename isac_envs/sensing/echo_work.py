"""Records and scratch space of a look at echoes."""

from typing import Any, NamedTuple

import numpy as np

from isac_envs.engine.elementwise import Range, check_range
from isac_envs.engine.jit import record
from isac_envs.engine.lanes import WIDTH, padded
from isac_envs.kernels.numerics.fourier import FourierPlan, fourier_plan, plane_size

ECHO = record(
    ("range_m", "f8"),
    ("range_rate_m_s", "f8"),  # positive when the distance grows; 0 for clutter
    ("offset", "f8"),  # sine of its azimuth minus that of the beam
    ("snr", "f8"),  # realised, linear, after N x M elements and the whole array
)
"""One path, a target or clutter."""

PARAMETERS = record(
    ("wavelength_m", "f8"),
    ("sensing_subcarriers", "i8"),  # N
    ("subcarrier_step_hz", "f8"),  # between those that are processed
    ("symbol_step_s", "f8"),  # between those that are processed
    ("columns", "i8"),  # of the array, half a wavelength apart
    ("cfar_factor", "f8"),  # threshold over level
    ("cfar_rank", "i8"),  # of OS-CFAR; 0 for the mean of the cells
)
"""Parameters of an environment that a look reads; any record with these fields will do."""

CLEAN, SPARE = 0, (2, 4)
"""Planes of the work space: the grid, before and after removal of its mean; two for transforms."""


class Beam(NamedTuple):
    """Direction and duration of a look."""

    sine: float
    """Sine of the beam's azimuth."""
    symbols: int
    """Number of symbols M, at most those of the work space."""


class EchoWork(NamedTuple):
    """Scratch space of a look; made by :func:`echo_work` and overwritten by every look.

    Attributes:
        turns: Delay and Doppler shift of each path as phase steps, float64, shape ``(2, P)``.
        amplitude: Amplitude of each path in the sum, float64, shape ``(2, P)``.
        slope: Difference over sum of the halves, divided by j, shape ``(P,)``.
        rows: Phasors over the subcarriers, float32, shape ``(P, 2, N)``.
        columns: Phasors over the symbols, float32, flat.
        planes: Three complex grids, float32, shape ``(6, size)``.
        power: The map, float32, flat: M - 1 Doppler bins by N range bins.
        row: One of its rows with margins, float32.
        sums: For the mean levels, float32, shape ``(2, size)``.
        window: For the ordered levels, float32, one window.
        level: Level of each cell for the threshold, float32, flat.
        bands: Training and guard cells along Doppler and range, int64, shape ``(2, 2)``.
        peaks: Doppler and range bins of the peaks, int64, shape ``(2, K)``.
        statistic: Power of the peaks, decreasing, shape ``(K,)``.
        refined: Range and Doppler in turns, then the sum of the halves there, shape ``(4, K)``.
        difference: Difference of the halves at the peaks, shape ``(2, K)``.
        law: Root of the covariance of its noise, shape ``(2, K, K)``.
        phasor: Phasor of one axis, float32, shape ``(2, longest axis)``.
        line: A grid summed over one axis, float32, shape ``(2, longest axis)``.
        range_half: Phasors of half a range bin, float32, shape ``(2, axis)``.
        doppler_half: Phasors of half a Doppler bin, float32, shape ``(2, axis)``.
        range_plan: Plan of the transform over the subcarriers.
        doppler_plan: Plan of the transform over the symbols.
    """

    turns: Any
    amplitude: Any
    slope: Any
    rows: Any
    columns: Any
    planes: Any
    power: Any
    row: Any
    sums: Any
    window: Any
    level: Any
    bands: Any
    peaks: Any
    statistic: Any
    refined: Any
    difference: Any
    law: Any
    phasor: Any
    line: Any
    range_half: Any
    doppler_half: Any
    range_plan: FourierPlan
    doppler_plan: FourierPlan


def echo_work(
    subcarriers: int,
    symbols: int,
    paths: int = 16,
    detections: int = 16,
    train: tuple[int, int] = (4, 4),
    guard: tuple[int, int] = (2, 2),
) -> EchoWork:
    """Allocate the scratch space of looks.

    Args:
        subcarriers: Number of subcarriers N, in 1..4096.
        symbols: The largest M, in 2..4096.
        paths: The largest number of paths, in 1..4096.
        detections: The largest number of detections, in 1..256.
        train: Training cells on each side of a cell, along range and Doppler.
        guard: Guard cells on each side of a cell, along range and Doppler.

    Raises:
        ValueError: An argument is outside its range, or the window of the threshold does not fit
            into the map.
    """
    for name, value, low, high in (
        ("subcarriers", subcarriers, 1, 4096),
        ("symbols", symbols, 2, 4096),
        ("paths", paths, 1, 4096),
        ("detections", detections, 1, 256),
    ):
        check_range(name, float(value), Range(float(low), float(high), whole=True))
    bands = np.array([train[::-1], guard[::-1]], np.int64)
    _check_bands(bands, subcarriers, symbols)
    sides = bands.sum(axis=0)
    size = plane_size(max(subcarriers * padded(symbols), symbols * padded(subcarriers)))
    axis = padded(max(subcarriers, symbols)) + WIDTH
    cells = subcarriers * (symbols - 1)

    def single(*shape: int) -> Any:
        return np.zeros(shape, np.float32)

    return EchoWork(
        np.zeros((2, paths)),
        np.zeros((2, paths)),
        np.zeros(paths),
        single(paths, 2, subcarriers),
        single(paths * 2 * padded(symbols)),
        single(6, size),
        single(cells),
        single(padded(subcarriers) + 2 * sides[1] + WIDTH),
        single(2, padded(subcarriers) * (symbols - 1)),
        single(training_cells(train, guard)),
        single(cells + WIDTH),
        bands,
        np.zeros((2, detections), np.int64),
        np.zeros(detections),
        np.zeros((4, detections)),
        np.zeros((2, detections)),
        np.zeros((2, detections, detections)),
        single(2, axis),
        single(2, axis),
        single(2, axis),
        single(2, axis),
        fourier_plan(subcarriers),
        fourier_plan(symbols),
    )


def _check_bands(bands: Any, subcarriers: int, symbols: int) -> None:
    check_range("train, guard", bands.astype(np.float64), Range(0.0, 100.0, whole=True))
    check_range("train", float(bands[0].max()), Range(1.0, 100.0, whole=True))
    doppler, distance = 2 * bands.sum(axis=0) + 1
    check_range("symbols", float(symbols), Range(float(doppler + 1), 4096.0, whole=True))
    check_range("subcarriers", float(subcarriers), Range(float(distance), 4096.0, whole=True))


def training_cells(train: tuple[int, int] = (4, 4), guard: tuple[int, int] = (2, 2)) -> int:
    """Return the number of training cells around a cell; 144 for the usual window."""
    outer = (2 * (train[0] + guard[0]) + 1) * (2 * (train[1] + guard[1]) + 1)
    return outer - (2 * guard[0] + 1) * (2 * guard[1] + 1)
