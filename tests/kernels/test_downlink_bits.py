"""Precoders and surfaces: interpreted and compiled code give the same bits."""

import json
import os
import platform
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from downlink_setups import complex_normal, unit_phases

from isac_envs.kernels.estimation.array_bounds import precoder_angle_variance
from isac_envs.kernels.precoding import linear, rates
from isac_envs.kernels.precoding.illumination import illuminating_beam
from isac_envs.kernels.precoding.secrecy import secrecy_beam
from isac_envs.kernels.precoding.wmmse import wmmse
from isac_envs.kernels.ris.cascade import cascade
from isac_envs.kernels.ris.phase import reflection_states
from isac_envs.kernels.ris.rates import surface_for_one_user, surface_for_rate
from isac_envs.kernels.ris.secrecy import surface_for_secrecy


def results() -> dict[str, Any]:
    generator = np.random.default_rng(1)
    direct, reflected, incident = (
        complex_normal(generator, *shape) for shape in ((2, 3), (2, 5), (5, 3))
    )
    start, states = unit_phases(generator, 5), reflection_states(2)
    both = direct, reflected, incident
    precoder = linear.regularised_zero_forcing(direct, 3.0)
    found = {
        "gains": [rates.effective_gains(direct, precoder)],
        "rate": [rates.weighted_sum_rate(direct, precoder, 0.5, [1.0, 2.0])],
        "linear": [precoder, linear.maximum_ratio(direct), linear.zero_forcing(direct)],
        "wmmse": wmmse(direct, 4.0, weights=[1.0, 0.3]),
        "secrecy": secrecy_beam(*direct, 9.0),
        "illumination": illuminating_beam(*direct, 0.1),
        "angle": [precoder_angle_variance(precoder, 0.4, 5, 2.0)],
        "cascade": [cascade(direct, reflected, start, incident)],
        "one": surface_for_one_user(direct[0], reflected[0], incident, start),
        "free": surface_for_rate(*both, 5.0, reflection=start, iterations=20),
        "states": surface_for_rate(*both, 5.0, states=states, iterations=5),
        "silent": surface_for_secrecy(*both, 5.0, reflection=start, iterations=20),
        "few": surface_for_secrecy(*both, 5.0, states=states, iterations=5),
    }
    return {
        name: np.concatenate([np.ravel(np.asarray(each, complex)) for each in parts])
        .tobytes()
        .hex()
        for name, parts in found.items()
    }


@pytest.mark.skipif(platform.machine() != "x86_64", reason="NumPy may fuse complex products there")
def test_interpreted_and_compiled_agree() -> None:
    run = subprocess.run(
        [sys.executable, __file__],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert json.loads(run.stdout) == results()


if __name__ == "__main__":
    print(json.dumps(results()))
