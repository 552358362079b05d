"""Dynamics of the mode selection problem: a queue and five two-state chains.

Every step takes the same draws in the same order whatever the action, so that two policies meet
the same world under the same seed. Where a step names an equation, it is one of the specification
in the model's docstring.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.engine.rng import bernoulli, discrete, integer
from isac_envs.envs.mode_selection.mode_select.params import ModeSelectParams

STATE_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("queue", "i8"),  # packets that wait
    ("channel", "i8"),  # 1 = bad
    ("road", "i8"),  # 1 = bad
    ("weather", "i8"),  # 1 = bad
    ("speed", "i8"),  # 1 = high
    ("object", "i8"),  # 1 = a moving object is near
    ("rewarded", "?"),  # the last step's reward was positive
    ("radar", "?"),  # the last step's mode was radar
)

VECTOR = ModeSelectParams.code("observation", "vector")
BITS = ModeSelectParams.code("observation", "bits")
MULTI_DISCRETE = ModeSelectParams.code("observation", "multi_discrete")
COMMUNICATE, RADAR = 0, 1


@inlined
def event_probability(p: Record, state: Record) -> float:
    """Return the probability that at least one of four independent causes makes an event."""
    clear, bad, fast = p.event_clear, p.event_bad, p.event_fast  # loaded once: no branches below
    quiet = 1.0 - (bad if state.road else clear)
    quiet *= 1.0 - (bad if state.weather else clear)
    quiet *= 1.0 - (fast if state.speed else clear)
    quiet *= 1.0 - (bad if state.object else clear)
    return 1.0 - quiet


@inlined
def next_bit(stream: Any, bit: int, stays_good: float, stays_bad: float) -> int:
    """Advance a two-state chain (1 = bad) by one slot.

    Args:
        stream: Random stream that is drawn from.
        bit: Present state, 0 (good) or 1 (bad).
        stays_good: Probability that a good state stays.
        stays_bad: Probability that a bad state stays.
    """
    return int(bernoulli(stream, stays_bad if bit else 1.0 - stays_good))


@jit
def reset(p: Record, state: Record) -> None:
    """Start an episode in a uniformly drawn state."""
    state.queue = integer(state.world, p.queue_capacity + 1)
    state.channel = integer(state.world, 2)
    state.road = integer(state.world, 2)
    state.weather = integer(state.world, 2)
    state.speed = integer(state.world, 2)
    state.object = integer(state.world, 2)
    state.rewarded = False
    state.radar = False


@inlined
def step(p: Record, state: Record, action: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance one copy by one slot and write its outcome; return (terminated, truncated).

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        action: Action of the copy, shape ``(W,)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    objectives, costs, metrics = outcome
    radar = action[0] == RADAR
    probability = event_probability(p, state)
    event = bernoulli(state.world, probability)
    bad = state.road + state.weather + state.speed + state.object

    could_send = 0 if radar else (p.packets_bad if state.channel else p.packets_good)
    sent = min(could_send, state.queue)
    backlog = state.queue - sent + discrete(state.world, p.arrivals)
    dropped = max(0, backlog - p.queue_capacity)
    credited = could_send if p.credit_empty_slots else sent
    missed = event and not radar
    detected = event and radar

    objectives[0] = 0.0 if event else p.reward_packet * credited
    objectives[1] = p.reward_detected * (bad + 1) if detected else 0.0
    if missed:
        objectives[1] = -p.penalty_missed
    objectives[2] = -p.penalty_dropped * dropped
    costs[0] = 1.0 if missed else 0.0

    _move_on(p, state, radar)
    state.queue = backlog - dropped
    state.rewarded = objectives[0] + objectives[1] + objectives[2] > 0.0
    state.radar = radar
    state.time += 1

    metrics.event = event
    metrics.missed = missed
    metrics.detected = detected
    metrics.packets_sent = credited
    metrics.packets_dropped = dropped
    metrics.backlog = state.queue
    metrics.bad_conditions = bad
    metrics.event_probability = probability
    metrics.radar = radar
    return False, state.time >= p.horizon


@inlined
def _move_on(p: Record, state: Record, radar: bool) -> None:
    """Advance the five chains; radar next to a moving object slows down and clears it."""
    clears = radar and state.object == 1
    state.channel = next_bit(state.world, state.channel, p.channel_stays_good, p.channel_stays_bad)
    state.road = next_bit(state.world, state.road, p.road_stays_good, p.road_stays_bad)
    state.weather = next_bit(state.world, state.weather, p.weather_stays_good, p.weather_stays_bad)
    speed = next_bit(state.world, state.speed, p.speed_stays_low, p.speed_stays_high)
    state.speed = 0 if clears else speed
    stays = 1.0 - p.clearing if clears else p.object_stays_moving
    state.object = next_bit(state.world, state.object, p.object_stays_static, stays)


@inlined
def observe(p: Record, state: Record, observation: Any) -> None:
    """Write the observation, in one of four forms.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observation: Receives the observation, shape ``(D,)``.
    """
    if p.observation == VECTOR:
        observation[0] = 2.0 * state.queue / p.queue_capacity - 1.0
        observation[1] = 2.0 * state.channel - 1.0
        observation[2] = 2.0 * state.road - 1.0
        observation[3] = 2.0 * state.weather - 1.0
        observation[4] = 2.0 * state.speed - 1.0
        observation[5] = 2.0 * state.object - 1.0
    elif p.observation == BITS or p.observation == MULTI_DISCRETE:
        first = 0
        if p.observation == MULTI_DISCRETE:
            observation[0] = state.queue
            first = 1
        observation[first] = state.channel
        observation[first + 1] = state.road
        observation[first + 2] = state.weather
        observation[first + 3] = state.speed
        observation[first + 4] = state.object
    else:
        index = ((state.queue * 2 + state.channel) * 2 + state.road) * 2 + state.weather
        observation[0] = (index * 2 + state.speed) * 2 + state.object
