"""What the kernel reads beyond the parameters: the demanded gain, and tracks from a file."""

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.kernels.gamma import gaussian_q_inverse

Params = Any
"""The parameter model, which imports this module."""

COLUMNS = ("vehicle", "t", "x", "y")


def demanded_gain(params: Params) -> float:
    """Return the |h|^2 that the channel exceeds with the demanded probability.

    It is the quantile of the normal amplitude, or its least value over all laws with the same mean
    and variance, ``mean - deviation * sqrt(success / (1 - success))`` (Cantelli's inequality).
    """
    if params.reliability == "worst_case":
        spread = math.sqrt(params.success / (1.0 - params.success))
    else:
        spread = -gaussian_q_inverse(params.success)
    amplitude = params.fading_mean - spread * params.fading_deviation
    amplitude = max(amplitude, 1e-3)
    return amplitude * amplitude


def squaring(params: Params) -> float:
    """Return the factor that the published code multiplies a link's bandwidth with once more."""
    return 1e-6 * params.bandwidth_hz if params.bandwidth_law == "squared" else 1.0


def read_tracks(params: Params) -> dict[str, Any]:
    """Return the tracks of the file, shape ``(V, T, 2)`` in m, or a single zero without one.

    Positions are interpolated at whole seconds and held before the first and after the last row.
    Of more than V vehicles, those whose tracks extend furthest are taken.

    Raises:
        ValueError: If the file cannot be read or does not have V tracks.
    """
    if not params.tracks_csv:
        return {"from_file": False, "tracks": np.zeros((1, 1, 2))}
    rows = _rows(Path(params.tracks_csv))
    tracks = []
    for vehicle in np.unique(rows[:, 0]):
        own = rows[rows[:, 0] == vehicle]
        own = own[np.argsort(own[:, 1], kind="stable")]
        seconds = np.arange(params.slots)
        tracks.append(np.column_stack([np.interp(seconds, own[:, 1], own[:, k]) for k in (2, 3)]))
    if len(tracks) < params.vehicles:
        raise ValueError(
            f"parameter tracks_csv = {params.tracks_csv!r}: {len(tracks)} vehicles, "
            f"valid: >= vehicles = {params.vehicles}"
        )
    tracks.sort(key=lambda track: -float(np.square(np.ptp(track, axis=0)).sum()))
    return {"from_file": True, "tracks": np.array(tracks[: params.vehicles])}


def _rows(path: Path) -> npt.NDArray[np.float64]:
    """Return the rows of a file, shape ``(N, 4)``, in the order of ``COLUMNS``."""
    try:
        with path.open(newline="") as file:
            reader = csv.DictReader(file)
            names = [name.strip() for name in reader.fieldnames or ()]
            reader.fieldnames = names
            missing = [name for name in COLUMNS if name not in names]
            if missing:
                raise ValueError(f"column {missing[0]!r} is missing, valid: {', '.join(COLUMNS)}")
            rows = np.array([[float(row[name]) for name in COLUMNS] for row in reader])
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(f"parameter tracks_csv = {str(path)!r}: {error}") from None
    if not len(rows) or not np.isfinite(rows).all():
        raise ValueError(f"parameter tracks_csv = {str(path)!r}: no rows, or one is not finite")
    return rows
