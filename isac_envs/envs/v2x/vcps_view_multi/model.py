"""Declaration of ``isac/VcpsViewMulti-v0``."""

from types import ModuleType
from typing import ClassVar

from isac_envs.declaration.fields import Spec
from isac_envs.envs.v2x.vcps_view import fields
from isac_envs.envs.v2x.vcps_view.model import VcpsView
from isac_envs.envs.v2x.vcps_view_multi import baselines, kernel
from isac_envs.envs.v2x.vcps_view_multi.params import VcpsViewMultiParams


class VcpsViewMulti(VcpsView):
    """Vehicles decide what they sense, and an edge shares out the bandwidth.

    The physics are those of ``isac/VcpsView-v0`` (equations 1 to 16), with an agent for each
    vehicle (``vehicle_0`` ...) and one for the edge (``edge_0``). A vehicle sees itself, the cache
    and what is required. It decides about sensing, rates, priorities and power. The edge sees
    everything and decides about bandwidth. All receive the quality and profit of the views. With
    ``credit = difference`` a vehicle receives instead

    17. $r_v = r(a) - r(a_{-v})$: what the views of the slot would lose if vehicle $v$ had sensed
        nothing, so that the types it sent come from other vehicles or from the cache. The published
        clipping of $r_v$ to -1..1 never acts. The published reward of the edge, the range of
        rewards seen in the slot of earlier episodes, depends on the past and is left out.

    Agents have their own spaces. Learners of one policy for all (``BatchVecEnv``) see rows of equal
    length, padded with zeros, and send actions of the widest agent, of which the first coordinates
    count.
    """

    id = "isac/VcpsViewMulti-v0"
    summary = "Vehicles and an edge decide what to sense and upload for views of the traffic."
    params_type = VcpsViewMultiParams
    kernel: ClassVar[ModuleType] = kernel
    baselines = baselines.BASELINES

    def agent_names(self) -> tuple[str, ...]:
        """Return one name for each vehicle, and that of the edge."""
        return (*(f"vehicle_{i}" for i in range(self.params.vehicles)), "edge_0")

    def observation_spec(self) -> Spec:
        """Return the wider of the two kinds of observations."""
        p = self.params
        return max(fields.vehicle_observation(p), fields.edge_observation(p), key=_width)

    def action_spec(self) -> Spec:
        """Return the wider of the two kinds of actions."""
        kind = fields.action_kind(self.params)
        both = (fields.vehicle_action(self.params), fields.edge_action(self.params))
        return max((Spec(kind, each) for each in both), key=_width)

    def specs_of(self, agent: int) -> tuple[Spec, Spec]:
        """Return 3 + 2 K + 2 I and 3 K + 1 coordinates for a vehicle, others for the edge."""
        p = self.params
        if agent < p.vehicles:
            action = Spec(fields.action_kind(p), fields.vehicle_action(p))
            return fields.vehicle_observation(p), action
        return fields.edge_observation(p), Spec(fields.action_kind(p), fields.edge_action(p))


def _width(spec: Spec) -> int:
    return spec.width
