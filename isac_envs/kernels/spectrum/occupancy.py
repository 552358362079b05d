r"""Occupancy of a channel as a Gilbert-Elliott chain, and what is believed of it.

A channel is idle or busy in each slot. An idle one stays idle with probability :math:`p_{11}`, a
busy one becomes idle with probability :math:`p_{01}`. The belief :math:`\omega` is the probability
that it is idle in the coming slot.

Sources: Q. Zhao, B. Krishnamachari and K. Liu, "On myopic sensing for multi-channel opportunistic
access", IEEE Trans. Wireless Commun. 7(12), 2008, arXiv 0712.0035 (belief); K. Liu and Q. Zhao,
"Indexability of restless bandit problems and optimality of Whittle index for dynamic multichannel
access", IEEE Trans. Inf. Theory 56(11), 2010, arXiv 0810.4658, section IV (index).

Functions that end in ``_one`` are scalar kernels without checks.
"""

from isac_envs.engine.elementwise import Range, Real, elementwise
from isac_envs.engine.jit import inlined, jit


@inlined
def idle_next_one(idle: Real, stay_idle: Real, become_idle: Real) -> Real:
    r"""Return the belief one slot later, :math:`T(\omega) = \omega p_{11} + (1 - \omega) p_{01}`.

    Args:
        idle: Probability that the channel is idle now.
        stay_idle: Probability that an idle channel stays idle.
        become_idle: Probability that a busy channel becomes idle.
    """
    return become_idle + (stay_idle - become_idle) * idle


@inlined
def steady_idle_one(stay_idle: Real, become_idle: Real) -> Real:
    r"""Return the share of idle slots in the long run, :math:`p_{01} / (1 - p_{11} + p_{01})`.

    Args:
        stay_idle: Probability that an idle channel stays idle, below 1.
        become_idle: Probability that a busy channel becomes idle, above 0.
    """
    return become_idle / (1.0 - stay_idle + become_idle)


@inlined
def idle_if_declared_busy_one(idle: Real, false_alarm: Real, detection: Real) -> Real:
    """Return the probability that a channel is idle although a detector says that it is busy.

    Args:
        idle: Probability before the detector looked.
        false_alarm: Probability that the detector takes an idle channel for busy.
        detection: Probability that it takes a busy channel for busy.

    Returns:
        Bayes' rule; 0 where the detector never says so.
    """
    mistaken = idle * false_alarm
    said = mistaken + (1.0 - idle) * detection
    return mistaken / said if said > 0.0 else 0.0


@jit
def whittle_index_one(idle: Real, stay_idle: Real, become_idle: Real) -> Real:
    """Return Whittle's index of a channel that pays 1 where it is sensed and idle, on average.

    The subsidy for not sensing that makes both equally good. The index is that of a perfect
    detector; it scales with what the channel pays.

    Args:
        idle: Belief, the probability that the channel is idle.
        stay_idle: Probability that an idle channel stays idle, above 0 and below 1.
        become_idle: Probability that a busy channel becomes idle, above 0 and below 1.
    """
    w, high, low = idle, max(stay_idle, become_idle), min(stay_idle, become_idle)
    if w <= low or w >= high:
        return w
    following = idle_next_one(w, stay_idle, become_idle)
    if stay_idle < become_idle:
        again = idle_next_one(stay_idle, stay_idle, become_idle)
        if w < steady_idle_one(stay_idle, become_idle):
            return (w + become_idle - following) / (1.0 + become_idle - again + following - w)
        if w < again:
            return become_idle / (1.0 + become_idle - again)
        return become_idle / (1.0 + become_idle - w)
    if w >= steady_idle_one(stay_idle, become_idle):
        return w / (1.0 - stay_idle + w)
    # what a busy channel is believed to be once it is worth sensing
    slots, reached = 0, become_idle
    while reached <= w:
        rising = idle_next_one(reached, stay_idle, become_idle)
        if rising <= reached:  # rounding: as good as the steady state
            break
        slots, reached = slots + 1, rising
    gain = w - following
    return (gain * (slots + 1.0) + reached) / (1.0 - stay_idle + gain * slots + reached)


_BELIEF = Range(0.0, 1.0)
_MOVES = Range(1e-6, 1.0 - 1e-6)
_PROBABILITIES = {"stay_idle": _MOVES, "become_idle": _MOVES}

idle_next = elementwise(idle_next_one, idle=_BELIEF, stay_idle=_BELIEF, become_idle=_BELIEF)
steady_idle = elementwise(steady_idle_one, **_PROBABILITIES)
idle_if_declared_busy = elementwise(
    idle_if_declared_busy_one, idle=_BELIEF, false_alarm=_BELIEF, detection=_BELIEF
)
whittle_index = elementwise(whittle_index_one, idle=_BELIEF, **_PROBABILITIES)
