"""Outdoor-to-indoor and into-car penetration loss, and oxygen, of 3GPP TR 38.901.

Source: 3GPP TR 38.901 V19.4.0, tables 7.4.3-1 to 7.4.3-3 and 7.6.1-1. Release 19 changed the loss
of infrared-reflecting glass from :math:`23 + 0.3 f` to :math:`25.4 + 0.11 f` (f in GHz) and has a
second low-loss model, of plywood walls; ``spec="16.1"`` gives the older values. Losses are means in
dB, to be added to the outdoor path loss; the standard deviations are in :data:`O2I_STD_DB`.
"""

from typing import Any, NamedTuple

import numpy as np

from isac_envs.engine.elementwise import Range, Real, check_range, elementwise
from isac_envs.engine.jit import inlined
from isac_envs.engine.mathx import db_to_linear, linear_to_db
from isac_envs.kernels.pathloss.tr_38901 import FREQUENCY


class Wall(NamedTuple):
    """A wall of two materials; the loss of each is ``at_0_db + per_ghz_db * f``."""

    window_lin: float
    window_at_0_db: float
    window_per_ghz_db: float
    solid_at_0_db: float
    solid_per_ghz_db: float


WALLS: dict[str, dict[str, Wall]] = {
    "19.4": {
        "low": Wall(0.3, 2.0, 0.2, 5.0, 4.0),
        "high": Wall(0.7, 25.4, 0.11, 5.0, 4.0),
        "low_a": Wall(0.3, 2.0, 0.2, 1.03, 0.17),
    },
    "16.1": {
        "low": Wall(0.3, 2.0, 0.2, 5.0, 4.0),
        "high": Wall(0.7, 23.0, 0.3, 5.0, 4.0),
    },
}
"""Walls by version of the standard and loss model (table 7.4.3-2)."""

O2I_STD_DB = {"low": 4.4, "high": 6.5, "low_a": 4.4, "legacy": 0.0}
"""Standard deviation sigma_P of the penetration loss by model, dB (tables 7.4.3-2, 7.4.3-3)."""

O2I_DEPTH_M = {"uma": 25.0, "umi": 25.0, "rma": 10.0}
"""Largest depth: ``d_2d_in_m`` is the smaller of two uniform variates from 0 to this (7.4.3.1)."""

O2I_LEGACY_SHADOWING_DB = 7.0
"""Standard deviation of shadow fading with the legacy model, instead of the scenario's."""

CAR_MEAN_DB = {"standard": 9.0, "metallised": 20.0}
"""Mean penetration loss of a car by window (clause 7.4.3.2); from 0.6 to 60 GHz."""

CAR_STD_DB = 5.0
"""Standard deviation of the penetration loss of a car, dB."""

_OXYGEN_DB_KM = (
    *(0.0, 1.0, 2.2, 4.0, 6.6, 9.7, 12.6, 14.6),  # 52 to 59 GHz
    *(15.0, 14.6, 14.3, 10.5, 6.8, 3.9, 1.9, 1.0, 0.0),  # 60 to 68 GHz
)


@inlined
def wall_loss_one(
    f_hz: Real,
    window_lin: Real,
    window_at_0_db: Real,
    window_per_ghz_db: Real,
    solid_at_0_db: Real,
    solid_per_ghz_db: Real,
) -> Real:
    """Return the loss PL_tw of a wall of two materials in dB, with the 5 dB of oblique incidence.

    Source: TR 38.901 V19.4.0, eq. 7.4-3 and table 7.4.3-2.

    Args:
        f_hz: Carrier frequency in Hz.
        window_lin: Fraction of the wall that is the first material.
        window_at_0_db: Loss of the first material at 0 GHz in dB.
        window_per_ghz_db: Its increase in dB/GHz.
        solid_at_0_db: Loss of the second material at 0 GHz in dB.
        solid_per_ghz_db: Its increase in dB/GHz.
    """
    f_ghz = f_hz * 1e-9
    window = window_lin * db_to_linear(-(window_at_0_db + window_per_ghz_db * f_ghz))
    solid = (1.0 - window_lin) * db_to_linear(-(solid_at_0_db + solid_per_ghz_db * f_ghz))
    return 5.0 - linear_to_db(window + solid)


_LOSS_0 = Range(0.0, 100.0, "dB")
_SLOPE = Range(0.0, 10.0, "dB/GHz")
wall_loss = elementwise(
    wall_loss_one,
    f_hz=FREQUENCY,
    window_lin=Range(0.0, 1.0),
    window_at_0_db=_LOSS_0,
    window_per_ghz_db=_SLOPE,
    solid_at_0_db=_LOSS_0,
    solid_per_ghz_db=_SLOPE,
)


def o2i_loss(f_hz: Any, d_2d_in_m: Any = 0.0, model: str = "low", spec: str = "19.4") -> Any:
    """Return the mean outdoor-to-indoor loss in dB.

    :math:`PL_{tw} + PL_{in}`.

    Source: TR 38.901, eq. 7.4-2, tables 7.4.3-1 to 7.4.3-3.

    Args:
        f_hz: Carrier frequency in Hz, number or array, 0.5 to 100 GHz; ``"legacy"`` below 6 GHz.
        d_2d_in_m: Depth inside the building in m, 0 to 25, number or array.
        model: ``"low"``, ``"high"``, ``"low_a"`` (from release 19), or ``"legacy"``: 20 dB, the
            single-frequency model for carriers below 6 GHz.
        spec: Version of TR 38.901, ``"19.4"`` or ``"16.1"``.

    Returns:
        Loss in dB, a float or a float64 array of the common shape.

    Raises:
        ValueError: An argument is outside its range, or the model or version is unknown.
    """
    depth_m = np.asarray(d_2d_in_m, dtype=np.float64)
    check_range("d_2d_in_m", depth_m, Range(0.0, 25.0, "m"))
    if spec not in WALLS:
        raise ValueError(f"spec = {spec!r} is not one of {sorted(WALLS)}")
    if model == "legacy":
        f = np.asarray(f_hz, dtype=np.float64)
        check_range("f_hz", f, Range(0.5e9, 6e9, "Hz"))
        wall: Any = np.full(f.shape, 20.0)
    elif model in WALLS[spec]:
        wall = wall_loss(f_hz, *WALLS[spec][model])
    else:
        raise ValueError(f"model = {model!r} is not one of {sorted({*WALLS[spec], 'legacy'})}")
    total = np.asarray(wall + 0.5 * depth_m)
    return total if total.ndim else float(total)


def oxygen_loss(f_hz: Any) -> Any:
    """Return the oxygen attenuation of TR 38.901 in dB/km.

    Source: TR 38.901 V19.4.0, table 7.6.1-1: 15 dB/km at 60 GHz, 0 up to 52 and from 68 GHz,
    linear in between. ITU-R P.676 is the better model
    (:func:`isac_envs.kernels.pathloss.gas.gas_loss`).

    Args:
        f_hz: Carrier frequency in Hz, 0 to 100 GHz, number or array.

    Returns:
        Attenuation in dB/km, a float or a float64 array.

    Raises:
        ValueError: The frequency is outside its range.
    """
    f = np.asarray(f_hz, dtype=np.float64)
    check_range("f_hz", f, Range(0.0, 100e9, "Hz"))
    loss = np.interp(f / 1e9, np.arange(52.0, 69.0), _OXYGEN_DB_KM)
    return loss if f.ndim else float(loss)
