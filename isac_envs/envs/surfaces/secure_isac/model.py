"""Declaration of ``isac/SecureIsac-v0``."""

from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from isac_envs.declaration.fields import Coordinate, Signal, Spec, Summary
from isac_envs.declaration.model import Model
from isac_envs.envs.surfaces.asking import phase_coordinates
from isac_envs.envs.surfaces.secure_isac import baselines, kernel, records
from isac_envs.envs.surfaces.secure_isac.observing import MOST
from isac_envs.envs.surfaces.secure_isac.params import SecureIsacParams


class SecureIsac(Model):
    r"""DOC."""

    id = "isac/SecureIsac-v0"
    summary = "A surface and artificial noise keep a message from an eavesdropper found by echoes."
    source = "S"
    params_type = SecureIsacParams
    kernel: ClassVar[ModuleType] = kernel
    env_fields = records.ENV_FIELDS
    objectives = (
        Signal("secrecy_rate", "Rate of the user less that of the eavesdropper.", "bit/s/Hz"),
    )
    metrics = (
        Signal("user_rate", "Rate of the user.", "bit/s/Hz"),
        Signal("eavesdropper_rate", "Rate of the eavesdropper.", "bit/s/Hz"),
        Signal("expected_rate", "Secrecy rate by what the base station knows.", "bit/s/Hz"),
        Signal("direct_snr_db", "Radar SNR of the eavesdropper's direct echo.", "dB"),
        Signal("surface_snr_db", "Radar SNR of her echo over the surface.", "dB"),
        Signal("place_error_m", "Distance of the believed place from hers.", "m"),
        Signal("normalised_error", "Its square over the covariance of the belief; 2 is right."),
        Signal("noise_share", "Share of the power for artificial noise."),
        Signal("sensing_share", "Share of the power for sensing."),
    )
    summaries = (
        Summary("user_rate", "Rate of the user, bit/s/Hz.", "user_rate"),
        Summary("eavesdropper_rate", "Rate of the eavesdropper.", "eavesdropper_rate"),
        Summary("place_error_m", "Error of the believed place, m.", "place_error_m"),
        Summary("noise_share", "Power for artificial noise.", "noise_share"),
        Summary("sensing_share", "Power for sensing.", "sensing_share"),
    )
    baselines = baselines.BASELINES
    reference_baseline = "informed"
    scene = "isac_envs.envs.surfaces.secure_isac.scene:draw"

    def observation_spec(self) -> Spec:
        """Return each element in turn, then the receivers and the belief."""
        p = self.params
        wide: dict[str, Any] = {"low": -MOST, "high": MOST}
        phase = Coordinate("phase", "Cosine and sine of the phase of an element.", low=-1.0, size=2)
        slope = Coordinate(
            "user_direction", "Where the user's rate grows, from the phase, as a complex number "
            "whose size is how fast.", size=2, **wide,
        )  # fmt: skip
        other = Coordinate(
            "eavesdropper_direction", "The same of the rate that the eavesdropper is expected to "
            "have; root mean square of both 1.", size=2, **wide,
        )  # fmt: skip
        antennas = p.antennas
        channels = (
            Coordinate("channel", "Estimated channel of the user over the surface, both parts; "
                       "root mean square 1.", size=2 * antennas, **wide),
            Coordinate("leakage", "Covariance of the eavesdropper's channel, both parts; root mean "
                       "square 1.", size=2 * antennas * antennas, **wide),
        )  # fmt: skip
        rate: dict[str, Any] = {"unit": "10 bit/s/Hz", "high": MOST}
        receivers = (
            Coordinate("expected_user_rate", "Rate of the user by what is known.", **rate),
            Coordinate("expected_eavesdropper_rate", "The same of the eavesdropper.", **rate),
            Coordinate("last_secrecy_rate", "Secrecy rate of the last slot.", **rate),
            Coordinate("last_user_rate", "Rate of the user in the last slot.", **rate),
            Coordinate("believed_place", "Believed place of the eavesdropper from the centre of "
                       "her disc over its radius, x and y.", size=2, **wide),
            Coordinate("place_std", "Standard deviations of x and y over the radius.",
                       high=MOST, size=2),
            Coordinate("radar_snr", "Radar SNR of the last slot, directly and over the surface.",
                       "20 dB", size=2, **wide),
            Coordinate("last_share", "Shares of artificial noise and sensing in the last slot.",
                       size=2),
        )  # fmt: skip
        learned = channels if p.precoder == "learned" else ()
        return Spec("box", (*(phase, slope, other) * p.elements, *learned, *receivers))

    def action_spec(self) -> Spec:
        """Return the phases of all elements, then shares of power or learned beams."""
        p = self.params
        kind, phases = phase_coordinates(p)
        if p.precoder == "learned":
            beams = Coordinate(
                "beam", "Both parts of the beams of message and artificial noise, antenna by "
                "antenna; their power is set.", low=-1.0, size=4 * p.antennas,
            )  # fmt: skip
            return Spec(kind, (phases, beams))
        if kind == "box":
            bounds: dict[str, Any] = {"low": -1.0, "high": 1.0}
            scale = "from none at -1 to all at 1"
        else:
            bounds, scale = {"high": p.share_levels - 1.0}, "by levels"
        shares = (
            Coordinate("noise_share", f"Share of artificial noise, {scale}.", **bounds),
            Coordinate("sensing_share", f"Share of sensing, {scale}.", **bounds),
        )
        return Spec("box" if kind == "box" else "multi_discrete", (phases, *shares))

    def allocate(self, n: int) -> records.State:
        """Return zeroed arrays of ``n`` copies."""
        return records.allocate(np.zeros(n, self.env_dtype), self.params)
