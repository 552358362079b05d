"""What a slot transmits: phases and shares from actions, beams from knowledge, powers by truth."""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.passes import copy_row
from isac_envs.envs.surfaces.legs import fill_sights
from isac_envs.envs.surfaces.phases import LEVELS, fill_reflection, set_phases
from isac_envs.envs.surfaces.precoding import take_beams
from isac_envs.envs.surfaces.secure_isac.params import SecureIsacParams
from isac_envs.envs.surfaces.secure_isac.records import DEVIATIONS, Receivers, Scratch, State
from isac_envs.envs.surfaces.target import target_law
from isac_envs.kernels.link.metrics import shannon_rate_one
from isac_envs.kernels.numerics.hermitian import scaled_one, square_one
from isac_envs.kernels.precoding.leakage import (
    add_outer,
    fill_leakage_beam,
    fill_mean_powers,
    fill_strongest_beam,
)
from isac_envs.kernels.precoding.rates import fill_gains, power_of
from isac_envs.kernels.ris.cascade import Links, fill_cascade
from isac_envs.kernels.ris.echoes import echo_snr

SENSED = SecureIsacParams.code("eavesdropper_knowledge", "sensed")
LEARNED = SecureIsacParams.code("precoder", "learned")
CODEBOOK = SecureIsacParams.code("action", "codebook")


@inlined
def share_of(p: Record, coordinate: float) -> float:
    """Return a share of power from its coordinate of the action, which is a root.

    So small shares, which matter most, are not next to each other.

    Args:
        p: Parameters of the environment, one record.
        coordinate: A level, or a number in -1..1.
    """
    if p.action == LEVELS or p.action == CODEBOOK:
        root = coordinate / (p.share_levels - 1.0)
    else:
        root = 0.5 * (coordinate + 1.0)
    return root * root


@jit
def ask(p: Record, state: State, action: Any) -> None:
    """Ask for the phases of an action, and take its shares or its beams.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        action: Action of the copy, shape ``(W,)``.
    """
    e, precoder = state.env, state.precoder
    set_phases(p, state.elements, action)
    at = 1 if p.action == CODEBOOK else state.elements.shape[0]
    if p.precoder == LEARNED:
        take_beams(action, at, precoder[:, :2])
        for m in range(precoder.shape[0]):
            precoder[m, 2] = complex(0.0, 0.0)
        e.noise_share, e.sensing_share = power_of(precoder[:, 1:]), 0.0
        return
    noise, sensing = share_of(p, 1.0 * action[at]), share_of(p, 1.0 * action[at + 1])
    total = max(noise + sensing, 1.0)
    e.noise_share, e.sensing_share = noise / total, sensing / total


@inlined
def _across(p: Record, believed: Any) -> tuple[float, float]:
    """Return the unit vector across the way from the surface to the believed place."""
    x, y = believed[0] - p.surface_m[0], believed[1] - p.surface_m[1]
    far_m = math.sqrt(x * x + y * y)
    return (-y / far_m, x / far_m) if far_m > 0.0 else (1.0, 0.0)


@jit
def _fill_belief(p: Record, state: State, known: Receivers) -> None:
    """Write the lines of sight to the places that stand for the belief.

    The surface resolves directions finely, and distances not at all. So the places are at steps of
    the deviation across the way from it, each the likeliest there.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        known: Its rows of the eavesdropper are written.
    """
    believed, covariance, law = state.believed, state.covariance, target_law(p)
    across_x, across_y = _across(p, believed)
    x = covariance[0, 0] * across_x + covariance[0, 1] * across_y
    y = covariance[1, 0] * across_x + covariance[1, 1] * across_y
    spread = across_x * x + across_y * y
    scale = 1.0 / math.sqrt(spread) if spread > 0.0 else 0.0
    for i in range(known.shares.shape[0]):
        away = scale * DEVIATIONS[i]
        place = believed[0] + away * x, believed[1] + away * y
        fill_sights(p, law, place, known.apart[i], known.reflected[1 + i])
        for m in range(known.direct.shape[1]):
            known.direct[1 + i, m] = complex(0.0, 0.0)


@jit
def fill_known(p: Record, state: State, known: Receivers) -> None:
    """Write what the base station knows of all channels.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        known: Receives the channels.
    """
    copy_row(state.estimated_direct[0], known.direct[0])
    copy_row(state.estimated_reflected[0], known.reflected[0])
    if p.eavesdropper_knowledge == SENSED:
        _fill_belief(p, state, known)
        return
    for i in range(known.shares.shape[0]):
        copy_row(state.estimated_direct[1], known.direct[1 + i])
        copy_row(state.estimated_reflected[1], known.reflected[1 + i])
        for m in range(known.apart.shape[1]):
            known.apart[i, m] = complex(0.0, 0.0)


