r"""Steering vectors of linear, planar and arbitrary arrays, far and near field.

Conventions, the same everywhere:

* :math:`a_m = \exp(+j 2 \pi\, p_m \cdot u / \lambda)`, the unit vector u pointing from the array to
  the target. The entries have magnitude 1; ``unit_norm=True`` divides them by :math:`\sqrt N`.
* A line-of-sight channel is :math:`H = \beta\, a_R a_T^T`, with the plain transpose. The matched
  beams are :math:`w_T = a_T^* / \sqrt N` on transmission and :math:`w_R = a_R / \sqrt N` in
  :math:`w_R^H y` on reception. The gain of one matched side is N in power, for weights of unit
  norm: not :math:`N^2`.
* Zenith angle theta from +z and azimuth phi from +x, as in 3GPP TR 38.901, section 7.1. In a
  linear array u enters only by its cosine with the axis, the sine of the angle from broadside.
* Element m of N is at :math:`(m - (N - 1) / 2)\, d`; ``centred=False`` puts the first at the
  origin.
* Near field: :math:`a_m = \exp(-j 2 \pi (r_m - r) / \lambda)` with r measured from the array's
  origin, which tends to the above for large r. The amplitude :math:`r / r_m` is 1 unless
  requested.

Lengths inside arrays are in wavelengths, angles of the public functions in radians. Sources,
recalled: H. L. Van Trees, "Optimum Array Processing", 2002, ch. 2; C. A. Balanis, "Antenna
Theory", 4th ed., 2016, eqs. 2-22, 4-47 and ch. 6.
"""

import math
from typing import Any

import numpy as np

from isac_envs.engine.elementwise import Range, Real, check_range, elementwise
from isac_envs.engine.jit import inlined, jit
from isac_envs.engine.mathx import sincos_turns

COSINE = Range(-1.0, 1.0)
SPACING = Range(1e-6, 1e3, "wavelengths")
ELEMENTS = Range(1.0, 65536.0, whole=True)
_AXIS = Range(0.0, 2.0, whole=True)
_TURN = 1.0 / (2.0 * math.pi)


@inlined
def direction_one(zenith_rad: Real, azimuth_rad: Real) -> Any:
    """Return the unit vector (x, y, z) towards a direction given by its angles in rad."""
    sin_zenith, cos_zenith = sincos_turns(zenith_rad * _TURN)
    sin_azimuth, cos_azimuth = sincos_turns(azimuth_rad * _TURN)
    return sin_zenith * cos_azimuth, sin_zenith * sin_azimuth, cos_zenith


@inlined
def excess_path_one(x: Real, y: Real, z: Real, r: Real, ux: Real, uy: Real, uz: Real) -> Real:
    r"""Return the excess path length to a point for an element p = (x, y, z).

    :math:`\lvert r u - p \rvert - r`, without cancellation.

    Args:
        x: Position of the element along x.
        y: Along y, in the same unit.
        z: Along z.
        r: Distance of the point, in the same unit.
        ux: Unit vector to the point: x.
        uy: Its y.
        uz: Its z.
    """
    along = x * ux + y * uy + z * uz
    excess = x * x + y * y + z * z - 2.0 * r * along
    return excess / (math.sqrt(r * r + excess) + r)


@jit
def ula_directivity_one(elements: Real, spacing_wavelengths: Real, steer_cosine: Real) -> Real:
    r"""Return the directivity of a linear array of isotropic elements at its steering direction.

    :math:`N^2 / (N + 2 \sum_k (N - k) \cos(2 \pi d k s) \operatorname{sinc}(2 d k))`: N at half a
    wavelength for every direction, and smaller or larger elsewhere.

    Args:
        elements: Number N of elements.
        spacing_wavelengths: Distance d of neighbours in wavelengths.
        steer_cosine: Cosine s of the steering direction with the array axis; 0 is broadside.
    """
    total = elements
    for k in range(1, int(elements)):
        lag = spacing_wavelengths * k
        sine = sincos_turns(lag)[0]
        weight = 2.0 * (elements - k) * sincos_turns(lag * steer_cosine)[1]
        total += weight * sine / (2.0 * math.pi * lag)
    return elements * elements / total


