"""Parameters of ``isac/TargetTrackMulti-v0``."""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import model_validator

from isac_envs.declaration.params import parameter
from isac_envs.envs.tracking.target_track.params import TargetTrackParams
from isac_envs.kernels.numerics import portable
from isac_envs.sensing.interference import direct_paths
from isac_envs.sensing.tracks import MOST_TRACKS

MOST_STATIONS = 8

Array = npt.NDArray[np.float64]


class TargetTrackMultiParams(TargetTrackParams):
    """Parameters; the defaults are the ``default`` scenario."""

    stations: int = parameter(3, "Base stations, each an agent.", ge=1, le=MOST_STATIONS)
    layout: Literal["ring", "line", "facing"] = parameter(
        "ring",
        "On a circle, looking inwards; side by side, looking the same way; or two rows that look "
        "at each other. The first is at the origin and looks along x.",
    )
    spacing_m: float = parameter(
        180.0, "Distance of neighbours, and of the two rows.", "m", ge=10, le=1e4
    )
    isolation_db: float = parameter(
        20.0, "By how much a station cancels the direct path of another's beams.", "dB",
        ge=0, le=300,
    )  # fmt: skip
    reception: Literal["monostatic", "bistatic"] = parameter(
        "monostatic",
        "Whether a station receives echoes of its own beams alone, or of the others' as well.",
    )
    birth_rate_hz: float = parameter(
        0.25, "New targets per second in the sector of each station.", "1/s", ge=0, le=100
    )
    start_targets: float = parameter(
        2.0, "Targets of each sector at the start of an episode, on average.", ge=0, le=16
    )
    most_targets: int = parameter(
        14, "Targets of the field at a time; more are not born.", ge=1, le=MOST_TRACKS
    )

    @model_validator(mode="after")
    def _echoes_are_monostatic(self) -> "TargetTrackMultiParams":
        if self.reception == "bistatic" and self.fidelity == "echo":
            raise ValueError(
                "parameter reception = 'bistatic': valid with fidelity = 'statistics' only, but "
                "fidelity = 'echo'"
            )
        return self

    def poses(self) -> tuple[Array, Array]:
        """Return where the stations are and where they look.

        Returns:
            x and y in m, shape ``(N, 2)``, and the headings in turns, shape ``(N,)``.
        """
        count, step = self.stations, self.spacing_m
        number = np.arange(count, dtype=np.float64)
        if self.layout == "line":
            return np.stack((0.0 * number, step * number), -1), np.zeros(count)
        if self.layout == "facing":
            side, row = number % 2.0, number // 2.0
            return np.stack((step * side, step * row), -1), 0.5 * side
        turns = number / count
        half = float(portable.sincos_turns(0.5 / count)[0]) if count > 1 else 1.0
        radius, (sines, cosines) = 0.5 * step / half, portable.sincos_turns(turns)
        # the circle's centre lies ahead of the first
        return np.stack((radius * (1.0 - cosines), -radius * sines), -1), turns

    def derived(self) -> dict[str, Any]:
        """Return what one station needs, and poses and direct paths, with room for the most."""
        places, headings = self.poses()
        sines, cosines = portable.sincos_turns(headings)
        gains, path_sines = direct_paths(self.radar, places, headings, self.isolation_db)
        found = {
            "station_x_m": places[:, 0],
            "station_y_m": places[:, 1],
            "station_cosine": cosines,
            "station_sine": sines,
            "path_gain": gains,
            "path_sine": path_sines,
        }
        rooms = {name: _roomy(each) for name, each in found.items()}
        return super().derived() | rooms | {"extent_m": self.extent_m}

    @property
    def extent_m(self) -> float:
        """Largest distance between two stations; 1 m for a single one."""
        places, _ = self.poses()
        away = np.square(places[:, None] - places[None]).sum(-1)
        return max(float(np.sqrt(away.max())), 1.0)


def _roomy(array: Array) -> Array:
    """Return an array with room for the most stations, so that their number compiles nothing."""
    return np.pad(array, [(0, MOST_STATIONS - size) for size in array.shape])
