r"""State of ``isac/MultiBsPower-v0``.

Powers are shares of a transmitter's largest power. Gains are in units of the noise power of a
sub-band over that power, so that interference and noise are :math:`1 + \sum g p`.
"""

from typing import Any, NamedTuple

import numpy as np

from isac_envs.engine.jit import inlined, record

STATION = record(("x_m", "f8"), ("y_m", "f8"))
LINK = record(
    ("station", "i8"),  # number of its base station
    ("x_m", "f8"),  # place of the user
    ("y_m", "f8"),
    ("speed_m_s", "f8"),
    ("heading_turns", "f8"),
    ("correlation", "f8"),  # of the fading from slot to slot
    ("rate", "f8"),  # of the last slot, bit/s/Hz
    ("radar_sinr", "f8"),  # of the last slot, linear
    ("radar_reach", "f8"),  # what it would have been at full power
    ("range_m", "f8"),  # of the target
    ("bearing_turns", "f8"),  # of the target, for pictures
    ("echo", "f8"),  # its echo of full power over the noise of a sub-band, at mean cross section
    ("fluctuation", "f8"),  # cross section of the present slot over its mean
)


class Scratch(NamedTuple):
    """Room of a step.

    Attributes:
        station_powers: Power of each base station, shape ``(K, B)``.
        disturbance: Interference plus noise at the users, shape ``(L, B)``.
        values: By which links are ranked, shape ``(L,)``.
        ranks: Numbers of the ranked links, shape ``(C,)``.
        ranked: Their values, shape ``(C,)``.
    """

    station_powers: Any
    disturbance: Any
    values: Any
    ranks: Any
    ranked: Any


class State(NamedTuple):
    """The cells of one copy; of a batch, with an axis of copies in front.

    Attributes:
        env: The environment.
        stations: The base stations, shape ``(K,)``.
        links: The links, shape ``(L,)``.
        powers: Powers of the last slot, shape ``(L, B)``.
        heard: Interference plus noise at the users in the last slot, shape ``(L, B)``.
        shadows_db: Shadow fading, shape ``(L, K)``.
        means: Gains without fading, shape ``(L, K)``.
        fading: Coefficients of mean power 1, shape ``(B, L, K)``.
        gains: Gains between users and base stations in the present slot, shape ``(B, L, K)``.
        before: Those of the last slot, shape ``(B, L, K)``.
        leakage: Gains between the radars of base stations, shape ``(K, K)``.
        scratch: What all copies share.
    """

    env: Any
    stations: Any
    links: Any
    powers: Any
    heard: Any
    shadows_db: Any
    means: Any
    fading: Any
    gains: Any
    before: Any
    leakage: Any
    scratch: Scratch


@inlined
def station_of(state: State, link: int) -> int:
    """Return the number of the base station of a link.

    Args:
        state: State of one copy.
        link: Number of the link.
    """
    return state.links[link].station


def allocate(env: Any, params: Any) -> State:
    """Return the state of a batch with these records of the environments, shape ``(n,)``.

    Args:
        env: The records.
        params: Parameters of the environment.
    """
    n, cells, bands = len(env), params.cells, params.sub_bands
    links, neighbours = cells * params.links_per_cell, params.neighbours
    return State(
        env=env,
        stations=np.zeros((n, cells), STATION),
        links=np.zeros((n, links), LINK),
        powers=np.zeros((n, links, bands)),
        heard=np.zeros((n, links, bands)),
        shadows_db=np.zeros((n, links, cells)),
        means=np.zeros((n, links, cells)),
        fading=np.zeros((n, bands, links, cells), np.complex128),
        gains=np.zeros((n, bands, links, cells)),
        before=np.zeros((n, bands, links, cells)),
        leakage=np.zeros((n, cells, cells)),
        scratch=Scratch(
            station_powers=np.zeros((cells, bands)),
            disturbance=np.zeros((links, bands)),
            values=np.zeros(links),
            ranks=np.zeros(neighbours, np.int64),
            ranked=np.zeros(neighbours),
        ),
    )
