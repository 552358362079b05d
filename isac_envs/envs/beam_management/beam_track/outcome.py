"""What a slot brings: rates of one beam, or of a predicted and then a corrected one; the outcome.

Source of the two-stage slot and its outage capacity: Jiang et al., "Low-Altitude UAV Tracking via
Sensing-Assisted Predictive Beamforming", ``C = w C_p + (1 - w) C_e``.
"""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.engine.mathx import acos_turns, linear_to_db
from isac_envs.envs.beam_management.beam_track import belief
from isac_envs.envs.beam_management.beam_track.echoes import alignment, efficiency, peak_gain
from isac_envs.envs.beam_management.beam_track.params import BeamTrackParams

SINGLE = BeamTrackParams.code("slot", "single")

_DEGREES = 180.0 / math.pi
_LEAST = 1e-12


@inlined
def link_snr(p: Record, v: Record, gain: float) -> float:
    """Return the SNR of the link at the true distance, one way, linear.

    Args:
        p: Parameters of the environment, one record.
        v: Record of the vehicle.
        gain: Alignment |delta|^2 of the beam, 0..1.
    """
    power = v.power_w * peak_gain(p, v.antennas)
    return power * gain * p.link_gain * v.kept / (v.distance * v.distance)


@inlined
def promise(p: Record, v: Record, u: float, var_u: float, d: float, var_d: float) -> float:
    """Return the rate that the belief lets through with probability 1 - outage, bit/s/Hz.

    Of a beam that points ``v.beam_cosine``: the rate at the quantile of direction and distance, 0
    where that lies outside the main lobe. Infinite without an outage target: what the channel
    carries is credited then.

    Args:
        p: Parameters of the environment, one record.
        v: Record of the vehicle.
        u: Mean of the direction cosine.
        var_u: Its variance.
        d: Mean of the distance in m.
        var_d: Its variance in m^2.
    """
    if p.outage == 0.0:
        return math.inf
    off = abs(v.beam_cosine - u) + p.outage_quantile * math.sqrt(var_u)
    far = d + p.outage_quantile * math.sqrt(var_d)
    inside = off < 2.0 / v.antennas
    gain = alignment(off, 0.0, v.antennas)
    snr = v.power_w * peak_gain(p, v.antennas) * gain * p.link_gain / (far * far)
    return efficiency(snr) if inside else 0.0


@inlined
def credited(p: Record, v: Record, gain: float, planned: float, knows: bool) -> float:
    """Return the rate of one stage: what the channel carries, or the promise if it holds.

    Whoever knows the channel promises what it carries.

    Args:
        p: Parameters of the environment, one record.
        v: Record of the vehicle.
        gain: Alignment |delta|^2 of the beam, 0..1.
        planned: Rate that the belief promises, bit/s/Hz.
        knows: Whether the policy knows the channel.
    """
    carried = efficiency(link_snr(p, v, gain))
    if p.outage == 0.0 or knows:
        return carried
    return planned if carried >= planned else 0.0


@inlined
def slot_rate(p: Record, v: Record, share: float, planned: float, knows: bool) -> float:
    """Return the rate of the slot in bit/s/Hz, from the belief corrected by its echo.

    Args:
        p: Parameters of the environment, one record.
        v: Record of the vehicle.
        share: Share of the slot for sensing, 0..1.
        planned: Rate that the belief promises, bit/s/Hz.
        knows: Whether the policy knows the channel.
    """
    first = credited(p, v, v.gain, planned, knows)
    if v.swept:
        return (1.0 - p.sweep_loss) * efficiency(link_snr(p, v, v.gain))
    if p.slot == SINGLE:
        return (1.0 - share) * first
    directed = v.directed_cosine == v.directed_cosine
    predicted = v.beam_cosine
    u, var_u, d, var_d = belief.moments(v, p.height_m)
    v.beam_cosine = predicted if directed else min(max(u, -p.sector_cosine), p.sector_cosine)
    gain = alignment(v.cosine, v.beam_cosine, v.antennas)
    second = credited(p, v, gain, promise(p, v, u, var_u, d, var_d), knows)
    v.gain = share * v.gain + (1.0 - share) * gain
    return share * first + (1.0 - share) * second


@jit
def estimate(v: Record) -> tuple[float, float]:
    """Return the angle error and the angle's deviation of the belief that aimed, in deg."""
    sine = math.sqrt(max(1.0 - v.aimed_cosine * v.aimed_cosine, _LEAST))
    error = acos_turns(v.aimed_cosine) - acos_turns(v.cosine)
    return 360.0 * error, _DEGREES * v.aimed_std / sine


@inlined
def write(p: Record, vehicles: Any, share: float, outcome: Outcome) -> None:
    """Write the outcome of the slot.

    Args:
        p: Parameters of the environment, one record.
        vehicles: Vehicles, shape ``(K,)``.
        share: Share of the slot for sensing, 0..1.
        outcome: What the step writes: objectives, costs and metrics.
    """
    objectives, costs, metrics = outcome
    count = vehicles.shape[0]
    rate = gain = error = deviation = detected = age = nees = antennas = 0.0
    misaligned = sensing = link = 0.0
    for k in range(count):
        v = vehicles[k]
        rate += v.rate
        gain += v.gain
        misaligned += 1.0 if v.gain < 0.5 else 0.0
        detected += 1.0 if v.detected else 0.0
        one, other = estimate(v)
        error += abs(one)
        deviation += other
        age += v.age
        nees += v.nees
        antennas += v.antennas
        sensing += v.sensing_snr
        link += link_snr(p, v, v.gain)
    part = 1.0 / count
    objectives[0] = part * rate
    objectives[1] = -p.misalignment_penalty * part * misaligned
    costs[0] = part * misaligned
    costs[1] = 1.0 - part * detected
    metrics.rate = part * rate
    metrics.gain = part * gain
    metrics.angle_error_deg = part * error
    metrics.angle_std_deg = part * deviation
    metrics.detection = part * detected
    metrics.sensing_snr_db = linear_to_db(max(part * sensing * p.receive_antennas, _LEAST))
    metrics.snr_db = linear_to_db(max(part * link, _LEAST))
    metrics.age = part * age
    metrics.nees = part * nees
    metrics.sensing_share = share
    metrics.active_antennas = part * antennas
