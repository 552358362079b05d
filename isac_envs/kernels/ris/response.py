r"""Reconfigurable intelligent surface: power through its cells, in the far and the near field.

The surface is the plane z = 0 and reflects into z > 0. A cell of area dx dy has the pattern
:math:`F = \cos^\alpha \theta` and the gain :math:`4 \pi\, dx\, dy / \lambda^2` of its aperture.
That gain conserves energy: a large surface with equal phases gives Friis' law over the mirror path,
also at oblique incidence if :math:`\alpha = 1`. The directivity :math:`2 (\alpha + 1)` of the
pattern taken as the gain of half-wavelength cells (:math:`\alpha = 3`, gain 8) receives 4.06 dB
more power than a mirror could reflect.

The channel between isotropic antennas is :math:`h = \sum g\, \Gamma h'` over the cells, with the
legs :math:`\sqrt{dx\, dy\, F / 4 \pi}\, \exp(-j 2 \pi r / \lambda) / r` of both hops: spherical
waves, cell by cell. Its mirror path lags 90 degrees behind Friis' law: the sources leave Huygens'
factor j to :math:`\Gamma`.

Sources: W. Tang et al., IEEE Trans. Wireless Commun. 20(1), 2021, arXiv:1911.05326, with the gain
above as in W. Tang et al., IEEE Trans. Commun. 70(9), 2022, arXiv:2101.08607 (both recalled).
"""

import math
from typing import Any

import numpy as np

from isac_envs.engine.elementwise import Range, Real, check_range, elementwise
from isac_envs.engine.jit import inlined, jit
from isac_envs.engine.mathx import exp2, fma, linear_to_db, log2, sincos_turns
from isac_envs.kernels.arrays.beams import dirichlet_gain_one

_FOUR_PI = 4.0 * math.pi
_LENGTH = Range(1e-9, 1e3, "m")
_POINT = Range(-1e7, 1e7, "m")
_EXPONENT = Range(0.0, 100.0)


@inlined
def ris_cell_gain_one(width_m: Real, height_m: Real, wavelength_m: Real) -> Real:
    r"""Return the gain of a cell, linear: that of an aperture of its area.

    :math:`4 \pi\, dx\, dy / \lambda^2`.

    Args:
        width_m: Width dx of a cell in m.
        height_m: Height dy of a cell in m.
        wavelength_m: Wavelength in m.
    """
    return _FOUR_PI * width_m * height_m / (wavelength_m * wavelength_m)


@inlined
def ris_pattern_one(cosine: Real, exponent: Real = 1.0) -> Real:
    r"""Return the power pattern of a cell, from the normal; 0 behind it.

    :math:`\cos^\alpha \theta`.
    """
    front = cosine > 1e-30
    return exp2(exponent * log2(cosine if front else 1.0)) if front else 0.0


@inlined
def ris_path_loss_one(
    d_in_m: Real,
    d_out_m: Real,
    cos_in: Real,
    cos_out: Real,
    cells: Real,
    cell_area_m2: Real,
    exponent: Real = 1.0,
    amplitude: Real = 1.0,
) -> Real:
    r"""Return the far-field path loss in dB of a surface whose phases serve the receiver exactly.

    :math:`16 \pi^2 d_1^2 d_2^2 / (N^2 (dx\, dy)^2 F_1 F_2 A^2)`, between isotropic antennas:
    independent of the carrier. Only where both distances exceed :math:`2 D^2 / \lambda`, else use
    :func:`ris_channel`.

    Args:
        d_in_m: Distance d1 from transmitter to surface in m.
        d_out_m: Distance d2 from surface to receiver in m.
        cos_in: Cosine of the angle of incidence from the normal.
        cos_out: Cosine of the angle of departure from the normal.
        cells: Number N of cells.
        cell_area_m2: Area dx dy of a cell in m^2.
        exponent: alpha of the pattern.
        amplitude: Reflection amplitude A, at most 1.
    """
    gain = amplitude * cells * cell_area_m2 / (_FOUR_PI * d_in_m * d_out_m)
    patterns = ris_pattern_one(cos_in, exponent) * ris_pattern_one(cos_out, exponent)
    return -linear_to_db(gain * gain * patterns)


