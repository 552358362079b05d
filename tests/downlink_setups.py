"""Channels of published downlinks with a surface, and plain NumPy forms of their solutions."""

from typing import NamedTuple

import numpy as np


class Downlinks(NamedTuple):
    """Draws of one set-up; the noise power is 1."""

    direct: np.ndarray
    """Shape ``(draws, K, M)``."""
    reflected: np.ndarray
    """Shape ``(draws, K, N)``."""
    incident: np.ndarray
    """Shape ``(draws, N, M)``."""
    power: float


def complex_normal(generator: np.random.Generator, *shape: int) -> np.ndarray:
    """Return circular variates of power 1."""
    return (generator.normal(size=shape) + 1j * generator.normal(size=shape)) / np.sqrt(2.0)


def line_of_elements(elements: int, sines: np.ndarray | float) -> np.ndarray:
    """Return steering vectors at half a wavelength, elements as the last axis."""
    return np.exp(1j * np.pi * np.arange(elements) * np.asarray(sines)[..., None])


def unit_phases(generator: np.random.Generator, *shape: int) -> np.ndarray:
    return np.exp(2j * np.pi * generator.uniform(size=shape))


GUO_WEIGHTS = np.array([0.274477, 0.217926, 0.233627, 0.273970])
GUO_DIRECT_DB = np.array([117.71, 116.71, 117.01, 117.70])
GUO_SURFACE_DB = np.array([155.78, 154.61, 151.55, 152.68])
GUO_NOISE_DBM = -170.0 + 10.0 * np.log10(180e3)


def guo2020(generator: np.random.Generator, draws: int, power_dbm: float = 0.0) -> Downlinks:
    """Return the four users of figure 4, with four antennas and a surface of 100 elements."""
    users, antennas, elements = 4, 4, 100
    sure, scattered = np.sqrt(10.0 / 11.0), np.sqrt(1.0 / 11.0)
    towards_users = line_of_elements(elements, np.sin([0.18457, 0.35109, 0.65045, 0.99649]))
    between = np.outer(
        line_of_elements(elements, np.sin(0.43034)), line_of_elements(antennas, np.sin(0.02813))
    )
    direct_scale = 10.0 ** ((-GUO_NOISE_DBM - GUO_DIRECT_DB) / 20.0)
    surface_scale = 10.0 ** ((-GUO_NOISE_DBM - GUO_SURFACE_DB) / 20.0)
    direct = complex_normal(generator, draws, users, antennas) * direct_scale[:, None]
    reflected = sure * towards_users + scattered * complex_normal(generator, draws, users, elements)
    incident = sure * between + scattered * complex_normal(generator, draws, elements, antennas)
    power = 10.0 ** (power_dbm / 10.0)
    return Downlinks(direct, reflected * surface_scale[:, None], incident, power)


def kumar2021() -> Downlinks:
    """Return the wiretap channel drawn with the legacy generator and seed 1, users (user, Eve)."""
    legacy = np.random.RandomState(1)
    shapes = (64, 8), (64,), (64,), (8,), (8,)
    fading = [(legacy.randn(*each) + 1j * legacy.randn(*each)) / np.sqrt(2.0) for each in shapes]
    distances = 50.0, 2.0, np.hypot(6.0, 2.0), np.hypot(50.0, 2.0), np.hypot(44.0, 2.0)
    exponents = 2.2, 2.5, 2.5, 3.5, 3.5
    surface, *others = (
        each * np.sqrt(1e-3 * distance**-exponent)
        for each, distance, exponent in zip(fading, distances, exponents, strict=True)
    )
    to_user, to_eve, user, eve = (each * 10.0 ** (75.0 / 20.0) for each in others)
    return Downlinks(
        np.array([[user, eve]]), np.array([[to_user, to_eve]]), surface[None], 10.0**1.5
    )


