"""The hard road of beam tracking once more, in plain NumPy, from the equations of its page.

Nothing of the environment is used; draws are NumPy's, so that results agree within their errors.
"""

import math

import numpy as np

SPEED_OF_LIGHT, WAVELENGTH, NOISE_W = 299792458.0, 0.01, 1e-11
SLOT_S, SLOTS, SHARE, SYMBOLS, RECEIVERS = 0.1, 30, 0.1, 1e3, 64
ACCELERATION = np.array((10.0, 5.0))  # along the lane and across
WIDTHS = 4 * 2 ** np.arange(7)
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(15)


def alignment(antennas, cosine, beam):
    """Return the squared array factor of a beam, 1 at its peak."""
    z = 0.5 * np.pi * (cosine - beam)
    sine = np.where(np.abs(np.sin(z)) < 1e-9, 1.0, np.sin(z))
    return np.where(sine == 1.0, 1.0, (np.sin(antennas * z) / (antennas * sine)) ** 2)


def efficiency(power_w, antennas, gain, distance):
    """Return log2(1 + SNR) of the link."""
    budget = power_w * antennas * (WAVELENGTH / (4.0 * math.pi * distance)) ** 2 / NOISE_W
    return np.log2(1.0 + budget * gain)


class Track:
    """Vehicles on the road and the filter that follows them.

    Args:
        count: Episodes played side by side.
        deviations: Deviation of the first position in m and velocity in m/s, of either axis.
        bandwidth_hz: What distances are measured with.
        random: Generator of all draws.
    """

    def __init__(self, count, deviations, bandwidth_hz, random):
        self.random, self.bandwidth_hz = random, bandwidth_hz
        self.truth = np.tile((-25.0, 20.0, 20.0, 0.0), (count, 1))  # x, v_x, y, v_y
        self.mean = self.truth.copy()
        self.cov = np.tile(np.diag(np.tile(deviations, 2) ** 2.0), (count, 1, 1))
        self.step, self.noise = np.eye(4), np.zeros((4, 4))
        self.step[0, 1] = self.step[2, 3] = SLOT_S
        for first, deviation in zip((0, 2), ACCELERATION, strict=True):
            push = deviation * np.array((0.5 * SLOT_S**2, SLOT_S))
            self.noise[first : first + 2, first : first + 2] = np.outer(push, push)

    def move(self):
        """Move the vehicles, which stay in their lane, and the belief."""
        a = ACCELERATION * self.random.standard_normal((len(self.truth), 2))
        x, v_x, y, v_y = self.truth.T
        free = y + v_y * SLOT_S + 0.5 * a[:, 1] * SLOT_S**2
        inside = np.clip(free, 15.0, 25.0)
        self.truth = np.stack(
            (
                x + v_x * SLOT_S + 0.5 * a[:, 0] * SLOT_S**2, v_x + a[:, 0] * SLOT_S,
                inside, np.where(free == inside, v_y + a[:, 1] * SLOT_S, 0.0),
            ), -1,
        )  # fmt: skip
        self.mean = self.mean @ self.step.T
        self.cov = self.step @ self.cov @ self.step.T + self.noise

    @staticmethod
    def seen(states):
        """Return direction cosine, distance and radial speed, shape ``(n, 3)``."""
        x, v_x, y, v_y = states.T
        d = np.hypot(x, y)
        return np.stack((x / d, d, (x * v_x + y * v_y) / d), -1)

    def jacobian(self):
        """Return the derivatives of what is seen, at the belief, shape ``(n, 3, 4)``."""
        _, v_x, _, v_y = self.mean.T
        u, d, radial = self.seen(self.mean).T
        w, zero = np.sqrt(1.0 - u * u), np.zeros_like(u)
        rows = (
            (w * w / d, zero, -u * w / d, zero),
            (u, zero, w, zero),
            ((v_x - radial * u) / d, u, (v_y - radial * w) / d, w),
        )
        return np.moveaxis(np.array(rows), -1, 0)

    def greedy(self, power_w):
        """Return the widths with the largest expected rate over the believed angle."""
        u, d, _ = self.seen(self.mean).T
        row = self.jacobian()[:, 0]
        deviation = np.sqrt(np.einsum("ni,nij,nj->n", row, self.cov, row) / (1.0 - u * u))
        around = np.cos(np.arccos(u)[:, None] + deviation[:, None] * NODES)
        expected = [
            efficiency(power_w, n, alignment(n, around, u[:, None]), d[:, None]) @ WEIGHTS
            for n in WIDTHS
        ]
        return WIDTHS[np.argmax(expected, 0)]

    def sense(self, energy):
        """Correct the belief by an echo; ``energy`` is the SNR of the array, shape ``(n,)``."""
        heard = self.random.random(len(energy)) < 1e-6 ** (1.0 / (1.0 + energy))
        duration = SHARE * SYMBOLS / self.bandwidth_hz
        squares = np.array(
            (
                6.0 / (np.pi**2 * (RECEIVERS**2 - 1)),
                6.0 * (0.5 * SPEED_OF_LIGHT) ** 2 / (2.0 * np.pi * self.bandwidth_hz) ** 2,
                6.0 * (0.5 * WAVELENGTH) ** 2 / (2.0 * np.pi * duration) ** 2,
            )
        )
        variance = squares / np.maximum(energy, 1e-12)[:, None]
        error = np.sqrt(variance) * self.random.standard_normal(variance.shape)
        surprise = self.seen(self.truth) + error - self.seen(self.mean)
        scale = 1.0 / np.sqrt(variance)  # in units of the errors the inverse is well conditioned
        jacobian = self.jacobian() * scale[..., None]
        spread = self.cov @ jacobian.transpose(0, 2, 1)
        gain = spread @ np.linalg.inv(jacobian @ spread + np.eye(3))
        correction = np.einsum("nij,nj->ni", gain, surprise * scale)
        self.mean = self.mean + np.where(heard[:, None], correction, 0.0)
        self.cov = self.cov - np.where(heard[:, None, None], gain @ jacobian @ self.cov, 0.0)
        self.cov = 0.5 * (self.cov + self.cov.transpose(0, 2, 1))


def rates(width, power_dbm, deviations, bandwidth_hz, count=2000, seed=0):
    """Return the mean rate of each episode in bit/s/Hz, shape ``(count,)``.

    Args:
        width: Antennas of the beam; None for the greedy choice.
        power_dbm: Transmit power.
        deviations: As of :class:`Track`.
        bandwidth_hz: Likewise.
        count: Episodes.
        seed: Of all draws.
    """
    track = Track(count, deviations, bandwidth_hz, np.random.default_rng(seed))
    power_w, total = 1e-3 * 10.0 ** (0.1 * power_dbm), np.zeros(count)
    for _ in range(SLOTS):
        track.move()
        antennas = track.greedy(power_w) if width is None else np.full(count, width)
        cosine, distance, _ = track.seen(track.truth).T
        gain = alignment(antennas, cosine, track.seen(track.mean)[:, 0])
        total += (1.0 - SHARE) * efficiency(power_w, antennas, gain, distance)
        echo = SHARE * SYMBOLS * RECEIVERS * WAVELENGTH**2 / ((4.0 * math.pi) ** 3 * NOISE_W)
        track.sense(power_w * antennas * gain * echo / distance**4)
    return total / SLOTS
