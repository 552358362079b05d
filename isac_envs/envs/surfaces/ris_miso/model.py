"""Declaration of ``isac/RisMiso-v0``."""

from types import ModuleType
from typing import ClassVar

import numpy as np

from isac_envs.declaration.fields import Coordinate, Signal, Spec, Summary
from isac_envs.declaration.model import Model
from isac_envs.envs.surfaces.records import ENV_FIELDS
from isac_envs.envs.surfaces.ris_miso import baselines, kernel, records
from isac_envs.envs.surfaces.ris_miso.observing import MOST
from isac_envs.envs.surfaces.ris_miso.params import RisMisoParams


class RisMiso(Model):
    r"""Doc."""

    id = "isac/RisMiso-v0"
    summary = "Phases of a reconfigurable surface, and beams, for several walking users."
    source = "x"
    params_type = RisMisoParams
    kernel: ClassVar[ModuleType] = kernel
    env_fields = ENV_FIELDS
    objectives = (Signal("rate", "Weighted sum of the users' rates.", "bit/s/Hz"),)
    metrics = (
        Signal("sum_rate", "Sum of the users' rates, without weights.", "bit/s/Hz"),
        Signal("least_rate", "Smallest rate of a user.", "bit/s/Hz"),
        Signal("expected_rate", "Weighted rate that the estimates promise.", "bit/s/Hz"),
        Signal("sinr_db", "Signal over interference and noise, mean of the users' dB.", "dB"),
        Signal(
            "channel_snr_db",
            "Squared length of a user's channel over the surface, with all the power over the "
            "noise; mean of the users' dB.",
            "dB",
        ),
    )
    summaries = (
        Summary("sum_rate", "Sum of the users' rates.", "sum_rate"),
        Summary("least_rate", "Smallest rate of a user.", "least_rate"),
        Summary("channel_snr_db", "SNR of a user alone with all the power, dB.", "channel_snr_db"),
    )
    baselines = baselines.BASELINES
    reference_baseline = "alternating"
    scene = None

    def observation_spec(self) -> Spec:
        """Return each element in turn, then the users."""
        p = self.params
        wide = {"low": -MOST, "high": MOST}
        phase = Coordinate("phase", "Cosine and sine of the phase of an element.", low=-1.0, size=2)
        last = Coordinate("last_rate", "Rate of a user in the last slot.", "10 bit/s/Hz",
                          high=MOST, size=p.users)  # fmt: skip
        if p.observation == "channels":
            legs = Coordinate(
                "legs", "Its legs to users and antennas over the root of their mean gain, both "
                "parts.", size=2 * (p.users + p.antennas), **wide,
            )  # fmt: skip
            direct = Coordinate(
                "direct", "Direct paths of a user, the same.", size=2 * p.antennas, **wide
            )
            return Spec("box", (*(phase, legs) * p.elements, *(direct,) * p.users, last))
        slope = Coordinate(
            "direction", "Best phase of an element less its phase, as a complex number whose "
            "size is what it matters; root mean square 1.", size=2, **wide,
        )  # fmt: skip
        channels = Coordinate(
            "channel", "Channel of a user over the surface, both parts; root mean square 1.",
            size=2 * p.antennas, **wide,
        )  # fmt: skip
        expected = Coordinate("expected_rate", "Rate of a user that the estimates promise.",
                              "10 bit/s/Hz", high=MOST, size=p.users)  # fmt: skip
        beams = (channels,) * p.users if p.precoder == "learned" else ()
        return Spec("box", (*(phase, slope) * p.elements, *beams, expected, last))

    def action_spec(self) -> Spec:
        """Return the phases of all elements, and the beams where they are learned."""
        p = self.params
        if p.action == "codebook":
            meaning = "Beam of the codebook, ascending with the cosine."
            return Spec("discrete", (Coordinate("beam", meaning, high=p.codebook_size - 1.0),))
        if p.action == "levels":
            high = float((1 << p.phase_bits) - 1)
            level = Coordinate("level", "Level of an element's phase.", high=high, size=p.elements)
            return Spec("multi_discrete", (level,))
        meaning = "Phase over half a turn."
        if p.action == "increments":
            meaning = "Change of a phase over its largest."
        phases = Coordinate("phase", meaning, low=-1.0, size=p.elements)
        if p.precoder != "learned":
            return Spec("box", (phases,))
        beams = Coordinate(
            "precoder", "Both parts of the precoder, antenna by antenna; its power is set.",
            low=-1.0, size=2 * p.antennas * p.users,
        )  # fmt: skip
        return Spec("box", (phases, beams))

    def allocate(self, n: int) -> records.State:
        """Return zeroed arrays of ``n`` copies."""
        return records.allocate(np.zeros(n, self.env_dtype), self.params)
