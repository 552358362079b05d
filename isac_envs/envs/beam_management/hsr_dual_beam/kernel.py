"""Dynamics of the two beams of a railway mast: a train on a timetable, seen with noise.

The position noise is drawn from the stream ``measurement``, the shadow fading of the link below
6 GHz from ``world``: one draw each a slot whatever the action, so that two policies meet the same
world.
"""

from typing import Any, NamedTuple

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import Outcome
from isac_envs.engine.mathx import linear_to_db
from isac_envs.engine.rng import normal
from isac_envs.envs.beam_management.hsr_dual_beam.params import HsrDualBeamParams
from isac_envs.envs.beam_management.hsr_dual_beam.slot import (
    Setting,
    outcome_one,
    pointing_deg,
    slot_reward_one,
)
from isac_envs.envs.beam_management.hsr_dual_beam.timetable import (
    HISTORY,
    clipped,
    observe_timetable,
)
from isac_envs.kernels.channel.shadowing import shadowing_step_one

STATE_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("position_m", "f8"),  # of the train along the track, 0 at the mast
    ("estimate_m", "f8"),  # of that position, for the coming slot
    ("shadow_db", "f8"),  # shadow fading of the link below 6 GHz
    ("separation", "i8"),  # position in its list, -1 before the first slot
    ("radar_width", "i8"),  # likewise
    ("communication_width", "i8"),  # likewise
    ("served_m", "f8"),  # position of the train in the last slot
    ("pointing_deg", "f8"),  # direction of the communication beam in the last slot
    ("rate_bps", "f8"),  # of the last slot
    ("sinr_db", "f8"),  # of the last slot
    ("echo_snr_db", "f8"),  # mean over the watched points in the last slot
    ("detection_probability", "f8"),  # mean over the watched points in the last slot
)
HISTORY_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("position", "f8"),  # estimate over half the cell
    ("low_band_snr", "f8"),  # SNR below 6 GHz over 40 dB
    ("sinr", "f8"),  # of the slot before, over 40 dB
    ("echo_snr", "f8"),  # of the slot before, over 40 dB
    ("separation", "f8"),  # in the slot before, over the largest
    ("radar_width", "f8"),  # likewise
    ("communication_width", "f8"),  # likewise
)

INDEX = HsrDualBeamParams.code("action", "index")
FEATURES = len(HISTORY_FIELDS)
SNR_SCALE_DB = 40.0


class State(NamedTuple):
    """The passage of one copy; of a batch, with an axis of copies in front.

    Attributes:
        env: The environment.
        points: What the radar saw at the watched points of the track, shape ``(points,)``.
        history: Outcomes of the last slots, the present one last, shape ``(history_slots,)``.
    """

    env: Any
    points: Any
    history: Any


@inlined
def _measure(p: Record, e: Record) -> None:
    """Draw the position estimate of the coming slot."""
    e.estimate_m = e.position_m + p.position_std_m * normal(e.measurement)


@inlined
def _see(p: Record, e: Record, row: Record) -> None:
    """Write the next slot's entry of the history, all but the last slot's outcome."""
    row.position = clipped(2.0 * e.estimate_m / p.cell_m)
    snr_db = p.low_band_mean_snr_db[e.time] + e.shadow_db
    row.low_band_snr = clipped(snr_db / SNR_SCALE_DB)


@inlined
def _shift(history: Any) -> None:
    """Drop the oldest row."""
    for k in range(history.shape[0] - 1):
        history[k].position = history[k + 1].position
        history[k].low_band_snr = history[k + 1].low_band_snr
        history[k].sinr = history[k + 1].sinr
        history[k].echo_snr = history[k + 1].echo_snr
        history[k].separation = history[k + 1].separation
        history[k].radar_width = history[k + 1].radar_width
        history[k].communication_width = history[k + 1].communication_width


@jit
def reset(p: Record, state: State) -> None:
    """Put the train at the beginning of the cell; no beam has been set and nothing received."""
    e, points, history = state
    e.position_m = p.position_table_m[0]
    e.shadow_db = p.shadow_std_db * normal(e.world)
    e.separation = e.radar_width = e.communication_width = -1
    e.served_m = e.pointing_deg = e.rate_bps = 0.0
    e.sinr_db = e.echo_snr_db = e.detection_probability = 0.0
    for k in range(points.shape[0]):
        points[k].echo_snr = points[k].detection_probability = 0.0
    for k in range(history.shape[0]):
        row = history[k]
        row.position = row.low_band_snr = row.sinr = row.echo_snr = 0.0
        row.separation = row.radar_width = row.communication_width = 0.0
    _measure(p, e)
    _see(p, e, history[history.shape[0] - 1])


