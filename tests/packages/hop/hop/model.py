"""Declaration: parameters, spaces, objectives, baselines."""

from typing import Annotated

from pydantic import Field

from hop import dynamics
from hop.baselines import BASELINES
from hop.dynamics import CHANNELS
from hop.exact import Solvable
from isac_envs.declaration.fields import Coordinate, Signal, Spec
from isac_envs.declaration.params import EnvParams, parameter

Probability = Annotated[float, Field(gt=0, le=1)]
FOUR = {"min_length": CHANNELS, "max_length": CHANNELS}


class HopParams(EnvParams):
    weights: tuple[float, ...] = parameter((0.2, 1.0), "Weights of rate and detection.")
    start: tuple[Probability, ...] = parameter(
        (0.4, 0.2, 0.1, 0.05), "Probability that an interferer starts, by channel.", **FOUR
    )
    stop: float = parameter(0.3, "Probability that an interferer stops.", gt=0, le=1)
    retuning: float = parameter(0.2, "Share of a slot lost per channel hopped.", ge=0, le=0.3)
    snr_db: float = parameter(15.0, "SNR of the link.", "dB", ge=-30, le=60)
    echo_db: float = parameter(13.0, "SNR of the echo of a whole slot.", "dB", ge=-30, le=60)
    interference_db: float = parameter(10.0, "Interference over noise.", "dB", ge=-30, le=60)


class Hop(Solvable):
    """A node talks and senses on one of four channels, on which interferers come and go."""

    id = "hop/Hop-v0"
    summary = "Which channel to talk and sense on while interferers come and go."
    source = "Made up; the channels are Gilbert chains (Bell Syst. Tech. J. 39(5), 1960)."
    params_type, scene = HopParams, "hop.scene:draw"
    baselines, reference_baseline = BASELINES, "optimum"
    kernel, env_fields = dynamics, dynamics.FIELDS
    objectives = (Signal("rate", "Rate.", "bit/s/Hz"), Signal("detection", "Its probability."))

    def observation_spec(self):
        busy = Coordinate("busy", "1 where an interferer was heard.", size=CHANNELS)
        return Spec("box", (busy, Coordinate("here", "1 where the node was.", size=CHANNELS)))

    def action_spec(self):
        return Spec("discrete", (Coordinate("channel", "Channel to use.", high=CHANNELS - 1),))
