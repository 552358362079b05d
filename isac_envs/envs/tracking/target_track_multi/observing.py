"""What an agent sees: what a single station sees, then the others, and its number."""

from typing import Any

from isac_envs.engine.jit import Record, jit
from isac_envs.envs.tracking.target_track.observing import clip
from isac_envs.envs.tracking.target_track.observing import observe as observe_one
from isac_envs.envs.tracking.target_track.records import State as View
from isac_envs.envs.tracking.target_track_multi import frames
from isac_envs.envs.tracking.target_track_multi.records import State
from isac_envs.kernels.numerics.plane import turned_one
from isac_envs.sensing.looks import cosine_of

PER_STATION = 5


@jit
def observe(p: Record, state: State, observations: Any) -> None:
    """Write what each station sees.

    Args:
        p: Parameters.
        state: The field.
        observations: Receives an observation for each agent, shape ``(N, D)``.
    """
    count = state.stations.shape[0]
    for m in range(count):
        seen = observations[m]
        first = observe_one(p, View(state.stations[m], *frames.see(p, state, m)), seen)
        for r in range(1, count):
            j = (m + r) % count
            other = state.stations[j]
            x, y = frames.place_in(p, m, p.station_x_m[j], p.station_y_m[j])
            seen[first], seen[first + 1] = clip(x / p.extent_m), clip(y / p.extent_m)
            seen[first + 2] = other.share
            seen[first + 3] = seen[first + 4] = 0.0
            if other.share > 0.0:
                cosine, sine = cosine_of(other.sine), other.sine
                x, y = turned_one(cosine, sine, p.station_cosine[j], p.station_sine[j])
                x, y = turned_one(x, y, p.station_cosine[m], -p.station_sine[m])
                seen[first + 3], seen[first + 4] = clip(x), clip(y)
            first += PER_STATION
        seen[first] = (m + 1) / count
