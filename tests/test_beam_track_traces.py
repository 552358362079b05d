"""``isac/BeamTrack-v0`` on traces: vehicles are where the file has them, in the array's frame."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isac_envs import scenarios
from isac_envs.core.batch import Batch
from isac_envs.declaration.buffers import StepBuffers
from isac_envs.errors import ScenarioError

ID = "isac/BeamTrack-v0"


def test_vehicles_follow_a_pass() -> None:
    model = scenarios.build(ID, "sumo_highway", {})
    passes = model.params.derived()["passes"]
    assert passes.shape == (128, 1, 31, 4)
    batch, frame = Batch(model, 8), StepBuffers.allocate(model, 8)
    batch.reset(frame, range(8))
    shown = batch.state.env["passing"].copy()
    assert len(set(shown)) > 4
    for slot in range(31):
        vehicles = batch.state.vehicles[:, 0]
        for axis, name in enumerate(("x", "y", "v_x", "v_y")):
            assert vehicles[name] == pytest.approx(passes[shown, 0, slot, axis])
        if slot < 30:
            batch.step(batch.actions(), frame)


def test_the_array_stands_beside_the_middle_of_the_road() -> None:
    """Lanes are 16 m to 32 m away; who is nearest in the middle of a pass is abreast on average."""
    passes = scenarios.build(ID, "sumo_highway", {}).params.derived()["passes"]
    lanes = np.array([16.0, 19.2, 22.4, 25.6, 28.8, 32.0])
    assert np.abs(passes[..., 1, None] - lanes).min(axis=-1).max() < 3.2
    assert np.abs(passes[:, 0, 15, 0]).mean() < 25.0
    speeds = np.abs(passes[..., 2])
    assert (speeds.min() > 15.0, speeds.max() < 41.0) == (True, True)
    assert {-1.0, 1.0} == set(np.sign(passes[:, 0, 0, 2]))  # both directions
    steps = np.diff(passes[..., :2], axis=2)
    assert steps == pytest.approx(0.1 * passes[:, :, 1:, 2:])


def test_what_does_not_fit_is_refused_by_name(tmp_path: Path) -> None:
    def refused(**overrides: Any) -> str:
        with pytest.raises(ScenarioError) as caught:
            scenarios.build(ID, "sumo_highway", overrides)
        return str(caught.value)

    assert "lane_half_width_m = 5: valid: >= 8" in refused(lane_half_width_m=5.0)
    assert "horizon" in refused(horizon=4000)
    assert "vehicles = 64" in refused(vehicles=64)
    assert "motion = 'circle'" in refused(motion="circle")
    assert "No such file" in refused(traces=str(tmp_path / "none"))
