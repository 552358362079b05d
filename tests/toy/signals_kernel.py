"""Dynamics of the signals: at every step each agent that is present sees a cue of its own."""

from typing import Any

from isac_envs.engine.jit import Record, jit, record
from isac_envs.engine.rng import bernoulli, integer

AGENT = record(
    ("cue", "i8"),  # what the agent sees
    ("present", "?"),
)
CUES = 3
SILENT = 3  # the only valid action of an agent that is absent
OTHERS = 1  # order of the parameter ``scope``


@jit
def draw(p: Record, e: Record, agents: Any) -> None:
    """Draw cues and who is present."""
    for k in range(agents.shape[0]):
        agents[k].cue = integer(e.world, CUES)
        agents[k].present = not bernoulli(e.world, p.absent)


@jit
def wanted(p: Record, agents: Any, k: int) -> int:
    """Return the guess that pays: the agent's own cue, or the largest of the other present ones."""
    if p.scope != OTHERS:
        return agents[k].cue
    largest = 0
    for j in range(agents.shape[0]):
        if j != k and agents[j].present:
            largest = max(largest, agents[j].cue)
    return largest


@jit
def transition_one(
    p: Record, e: Record, agents: Any, actions: Any, objectives: Any, metrics: Any
) -> tuple[bool, bool]:
    """Pay right guesses and the other agents' cues, then draw the next ones."""
    for k in range(agents.shape[0]):
        others = 0
        for j in range(agents.shape[0]):
            others += agents[j].cue if j != k else 0
        hit = agents[k].present and actions[k, 0] == wanted(p, agents, k)
        objectives[k, 0] = 1.0 if hit else 0.0
        objectives[k, 1] = others
        metrics[k].invalid = agents[k].present == (actions[k, 0] == SILENT)
    draw(p, e, agents)
    e.time += 1
    truncated = e.time >= p.horizon
    e.done = truncated
    return False, truncated


@jit
def observe(agents: Any, observations: Any, masks: Any) -> None:
    """Write each agent's own cue and presence, and its valid actions."""
    for k in range(agents.shape[0]):
        for c in range(CUES):
            observations[k, c] = agents[k].present and agents[k].cue == c
            masks[k, c] = agents[k].present
        observations[k, CUES] = agents[k].present
        masks[k, SILENT] = not agents[k].present


@jit
def reset_batch(p: Any, env: Any, agents: Any, mask: Any, observations: Any, masks: Any) -> None:
    """Reset the masked copies."""
    for i in range(env.shape[0]):
        if mask[i]:
            env[i].time = 0
            env[i].done = False
            draw(p[0], env[i], agents[i])
            observe(agents[i], observations[i], masks[i])


@jit
def step_batch(
    p: Any, env: Any, agents: Any, actions: Any, restart: bool, observations: Any, masks: Any,
    objectives: Any, costs: Any, metrics: Any, ended: Any,
) -> None:  # fmt: skip
    """Step all copies; with ``restart``, reset those that are done instead."""
    for i in range(env.shape[0]):
        if restart and env[i].done:
            env[i].time = 0
            env[i].done = False
            draw(p[0], env[i], agents[i])
        else:
            ended[i, 0], ended[i, 1] = transition_one(
                p[0], env[i], agents[i], actions[i], objectives[i], metrics[i]
            )
        observe(agents[i], observations[i], masks[i])