@inlined
def links_of(state: State, receivers: Receivers) -> Links:
    """Return the channels that the surface connects.

    Args:
        state: State of one copy.
        receivers: The receivers.
    """
    return Links(receivers.direct, receivers.reflected, state.incident)


@jit
def fill_beams(receivers: Receivers, scratch: Scratch) -> None:
    """Write the beams of power 1 that the base station makes for channels.

    Args:
        receivers: The receivers.
        scratch: Its ``channels`` are theirs over the surface; receives covariance and beams.
    """
    channels, covariance, beams = scratch.channels, scratch.covariance, scratch.beams
    antennas, column = channels.shape[1], scratch.column
    for i in range(antennas):
        for j in range(antennas):
            covariance[i, j] = complex(0.0, 0.0)
    for i in range(receivers.shares.shape[0]):
        add_outer(receivers.apart[i], receivers.shares[i], covariance)
        add_outer(channels[1 + i], receivers.shares[i], covariance)
    fill_leakage_beam(channels[0], covariance, 1.0, scratch.room[:antennas], column)
    copy_row(column[:, 0], beams[:, 0])
    fill_strongest_beam(covariance, channels[0], scratch.room, beams[:, 1])
    for m in range(antennas):
        column[m, 0] = complex(0.0, 0.0)
    fill_strongest_beam(covariance, column[:, 0], scratch.room, beams[:, 2])


@jit
def fill_powers(receivers: Receivers, scratch: Scratch, beams: Any) -> None:
    """Write the power that user and eavesdropper receive of beams, and the gains.

    Args:
        receivers: The receivers.
        scratch: Its ``channels`` are theirs over the surface; receives ``powers``, ``gains``.
        beams: Shape ``(M, 3)``.
    """
    gains, powers, spare = scratch.gains, scratch.powers, scratch.spare
    fill_gains(receivers.apart, beams, gains[1:])
    fill_mean_powers(gains[1:], receivers.shares, spare)
    fill_gains(scratch.channels, beams, gains)
    fill_mean_powers(gains[1:], receivers.shares, powers[1])
    for j in range(beams.shape[1]):
        powers[0, j] = square_one(gains[0, j])
        powers[1, j] += spare[j]


@inlined
def rate_of(powers: Any) -> float:
    """Return the rate of a receiver in bit/s/Hz, noise of power 1.

    Args:
        powers: What it receives of the beams, of which the first carries the message, ``(3,)``.
    """
    return shannon_rate_one(powers[0] / (1.0 + powers[1] + powers[2]))


@jit
def give_power(beams: Any, noise: float, sensing: float, precoder: Any) -> None:
    """Write beams with their shares of the power.

    Args:
        beams: Beams of power 1, shape ``(M, 3)``.
        noise: Share of artificial noise.
        sensing: Share of sensing; the message has the rest.
        precoder: Receives the beams, shape ``(M, 3)``.
    """
    shares = max(1.0 - noise - sensing, 0.0), noise, sensing
    for j in range(precoder.shape[1]):
        factor = math.sqrt(shares[j])
        for m in range(precoder.shape[0]):
            precoder[m, j] = scaled_one(beams[m, j], factor)


@jit
def plan(p: Record, state: State, precoder: Any) -> None:
    """Write the beams for the present phases, shares and knowledge.

    ``scratch.known``, ``reflection``, ``channels``, ``gains`` and ``powers`` hold what is known
    afterwards, and what it promises.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        precoder: Receives the beams with their power, shape ``(M, 3)``; learned ones stay.
    """
    scratch, e = state.scratch, state.env
    fill_known(p, state, scratch.known)
    fill_reflection(p, state.elements, 0.0, scratch.reflection)
    fill_cascade(links_of(state, scratch.known), scratch.reflection, scratch.channels)
    fill_beams(scratch.known, scratch)
    if p.precoder != LEARNED:
        give_power(scratch.beams, e.noise_share, e.sensing_share, precoder)
    fill_powers(scratch.known, scratch, precoder)


@jit
def transmit(p: Record, state: State) -> None:
    """Write what both receive and the radar SNR, with the true channels and phases.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    scratch, e = state.scratch, state.env
    links = Links(state.direct[e.now], state.reflected[e.now], state.incident)
    fill_reflection(p, state.elements, 1.0, scratch.reflection)
    fill_cascade(links, scratch.reflection, scratch.channels[:2])
    gains, echoing = scratch.gains[:2], scratch.echoing
    fill_gains(scratch.channels[:2], state.precoder, gains)
    for k in range(2):
        for j in range(gains.shape[1]):
            scratch.powers[k, j] = square_one(gains[k, j])
    for m in range(echoing.shape[1]):
        echoing[0, m] = links.direct[1, m]
        echoing[1, m] = scratch.channels[1, m] - links.direct[1, m]
    e.direct_snr = echo_snr(echoing[0], state.precoder, p.echo_gain)
    e.surface_snr = echo_snr(echoing[1], state.precoder, p.echo_gain)
