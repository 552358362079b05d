"""Named coordinates, signals and specifications that the environments of this family share."""

from dataclasses import dataclass
from functools import cached_property

from isac_envs.declaration.fields import Coordinate, Signal, Spec, Summary
from isac_envs.envs.uav.uav_alloc.params import UavAllocParams

OBJECTIVES = (
    Signal("sensing", "Mutual information, 2 sum_k MI_k / (reference K)."),
    Signal("communication", "Rate of all uplinks, CR / reference."),
    Signal("power", "Minus the mean transmit power.", "W"),
    Signal("overrun", "-1 if a transmission took more energy than its UAV had left."),
)
COSTS = (
    Signal("overrun_j", "Energy taken beyond what batteries held.", "J"),
    Signal("shortfall_bit", "Mean of (MI_min - MI_k)^+ over the targets.", "bit/s/Hz"),
)
METRICS = (
    Signal("information_bit", "Mean mutual information of the targets.", "bit/s/Hz"),
    Signal("rate_bit", "Sum of the spectral efficiencies of the uplinks.", "bit/s/Hz"),
    Signal("power_w", "Sum of the transmit powers.", "W"),
    Signal("energy_j", "Mean energy left after the slot.", "J"),
    Signal("sending", "UAVs that sent to the base station.", "UAVs"),
    Signal("sensing", "UAVs that sensed a target.", "UAVs"),
    Signal("conflicts", "Pairs of transmitting UAVs on the same channel.", "pairs"),
    Signal(
        "denied",
        "UAVs that wanted to transmit without energy, or to idle where not free to.",
        "UAVs",
    ),
)
SUMMARIES = (
    Summary("information_bit", "Mean mutual information of a target.", "information_bit"),
    Summary("rate_bit", "Sum of the uplinks' spectral efficiencies.", "rate_bit"),
    Summary("power_w", "Sum of the transmit powers.", "power_w"),
    Summary("conflicts", "Co-channel pairs per slot.", "conflicts"),
)


@dataclass(frozen=True)
class AllocationSpec(Spec):
    """Actions of one controller for several UAVs; a mask has one entry for each option of each.

    This is the concatenation that libraries with masks expect of a multi-discrete space. With
    continuous actions the mask has one entry a UAV: whether it can transmit.

    Attributes:
        mask_width: Entries of a mask where the action is not discrete.
    """

    mask_width: int = 0

    @cached_property
    def count(self) -> int:
        """Number of values of a discrete action; otherwise the length of a mask."""
        return self.mask_width or int(self.high[0]) + 1


def option_labels(p: UavAllocParams) -> tuple[str, ...]:
    """Return the names of a UAV's options, in order."""
    modes = ("send", *(f"sense {k + 1}" for k in range(p.targets)))
    powers = tuple(f"{each:g} W" for each in p.powers_w)
    each = (f"{m} ch {c + 1} {w}" for m in modes for c in range(p.channels) for w in powers)
    return ("idle", *each)


def controller_actions(p: UavAllocParams) -> Spec:
    """Return the action fields of one controller for all UAVs."""
    labels, count = option_labels(p), p.option_count
    if p.action == "discrete":
        options = (
            Coordinate(f"uav_{m}", "Mode, channel and power.", high=count - 1.0, labels=labels)
            for m in range(p.uavs)
        )
        return AllocationSpec("multi_discrete", tuple(options), p.uavs * count)
    if p.action == "index":
        meaning = "Options of all UAVs as one number, the first UAV's counts most."
        return Spec("discrete", (Coordinate("joint", meaning, high=count**p.uavs - 1.0),))
    return AllocationSpec("box", _scores(p) * p.uavs, p.uavs)


def own_actions(p: UavAllocParams) -> Spec:
    """Return the action fields of one UAV."""
    if p.action == "continuous":
        return AllocationSpec("box", _scores(p), 1)
    meaning, high = "Mode, channel and power.", p.option_count - 1.0
    return Spec("discrete", (Coordinate("option", meaning, high=high, labels=option_labels(p)),))


def _scores(p: UavAllocParams) -> tuple[Coordinate, ...]:
    modes = p.targets + 1
    each = [Coordinate("mode", "Scores of sending and of each target.", "1", -1.0, size=modes)]
    if p.channels > 1:
        each.append(Coordinate("channel", "Scores of the channels.", "1", -1.0, size=p.channels))
    each.append(Coordinate("power", "Power: -1 is off, 1 the largest.", "1", -1.0))
    return tuple(each)


def view(p: UavAllocParams, identity: bool) -> Spec:
    """Return the observation fields: all UAVs, cyclically from the viewer on."""
    parts = _state_view(p) if p.observation == "state" else _links_view(p)
    clock = Coordinate("clock", "Slots over plan_slots, at most 1.")
    who = (Coordinate("identity", "Number of the UAV, from 1, over all UAVs."),) if identity else ()
    return Spec("box", (*parts, clock, *who))


def _state_view(p: UavAllocParams) -> tuple[Coordinate, ...]:
    uav = (
        Coordinate("position", "Place of a UAV in the area and between the altitudes.", low=-1.0,
                   size=3),
        Coordinate("velocity", "Velocity of a UAV over its largest speed.", low=-1.0, size=3),
        Coordinate("energy", "Energy left, as a share."),
        Coordinate("power", "Last power over the largest."),
        Coordinate("mode", "1 for the last mode: sent, sensed target 1..K.", size=p.targets + 1),
        Coordinate("channel", "1 for the last channel.", size=p.channels),
    )  # fmt: skip
    target = (
        Coordinate("target", "Place of a target in the area.", low=-1.0, size=2),
        Coordinate("motion", "Velocity of a target over its largest.", low=-1.0, size=2),
    )
    last = (
        Coordinate("sensing", "Last sensing objective over 4, at most 1."),
        Coordinate("communication", "Last communication objective over 4, at most 1."),
    )
    return (*uav * p.uavs, *target * p.targets, *last)


def _links_view(p: UavAllocParams) -> tuple[Coordinate, ...]:
    parts: list[Coordinate] = []
    for rank in range(p.uavs):
        gains = "SNR at 1 W of the uplink, then of each target's echo, in 50 dB."
        parts += [
            Coordinate("gain", gains, "50 dB", low=-1.0, size=1 + p.targets),
            Coordinate("energy", "Energy left, as a share."),
            Coordinate(
                "ration", "Energy left over what the slots left of plan_slots take at full power."
            ),
        ]
        if rank:
            meaning = "Interference at 1 W over noise between this UAV and those before, in 50 dB."
            parts.append(Coordinate("coupling", meaning, "50 dB", low=-1.0, size=rank))
    return tuple(parts)
