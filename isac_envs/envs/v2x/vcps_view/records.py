"""State records of vehicular views, and the codes of parts of a view."""

from typing import Any, NamedTuple

import numpy as np

from isac_envs.engine.jit import record

MOST_TYPES = 30
"""Types that a view may require at most, whatever the parameters."""

MOST_VIEWS = 2
"""Views that are requested at most in a slot."""

MOST_CANDIDATES = 4
"""Vehicles, the cheapest ones, that are listed for each type at most."""

SAMPLES = 100
"""Samples that the published quantile of the channel gain is taken from."""

NOBODY = -1
"""Stands for no vehicle."""

TIMELINESS, CONSISTENCY, REDUNDANCY, SENSING, TRANSMISSION = range(5)
PARTS = 5

ENV_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("instance", "u8", (4,)),  # stream of what is drawn once an episode
    ("samples", "f8", (SAMPLES,)),  # amplitude gains, sorted, where the published quantile is used
    ("gain", "f8"),  # |h|^2 that the channel exceeds with the demanded probability
    ("low", "f8", (PARTS,)),  # least of each part seen so far, where the running range normalises
    ("high", "f8", (PARTS,)),  # largest
    ("raw", "f8", (MOST_VIEWS, PARTS)),  # parts of the views of the last slot, not normalised
    ("complete", "f8", (MOST_VIEWS,)),  # share of required types that are young enough
    ("parts", "f8", (PARTS,)),  # normalised parts of the last slot, mean over its views
    ("completeness", "f8"),  # mean over the views of the last slot
    ("quality", "f8"),  # quality of the last slot, mean over its views
    ("profit", "f8"),
    ("cost", "f8"),  # cost of the last slot's views, before completeness counts
    ("asked", "f8"),  # sum of the bandwidth coordinates of the last action
)

VEHICLE = record(
    ("distance_m", "f8"),  # to the edge, at the beginning of the slot
    ("target_db", "f8"),  # SNR that must be reached with the demanded probability
    ("least_w", "f8"),  # power that does so
    ("power_w", "f8"),
    ("bandwidth_hz", "f8"),
    ("load", "f8"),  # of the queue, by mean service times
    ("link_load", "f8"),  # of the link, by the transmission times of the slot
    ("cheapest_of", "i8"),  # required types of the slot that is observed
    ("sending", "?"),  # it senses something
    ("packets", "i8"),  # of it in the view at hand, and their sums:
    ("oldest_s", "f8"),
    ("sensing", "f8"),
    ("transmission", "f8"),
    ("view_quality", "f8"),  # what the slot had brought without this vehicle
    ("view_profit", "f8"),
)

ITEM = record(
    ("kind", "i8"),  # type of information
    ("cost", "f8"),  # of sensing it
    ("mean_s", "f8"),  # mean service time
    ("second_s2", "f8"),  # substitute for the second moment of the service time
    ("sensed", "?"),
    ("share", "f8"),  # of the load
    ("priority", "f8"),
    ("rate_hz", "f8"),
    ("wait_s", "f8"),
    ("arrival_s", "f8"),  # when the packet was sensed
    ("update_s", "f8"),  # when its source had changed last
    ("transmit_s", "f8"),
    ("received_s", "f8"),
)

KIND = record(
    ("amount", "f8"),  # bits, or bytes where these are taken for bits
    ("interval_s", "f8"),  # between updates of the source
    ("wanted", "?"),  # by the view at hand
    ("copies", "i8"),  # fresh packets of it in the view at hand
    ("youngest_s", "f8"),  # age of its youngest packet in the view at hand
    ("required", "?"),  # by a view of the slot that is observed
    ("candidates", "i8", (MOST_CANDIDATES,)),  # cheapest vehicles that can sense it, -1 for none
    ("candidate_items", "i8", (MOST_CANDIDATES,)),  # the number of the item there
    ("holder", "i8"),  # vehicle that sent the cached packet, -1 for none
    ("cost", "f8"),  # of sensing it
    ("update_s", "f8"),
    ("received_s", "f8"),
    ("age_s", "f8"),  # when it was received
    ("transmit_s", "f8"),
)

VIEW = record(("count", "i8"), ("kinds", "i8", (MOST_TYPES,)))

PLACE = record(("x_m", "f8"), ("y_m", "f8"))


class State(NamedTuple):
    """Vehicles and edge of one copy; of a batch, with an axis of copies in front.

    Attributes:
        env: The environment.
        vehicles: Shape ``(V,)``.
        items: What each vehicle can sense, shape ``(V, K)``.
        kinds: Types of information, shape ``(I,)``.
        views: Shape ``(M,)``.
        tracks: Places of each vehicle at whole seconds, shape ``(V, T)``.
        requests: Views requested in each slot, -1 for none, shape ``(T, 2)``.
        line: Scratch: rates, mean services, second moments and waits of a queue, shape ``(4, K)``.
        order: Scratch: a permutation, shape ``(max(I, M, K),)``.
        coordinates: The action that is played, of all vehicles and the edge, shape ``(W,)``.
    """

    env: Any
    vehicles: Any
    items: Any
    kinds: Any
    views: Any
    tracks: Any
    requests: Any
    line: Any
    order: Any
    coordinates: Any


def allocate(env: Any, params: Any) -> State:
    """Return the state of a batch with these records of the environments, shape ``(n,)``."""
    n, v, k, i = len(env), params.vehicles, params.sensable_types, params.types
    return State(
        env,
        np.zeros((n, v), VEHICLE),
        np.zeros((n, v, k), ITEM),
        np.zeros((n, i), KIND),
        np.zeros((n, params.views), VIEW),
        np.zeros((n, v, params.slots), PLACE),
        np.zeros((n, params.slots, MOST_VIEWS), np.int64),
        np.zeros((n, 4, k)),
        np.zeros((n, max(i, params.views, k)), np.int64),
        np.zeros((n, params.action_width)),
    )