@inlined
def ris_beam_factor_one(u_turns: Real, v_turns: Real, columns: Real, rows: Real) -> Real:
    """Return the fraction of the far-field power that remains off the served direction, 0 to 1.

    ``u_turns`` and ``v_turns`` are the residual phases between neighbouring columns and rows, in
    turns.

    Args:
        u_turns: Residual phase between neighbouring columns, in turns.
        v_turns: Residual phase between neighbouring rows, in turns.
        columns: Number of columns.
        rows: Number of rows.
    """
    both = dirichlet_gain_one(u_turns, columns) * dirichlet_gain_one(v_turns, rows)
    return both / (columns * rows)


_COSINE = Range(1e-6, 1.0)
_COUNT = Range(1.0, 65536.0, whole=True)
ris_cell_gain = elementwise(
    ris_cell_gain_one, width_m=_LENGTH, height_m=_LENGTH, wavelength_m=_LENGTH
)
ris_pattern = elementwise(ris_pattern_one, cosine=Range(-1.0, 1.0), exponent=_EXPONENT)
ris_path_loss = elementwise(
    ris_path_loss_one,
    d_in_m=Range(1e-3, 1e7, "m"),
    d_out_m=Range(1e-3, 1e7, "m"),
    cos_in=_COSINE,
    cos_out=_COSINE,
    cells=Range(1.0, 1e9, whole=True),
    cell_area_m2=Range(1e-15, 1e3, "m^2"),
    exponent=Range(0.0, 10.0),
    amplitude=Range(1e-6, 1.0),
)
ris_beam_factor = elementwise(
    ris_beam_factor_one,
    u_turns=Range(-1e6, 1e6),
    v_turns=Range(-1e6, 1e6),
    columns=_COUNT,
    rows=_COUNT,
)


@inlined
def ris_leg_one(x: Real, y: Real, z: Real, per_wavelength: Real, exponent: Real) -> Any:
    r"""Return both parts of a spherical wave with the pattern of a cell for a vector (x, y, z).

    :math:`\exp(-j 2 \pi r / \lambda)\, r^{-1 - \alpha / 2}`.

    Args:
        x: Vector along x in m.
        y: Along y in m.
        z: Along z in m.
        per_wavelength: Wavelengths per metre, :math:`1 / \lambda`.
        exponent: Exponent alpha of the element pattern.
    """
    square = fma(x, x, fma(y, y, z * z))
    r = math.sqrt(square)
    sine, cosine = sincos_turns(r * per_wavelength)
    if exponent == 1.0:
        size = math.sqrt(r) / square
    else:
        size = exp2((-0.5 - 0.25 * exponent) * log2(square))
    return size * cosine, -size * sine


@jit
def fill_ris_sum(
    points: Any, cells: Any, weights: Any, per_wavelength: float, exponent: float, out: Any
) -> None:
    r"""Write the weighted sums of spherical waves over the cells.

    The terms are :math:`\sqrt F \exp(-j 2 \pi r / \lambda) / r` times the weights.

    Args:
        points: Receivers in m with z > 0, shape ``(3, B)``.
        cells: Centres of the cells in m, shape ``(2, N)``.
        weights: Real and imaginary parts, shape ``(2, N)``.
        per_wavelength: :math:`1 / \lambda` in 1/m.
        exponent: alpha of the pattern.
        out: Receives real and imaginary parts, shape ``(2, B)``.
    """
    px, py, pz, out_re, out_im = points[0], points[1], points[2], out[0], out[1]
    out_re[:], out_im[:] = 0.0, 0.0
    for n in range(cells.shape[1]):
        x, y, weight_re, weight_im = cells[0, n], cells[1, n], weights[0, n], weights[1, n]
        for b in range(out_re.shape[0]):
            re, im = ris_leg_one(px[b] - x, py[b] - y, pz[b], per_wavelength, exponent)
            out_re[b] += weight_re * re - weight_im * im
            out_im[b] += weight_re * im + weight_im * re
    for b in range(out_re.shape[0]):
        height = exp2(0.5 * exponent * log2(pz[b]))  # cos = z / r: the cells share z
        out_re[b] *= height
        out_im[b] *= height


