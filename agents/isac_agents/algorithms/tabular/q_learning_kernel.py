"""The compiled loops of Q-learning over all copies of an environment."""

from typing import Any

from isac_envs.engine.jit import jit
from isac_envs.engine.rng import Stream, bernoulli, integer


@jit
def choose(table: Any, states: Any, epsilon: float, stream: Stream, actions: Any) -> None:
    """Choose epsilon-greedy actions; ties go to the first action.

    Args:
        table: Action values, shape ``(S, A)``.
        states: Indices of the states, shape ``(n,)``.
        epsilon: Probability of a uniformly drawn action.
        stream: Random stream, uint64, shape ``(4,)``.
        actions: Receives the actions, int64, shape ``(n,)``.
    """
    count = table.shape[1]
    for i in range(states.shape[0]):
        if bernoulli(stream, epsilon):
            actions[i] = integer(stream, count)
            continue
        best = 0
        for a in range(1, count):
            if table[states[i], a] > table[states[i], best]:
                best = a
        actions[i] = best


@jit
def update(
    table: Any, visits: Any, states: Any, actions: Any, rewards: Any, following: Any,
    terminated: Any, rate: float, exponent: float, discount: float,
) -> None:  # fmt: skip
    """Update the table with one transition of every copy, in order.

    Args:
        table: Action values, shape ``(S, A)``.
        visits: Number of updates of each value, int64, shape ``(S, A)``.
        states: Indices of the states, shape ``(n,)``.
        actions: Actions taken there, shape ``(n,)``.
        rewards: Rewards received, shape ``(n,)``.
        following: Indices of the next states, shape ``(n,)``.
        terminated: Whether the next state has no value, bool, shape ``(n,)``.
        rate: Step size of the first update.
        exponent: Step sizes are ``rate`` over the number of updates to this power.
        discount: Factor on the next state's value.
    """
    for i in range(states.shape[0]):
        s, a = states[i], actions[i]
        best = table[following[i], 0]
        for b in range(1, table.shape[1]):
            best = max(best, table[following[i], b])
        target = rewards[i] + (0.0 if terminated[i] else discount * best)
        visits[s, a] += 1
        step = rate if exponent == 0.0 else rate / visits[s, a] ** exponent
        table[s, a] += step * (target - table[s, a])
