"""Baselines of beam tracking.

Unless a baseline says otherwise it senses for the ``CUSTOMARY_SHARE`` of the slot, the nearest
share that the scenario offers; where all data echoes are used, for none.
"""

import functools
import math
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, HasState, RandomBaseline
from isac_envs.declaration.model import Model
from isac_envs.envs.beam_management.beam_track.commands import DISCRETE, POINTING
from isac_envs.envs.beam_management.beam_track.echoes import alignment_of, peak_gain
from isac_envs.envs.beam_management.beam_track.planning import (
    coming_vehicles,
    fixed_score,
    myopic_widths,
    water_filling,
)
from isac_envs.kernels.estimation.kalman_batch import predict_covariances, update_states
from isac_envs.kernels.numerics import portable

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

CUSTOMARY_SHARE = 0.1


def customary_share(params: Any) -> int:
    """Return the index of the share that senses unless a baseline says otherwise."""
    wanted = 0.0 if params.data_echo_share == 1.0 and params.slot == "single" else CUSTOMARY_SHARE
    return int(np.abs(np.asarray(params.sensing_shares) - wanted).argmin())


class _BeamBaseline(Baseline):
    """Base: writes beams in the form of the action."""

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        p = self.params
        self.record = p.record[0]
        self.share = customary_share(p)
        self.full = int(self.record.widths) - 1

    @property
    def vehicles(self) -> npt.NDArray[Any]:
        """Vehicle records, shape ``(n, K)``."""
        return self.batch.state.vehicles

    @property
    def believed_cosine(self) -> Floats:
        """Direction cosine of the beliefs for the coming slot, shape ``(n, K)``."""
        v = self.vehicles
        ground = np.square(v["m0"]) + np.square(v["m2"])
        distance = np.sqrt(ground + np.square(self.params.height_m))
        return np.asarray(v["m0"] / distance)

    def beams(self, widths: Any, share: int | None = None) -> npt.NDArray[Any]:
        """Return actions with given width indices, at zero offset and equal power.

        Args:
            widths: Indices, number of widths for a sweep; broadcast to ``(n, K)``.
            share: Index of the sensing share; the customary one by default.
        """
        spec, p = self.model.action, self.params
        n, count = self.vehicles.shape
        widths = np.broadcast_to(widths, (n, count))
        each = (spec.width - 1) // count
        actions = np.zeros((n, spec.width), spec.action_dtype)
        part = actions[:, :-1].reshape(n, count, each)
        chosen = self.share if share is None else share
        if self.record.action == DISCRETE:
            part[..., 0], part[..., 1] = widths, 1
            if count > 1:
                part[..., 2] = len(p.power_levels) - 1
            actions[:, -1] = chosen
        else:
            octave = self.record.first_octave
            part[..., 0] = np.where(widths > self.full, octave - 1.0, octave + widths)
            if self.record.action == POINTING:
                part[..., 1] = self.believed_cosine
            if count > 1:
                part[..., 2] = 1.0
            actions[:, -1] = p.sensing_shares[chosen]
        actions[:, :-1] = part.reshape(n, -1)
        return actions

    def follow(self, width: int, share: int, patience: float) -> npt.NDArray[Any]:
        """Return beams of a width at a share; sweeps where the last detection is too long ago."""
        lost = self.vehicles["age"] >= patience
        return self.beams(np.where(lost, self.full + 1, width), share)

    def direct(self, cosines: Any, powers: Any = np.nan) -> None:
        """Point the next beams, whatever the action says.

        Parts of the power are for those who know the channel: rates are not promised blindly.
        """
        self.vehicles["directed_cosine"] = cosines
        self.vehicles["directed_power"] = powers

    def foresee(self) -> tuple[Floats, Floats, Floats]:
        """Return true cosine, distance and kept power in the coming slot, ``(n, K)`` each."""
        vehicles = coming_vehicles(self.params, self.batch.state)
        return vehicles["cosine"], vehicles["distance"], vehicles["kept"]


class Bound(_BeamBaseline):
    """Perfect tracking without sensing."""

    kind = "genie"
    summary = (
        "Knows the coming directions, senses nothing, fills power over vehicles like water: no "
        "policy has a higher rate."
    )

    def act(self) -> npt.NDArray[Any]:
        """Return full-array beams at the truth."""
        cosine, distance, kept = self.foresee()
        r = self.record
        power_w = r.power_w * peak_gain(r, r.transmit_antennas)
        gains = power_w * r.link_gain * kept / np.square(distance)
        powers = water_filling(gains)
        self.direct(cosine, powers)
        return self.beams(self.full, 0)


