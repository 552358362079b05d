"""From a forecast of the direction to a beam: the width with the largest expected rate."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from isac_agents.adapters.vec_env import BatchVecEnv
from isac_agents.algorithms.forecast.echo_memory import SLOT_FIELDS
from isac_envs.declaration.model import Model
from isac_envs.errors import IsacError
from isac_envs.kernels.arrays.beams import ula_beam_gain

Array = npt.NDArray[Any]

ENVIRONMENT = "isac/BeamTrack-v0"
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


@dataclass(frozen=True)
class Link:
    """Knowledge of the environment that an agent has before it plays.

    Attributes:
        vehicles: Number of served vehicles.
        history_length: Slots in the observation.
        horizon: Slots of an episode.
        fewest_antennas: Antennas of the widest beam.
        transmit_antennas: Antennas of the full array.
        sector_cosine: Largest direction cosine of a beam.
        power_dbm: Total power of all beams, dBm.
        snr_per_antenna: Linear link SNR per antenna of one vehicle's beam at unit distance of the
            observation.
        share: Fraction of the slot for sensing, the default of the baselines.
        largest_share: Largest sensing fraction that an action can choose.
    """

    vehicles: int
    history_length: int
    horizon: int
    fewest_antennas: int
    transmit_antennas: int
    sector_cosine: float
    power_dbm: float
    snr_per_antenna: float
    share: float
    largest_share: float

    @classmethod
    def of(cls, model: Model) -> "Link":
        """Read the values from an environment.

        Raises:
            IsacError: If it is not beam tracking, or has another form of observation or action.
        """
        track: Any = model
        p = track.params
        if model.id != ENVIRONMENT:
            raise IsacError(f"the LSTM predictor needs {ENVIRONMENT}, not {model.id}")
        needs = ("observation", "history"), ("action", "pointing"), ("transmitter", "array")
        for name, wanted in needs:
            if getattr(p, name) != wanted:
                raise IsacError(
                    f'the LSTM predictor needs {name}="{wanted}", not "{getattr(p, name)}"'
                )
        return cls(
            p.vehicles,
            p.history_length,
            p.horizon,
            p.fewest_antennas,
            p.transmit_antennas,
            track.sector_cosine,
            p.power_dbm,
            track.snr_per_antenna,
            track.customary_share,
            float(p.sensing_shares[-1]),
        )

    @property
    def observation_width(self) -> int:
        """Length of an observation."""
        return self.vehicles * self.history_length * SLOT_FIELDS

    @property
    def octaves(self) -> Array:
        """Binary logarithms of the antennas of all beams, widest first."""
        first, last = np.log2([self.fewest_antennas, self.transmit_antennas])
        return np.arange(first, last + 1.0)

    @property
    def sweep(self) -> float:
        """Width code of a sweep."""
        return float(self.octaves[0]) - 1.0

    def spaces(self) -> tuple[spaces.Box, spaces.Box]:
        """Create the spaces of observations and actions, for an agent without an environment."""
        each = [(self.sweep, self.octaves[-1]), (-1.0, 1.0), (0.0, 1.0)]
        bounds = np.array(
            each[: 3 if self.vehicles > 1 else 2] * self.vehicles + [(0.0, self.largest_share)]
        )
        low, high = bounds.T.astype(np.float32)
        return spaces.Box(-1.0, 1.0, (self.observation_width,)), spaces.Box(low, high)

    def as_dict(self) -> dict[str, Any]:
        """Return the values for a file."""
        return asdict(self)


def expected_rates(link: Link, deviations: Array, distances: Array) -> Array:
    """Return the expected rate of each width, shape ``(rows, widths)``, bit/s/Hz.

    The direction cosine is Gaussian around the pointing direction; 15-point Gauss-Hermite
    quadrature.

    Args:
        link: Link budget and widths.
        deviations: Standard deviations of the cosine, shape ``(rows,)``.
        distances: Distances in the unit of the observation, shape ``(rows,)``.
    """
    off = deviations[:, None, None] * _NODES
    antennas = 2.0 ** link.octaves[:, None]
    gains = np.asarray(ula_beam_gain(np.clip(off, -1.0, 1.0), 0.0, antennas))
    snr = link.snr_per_antenna * gains / np.maximum(distances, 1e-3)[:, None, None] ** 2
    return np.asarray(np.log2(1.0 + snr) @ _WEIGHTS)


def choose_widths(
    link: Link, deviations: Array, distances: Array, sweep_below: Array | float
) -> npt.NDArray[np.float64]:
    """Choose the width of each beam in octaves of antennas, or a sweep, shape ``(rows,)``.

    Args:
        link: Link budget and widths.
        deviations: Standard deviations of the forecast cosine, shape ``(rows,)``.
        distances: Distances in the unit of the observation, shape ``(rows,)``.
        sweep_below: Sweep if the expected rate is below this fraction of the aligned array's rate;
            one number or one per row.
    """
    rates = expected_rates(link, deviations, distances)
    peak = link.transmit_antennas * link.snr_per_antenna / np.maximum(distances, 1e-3) ** 2
    lost = rates.max(1) < sweep_below * np.log2(1.0 + peak)
    return np.where(lost, link.sweep, link.octaves[rates.argmax(1)])


def actions(link: Link, widths: Array, cosines: Array) -> npt.NDArray[np.float32]:
    """Compose actions of the form ``pointing``, with equal powers, shape ``(n, W)``.

    Args:
        link: Number of vehicles and sensing fraction.
        widths: Widths in octaves of antennas, shape ``(n * vehicles,)``.
        cosines: Pointing directions, shape ``(n * vehicles,)``.
    """
    limit = link.sector_cosine
    parts = [widths, np.clip(cosines, -limit, limit)]
    if link.vehicles > 1:
        parts.append(np.ones_like(widths))
    beams = np.stack(parts, -1).reshape(-1, link.vehicles * len(parts))
    shares = np.full((len(beams), 1), link.share)
    return np.concatenate((beams, shares), 1).astype(np.float32)


def link_of(env: Any) -> Link:
    """Read the link of a vector environment of this suite.

    Raises:
        IsacError: If it is another environment.
    """
    if not isinstance(env, BatchVecEnv):
        raise IsacError(f"the LSTM predictor learns on a BatchVecEnv of {ENVIRONMENT}, not {env}")
    return Link.of(env.model)
