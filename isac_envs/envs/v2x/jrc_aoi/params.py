"""Parameters of the vehicle that senses or sends."""

from isac_envs.declaration.params import parameter
from isac_envs.envs.v2x.params import LEE, QueueParams, stay


class JrcAoiParams(QueueParams):
    """Parameters; the defaults are the ``persistent`` scenario."""

    channel_stays_good: float = stay(0.8, "a good channel")
    channel_stays_bad: float = stay(0.6, "a bad channel")
    packets_good: int = parameter(
        2, "Packets that a slot carries over a good channel.", "packets", LEE, ge=0, le=1000
    )
    packets_bad: int = parameter(
        1, "Packets that a slot carries over a bad channel.", "packets", LEE, ge=0, le=1000
    )
