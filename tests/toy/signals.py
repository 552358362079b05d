"""A team of agents with masks and a known optimum: guess a cue, one's own or that of others."""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, RandomBaseline
from isac_envs.declaration.fields import Coordinate, Signal, Spec, Summary
from isac_envs.declaration.model import Model, State
from isac_envs.declaration.params import EnvParams, parameter
from toy import signals_kernel
from toy.signals_kernel import CUES, SILENT


class SignalsParams(EnvParams):
    """Parameters of the signals."""

    horizon: int = parameter(8, "Steps until an episode is truncated.", "steps", ge=1)
    weights: tuple[float, ...] = parameter((1.0, 0.0), "Weights of hits and of others' cues.")
    team: int = parameter(3, "Number of agents.", ge=2, le=8)
    scope: Literal["own", "others"] = parameter("own", "Whose cue a guess has to name.")
    absent: float = parameter(0.0, "Probability that an agent is absent in a step.", ge=0, le=1)
    observation: Literal["vector", "bits"] = parameter("vector", "Form of the observation.")


class Knowing(Baseline):
    """Reads all cues and names the right one."""

    kind = "exact"
    summary = "The right guess, from the true state."

    def act(self) -> npt.NDArray[Any]:
        """Return the guesses of all agents, shape ``(n, A)``."""
        agents = self.batch.state[1]
        target = agents["cue"]
        if self.params.scope == "others":
            shown = np.where(agents["present"], agents["cue"], 0)
            team = agents.shape[1]
            others = [np.delete(shown, k, axis=1).max(1) for k in range(team)]
            target = np.stack(others, 1)
        return np.where(agents["present"], target, SILENT)


class Signals(Model):
    """Agents that guess cues; the best reward per step and agent is the share of present ones."""

    id = "toy/Signals-v0"
    summary = "Guess a cue, one's own or that of the others."
    source = "Made up for the tests."
    default_scenario = "default"
    params_type = SignalsParams
    kernel = signals_kernel
    objectives = (
        Signal("hit", "1 if the guess is right."),
        Signal("others", "Sum of the other agents' cues: nothing that the agent sees or changes."),
    )
    metrics = (Signal("invalid", "1 if the action was not valid."),)
    summaries = (Summary("invalid_share", "Invalid actions a step.", "invalid"),)
    baselines = {"optimum": Knowing, "random": RandomBaseline}  # noqa: RUF012
    reference_baseline = "optimum"

    def observation_spec(self) -> Spec:
        """Return the agent's own cue, one-hot, and its presence."""
        cue = Coordinate("cue", "The cue, one-hot.", size=CUES)
        kind = "box" if self.params.observation == "vector" else "multi_binary"
        return Spec(kind, (cue, Coordinate("present", "1 if the agent is present.")))

    def action_spec(self) -> Spec:
        """Return the guesses and the action of those who are absent."""
        labels = ("0", "1", "2", "silent")
        return Spec("discrete", (Coordinate("guess", "Guess.", high=SILENT, labels=labels),))

    def agent_names(self) -> tuple[str, ...]:
        """Return one name for each agent."""
        return tuple(f"agent_{k}" for k in range(self.params.team))

    def allocate(self, n: int) -> State:
        """Return the environments and the agents."""
        agents = np.zeros((n, self.params.team), signals_kernel.AGENT)
        return signals_kernel.State(np.zeros(n, self.env_dtype), agents)
