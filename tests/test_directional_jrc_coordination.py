"""The best known policy of directional JRC against the environment itself, action by action."""

import numpy as np
import pytest

from isac_envs import scenarios
from isac_envs.declaration.trial import Trial

ID = "isac/DirectionalJrc-v0"


@pytest.mark.parametrize(
    ("scenario", "overrides"),
    [
        ("carriageway", {}), ("lee2022", {}), ("carriageway", {"collisions": False}),
        ("carriageway", {"vehicles": 14, "road_m": 400.0, "range_m": 80.0}),
    ],
)  # fmt: skip
def test_no_vehicle_alone_can_improve_on_the_coordinated_actions(scenario, overrides):
    """All 18 actions of each, tried in the environment, with rewards weighted by success."""
    model = scenarios.build(ID, scenario, {"delivery": "expected", **overrides})
    road, trial = Trial(model, 4), Trial(model, 4)
    road.start(np.arange(4))
    acting = model.baselines["coordinated"](road)

    def earned(actions):
        trial.take(road.state, np.arange(4))
        return trial.step(actions)

    for _ in range(4):
        chosen = acting.act()
        most = earned(chosen)
        for k in range(model.params.vehicles):
            for action in range(18):
                tried = chosen.copy()
                tried[:, k] = action
                assert (earned(tried) <= most + 1e-6).all()
        road.step(chosen)
