"""Optima of isac/DownlinkCrb-v0 by semidefinite programmes, for frozen instances.

    pip install -e '.[oracle]'
    python benchmarks/downlink_crb_oracle.py

writes tests/data/downlink_crb_oracle.json: channels, sizes and the smallest root of the bound on
the angle of a target at broadside. The transmit power is 1000, noise and echo have power 1, there
are 30 samples. Over covariances W_k of the users' streams and W_0 of a sensing stream that users
cancel, the programme maximises what is learned of the angle while users keep their ratios. The
matrix inequality of the bound is written as a cone of second order, in units in which its entries
are near 1.
"""

import argparse
import json
import math
import time
from pathlib import Path
from typing import NamedTuple

import cvxpy
import numpy as np

PATH = Path(__file__).parents[1] / "tests" / "data" / "downlink_crb_oracle.json"
POWER, SAMPLES = 1000.0, 30


class Instance(NamedTuple):
    """What is solved; the channels are drawn from the seed."""

    antennas: int
    receivers: int
    users: int
    required_db: float
    cancelled: bool
    seed: int


INSTANCES = (
    Instance(16, 20, 1, 20.0, False, 0),
    Instance(16, 20, 1, 36.0, False, 0),
    Instance(16, 20, 4, 10.0, False, 0),
    Instance(16, 20, 4, 10.0, False, 1),
    Instance(16, 20, 4, 10.0, False, 2),
    Instance(16, 20, 6, 10.0, False, 0),
    Instance(16, 20, 6, 20.0, False, 0),
    Instance(16, 20, 4, 10.0, True, 0),
    Instance(8, 10, 2, 10.0, True, 0),
    Instance(8, 10, 4, 10.0, False, 0),
    Instance(16, 12, 4, 10.0, False, 0),
)


def draw(each: Instance) -> np.ndarray:
    """Return Rayleigh channels of mean power 1, with four decimals, shape ``(K, N_t)``."""
    parts = np.random.default_rng(each.seed).normal(size=(each.users, each.antennas, 2))
    rounded = np.round(parts / math.sqrt(2.0), 4)
    return rounded[..., 0] + 1j * rounded[..., 1]


def solve(each: Instance, channels: np.ndarray) -> dict[str, object]:
    """Return the optimum of an instance and how it was reached."""
    antennas, receivers = each.antennas, each.receivers
    aperture = (receivers**2 - 1) / 12.0
    middle = (antennas - 1) / 2.0
    straight = np.ones(antennas) / math.sqrt(antennas)  # a target at broadside
    aside = (np.arange(antennas) - middle) * straight / math.sqrt(aperture)
    streams = [
        cvxpy.Variable((antennas, antennas), hermitian=True)
        for _ in range(each.users + each.cancelled)
    ]
    total = sum(streams)
    heard = sum(streams[: each.users])
    u = cvxpy.real(straight @ total @ straight)
    v = cvxpy.real(aside @ total @ aside)
    c = aside @ total @ straight
    known = cvxpy.Variable()
    rest = u + v - known  # of the Schur complement
    sides = cvxpy.hstack([2.0 * cvxpy.real(c), 2.0 * cvxpy.imag(c), rest - u])
    constraints = [stream >> 0 for stream in streams]
    constraints += [cvxpy.real(cvxpy.trace(total)) <= 1.0, cvxpy.norm(sides) <= rest + u]
    required = 10.0 ** (each.required_db / 10.0)
    for row, stream in zip(channels, streams, strict=False):
        own = cvxpy.real(row @ stream @ row.conj()) * POWER / required
        others = cvxpy.real(row @ heard @ row.conj()) * POWER / required
        constraints.append((1.0 + 1.0 / required) * own >= others + 1.0 / required)
    problem = cvxpy.Problem(cvxpy.Maximize(known), constraints)
    started = time.perf_counter()
    problem.solve(solver=cvxpy.CLARABEL)
    seconds = time.perf_counter() - started
    information = receivers * aperture * antennas * float(known.value)
    variance = 1.0 / (2.0 * SAMPLES * POWER * math.pi**2 * information)
    covariances = [stream.value for stream in streams]
    largest = [np.linalg.eigvalsh(w)[-1] / max(np.trace(w).real, 1e-12) for w in covariances]
    recovered = [  # rank one, with the same signal of the user
        w @ row.conj() / math.sqrt((row @ w @ row.conj()).real)
        for row, w in zip(channels, covariances, strict=False)
    ]
    print(
        f"{each}: {math.degrees(math.sqrt(variance)):.6f} deg, {problem.status}, {seconds:.1f} s, "
        f"largest eigenvalue over trace {min(largest[: each.users]):.4f}, lit {float(u.value):.3f}"
    )
    beams = np.stack(recovered, 1)
    return {
        "root_crb_deg": math.degrees(math.sqrt(variance)),
        "illumination": float(u.value),
        "least_eigenvalue_share": float(min(largest[: each.users])),
        "beams": [np.round(beams.real, 7).tolist(), np.round(beams.imag, 7).tolist()],
    }


def main() -> None:
    """Solve all instances and write the file."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    rows = []
    for each in INSTANCES:
        channels = draw(each)
        solved = solve(each, channels)
        parts = {"channels": [channels.real.tolist(), channels.imag.tolist()]}
        rows.append({**each._asdict(), **solved, **parts})
    made = "python benchmarks/downlink_crb_oracle.py"
    lines = ",\n".join(json.dumps(row) for row in rows)
    PATH.write_text(
        f'{{"made_by": "{made}", "solver": "cvxpy {cvxpy.__version__}, Clarabel",\n'
        f'"instances": [\n{lines}\n]}}\n',
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
