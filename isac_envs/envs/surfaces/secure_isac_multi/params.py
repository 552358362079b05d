"""Parameters of ``isac/SecureIsacMulti-v0``."""

from typing import Any

from pydantic import model_validator

from isac_envs.declaration.params import parameter
from isac_envs.envs.surfaces.secure_isac.params import SecureIsacParams


class SecureIsacMultiParams(SecureIsacParams):
    """Parameters; the defaults are the ``default`` scenario."""

    codebook_size: int = parameter(
        64, "Without effect: phases are real numbers here.", ge=2, le=4096
    )
    share_levels: int = parameter(9, "Without effect: shares are real numbers here.", ge=2, le=256)
    largest_turn_deg: float = parameter(
        20.0, "Largest turn of the eavesdropper in a slot.", "deg", ge=0.1, le=180
    )

    @model_validator(mode="after")
    def _turns_are_numbers(self) -> "SecureIsacMultiParams":
        if self.action in ("levels", "codebook"):
            raise ValueError(
                f"parameter action = {self.action!r}: the eavesdropper turns by a real number; "
                "valid: 'increments', 'phases'"
            )
        return self

    def derived(self) -> dict[str, Any]:
        """Return what kernels read besides, in their units."""
        return super().derived() | {"largest_turn_turns": self.largest_turn_deg / 360.0}