@jit
def fill_ris_legs(
    points: Any, cells: Any, per_wavelength: float, exponent: float, out_re: Any, out_im: Any
) -> None:
    r"""Write the spherical waves between points and cells into arrays of shape ``(N, B)``.

    :math:`\sqrt F \exp(-j 2 \pi r / \lambda) / r`.

    Args:
        points: Points, shape ``(3, B)``, in m.
        cells: Cells, shape ``(3, N)``, in m.
        per_wavelength: Wavelengths per metre, :math:`1 / \lambda`.
        exponent: Exponent alpha of the element pattern.
        out_re: Receives the real parts, shape ``(N, B)``.
        out_im: Receives the imaginary parts, shape ``(N, B)``.
    """
    px, py, pz = points[0], points[1], points[2]
    for n in range(cells.shape[1]):
        x, y = cells[0, n], cells[1, n]
        for b in range(points.shape[1]):
            re, im = ris_leg_one(px[b] - x, py[b] - y, pz[b], per_wavelength, exponent)
            height = exp2(0.5 * exponent * log2(pz[b]))
            out_re[n, b], out_im[n, b] = height * re, height * im


def _points(name: str, points: Any) -> np.ndarray:
    columns = np.array(points, dtype=np.float64).reshape(3, -1)
    check_range(name, columns, _POINT)
    check_range(f"{name} z", columns[2], Range(1e-6, 1e7, "m"))
    return columns


def ris_legs(
    points: Any, cells: Any, wavelength_m: float, cell_area_m2: float, exponent: float = 1.0
) -> np.ndarray:
    r"""Return the legs between points and cells.

    :math:`\sqrt{dx\, dy\, F / 4 \pi}\, \exp(-j 2 \pi r / \lambda) / r`.

    Args:
        points: Isotropic antennas in m, shape ``(3, B)`` or ``(3,)``, z in [1e-6, 1e7].
        cells: Centres of the cells in m, shape ``(2, N)``.
        wavelength_m: Wavelength in m, in [1e-9, 1000].
        cell_area_m2: Area dx dy of a cell in m^2, in [1e-15, 1000].
        exponent: alpha of the pattern, in [0, 100].

    Returns:
        complex128, shape ``(N, B)``: the squared magnitude is the fraction of the power
            that a cell receives.

    Raises:
        ValueError: An argument is outside its range.
    """
    columns = _points("points", points)
    grid = np.array(cells, dtype=np.float64)
    check_range("cells", grid, _POINT)
    check_range("wavelength_m", float(wavelength_m), _LENGTH)
    check_range("cell_area_m2", float(cell_area_m2), Range(1e-15, 1e3, "m^2"))
    check_range("exponent", float(exponent), _EXPONENT)
    out = np.empty((2, grid.shape[1], columns.shape[1]))
    fill_ris_legs(columns, grid, 1.0 / wavelength_m, float(exponent), out[0], out[1])
    return math.sqrt(cell_area_m2 / _FOUR_PI) * (out[0] + 1j * out[1])


def ris_channel(
    source: Any,
    receivers: Any,
    cells: Any,
    reflection: Any,
    wavelength_m: float,
    cell_area_m2: float,
    exponent: float = 1.0,
) -> np.ndarray:
    r"""Return the channels over the surface between isotropic antennas, in its near field.

    Args:
        source: Transmitter in m, shape ``(3,)``; the channel is reciprocal.
        receivers: Receivers in m, shape ``(3, B)``.
        cells: Centres of the cells in m, shape ``(2, N)``.
        reflection: Coefficients :math:`\Gamma` of magnitude 1 at most, shape ``(N,)``.
        wavelength_m: As in :func:`ris_legs`, like the next two.
        cell_area_m2: Area of a cell in m^2.
        exponent: alpha of the pattern.

    Returns:
        complex128, shape ``(B,)``: the squared magnitude is received over transmitted power.

    Raises:
        ValueError: An argument is outside its range.
    """
    legs = ris_legs(source, cells, wavelength_m, cell_area_m2, exponent)[:, 0]
    check_range("abs(reflection)", np.abs(np.atleast_1d(reflection)), Range(0.0, 1.0 + 1e-9))
    weights = legs * np.broadcast_to(reflection, legs.shape)
    columns = _points("receivers", receivers)
    out = np.empty((2, columns.shape[1]))
    grid = np.array(cells, dtype=np.float64)
    parts = np.array([weights.real, weights.imag])
    fill_ris_sum(columns, grid, parts, 1.0 / wavelength_m, float(exponent), out)
    return math.sqrt(cell_area_m2 / _FOUR_PI) * (out[0] + 1j * out[1])