@inlined
def _decode(p: Record, action: Any) -> Setting:
    """Return the setting of an action."""
    if p.action == INDEX:
        widths = p.communication_widths_deg.shape[0]
        rest, communication_width = action[0] // widths, action[0] % widths
        radar_widths = p.radar_widths_deg.shape[0]
        return Setting(rest // radar_widths, rest % radar_widths, communication_width)
    return Setting(action[0], action[1], action[2])


@inlined
def step(p: Record, state: State, action: Any, outcome: Outcome) -> tuple[bool, bool]:
    """Advance one copy by one slot and write its outcome; return (terminated, truncated).

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        action: Action of the copy, shape ``(W,)``.
        outcome: What the step writes: objectives, costs and metrics.
    """
    e = state.env
    objectives, costs, metrics = outcome
    setting = _decode(p, action)
    separation, radar_width, communication_width = setting
    pointing = pointing_deg(p, e.estimate_m)
    rate, sinr, detection, echo = outcome_one(p, e.time, pointing, setting, state.points)
    changes = int(separation != e.separation) + int(radar_width != e.radar_width)
    changes += int(communication_width != e.communication_width)
    changes = 0 if e.time == 0 else changes

    objectives[0], objectives[1] = slot_reward_one(p, rate, detection)
    objectives[2] = -p.switching_cost * changes
    e.sinr_db = linear_to_db(sinr)
    costs[0] = 1.0 if e.sinr_db < p.outage_sinr_db else 0.0

    metrics.rate_bps = rate
    metrics.detection_probability = detection
    metrics.sinr_db = e.sinr_db
    metrics.echo_snr_db = e.echo_snr_db = linear_to_db(echo)
    metrics.pointing_error_deg = abs(p.angle_deg[e.time] - pointing)
    metrics.changes = changes
    metrics.separation_deg = p.separations_deg[separation]
    metrics.radar_width_deg = p.radar_widths_deg[radar_width]
    metrics.communication_width_deg = p.communication_widths_deg[communication_width]
    metrics.position_m = e.position_m

    e.separation, e.radar_width = separation, radar_width
    e.communication_width = communication_width
    e.served_m, e.pointing_deg = e.position_m, pointing
    e.rate_bps, e.detection_probability = rate, detection
    _advance(p, e, state.history)
    terminated = e.time >= p.slots
    return terminated, not terminated and e.time >= p.horizon


@inlined
def _advance(p: Record, e: Record, history: Any) -> None:
    """Move the train by one slot, measure, and add a row to the history."""
    e.time += 1
    e.position_m = p.position_table_m[e.time]
    e.shadow_db = shadowing_step_one(
        e.shadow_db, p.shadow_std_db, p.slot_m, p.shadow_correlation_m, normal(e.world)
    )
    _measure(p, e)
    _shift(history)
    row = history[history.shape[0] - 1]
    _see(p, e, row)
    row.sinr = clipped(e.sinr_db / SNR_SCALE_DB)
    row.echo_snr = clipped(e.echo_snr_db / SNR_SCALE_DB)
    row.separation = p.separations_deg[e.separation] / p.separations_deg[-1]
    row.radar_width = p.radar_widths_deg[e.radar_width] / p.radar_widths_deg[-1]
    widest = p.communication_widths_deg[-1]
    row.communication_width = p.communication_widths_deg[e.communication_width] / widest


@inlined
def _observe_history(history: Any, observation: Any) -> None:
    """Write the rows of the history one after the other, the present slot last."""
    for k in range(history.shape[0]):
        start = FEATURES * k
        observation[start] = history[k].position
        observation[start + 1] = history[k].low_band_snr
        observation[start + 2] = history[k].sinr
        observation[start + 3] = history[k].echo_snr
        observation[start + 4] = history[k].separation
        observation[start + 5] = history[k].radar_width
        observation[start + 6] = history[k].communication_width


@inlined
def observe(p: Record, state: State, observation: Any) -> None:
    """Write the history, or the slot by the timetable.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        observation: Receives the observation, shape ``(D,)``.
    """
    if p.observation == HISTORY:
        _observe_history(state.history, observation)
    else:
        observe_timetable(p, state.env, observation)
