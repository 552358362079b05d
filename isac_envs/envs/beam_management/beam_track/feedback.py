"""Tracking without echoes: the vehicle reports in which direction it heard one pilot a slot.

The base station steers its full array to the predicted direction. From one pilot symbol the
vehicle's report gives the cosine of the direction with the variance of a single snapshot of N
antennas, ``6 / (pi^2 (N^2 - 1) SNR)`` at the SNR of the link with the beam's true alignment; a
pilot whose power does not pass the detector's threshold gives no report. The report arrives when
the next beam has been formed already, so beams point two slots ahead. There is no distance and no
radial velocity, and no integration over symbols; but the pilot travels one way only.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.envs.beam_management.beam_track.echoes import alignment_of
from isac_envs.kernels.estimation.kalman_batch import predict_covariances, update_states
from isac_envs.kernels.numerics import portable

Floats = npt.NDArray[np.float64]


class FeedbackFilter:
    """Kalman filters of (x, v_x, y, v_y), one for each vehicle of a batch.

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
        loss = np.where(v["blocked"], self.record.block_loss, 1.0)
        power = self.record.power_w / self.params.vehicles
        snr = power * n_t * aligned * self.record.link_gain * loss / np.square(v["distance"])
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
