"""Who hears whom: beams, collisions on a face, interference, success and what is delivered."""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import linear_to_db, ln
from isac_envs.envs.v2x.directional_jrc.geometry import in_beam
from isac_envs.envs.v2x.directional_jrc.maps import share
from isac_envs.envs.v2x.directional_jrc.params import DirectionalJrcParams
from isac_envs.envs.v2x.directional_jrc.radio import arriving, is_reachable
from isac_envs.envs.v2x.directional_jrc.records import BEAMS, State
from isac_envs.kernels.numerics.gamma import exp_or_zero, gaussian_q

EXPECTED = DirectionalJrcParams.code("delivery", "expected")

_SURE = 700.0  # from this ratio on no bit is ever lost in float64


@inlined
def packet_success(bits: float, sinr: float) -> float:
    """Return the probability that no bit of a packet is lost: (1 - Q(sqrt(2 sinr)))**bits."""
    if sinr > _SURE:
        return 1.0
    return exp_or_zero(bits * ln(1.0 - gaussian_q(math.sqrt(2.0 * sinr))))


@jit
def interference_w(p: Record, state: State, law: Any, i: int, j: int) -> float:
    """Return what the face of ``j`` that hears ``i`` receives from all others in range, W.

    A source inside the quarter that the face looks at meets the main lobe, others a side lobe.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        law: Law of the links; None in free space.
        i: Number of the sender.
        j: Number of the receiver.
    """
    vehicles, order, count = state.vehicles, state.order, state.env.on_road
    total = 0.0
    x, y = vehicles[j].x_m, vehicles[j].y_m
    looks = (vehicles[i].beam + 2) % BEAMS
    rank = vehicles[j].rank
    for way in range(2):
        stride = 1 - 2 * way
        r = rank + stride
        while 0 <= r < count:
            k = order[r]
            r += stride
            dx = vehicles[k].x_m - x
            if abs(dx) > p.range_m:
                break
            if k == i:
                continue
            dy = vehicles[k].y_m - y
            facing = in_beam(looks, dx, dy, 1.0)
            if vehicles[k].radar:
                emitted = p.radar_main_w if facing else p.radar_side_w
            elif vehicles[k].beam >= 0:
                emitted = p.leak_main_w if facing else p.leak_side_w
            else:
                continue
            total += arriving(p, state, law, emitted, k, j)
    return total


@jit
def deliver(p: Record, state: State, i: int, j: int) -> None:
    """Let ``j`` hear ``i`` on a face; write the outcome into the record of ``i``.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        i: Number of the sender.
        j: Number of the receiver.
    """
    vehicles, law = state.vehicles, state.scratch.law
    others = interference_w(p, state, law, i, j)
    sinr = arriving(p, state, law, p.signal_w, i, j) / (others + p.noise_w)
    success = packet_success(p.packet_bits, sinr)
    arrives = p.delivery == EXPECTED or vehicles[j].reception_draw < success
    state.faces[j, vehicles[i].beam].arrived = arrives
    value, news = share(p, state, i, j, arrives)
    if p.delivery == EXPECTED:
        vehicles[i].value += value * success
    elif arrives:
        vehicles[i].value += value
    vehicles[i].receivers += 1
    vehicles[i].sinr_db += linear_to_db(sinr)
    if arrives:
        vehicles[i].useful_cells += news


@inlined
def reaches(p: Record, state: State, i: int, j: int, beam: int) -> bool:
    """Tell whether a beam of ``i`` covers ``j`` in range and, in free space, in line of sight.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        i: Number of the sender.
        j: Number of the receiver.
        beam: Direction of the beam, 0..3 for +x, +y, -x, -y.
    """
    vehicles = state.vehicles
    dx = vehicles[j].x_m - vehicles[i].x_m
    dy = vehicles[j].y_m - vehicles[i].y_m
    return (
        in_beam(beam, dx, dy, p.beam_slope)
        and dx * dx + dy * dy <= p.range_m * p.range_m
        and is_reachable(p, state, state.scratch.law, i, j)
    )


@inlined
def reach_m(p: Record, beam: int) -> float:
    """Return the largest distance along the road of a vehicle inside a beam, m."""
    return min(p.range_m, p.sideways_reach_m) if beam & 1 else p.range_m


@inlined
def arrive(vehicles: Any, faces: Any, i: int, j: int) -> None:
    """Note a signal on a face; from the second on, all of them are lost.

    Args:
        vehicles: Vehicles, shape ``(N,)``.
        faces: Receive faces, shape ``(N, 4)``.
        i: Number of the sender.
        j: Number of the receiver.
    """
    direction = vehicles[i].beam
    before = faces[j, direction].arrivals
    faces[j, direction].arrivals = before + 1
    if before == 0:
        faces[j, direction].sender = i
        return
    vehicles[i].collisions += 1
    if before == 1:
        vehicles[faces[j, direction].sender].collisions += 1


@jit
def transmit(p: Record, state: State) -> None:
    """Carry out all transmissions of a step."""
    vehicles, order, faces, count = state.vehicles, state.order, state.faces, state.env.on_road
    for k in range(vehicles.shape[0]):
        for direction in range(BEAMS):
            faces[k, direction].arrivals = 0
            faces[k, direction].arrived = False
    for rank in range(count):
        i = order[rank]
        beam = vehicles[i].beam
        if beam < 0:
            continue
        reach = reach_m(p, beam)
        for way in range(2):
            if beam == 2 - 2 * way:  # nobody on this side can be inside the beam
                continue
            stride = 1 - 2 * way
            r = rank + stride
            while 0 <= r < count:
                j = order[r]
                r += stride
                if abs(vehicles[j].x_m - vehicles[i].x_m) > reach:
                    break
                if not reaches(p, state, i, j, beam):
                    continue
                if p.collisions:
                    arrive(vehicles, faces, i, j)
                else:
                    faces[j, beam].arrivals = 1
                    faces[j, beam].sender = i
                    deliver(p, state, i, j)
    if p.collisions:
        for rank in range(count):
            j = order[rank]
            for direction in range(BEAMS):
                if faces[j, direction].arrivals == 1:
                    i = faces[j, direction].sender
                    deliver(p, state, i, j)