class Genie(_BeamBaseline):
    """Perfect tracking at the customary sensing share."""

    kind = "genie"
    summary = "Knows the coming directions; full array, equal powers, the default sensing share."

    def act(self) -> npt.NDArray[Any]:
        """Return full-array beams at the truth."""
        self.direct(self.foresee()[0], 1.0 / self.params.vehicles)
        return self.beams(self.full)


class BestFixed(_BeamBaseline):
    """The fixed beam width."""

    summary = "The one number of antennas with the largest simulated reward, default sensing share."
    search_shares = False
    patiences: tuple[float, ...] = (math.inf,)

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        shares = range(len(self.params.sensing_shares)) if self.search_shares else (self.share,)
        candidates = tuple(product(range(self.full + 1), shares, self.patiences))
        # mypy takes a class for unhashable where instances define no hash
        chosen = _best_rule(type(self.model), self.params, candidates)  # type: ignore[arg-type]
        self.width, self.share, self.patience = chosen

    def act(self) -> npt.NDArray[Any]:
        """Return beams of that width, or sweeps."""
        return self.follow(self.width, self.share, self.patience)


class BestFixedShare(BestFixed):
    """The fixed beam width and sensing share."""

    summary = "The antennas and the share with the largest simulated reward."
    search_shares = True


class Reacquire(BestFixedShare):
    """The fixed width and share, with sweeps when the vehicle is lost."""

    summary = (
        "Antennas, share and patience with the largest simulated reward: a sweep after that many "
        "slots without a detection."
    )
    patiences = (2.0, 3.0)


@functools.lru_cache(maxsize=32)  # parameters are frozen, and a search takes seconds
def _best_rule(
    model: type[Model], params: Any, candidates: tuple[tuple[int, int, float], ...]
) -> tuple[int, int, float]:
    """Return the width, share and patience with the largest simulated reward."""
    bound = model(params)
    if params.fidelity != "statistics":  # grids would take hours
        bound = bound.with_parameters({"fidelity": "statistics"})

    def score(rule: tuple[int, int, float]) -> float:
        return fixed_score(bound, lambda batch: _BeamBaseline(batch).follow(*rule))

    return max(candidates, key=score)


class Myopic(_BeamBaseline):
    """Maximises the expected rate of the coming slot."""

    summary = "Width of the largest expected rate of the slot, by Gauss-Hermite over the belief."

    def act(self) -> npt.NDArray[Any]:
        """Return the widths that are expected to carry most."""
        return self.beams(myopic_widths(self.params, self.batch.state))


class Ekf(_BeamBaseline):
    """Follows the filter with the full array."""

    summary = "Full array in the believed direction."

    def act(self) -> npt.NDArray[Any]:
        """Return full-array beams."""
        return self.beams(self.full)


class Feedback(_BeamBaseline):
    """Communication-only tracking."""

    summary = "Full array; a filter of its own from one pilot a slot, which the vehicle reports."

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self.filter = FeedbackFilter(self.params, self.random)

    def act(self) -> npt.NDArray[Any]:
        """Return full-array beams in the direction that the reports give."""
        self.direct(self.filter.follow(self.env, self.vehicles))
        return self.beams(self.full, 0)


class Hold(_BeamBaseline):
    """Points where the vehicle was seen last."""

    summary = "Full array in the direction measured last."

    def act(self) -> npt.NDArray[Any]:
        """Return full-array beams."""
        self.direct(self.vehicles["measured_cosine"])
        return self.beams(self.full)


class CodebookSweep(_BeamBaseline):
    """Exhaustive beam training now and then."""

    summary = "A sweep over the codebook every 10 slots, its beam held in between."
    period = 10

    def act(self) -> npt.NDArray[Any]:
        """Return a sweep or the held beam."""
        due = self.env["time"] % self.period == 0
        self.direct(np.where(due[:, None], np.nan, self.vehicles["beam_cosine"]))
        return self.beams(np.where(due, self.full + 1, self.full)[:, None], 0)


