"""What Poisson arrivals do to a queue of finite capacity, exactly."""

import numpy as np
from scipy.stats import poisson

from isac_envs.planning import Array


def queue_after_arrivals(capacity: int, mean: float) -> tuple[Array, Array]:
    """Return the law of the next queue length and the expected drops.

    Args:
        capacity: Packets that the queue holds, Q.
        mean: Mean of the Poisson arrivals.

    Returns:
        Two arrays over the packets left before the arrivals: the distribution of the queue after
        them, shape ``(Q + 1, Q + 1)``, and the expected number of packets that find it full,
        shape ``(Q + 1,)``.
    """
    law = np.zeros((capacity + 1, capacity + 1))
    dropped = np.zeros(capacity + 1)
    for left in range(capacity + 1):
        fitting = np.arange(capacity - left)
        law[left, left:capacity] = poisson.pmf(fitting, mean)
        law[left, capacity] = poisson.sf(capacity - left - 1, mean)
        # E[(A - room)^+] = E[A] - sum_{k < room} P(A > k)
        dropped[left] = max(0.0, mean - poisson.sf(fitting, mean).sum())
    return law, dropped
