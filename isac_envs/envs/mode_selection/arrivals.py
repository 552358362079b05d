"""What Poisson arrivals do to a queue of finite capacity, exactly."""

import numpy as np

from isac_envs.kernels.numerics.gamma import poisson_exceedance, poisson_probability
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
    exactly = np.array([poisson_probability(float(k), mean) for k in range(capacity)])
    above = np.array([poisson_exceedance(float(k), mean) for k in range(-1, capacity)])
    law = np.zeros((capacity + 1, capacity + 1))
    dropped = np.zeros(capacity + 1)
    for left in range(capacity + 1):
        room = capacity - left
        law[left, left:capacity] = exactly[:room]
        law[left, capacity] = above[room]
        # E[(A - room)^+] = E[A] - sum_{k < room} P(A > k)
        dropped[left] = max(0.0, mean - above[1 : room + 1].sum())
    return law, dropped
