r"""Range-Doppler maps of OFDM echoes: transform, bins, resolution, ambiguity and window losses.

:math:`Y[n, m]` holds :math:`\exp(-j 2 \pi n\, \Delta f\, \tau) \exp(+j 2 \pi m T f)`: an inverse
transform over the subcarriers and a forward one over the symbols put both peaks at positive bins
:math:`k = \tau N\, \Delta f` and :math:`l = f M T`, the Doppler axis shifted so that bin M // 2 is
0 Hz. Neither is scaled: on a bin the gain is N M in amplitude, and N M in power over noise. Between
bins the peak falls (:func:`scalloping_loss_db`, 3.92 dB per axis at worst without a window); a
window loses SNR (:func:`window_loss_db`).

A monostatic radar has range :math:`c \tau / 2` and radial velocity :math:`-\lambda f / 2`, positive
for a receding target; a bistatic one has the path length :math:`c \tau` and its rate
:math:`-\lambda f`.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from isac_envs.engine.elementwise import Range, check_range
from isac_envs.kernels.constants import SPEED_OF_LIGHT_M_S
from isac_envs.kernels.radar.echo import OfdmGrid

Array = npt.NDArray[np.float64]

_CARRIER = Range(1e6, 1e13, "Hz")
_FFT_LIMIT = Range(1.0, 65536.0, whole=True)


def range_doppler_map(
    grid: npt.ArrayLike,
    delay_window: npt.ArrayLike | None = None,
    doppler_window: npt.ArrayLike | None = None,
) -> npt.NDArray[Any]:
    """Return the complex map of one grid or of a batch of grids.

    Args:
        grid: Complex, shape ``(..., N, M)``; complex64 stays complex64.
        delay_window: Real weights of the subcarriers, shape ``(N,)``; none if not given.
        doppler_window: Real weights of the symbols, shape ``(M,)``.

    Returns:
        Shape ``(..., N, M)``: delay bins, Doppler bins with 0 Hz at ``M // 2``.

    Raises:
        ValueError: The grid has fewer than two axes, or a window has another length.
    """
    values = np.asarray(grid)
    if values.ndim < 2:
        raise ValueError(f"grid has shape {values.shape}, expected (..., N, M)")
    real = np.float32 if values.dtype == np.complex64 else np.float64
    for name, window, axis in (
        ("delay_window", delay_window, -2),
        ("doppler_window", doppler_window, -1),
    ):
        if window is None:
            continue
        weights = np.asarray(window, dtype=real)
        if weights.shape != (values.shape[axis],):
            raise ValueError(f"{name} has shape {weights.shape}, expected ({values.shape[axis]},)")
        values = values * (weights[:, None] if axis == -2 else weights)
    import scipy.fft  # slow to import, and environments need only the laws of maps

    map_ = scipy.fft.ifft(values, axis=-2, norm="forward")
    return scipy.fft.fftshift(scipy.fft.fft(map_, axis=-1, overwrite_x=True), axes=-1)


def delay_of_bin(delay_bin: npt.ArrayLike, grid: OfdmGrid) -> Array:
    r"""Return the delay in s of a bin, which need not be whole.

    :math:`k / (N\, \Delta f)`.
    """
    check_range("subcarriers", float(grid.subcarriers), _FFT_LIMIT)
    return np.asarray(delay_bin, float) / (grid.subcarriers * grid.subcarrier_spacing_hz)


def doppler_of_bin(doppler_bin: npt.ArrayLike, grid: OfdmGrid) -> Array:
    r"""Return the Doppler shift in Hz of a bin of the shifted axis.

    :math:`(l - \lfloor M / 2 \rfloor) / (M T)`.
    """
    check_range("symbols", float(grid.symbols), _FFT_LIMIT)
    centred = np.asarray(doppler_bin, float) - grid.symbols // 2
    return centred / (grid.symbols * grid.symbol_duration_s)


class Limits(NamedTuple):
    """Resolution and ambiguity of a grid for a monostatic radar."""

    range_resolution_m: float
    r""":math:`c / (2 N\, \Delta f)`."""
    unambiguous_range_m: float
    r""":math:`c / (2\, \Delta f)`, where the map repeats."""
    cyclic_prefix_range_m: float
    r""":math:`c T_{CP} / 2`, the limit of the model, far below the unambiguous range."""
    velocity_resolution_m_s: float
    r""":math:`\lambda / (2 M T)`."""
    unambiguous_velocity_m_s: float
    r""":math:`\lambda / (4 T)`; velocities of either sign below it are distinguished."""


def resolution_limits(grid: OfdmGrid) -> Limits:
    """Return resolution and ambiguity of a grid; double them for bistatic path lengths and rates.

    Raises:
        ValueError: A number of the grid is outside its range.
    """
    check_range("carrier_hz", float(grid.carrier_hz), _CARRIER)
    check_range("subcarrier_spacing_hz", float(grid.subcarrier_spacing_hz), Range(1.0, 1e10, "Hz"))
    check_range("symbol_duration_s", float(grid.symbol_duration_s), Range(1e-12, 1e3, "s"))
    check_range("subcarriers", float(grid.subcarriers), _FFT_LIMIT)
    check_range("symbols", float(grid.symbols), _FFT_LIMIT)
    half_speed = 0.5 * SPEED_OF_LIGHT_M_S
    unambiguous_m = half_speed / grid.subcarrier_spacing_hz
    fastest = 0.5 * half_speed / (grid.carrier_hz * grid.symbol_duration_s)
    return Limits(
        unambiguous_m / grid.subcarriers,
        unambiguous_m,
        half_speed * grid.cyclic_prefix_s,
        2.0 * fastest / grid.symbols,
        fastest,
    )


def window_loss_db(window: npt.ArrayLike) -> float:
    r"""Return the SNR that a window loses on a bin, in dB.

    :math:`10 \lg(n \sum w^2 / (\sum w)^2)`.

    Args:
        window: Real weights, shape ``(n,)``, with a sum above 0.

    Raises:
        ValueError: The weights are not a vector with a positive sum.
    """
    weights = _weights(window)
    return 10.0 * math.log10(weights.size * float(weights @ weights) / float(weights.sum()) ** 2)


def scalloping_loss_db(window: npt.ArrayLike, offset_bins: float = 0.5) -> float:
    """Return the loss of a peak between two bins, in dB.

    Args:
        window: Real weights, shape ``(n,)``, with a sum above 0; all equal: no window.
        offset_bins: Distance from the bin, in [0, 0.5]; the middle between two is the worst.

    Raises:
        ValueError: An argument is outside its range.
    """
    weights = _weights(window)
    check_range("offset_bins", float(offset_bins), Range(0.0, 0.5))
    phases = np.exp(2j * np.pi * offset_bins * np.arange(weights.size) / weights.size)
    return -20.0 * math.log10(abs(weights @ phases) / float(weights.sum()))


def _weights(window: npt.ArrayLike) -> Array:
    weights = np.asarray(window, dtype=np.float64)
    if weights.ndim != 1 or not weights.sum() > 0.0:
        raise ValueError(f"window of shape {weights.shape} is not a vector with a positive sum")
    return weights