@inlined
def fraunhofer_distance_one(aperture_m: Real, wavelength_m: Real) -> Real:
    r"""Return the Fraunhofer distance in m, where the phase error of a plane wave is 22.5 degrees.

    :math:`2 D^2 / \lambda`.

    Args:
        aperture_m: Largest dimension D of the array in m.
        wavelength_m: Wavelength in m.
    """
    return 2.0 * aperture_m * aperture_m / wavelength_m


@inlined
def fresnel_distance_one(aperture_m: Real, wavelength_m: Real) -> Real:
    r"""Return the distance in m below which the reactive near field begins.

    :math:`0.62 \sqrt{D^3 / \lambda}`.

    Args:
        aperture_m: Largest dimension D of the array in m.
        wavelength_m: Wavelength in m.
    """
    return 0.62 * math.sqrt(aperture_m * aperture_m * aperture_m / wavelength_m)


_APERTURE = {"aperture_m": Range(1e-9, 1e6, "m"), "wavelength_m": Range(1e-9, 1e6, "m")}
ula_directivity = elementwise(
    ula_directivity_one,
    elements=Range(1.0, 4096.0, whole=True),
    spacing_wavelengths=SPACING,
    steer_cosine=COSINE,
)
fraunhofer_distance = elementwise(fraunhofer_distance_one, **_APERTURE)
fresnel_distance = elementwise(fresnel_distance_one, **_APERTURE)


@jit
def fill_steering(positions: Any, direction: Any, scale: float, out_re: Any, out_im: Any) -> None:
    """Write plane-wave steering vectors, scaled.

    Args:
        positions: Elements in wavelengths, shape ``(3, N)``.
        direction: Unit vectors, shape ``(3, B)``.
        scale: Magnitude of the entries.
        out_re: Receives the real parts, shape ``(B, N)``.
        out_im: Receives the imaginary parts, shape ``(B, N)``.
    """
    x, y, z = positions[0], positions[1], positions[2]
    for b in range(out_re.shape[0]):
        ux, uy, uz = direction[0, b], direction[1, b], direction[2, b]
        for m in range(out_re.shape[1]):
            sine, cosine = sincos_turns(x[m] * ux + y[m] * uy + z[m] * uz)
            out_re[b, m], out_im[b, m] = scale * cosine, scale * sine


@jit
def fill_near_steering(
    positions: Any, direction: Any, r: Any, spread: bool, out_re: Any, out_im: Any
) -> None:
    """Write spherical-wave steering vectors towards points at distances r, shape ``(B,)``.

    Lengths in wavelengths; the other arguments as in :func:`fill_steering`, with ``spread`` for
    amplitudes :math:`r / r_m`.

    Args:
        positions: Elements in wavelengths, shape ``(3, N)``.
        direction: Unit vectors, shape ``(3, B)``.
        r: Distances in wavelengths, shape ``(B,)``.
        spread: Whether amplitudes are :math:`r / r_m`.
        out_re: Receives the real parts, shape ``(B, N)``.
        out_im: Receives the imaginary parts, shape ``(B, N)``.
    """
    x, y, z = positions[0], positions[1], positions[2]
    for b in range(out_re.shape[0]):
        ux, uy, uz, radius = direction[0, b], direction[1, b], direction[2, b], r[b]
        for m in range(out_re.shape[1]):
            excess = excess_path_one(x[m], y[m], z[m], radius, ux, uy, uz)
            scale = radius / (radius + excess) if spread else 1.0
            sine, cosine = sincos_turns(-excess)
            out_re[b, m], out_im[b, m] = scale * cosine, scale * sine


def linear_positions(
    elements: int, spacing_wavelengths: float = 0.5, axis: int = 1, centred: bool = True
) -> np.ndarray:
    """Return the elements of a linear array along x, y or z (axis 0..2), shape ``(3, N)``.

    Args:
        elements: Number of elements.
        spacing_wavelengths: Distance of the elements in wavelengths.
        axis: 0, 1 or 2 for x, y or z.
        centred: Whether the middle is at the origin, instead of the first element.
    """
    check_range("elements", float(elements), ELEMENTS)
    check_range("axis", float(axis), _AXIS)
    return planar_positions(elements, 1, spacing_wavelengths, axis, (axis + 1) % 3, centred)


