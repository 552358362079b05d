"""One link that moves: whether it is hidden, its shadow fading, its fast fading and its gain.

A link holds unit normal variates that forget with the distance over which its ends move. What the
law makes of them is measured at the present place, so that state, deviation and Rician factor
follow the place. Shadow fading in line of sight and out of it are two variates: TR 38.901
correlates it within a state only. Every move draws six variates, whatever the law: two channels
with one seed meet the same luck.
"""

import math
from typing import Any

from isac_envs.engine.elementwise import Real
from isac_envs.engine.jit import Record, inlined, jit, record
from isac_envs.engine.mathx import db_to_linear
from isac_envs.engine.rng import normal
from isac_envs.kernels.channel.fading import (
    AR1_TURNS,
    ar1_step_one,
    doppler_correlation_one,
    rician_k_one,
    rician_one,
)
from isac_envs.kernels.channel.shadowing import (
    correlated_normal_one,
    los_state_one,
    shadowing_correlation_one,
)
from isac_envs.kernels.constants import SPEED_OF_LIGHT_M_S
from isac_envs.propagation.laws import FACTOR, HIDDEN, SHADOW, SIGHT, Law
from isac_envs.propagation.losses import los_deviation, los_probability, path_loss

LINK = record(
    ("variates", "f8", (4,)),  # unit normal: SIGHT, SHADOW, HIDDEN, FACTOR
    ("scattered", "f8", (2,)),  # of the fading coefficient: real and imaginary part, mean power 1
    ("in_sight", "?"),  # nothing hides the link
    ("loss_db", "f8"),  # path loss and shadow fading
    ("gain", "f8"),  # received over sent power with isotropic antennas, fading included
)
_SQRT_2 = math.sqrt(2.0)
_UNCORRELATED_TURNS = AR1_TURNS.high


@jit
def begin_link(link: Record, stream: Any) -> None:
    """Draw a link anew.

    Args:
        link: Receives the variates, one record.
        stream: Random stream.
    """
    for k in range(4):
        link.variates[k] = normal(stream)
    for k in range(2):
        link.scattered[k] = normal(stream) / _SQRT_2


@jit
def move_link(law: Law, link: Record, moved_m: float, stream: Any) -> None:
    """Let the ends of a link move.

    Fast fading has Clarke's correlation J0 of the distance in wavelengths up to 0.38 of them;
    beyond, the next coefficient is a new one.

    Args:
        law: The law.
        link: The link, one record.
        moved_m: Sum of the distances that the ends have moved in m.
        stream: Random stream.
    """
    table = law.table[0]
    for k in range(4):
        kept = shadowing_correlation_one(moved_m, table.correlation_m[k], 0.0)
        link.variates[k] = correlated_normal_one(link.variates[k], kept, normal(stream))
    turns = moved_m * table.carrier_hz / SPEED_OF_LIGHT_M_S
    kept = 0.0
    if table.fades and turns < _UNCORRELATED_TURNS:
        kept = doppler_correlation_one(turns)
    for k in range(2):
        link.scattered[k] = ar1_step_one(link.scattered[k], kept, normal(stream))


@inlined
def fading_power(table: Record, link: Record) -> Real:
    """Return the power of the fading coefficient, of mean 1; 1 without fading.

    Args:
        table: Numbers of the law.
        link: The link, one record, with its present state.
    """
    mean_db = table.k_mean_db if link.in_sight else table.k_hidden_mean_db
    std_db = table.k_std_db if link.in_sight else table.k_hidden_std_db
    k_lin = rician_k_one(mean_db + std_db * link.variates[FACTOR])
    re, im = rician_one(_SQRT_2 * link.scattered[0], _SQRT_2 * link.scattered[1], k_lin, 0.0)
    return re * re + im * im if table.fades else 1.0


@jit
def is_in_sight(law: Law, link: Record, ground_m: float, height_m: float) -> bool:
    """Tell by the variate of a link and the probability of the law whether nothing hides it.

    Args:
        law: The law.
        link: The link, one record.
        ground_m: Distance on the ground in m.
        height_m: Height of the antenna that moves in m.
    """
    if not law.table[0].drawn:
        return True
    return los_state_one(link.variates[SIGHT], los_probability(law, ground_m, height_m)) > 0.0


@jit
def measure_link(law: Law, link: Record, in_sight: bool, ground_m: float, height_m: float) -> None:
    """Write state, loss and gain of a link at its present place.

    Args:
        law: The law.
        link: The link, one record.
        in_sight: Whether nothing hides it, by :func:`is_in_sight` or by what stands in between.
        ground_m: Distance on the ground in m.
        height_m: Height of the antenna that moves in m.
    """
    table = law.table[0]
    link.in_sight = in_sight
    loss_db = path_loss(law, in_sight, ground_m, height_m, link.variates[HIDDEN])
    if table.shadowed:
        same = in_sight or table.std_nlos_db == 0.0  # no second deviation: one for both states
        variate = link.variates[SHADOW] if same else link.variates[HIDDEN]
        std_db = los_deviation(law, ground_m, height_m) if same else table.std_nlos_db
        loss_db += std_db * variate
    link.loss_db = loss_db
    link.gain = db_to_linear(-loss_db) * fading_power(table, link)
