"""Named coordinates and signals of the cell."""

from isac_envs.declaration.fields import Coordinate, Signal, Spec, Summary
from isac_envs.envs.cells.beam_cluster_rbg.params import SCHEDULERS, BeamClusterRbgParams

OBJECTIVES = (
    Signal("carried", "Carried over mean offered traffic of all users."),
    Signal("delay", "Minus the mean over users of the oldest waiting packet's age over the "
           "deadline, at most 1."),
)  # fmt: skip
COSTS = (Signal("late", "Packets that waited until the deadline in this slot.", "packets"),)
METRICS = (
    Signal("carried_mbit_s", "Mean carried traffic of a user.", "Mbit/s"),
    Signal("arrived_mbit_s", "Mean traffic that arrived for a user.", "Mbit/s"),
    Signal("delay_ms", "Mean age of the oldest waiting packet of a user.", "ms"),
    Signal("dropped", "Packets that waited beyond their lifetime.", "packets"),
    Signal("fairness", "Jain's index of the users' average rates."),
    Signal("outage", "Share of the users who are lost because of their mean SINR."),
    Signal("width_deg", "Mean width of the beams.", "deg"),
    Signal("granted", "Resource block groups granted.", "groups"),
    Signal("denied", "Groups whose user was no member of the beam.", "groups"),
    Signal("fading_gain", "Mean power of the fading of the granted groups, linear."),
)
SUMMARIES = (
    Summary("carried_mbit_s", "Mean carried traffic of a user.", "carried_mbit_s"),
    Summary("delay_ms", "Mean age of the oldest waiting packet.", "delay_ms"),
    Summary("outage", "Share of lost users.", "outage"),
    Summary("fairness", "Jain's index of average rates.", "fairness"),
)


def seen(p: BeamClusterRbgParams) -> Spec:
    """Return the observation fields, user by user."""
    cqi = (
        Coordinate("cqi", "CQI over 15 of each resource block group.", size=p.groups)
        if p.observation == "groups"
        else Coordinate("cqi", "Mean CQI over 15.")
    )
    user = (
        cqi,
        Coordinate("queue", "What waits, q / (q + offered traffic of deadline_slots)."),
        Coordinate("age", "Age of the oldest waiting packet over lifetime_slots."),
        Coordinate("average_rate", "Average rate, a / (a + mean offered traffic)."),
        Coordinate("beam", "1 for the beam of the user.", size=p.beams),
    )
    return Spec("box", user * p.users)


def choices(p: BeamClusterRbgParams) -> Spec:
    """Return the action fields: a user for each beam and group, or a scheduler for all."""
    if p.action == "scheduler":
        high = len(SCHEDULERS) - 1.0
        meaning = "Scheduler of all beams in this slot."
        return Spec("discrete", (Coordinate("scheduler", meaning, high=high, labels=SCHEDULERS),))
    who = ("nobody", *(f"user {u + 1}" for u in range(p.users)))
    each = (
        Coordinate(f"beam_{k}", "User of each group.", high=float(p.users), labels=who,
                   size=p.groups)
        for k in range(p.beams)
    )  # fmt: skip
    return Spec("multi_discrete", tuple(each))
