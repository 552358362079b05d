"""Parameters of ``isac/CognitiveAccessMulti-v0``."""

from isac_envs.declaration.params import parameter
from isac_envs.envs.spectrum.cognitive_access.params import CognitiveAccessParams


class CognitiveAccessMultiParams(CognitiveAccessParams):
    """Parameters; the defaults are the ``default`` scenario."""

    users: int = parameter(3, "Secondary users.", ge=1, le=16)
