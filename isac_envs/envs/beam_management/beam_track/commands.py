"""What an action means: beam width, pointing, power and share of the slot.

A discrete action has, for each vehicle, a width index (the last one is the sweep), a pointing
offset index and, with several vehicles, a power level; then one share index. A continuous one has
the binary logarithm of the width in the width's place (below half an octave under the narrowest
array: the sweep), an offset in deviations or an absolute cosine, and a power.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined
from isac_envs.engine.mathx import exp2, round_even
from isac_envs.envs.beam_management.beam_track.params import BeamTrackParams

DISCRETE = BeamTrackParams.code("action", "discrete")
POINTING = BeamTrackParams.code("action", "pointing")


@inlined
def stride(p: Record) -> int:
    """Return the number of action coordinates per vehicle."""
    return 3 if p.vehicles > 1 else 2


@inlined
def share_of(p: Record, action: Any) -> float:
    """Return the share of the slot that is spent on sensing."""
    value = action[stride(p) * p.vehicles]
    return p.sensing_shares[int(value)] if p.action == DISCRETE else value


@inlined
def demand(p: Record, v: Record, action: Any, k: int) -> float:
    """Return the part of the power budget that vehicle k is asked to get, before projection.

    Args:
        p: Parameters of the environment, one record.
        v: Record of the vehicle.
        action: Action of the copy, shape ``(W,)``.
        k: Number of the vehicle.
    """
    if p.vehicles > 1:
        value = action[3 * k + 2]
        asked = p.power_levels[int(value)] if p.action == DISCRETE else value
    else:
        asked = 1.0
    directed = v.directed_power == v.directed_power
    return v.directed_power if directed else asked


@inlined
def aim(p: Record, v: Record, action: Any, k: int, cosine: float, deviation: float) -> None:
    """Set antennas, sweep and pointing of the beam from the action and the belief's direction.

    Args:
        p: Parameters.
        v: Vehicle; receives ``antennas``, ``swept`` and ``beam_cosine``.
        action: Coordinates of the slot.
        k: Number of the vehicle.
        cosine: Believed direction cosine.
        deviation: Its standard deviation.
    """
    first = stride(p) * k
    width, where = action[first], action[first + 1]
    if p.action == DISCRETE:
        v.swept = width >= p.widths
        v.antennas = exp2(p.first_octave + min(width, p.widths - 1))
        where = where - 1.0
    else:
        v.swept = width < p.sweep_below
        v.antennas = round_even(exp2(width))
    pointing = where if p.action == POINTING else cosine + where * deviation
    directed = v.directed_cosine == v.directed_cosine
    pointing = v.directed_cosine if directed else pointing
    v.beam_cosine = min(max(pointing, -p.sector_cosine), p.sector_cosine)
    if v.swept:
        v.antennas = p.transmit_antennas
