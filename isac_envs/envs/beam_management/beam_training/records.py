"""State of a beam training copy."""

from typing import Any, NamedTuple

import numpy as np

from isac_envs.engine.jit import record
from isac_envs.envs.beam_management.beam_training import tables
from isac_envs.envs.beam_management.beam_training.replay import Replay
from isac_envs.kernels.estimation.kalman import WORK_ROWS

ENV_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("slot", "i8"),  # number of the slot
    ("used", "i8"),  # probes in it
    ("last", "i8"),  # beam of the last data
    ("best", "i8"),  # beam of the largest power measured in the slot, -1 for none
    ("best_power", "f8"),  # that power
    ("truly_best", "i8"),  # beam of the largest true power
    ("rank_of_best", "i8"),  # its place in the belief at the start of the slot, 0 for the first
    ("informed", "?"),  # a genie acts, who knows where the vehicle is
    ("x_m", "f8"),  # of the vehicle, along the road and the array
    ("y_m", "f8"),  # its distance from the array's line
    ("speed_m_s", "f8"),
    ("is_new", "?"),  # whether it came with this slot
    ("blocked", "?"),  # whether the direct path is
    ("believed_blocked", "f8"),  # probability of it before the slot's probes
    ("gps_x_m", "f8"),  # reported position
    ("gps_y_m", "f8"),
    ("heard", "?"),  # whether the last slot had an echo
    ("range_m", "f8"),  # what it told
    ("cosine", "f8"),
    ("estimate", "f8", (3,)),  # of x, speed and y
    ("covariance", "f8", (3, 3)),
    ("tangent", "f8"),  # x over y before the slot's probes
    ("tangent_std", "f8"),
    ("calibrating", "u8", (4,)),  # stream of phase errors and ripple
    ("sample", "i8"),  # of a replay
)
ELEMENT = record(("error_turns", "f8"))
BEAM = record(
    ("ripple", "f8"),  # factor on the gain
    ("gain", "f8"),  # towards the vehicle
    ("power", "f8"),  # SNR of the link
    ("probed", "?"),
    ("measured", "f8"),  # SNR that a probe found
    ("probability", "f8"),  # that the beam is the best
)
CELL = record(
    ("cosine", "f8"),  # direction of the vehicle
    ("path", "f8"),  # 1 over its squared distance in m
    ("place", "f8"),  # direction in beams
    ("image_cosine", "f8"),  # of the mirror image
    ("image_path", "f8"),
    ("image_place", "f8"),
    ("free", "f8"),  # probability of this direction with a free path
    ("shut", "f8"),  # and with a blocked one
)


class Scratch(NamedTuple):
    """What all copies share: tables, samples and room.

    Attributes:
        steer: Sines of the beams' angles, shape ``(B,)``.
        weights_re: Codebook, shape ``(M, B)``.
        weights_im: Its imaginary part.
        offsets: Directions of the grid in standard deviations, shape ``(C,)``.
        prior: Their probabilities, shape ``(C,)``.
        spread: Variance of the grid, shape ``(1,)``.
        sums: Room for fields and gains of beams, shape ``(4, B)``.
        innovation: Room of the filter, shape ``(2,)``.
        jacobian: Shape ``(2, 3)``.
        variances: Shape ``(2,)``.
        work: Shape ``(4, 3)``.
        error: Shape ``(3,)``.
        before: Estimate and covariance before an update, shape ``(4, 3)``.
        replay: Samples of a file.
    """

    steer: Any
    weights_re: Any
    weights_im: Any
    offsets: Any
    prior: Any
    spread: Any
    sums: Any
    innovation: Any
    jacobian: Any
    variances: Any
    work: Any
    error: Any
    before: Any
    replay: Replay


class State(NamedTuple):
    """One copy; of a batch, with an axis of copies in front.

    Attributes:
        env: The environment.
        elements: Antennas, shape ``(M,)``.
        beams: Shape ``(B,)``.
        cells: Directions where the vehicle may be, shape ``(C,)``.
        scratch: What all copies share.
    """

    env: Any
    elements: Any
    beams: Any
    cells: Any
    scratch: Scratch


def allocate(env: Any, p: Any) -> State:
    """Return the state of a batch with these records of the environments, shape ``(n,)``.

    Args:
        env: Records of the environments.
        p: Parameters of the environment.
    """
    n = len(env)
    scratch = Scratch(
        tables.steering(p),
        *tables.weights(p),
        *tables.grid(),
        np.array([tables.grid_variance()]),
        np.zeros((4, p.beams)),
        np.zeros(2),
        np.zeros((2, 3)),
        np.zeros(2),
        np.zeros((WORK_ROWS + 1, 3)),
        np.zeros(3),
        np.zeros((4, 3)),
        p.replay,
    )
    return State(
        env,
        np.zeros((n, p.antennas), ELEMENT),
        np.zeros((n, p.beams), BEAM),
        np.zeros((n, tables.CELLS), CELL),
        scratch,
    )