def liu2024(
    generator: np.random.Generator, antennas: int, elements: int, points: np.ndarray
) -> Downlinks:
    """Return channels of the geometry of Liu et al. 2024, without their target.

    The surface is 50 m from the base station; at the surface, it is at 45 degrees. Legs of the
    surface are Rician with a factor of 3 dB and exponents of 2.2 and 2.3, direct paths are Rayleigh
    with 3.5. Power 30 dBm, noise -90 dBm.

    Args:
        generator: Draws the fading.
        antennas: Number M.
        elements: Number N, a line at half a wavelength.
        points: Receivers relative to the surface in m, x away from the base station, shape
            ``(draws, K, 2)``.
    """
    draws, users = points.shape[:2]
    noise_scale = 10.0 ** (90.0 / 20.0)  # amplitudes over the noise, for powers in mW
    sure, scattered = np.sqrt(2.0 / 3.0), np.sqrt(1.0 / 3.0)
    near = np.hypot(points[..., 0], points[..., 1])
    far = np.hypot(points[..., 0] + 50.0, points[..., 1])
    direct = complex_normal(generator, draws, users, antennas)
    direct *= noise_scale * np.sqrt(1e-3 * far**-3.5)[..., None]
    reflected = sure * line_of_elements(elements, points[..., 1] / near)
    reflected = reflected + scattered * complex_normal(generator, draws, users, elements)
    reflected *= noise_scale * np.sqrt(1e-3 * near**-2.3)[..., None]
    half = np.sin(np.pi / 4.0)
    between = np.outer(line_of_elements(elements, half), line_of_elements(antennas, half))
    incident = sure * between + scattered * complex_normal(generator, draws, elements, antennas)
    return Downlinks(direct, reflected, incident * np.sqrt(1e-3 * 50.0**-2.2), 1000.0)


def around(generator: np.random.Generator, *shape: int, near: float, far: float) -> np.ndarray:
    """Return points in all directions at distances between two, shape ``(*shape, 2)``."""
    angles = 2.0 * np.pi * generator.uniform(size=shape)
    return generator.uniform(near, far, shape)[..., None] * np.stack(
        [np.cos(angles), np.sin(angles)], axis=-1
    )


def plain_rate(channels: np.ndarray, precoder: np.ndarray, noise: float, weights: float) -> float:
    """Return the weighted sum rate in bit/s/Hz, from the definition, user by user."""
    total = 0.0
    for k, row in enumerate(channels):
        signal = abs(sum(row * precoder[:, k])) ** 2
        others = sum(abs(sum(row * beam)) ** 2 for beam in np.delete(precoder, k, 1).T)
        total += np.broadcast_to(weights, len(channels))[k] * np.log2(1 + signal / (others + noise))
    return float(total)


def plain_wmmse(
    channels: np.ndarray,
    power: float,
    noise: float,
    weights: np.ndarray,
    precoder: np.ndarray,
    iterations: int,
) -> np.ndarray:
    """Return a precoder after iterations as published: bisection for the multiplier."""
    h, w = channels, precoder
    for _ in range(iterations):
        gains = h @ w
        powers = np.abs(gains) ** 2
        wanted = np.diag(powers)
        total = powers.sum(1) + noise
        receiver = np.diag(gains) / total
        importance = weights * total / (total - wanted)
        matrix = (h.conj().T * (importance * np.abs(receiver) ** 2)) @ h
        right = h.conj().T * (importance * receiver)
        values, vectors = np.linalg.eigh(matrix)
        shares = np.sum(np.abs(vectors.conj().T @ right) ** 2, axis=1)
        low, high = 0.0, np.sqrt(shares.sum() / power)
        for _ in range(60):
            middle = 0.5 * (low + high)
            used = np.sum(shares / (np.maximum(values, 0.0) + middle) ** 2)
            low, high = (middle, high) if used > power else (low, middle)
        w = np.linalg.solve(matrix + high * np.eye(len(matrix)), right)
    return w
