"""Delay of a task: over the air, through the network, and at the server of the twin."""

from isac_envs.engine.jit import Record, inlined
from isac_envs.kernels.link.queueing import mm1_sojourn_one


@inlined
def server_delay_one(arrival_rate_hz: float, service_rate_hz: float, longest_s: float) -> float:
    """Return the mean time of a task at a server, s.

    Args:
        arrival_rate_hz: Tasks of all twins that run there.
        service_rate_hz: Tasks that it answers in a second.
        longest_s: Time that no task exceeds, s.
    """
    return min(mm1_sojourn_one(arrival_rate_hz, service_rate_hz), longest_s)


@inlined
def server_delay(p: Record, twins: float) -> float:
    """Return the mean time of a task at a server, s.

    Args:
        p: Parameters of the environment, one record.
        twins: Twins that run there, the task's own included.
    """
    return server_delay_one(p.task_rate_hz * twins, p.service_rate_hz, p.longest_wait_s)


@inlined
def crowding(delay_s: float, scale_s: float) -> float:
    """Return a delay on a scale from 0 to 1.

    Args:
        delay_s: What comes on top, s.
        scale_s: Delay that counts as one half, s.
    """
    return delay_s / (delay_s + scale_s)


@inlined
def network_delay(p: Record, roads: int) -> float:
    """Return the time of a task to a twin so many roads away, and of its answer back, s.

    Args:
        p: Parameters of the environment, one record.
        roads: Roads between vehicle and twin.
    """
    return 2.0 * p.hop_s * roads
