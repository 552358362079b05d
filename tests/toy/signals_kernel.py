"""Dynamics of the signals: at every step each agent that is present sees a cue of its own."""

from typing import Any, NamedTuple

from isac_envs.engine.jit import Record, jit, record
from isac_envs.engine.loops import Outcome
from isac_envs.engine.rng import bernoulli, integer

AGENT = record(
    ("cue", "i8"),  # what the agent sees
    ("present", "?"),
)
CUES = 3
SILENT = 3  # the only valid action of an agent that is absent
OTHERS = 1  # order of the parameter ``scope``


class State(NamedTuple):
    """The agents, shape ``(K,)``, and their environment."""

    env: Any
    agents: Any


@jit
def reset(p: Record, state: State) -> None:
    """Draw cues and who is present."""
    env, agents = state
    for k in range(agents.shape[0]):
        agents[k].cue = integer(env.world, CUES)
        agents[k].present = not bernoulli(env.world, p.absent)


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
def step(p: Record, state: State, actions: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Pay right guesses and the other agents' cues, then draw the next ones."""
    env, agents = state
    objectives, _, metrics = outcome
    for k in range(agents.shape[0]):
        others = 0
        for j in range(agents.shape[0]):
            others += agents[j].cue if j != k else 0
        hit = agents[k].present and actions[k, 0] == wanted(p, agents, k)
        objectives[k, 0] = 1.0 if hit else 0.0
        objectives[k, 1] = others
        metrics[k].invalid = agents[k].present == (actions[k, 0] == SILENT)
    reset(p, state)
    env.time += 1
    truncated = env.time >= p.horizon
    return False, truncated


@jit
def observe(p: Record, state: State, observations: Any) -> None:
    """Write each agent's own cue and presence."""
    for k, agent in enumerate(state.agents):
        for c in range(CUES):
            observations[k, c] = agent.present and agent.cue == c
        observations[k, CUES] = agent.present


@jit
def allow(p: Record, state: State, valid: Any) -> None:
    """Write each agent's valid actions."""
    for k, agent in enumerate(state.agents):
        for c in range(CUES):
            valid[k, c] = agent.present
        valid[k, SILENT] = not agent.present