class FeedbackFilter:
    """Tracking without echoes: Kalman filters of (x, v_x, y, v_y), one for each vehicle.

    The vehicle reports in which direction it heard one pilot a slot. The base station steers its
    full array to the predicted direction. From one pilot symbol the vehicle's report gives the
    cosine of the direction with the variance of a single snapshot of N antennas,
    ``6 / (pi^2 (N^2 - 1) SNR)`` at the SNR of the link with the beam's true alignment; a pilot
    whose power does not pass the detector's threshold gives no report. The report arrives when the
    next beam has been formed already, so beams point two slots ahead. There is no distance and no
    radial velocity, and no integration over symbols; but the pilot travels one way only.

    Args:
        params: Parameters of the environment.
        random: Draws the noise of the reports.
    """

    def __init__(self, params: Any, random: np.random.Generator) -> None:
        self.params, self.record, self.random = params, params.record[0], random
        self.mean = self.covariance = self.aimed = np.zeros(0)
        self.pending: tuple[Floats, Floats, npt.NDArray[np.bool_]] | None = None
        self.transition = np.eye(4)
        self.transition[0, 1] = self.transition[2, 3] = params.slot_s
        self.noise = np.zeros((4, 4))
        for first, axis in ((0, "x"), (2, "y")):
            cross = self.record[f"noise_{axis}_cross"]
            self.noise[first, first] = self.record[f"noise_{axis}_position"]
            self.noise[first, first + 1] = self.noise[first + 1, first] = cross
            self.noise[first + 1, first + 1] = self.record[f"noise_{axis}_speed"]

    def follow(self, env: npt.NDArray[Any], vehicles: npt.NDArray[Any]) -> Floats:
        """Take in the reports that have arrived; return where to point next, shape ``(n, K)``."""
        truth = vehicles.reshape(-1)
        new = np.repeat(env["time"] == 0, vehicles.shape[1])
        if len(self.mean) != len(truth):
            self.mean, self.covariance = np.zeros((len(truth), 4)), np.zeros((len(truth), 4, 4))
            self.pending, new = None, np.ones(len(truth), np.bool_)
        if self.pending is not None:
            self._take_in(*self.pending)
        self.pending = None if new.all() else self._report(truth, ~new)
        self._start(truth, new)
        coming = np.where(new[:, None], self.mean, self._moved(self.mean))
        self.aimed = self._direction(coming)[0]
        return self.aimed.reshape(vehicles.shape)

    def _start(self, v: npt.NDArray[Any], rows: npt.NDArray[np.bool_]) -> None:
        """Take over the environment's first belief."""
        for i in range(4):
            self.mean[rows, i] = v[f"m{i}"][rows]
            for j in range(4):
                name = f"p{min(i, j)}{max(i, j)}"
                self.covariance[rows, i, j] = v[name][rows]

    def _moved(self, mean: Floats) -> Floats:
        """Return means a slot later, shape ``(n, 4)``."""
        moved = mean.copy()
        moved[:, (0, 2)] += self.params.slot_s * mean[:, (1, 3)]
        return moved

    def _direction(self, mean: Floats) -> tuple[Floats, Floats]:
        """Return direction cosines, and their Jacobians of shape ``(..., 1, 4)``."""
        x, y = mean[:, 0], mean[:, 2]
        d = np.sqrt(x * x + y * y + np.square(self.params.height_m))
        u = x / d
        jacobian = np.zeros((len(mean), 1, 4))
        jacobian[:, 0, 0], jacobian[:, 0, 2] = (1.0 - u * u) / d, -u * y / (d * d)
        return u, jacobian

    def _report(
        self, v: npt.NDArray[Any], rows: npt.NDArray[np.bool_]
    ) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
        """Return reported cosines of the slot that has passed, variances, and what is valid.

        The second axis of the last result tells whether a slot has passed and whether the pilot
        was heard in it.
        """
        n_t = float(self.params.transmit_antennas)
        aligned = np.empty(len(v))
        alignment_of(v["cosine"].copy(), self.aimed, np.full(len(v), n_t), aligned)
        power = self.record.power_w / self.params.vehicles * peak_gain(self.record, n_t)
        snr = power * aligned * self.record.link_gain * v["kept"] / np.square(v["distance"])
        heard = self.random.random(len(v)) < portable.exp(-self.record.threshold / (1.0 + snr))
        variance = 6.0 / (np.pi * np.pi * (n_t * n_t - 1.0) * np.maximum(snr, 1e-12))
        reported = v["cosine"] + np.sqrt(variance) * self.random.standard_normal(len(v))
        return reported, variance, np.stack([rows, rows & heard], axis=1)

    def _take_in(self, reported: Floats, variance: Floats, valid: npt.NDArray[np.bool_]) -> None:
        """Update with the reports of the slot before the last one, then predict the last one."""
        rows, heard = valid.T
        u, jacobian = self._direction(self.mean)
        if heard.any():
            result = update_states(
                self.mean[heard], self.covariance[heard], (reported - u)[heard, None],
                jacobian[heard], variance[heard, None],
            )  # fmt: skip
            self.mean[heard], self.covariance[heard] = result[0], result[1]
        self.mean[rows] = self._moved(self.mean[rows])
        self.covariance[rows] = predict_covariances(
            self.covariance[rows], self.transition, self.noise
        )


BASELINES: dict[str, type[Baseline]] = {
    "bound": Bound,
    "genie": Genie,
    "reacquire": Reacquire,
    "best_fixed_share": BestFixedShare,
    "best_fixed": BestFixed,
    "myopic": Myopic,
    "ekf": Ekf,
    "feedback": Feedback,
    "hold": Hold,
    "codebook_sweep": CodebookSweep,
    "random": RandomBaseline,
}
