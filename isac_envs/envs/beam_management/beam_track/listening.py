r"""Looks at the echoes of a beam: an OFDM grid through the chain of :mod:`isac_envs.sensing`.

The S symbols of a look, each 1 / B long, become a grid of N subcarriers a step B / N apart and M
symbols a step S / (B M) apart: a comb that spans the band B and the time S / B, and carries the
energy of all S symbols. So its bounds on distance and speed are those of a flat spectrum and a flat
time. N and M are fixed by the farthest and the fastest vehicle (:mod:`.params`); a look of fewer
than N M symbols has no room for them and is left out.

The base station listens where it sends, with all N_r antennas. Every vehicle sends an echo into
every look, as strong as both patterns let it be, sidelobes included. Of what the chain detects, the
vehicle of the beam gets the detection that is nearest to its belief, if that lies inside the gate.
The removal of clutter moves the peak of a vehicle slower than a Doppler cell towards that cell, so
the filter takes slow speeds for less accurate.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.rng import Stream, next_u64, seed_stream
from isac_envs.envs.beam_management.beam_track.belief import Polar, distance_squared, update
from isac_envs.envs.beam_management.beam_track.echoes import alignment, echo_snr, peak_gain
from isac_envs.envs.beam_management.beam_track.motion import AVERAGED
from isac_envs.envs.beam_management.beam_track.records import Room
from isac_envs.kernels.radar.swerling import exponential
from isac_envs.sensing.echo_work import Beam
from isac_envs.sensing.echoes import find_echoes
from isac_envs.sensing.looks import LEAST_SNR

_LEAST = 1e-30
_MOST = 1e9  # SNR of a path; the chain works in single precision
_SLOW = 1.5  # Doppler cells below which the removal of clutter moves a peak
_SLOW_BIAS = 0.5  # cells, by how much
NOBODY = -1


@jit
def illuminate(p: Record, vehicles: Any, k: int, symbols: float, room: Room) -> int:
    """Write the paths of the echoes that look k receives and return their number.

    Args:
        p: Parameters of the environment, one record.
        vehicles: Vehicles, shape ``(K,)``.
        k: Number of the vehicle whose beam it is; receives ``sensing_snr``.
        symbols: Symbols that are integrated.
        room: Receives the paths; holds the stream that is drawn from.
    """
    v = vehicles[k]
    stream, antennas = room.look[0].stream, 1.0 * p.receive_antennas
    power, count = v.power_w * peak_gain(p, v.antennas), 0
    for j in range(vehicles.shape[0]):
        other, path = vehicles[j], room.paths[count]
        sent = alignment(other.cosine, v.beam_cosine, v.antennas)
        heard = alignment(other.cosine, v.beam_cosine, antennas)
        snr = echo_snr(p, other, power, sent, symbols)
        fading = exponential(stream)
        snr *= fading if p.fluctuation == AVERAGED else 1.0
        if j == k:
            v.sensing_snr = max(snr, _LEAST)
        path.range_m, path.range_rate_m_s = other.distance, other.radial_speed
        path.offset, path.snr = other.cosine - v.beam_cosine, min(snr * antennas * heard, _MOST)
        count += 1
    for j in range(p.clutter_distances_m.shape[0]):
        path, far = room.paths[count], p.clutter_distances_m[j]
        snr = power * antennas * symbols * p.clutter_gain / (far * far * far * far)
        path.range_m, path.range_rate_m_s, path.offset = far, 0.0, 0.0
        path.snr = min(snr * exponential(stream), _MOST)
        count += 1
    return count


@inlined
def measured_of(found: Record) -> Polar:
    """Return what a detection measures."""
    return Polar(found.sine, found.range_m, found.range_rate_m_s)


@inlined
def variances_of(p: Record, found: Record, symbols: float) -> Polar:
    """Return the error variances that the power of a detection suggests, and its slowness.

    Args:
        p: Parameters of the environment, one record.
        found: The detection.
        symbols: Symbols that are integrated.
    """
    scale = 1.0 / max(found.statistic - 1.0, LEAST_SNR)
    cell = 0.5 * p.wavelength_m * p.bandwidth_hz / symbols
    bias = _SLOW_BIAS * cell if abs(found.range_rate_m_s) < _SLOW * cell else 0.0
    return Polar(
        scale * p.halves_variance,
        scale * p.distance_variance,
        scale * p.speed_variance / (symbols * symbols) + bias * bias,
    )


@jit
def nearest(p: Record, v: Record, found: Any, symbols: float) -> int:
    """Return the detection that is nearest to a belief and inside its gate, or ``NOBODY``.

    Args:
        p: Parameters of the environment, one record.
        v: Record of the vehicle.
        found: Detections, shape ``(D,)``.
        symbols: Symbols that are integrated.
    """
    best, least = NOBODY, p.gate
    for i in range(found.shape[0]):
        variances = variances_of(p, found[i], symbols)
        squared = distance_squared(v, p.height_m, measured_of(found[i]), variances)
        if squared < least:
            best, least = i, squared
    return best


@jit
def listen(p: Record, stream: Stream, vehicles: Any, k: int, symbols: float, room: Room) -> None:
    """Look along the beam of vehicle k and correct its belief; draws one key.

    Args:
        p: Parameters of the environment, one record.
        stream: Random stream that is drawn from.
        vehicles: Vehicles, shape ``(K,)``.
        k: Number of the vehicle.
        symbols: Symbols that are integrated.
        room: What the look works in.
    """
    v, key = vehicles[k], next_u64(stream)
    v.detected = False
    v.sensing_snr = v.measured_snr = _LEAST
    v.age += 1
    if symbols < p.least_symbols:
        return
    look, step = room.look[0], symbols / (p.bandwidth_hz * p.echo_symbols)
    seed_stream(look.stream, key, key)
    look.parameters.symbol_step_s = step
    paths = room.paths[: illuminate(p, vehicles, k, symbols, room)]
    beam = Beam(v.beam_cosine, int(p.echo_symbols))
    heard = find_echoes(look.parameters, paths, beam, look.stream, room.grid, room.found)
    own = nearest(p, v, room.found[:heard], symbols)
    if own != NOBODY:
        found = room.found[own]
        v.detected, v.age = True, 0.0
        v.measured_snr = max(found.statistic - 1.0, LEAST_SNR) / p.receive_antennas
        v.measured_cosine, v.measured_distance = found.sine, found.range_m
        v.measured_speed = found.range_rate_m_s
        update(v, p.height_m, measured_of(found), variances_of(p, found, symbols))
