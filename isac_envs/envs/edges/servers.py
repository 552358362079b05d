"""Delay of a task: over the air, through the network, and at the server of the twin."""

from isac_envs.engine.jit import Record, inlined
from isac_envs.kernels.link.queueing import mm1_sojourn_one


@inlined
def server_delay(p: Record, twins: float) -> float:
    """Return the mean time of a task at a server, s.

    Args:
        p: Parameters of the environment, one record.
        twins: Twins that run there, the task's own included.
    """
    return min(mm1_sojourn_one(p.task_rate_hz * twins, p.service_rate_hz), p.longest_wait_s)


@inlined
def network_delay(p: Record, roads: int) -> float:
    """Return the time of a task to a twin so many roads away, and of its answer back, s.

    Args:
        p: Parameters of the environment, one record.
        roads: Roads between vehicle and twin.
    """
    return 2.0 * p.hop_s * roads