def planar_positions(
    columns: int,
    rows: int,
    spacing_wavelengths: float = 0.5,
    column_axis: int = 1,
    row_axis: int = 2,
    centred: bool = True,
) -> np.ndarray:
    """Return the elements of a planar array in wavelengths; columns vary slowest.

    Args:
        columns: Number of elements along ``column_axis``.
        rows: Number of elements along ``row_axis``.
        spacing_wavelengths: Distance of neighbours on both axes, in [1e-6, 1000].
        column_axis: 0, 1, 2 for x, y, z; the default array is in the yz plane and faces +x.
        row_axis: The other axis.
        centred: Whether the origin is the middle of the array, else its first element.

    Returns:
        float64, shape ``(3, columns * rows)``.

    Raises:
        ValueError: A number, a spacing or an axis is outside its range.
    """
    check_range("columns", float(columns), ELEMENTS)
    check_range("rows", float(rows), ELEMENTS)
    check_range("column_axis", float(column_axis), _AXIS)
    check_range("row_axis", float(row_axis), _AXIS)
    check_range("spacing_wavelengths", float(spacing_wavelengths), SPACING)
    columns, rows, middle = int(columns), int(rows), 0.5 if centred else 0.0
    out = np.zeros((3, columns, rows))
    out[int(column_axis)] = (np.arange(columns) - middle * (columns - 1))[:, None]
    out[int(row_axis)] = np.arange(rows) - middle * (rows - 1)
    return (out * spacing_wavelengths).reshape(3, -1)


def steering(
    positions: np.ndarray,
    zenith_rad: Real,
    azimuth_rad: Real,
    distance_wavelengths: Real = math.inf,
    unit_norm: bool = False,
    spread: bool = False,
) -> np.ndarray:
    r"""Return steering vectors; the module's description states the conventions.

    Args:
        positions: Elements in wavelengths, shape ``(3, N)``.
        zenith_rad: Zenith angles in [-10, 10] rad; pi / 2 is the horizon.
        azimuth_rad: Azimuth angles in [-10, 10] rad.
        distance_wavelengths: Distance of the points from the origin of the array, above 0: all
            finite for spherical waves, or infinite for plane waves.
        unit_norm: Whether to divide by :math:`\sqrt N`, which gives plane-wave vectors norm 1.
        spread: Whether spherical waves have amplitudes :math:`r / r_m`.

    Returns:
        complex128 of the broadcast shape of the points, and N as last axis.

    Raises:
        ValueError: An argument is outside its range.
    """
    points = np.broadcast_arrays(zenith_rad, azimuth_rad, distance_wavelengths)
    zenith, azimuth, r = (np.array(each, dtype=np.float64).reshape(-1) for each in points)
    check_range("zenith_rad", zenith, Range(-10.0, 10.0, "rad"))
    check_range("azimuth_rad", azimuth, Range(-10.0, 10.0, "rad"))
    elements = np.ascontiguousarray(positions, dtype=np.float64)
    check_range("positions", elements, Range(-1e9, 1e9, "wavelengths"))
    direction = np.empty((3, r.size))
    _fill_directions(zenith, azimuth, direction)
    out = np.empty((2, r.size, elements.shape[1]))
    scale = 1.0 / math.sqrt(elements.shape[1]) if unit_norm else 1.0
    if np.all(r == math.inf):
        fill_steering(elements, direction, scale, out[0], out[1])
    else:
        check_range("distance_wavelengths", r, Range(0.0, 1e15, "wavelengths", open_low=True))
        fill_near_steering(elements, direction, r, spread, out[0], out[1])
        out *= scale
    return (out[0] + 1j * out[1]).reshape(*points[0].shape, -1)


@jit
def _fill_directions(zenith: Any, azimuth: Any, out: Any) -> None:
    for b in range(zenith.shape[0]):
        out[0, b], out[1, b], out[2, b] = direction_one(zenith[b], azimuth[b])
