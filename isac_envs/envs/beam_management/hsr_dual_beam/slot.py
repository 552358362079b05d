"""What a setting of the two beams yields in one slot: compiled, for the kernel and the planners."""

from typing import Any, NamedTuple

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import atan2_turns, db_to_linear
from isac_envs.envs.beam_management.hsr_dual_beam.params import HsrDualBeamParams
from isac_envs.kernels.arrays.beams import gaussian_lobe_gain_one
from isac_envs.kernels.link.metrics import shannon_rate_one
from isac_envs.kernels.radar.detection import swerling_1_single_pulse_one
from isac_envs.sensing.looks import detection_probability_one

CA = HsrDualBeamParams.code("detector", "ca")

POINT_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("echo_snr", "f8"),  # linear, after clutter and processing gain
    ("detection_probability", "f8"),  # of an obstacle there, in the last slot
)


class Setting(NamedTuple):
    """What the mast chooses in a slot, as positions in the lists of the parameters."""

    separation: int
    radar_width: int
    communication_width: int


@inlined
def pointing_deg(p: Record, estimate_m: float) -> float:
    """Return the angle at which the mast takes the train to be."""
    return 360.0 * atan2_turns(estimate_m, p.mast_distance_m)


@inlined
def outcome_one(
    p: Record, slot: int, pointing: float, setting: Setting, points: Any
) -> tuple[float, float, float, float]:
    """Return rate in bit/s, SINR, mean detection probability and mean echo SNR of a slot.

    Args:
        p: Parameters.
        slot: Number of the slot.
        pointing: Direction of the communication beam in degrees.
        setting: Separation and widths of the beams.
        points: Receives the records of the watched points, shape ``(points,)``.
    """
    width_deg = p.radar_widths_deg[setting.radar_width]
    radar_axis = pointing + p.separations_deg[setting.separation]
    angle, serving_deg = p.angle_deg[slot], p.communication_widths_deg[setting.communication_width]
    served = db_to_linear(gaussian_lobe_gain_one(angle - pointing, serving_deg))
    leaked = db_to_linear(gaussian_lobe_gain_one(angle - radar_axis, width_deg))
    sinr = p.signal_ratio[slot] * served / (1.0 + p.interference_ratio[slot] * leaked)
    quiet = 1.0 / (1.0 + p.clutter_ratio[slot] * served * leaked)
    count = points.shape[0]
    for k in range(count):  # separate loops: this one vectorises, sums do not
        gain_db = gaussian_lobe_gain_one(p.look_angle_deg[slot, k] - radar_axis, width_deg)
        snr = p.echo_ratio[slot, k] * quiet * db_to_linear(2.0 * gain_db)
        points[k].echo_snr = snr
    if p.detector == CA:
        for k in range(count):
            points[k].detection_probability = detection_probability_one(p, points[k].echo_snr)
    else:
        for k in range(count):
            snr = points[k].echo_snr
            found = swerling_1_single_pulse_one(snr, p.detection_threshold)
            points[k].detection_probability = found
    detection, echo = 0.0, 0.0
    for k in range(count):
        detection += points[k].detection_probability
        echo += points[k].echo_snr
    return p.bandwidth_hz * shannon_rate_one(sinr), sinr, detection / count, echo / count


@inlined
def slot_reward_one(p: Record, rate_bps: float, detection: float) -> tuple[float, float]:
    """Return the rewards of communication and of sensing, before any switching.

    Args:
        p: Parameters of the environment, one record.
        rate_bps: Data rate in bit/s.
        detection: Mean detection probability, 0..1.
    """
    omega = p.communication_weight
    return omega * rate_bps / p.reference_rate_bps, (1.0 - omega) * detection


@jit
def reward_of_settings(
    p: Any, slots: Any, estimates_m: Any, points: Any, weights: Any, rewards: Any
) -> None:
    """Write the reward of every setting, without switching.

    Args:
        p: Parameters, one record.
        slots: Numbers of slots, shape ``(m,)``.
        estimates_m: Position estimates in these slots, shape ``(m,)``.
        points: Scratch records, shape ``(points,)``.
        weights: Weights of communication and sensing, shape ``(2,)``.
        rewards: Receives the rewards, shape ``(m, separations, radar widths, other widths)``.
    """
    _, separations, radar_widths, communication_widths = rewards.shape
    for i in range(slots.shape[0]):
        pointing = pointing_deg(p[0], estimates_m[i])
        for a in range(separations):
            for b in range(radar_widths):
                for c in range(communication_widths):
                    setting = Setting(a, b, c)
                    rate, _, detection, _ = outcome_one(p[0], slots[i], pointing, setting, points)
                    communication, sensing = slot_reward_one(p[0], rate, detection)
                    rewards[i, a, b, c] = weights[0] * communication + weights[1] * sensing
