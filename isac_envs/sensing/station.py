"""A standalone station: looks, detections and tracks without an environment."""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.engine import rng
from isac_envs.engine.jit import Record, jit, record_of
from isac_envs.kernels.radar.doppler import leg_one
from isac_envs.sensing import tracks as filters
from isac_envs.sensing.association import BENCH, process
from isac_envs.sensing.detections import DETECTION, MOST_DETECTIONS
from isac_envs.sensing.looks import Echo, Look, Radar, detect, false_alarms
from isac_envs.sensing.tracks import CONFIRMED, FREE, MOST_TRACKS, TRACK, Tracker

Array = npt.NDArray[np.float64]


@jit
def observe_all(
    p: Record, look: Look, stream: rng.Stream, targets: Any, detections: Any, work: Record
) -> tuple[int, int]:
    """Write the detections of a look.

    Args:
        p: Parameters of the radar.
        look: The look.
        stream: Random stream of the look.
        targets: x, y in m, vx, vy in m/s and cross section in m^2, shape ``(T, 5)``.
        detections: Receives the detections, shape ``(D,)``.
        work: Scratch of the tracker.

    Returns:
        Number of detected targets, and number of detections including the false alarms, which come
        last.
    """
    count = 0
    for k in range(targets.shape[0]):
        if count == detections.shape[0]:
            break
        x, y, v_x, v_y = targets[k, 0], targets[k, 1], targets[k, 2], targets[k, 3]
        distance, rate = leg_one(x, y, 0.0, v_x, v_y, 0.0)
        echo = Echo(distance, rate, y / distance, targets[k, 4])
        if detect(p, look, stream, echo, work.variances, detections[count]):
            count += 1
    return count, false_alarms(p, look, stream, detections, count)


@jit
def _close(p: Record, tracks: Any, work: Record) -> None:
    for i in range(tracks.shape[0]):
        x, y = tracks[i].estimate[0], tracks[i].estimate[1]
        filters.settle(p, tracks[i], filters.is_outside(p, x, y))
        if tracks[i].status != FREE:
            filters.predict(p, tracks[i], work)


class Station:
    """A radar with its tracker.

    Args:
        radar: The radar.
        tracker: The tracker.
        seed: Seed of the random streams.

    Attributes:
        tracks: All places for tracks, records of :data:`isac_envs.sensing.tracks.TRACK`.
    """

    def __init__(self, radar: Radar, tracker: Tracker, seed: int = 0) -> None:
        self.radar, self.tracker = radar, tracker
        self.parameters = record_of(radar.fields() | tracker.fields())
        self.tracks = np.zeros(MOST_TRACKS, TRACK)
        self.tracks["miss_probability"] = 1.0
        self._bench = np.zeros(1, BENCH)
        self._stream = np.zeros(4, np.uint64)
        rng.seed_stream(self._stream, np.uint64(seed), np.uint64(1))

    def look_at(self, sine: float, symbols: int, data: bool = False) -> Look:
        """Make a look of the whole array.

        Args:
            sine: Sine of the beam's azimuth, in [-1, 1].
            symbols: Integrated symbols, at least 2.
            data: Whether the symbols carry data.
        """
        loss = self.radar.data_loss if data else 1.0
        return Look(float(sine), float(symbols), loss, float(self.radar.columns))

    def observe(self, look: Look, targets: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the detections of a look at targets, false alarms last.

        Args:
            look: The look.
            targets: x, y in m, vx, vy in m/s and cross section in m^2, shape ``(T, 5)``.

        Raises:
            ValueError: If the shape is wrong, or a number is not finite.
        """
        states = np.array(targets, np.float64).reshape(-1, 5)
        if not np.isfinite(states).all():
            raise ValueError("targets hold a number that is not finite")
        found = np.zeros(MOST_DETECTIONS, DETECTION)
        work = self._bench[0].work
        _, count = observe_all(self.parameters[0], look, self._stream, states, found, work)
        return found[:count]

    def track(self, look: Look, detections: npt.NDArray[Any]) -> None:
        """Update the tracks with the detections of a look."""
        process(self.parameters[0], look, self.tracks, detections, self._bench[0])

    def close(self) -> None:
        """End the interval: count hits and misses, confirm and end tracks, predict the others."""
        _close(self.parameters[0], self.tracks, self._bench[0].work)

    def confirmed(self) -> Array:
        """Return the estimates x, y, vx, vy of the confirmed tracks, shape ``(C, 4)``."""
        return np.array(self.tracks["estimate"][self.tracks["status"] == CONFIRMED])
