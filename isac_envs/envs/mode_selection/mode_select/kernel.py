"""Dynamics of the mode selection problem: a queue and five two-state chains.

Every step takes the same draws in the same order whatever the action, so that two policies meet
the same world under the same seed. Where a step names an equation, it is one of the specification
in the model's docstring.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
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
def event_probability(p: Record, e: Record) -> float:
    """Return the probability that at least one of four independent causes makes an event."""
    clear, bad, fast = p.event_clear, p.event_bad, p.event_fast  # loaded once: no branches below
    quiet = 1.0 - (bad if e.road else clear)
    quiet *= 1.0 - (bad if e.weather else clear)
    quiet *= 1.0 - (fast if e.speed else clear)
    quiet *= 1.0 - (bad if e.object else clear)
    return 1.0 - quiet


@inlined
def next_bit(stream: Any, bit: int, stays_good: float, stays_bad: float) -> int:
    """Advance a two-state chain (1 = bad) by one slot."""
    return int(bernoulli(stream, stays_bad if bit else 1.0 - stays_good))


@jit
def reset_one(p: Record, e: Record) -> None:
    """Start an episode in a uniformly drawn state."""
    e.time = 0
    e.done = False
    e.queue = integer(e.world, p.queue_capacity + 1)
    e.channel = integer(e.world, 2)
    e.road = integer(e.world, 2)
    e.weather = integer(e.world, 2)
    e.speed = integer(e.world, 2)
    e.object = integer(e.world, 2)
    e.rewarded = False
    e.radar = False


@inlined
def transition_one(
    p: Record, e: Record, action: int, objectives: Any, costs: Any, metrics: Record
) -> tuple[bool, bool]:
    """Advance one copy by one slot and write its outcome; return (terminated, truncated)."""
    radar = action == RADAR
    probability = event_probability(p, e)
    event = bernoulli(e.world, probability)
    bad = e.road + e.weather + e.speed + e.object

    could_send = 0 if radar else (p.packets_bad if e.channel else p.packets_good)
    sent = min(could_send, e.queue)
    backlog = e.queue - sent + discrete(e.world, p.arrivals)
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

    _move_on(p, e, radar)
    e.queue = backlog - dropped
    e.rewarded = objectives[0] + objectives[1] + objectives[2] > 0.0
    e.radar = radar
    e.time += 1
    e.done = e.time >= p.horizon

    metrics.event = event
    metrics.missed = missed
    metrics.detected = detected
    metrics.packets_sent = credited
    metrics.packets_dropped = dropped
    metrics.backlog = e.queue
    metrics.bad_conditions = bad
    metrics.event_probability = probability
    metrics.radar = radar
    return False, e.done


@inlined
def _move_on(p: Record, e: Record, radar: bool) -> None:
    """Advance the five chains; radar next to a moving object slows down and clears it."""
    clears = radar and e.object == 1
    e.channel = next_bit(e.world, e.channel, p.channel_stays_good, p.channel_stays_bad)
    e.road = next_bit(e.world, e.road, p.road_stays_good, p.road_stays_bad)
    e.weather = next_bit(e.world, e.weather, p.weather_stays_good, p.weather_stays_bad)
    speed = next_bit(e.world, e.speed, p.speed_stays_low, p.speed_stays_high)
    e.speed = 0 if clears else speed
    stays = 1.0 - p.clearing if clears else p.object_stays_moving
    e.object = next_bit(e.world, e.object, p.object_stays_static, stays)


@inlined
def observe(p: Record, e: Record, observation: Any) -> None:
    """Write what the agent sees, in one of four forms."""
    if p.observation == VECTOR:
        observation[0] = 2.0 * e.queue / p.queue_capacity - 1.0
        observation[1] = 2.0 * e.channel - 1.0
        observation[2] = 2.0 * e.road - 1.0
        observation[3] = 2.0 * e.weather - 1.0
        observation[4] = 2.0 * e.speed - 1.0
        observation[5] = 2.0 * e.object - 1.0
    elif p.observation == BITS or p.observation == MULTI_DISCRETE:
        first = 0
        if p.observation == MULTI_DISCRETE:
            observation[0] = e.queue
            first = 1
        observation[first] = e.channel
        observation[first + 1] = e.road
        observation[first + 2] = e.weather
        observation[first + 3] = e.speed
        observation[first + 4] = e.object
    else:
        bits = (((e.channel * 2 + e.road) * 2 + e.weather) * 2 + e.speed) * 2 + e.object
        observation[0] = e.queue * 32 + bits


@jit
def reset_batch(p: Any, env: Any, mask: Any, observations: Any) -> None:
    """Reset the masked copies."""
    for i in range(env.shape[0]):
        if mask[i]:
            reset_one(p[0], env[i])
            observe(p[0], env[i], observations[i, 0])


@jit
def step_batch(
    p: Any, env: Any, actions: Any, restart: bool, observations: Any, objectives: Any,
    costs: Any, metrics: Any, ended: Any,
) -> None:  # fmt: skip
    """Step all copies; with ``restart``, reset those that are done instead."""
    for i in range(env.shape[0]):
        if restart and env[i].done:
            reset_one(p[0], env[i])
        else:
            ended[i, 0], ended[i, 1] = transition_one(
                p[0], env[i], actions[i, 0, 0], objectives[i, 0], costs[i, 0], metrics[i, 0]
            )
        observe(p[0], env[i], observations[i, 0])
