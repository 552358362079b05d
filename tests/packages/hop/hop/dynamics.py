"""Dynamics: interferers come and go on the channels, and a hop costs part of the slot."""

from math import log

from isac_envs.engine.jit import jit
from isac_envs.engine.mathx import db_to_linear
from isac_envs.engine.rng import bernoulli, integer
from isac_envs.kernels.link.metrics import shannon_rate_one
from isac_envs.kernels.radar.detection import swerling_1_single_pulse_one

CHANNELS, THRESHOLD = 4, -log(1e-4)  # of the detector: one false alarm in 10 000 cells
FIELDS = (("channel", "i8"), ("busy", "i8", (CHANNELS,)))  # where the node is, who is heard


@jit
def reset(p, state):
    state.channel = integer(state.world, CHANNELS)
    for k in range(CHANNELS):
        state.busy[k] = bernoulli(state.world, p.start[k] / (p.start[k] + p.stop))


@jit
def step(p, state, action, outcome):
    for k in range(CHANNELS):  # Gilbert's chain of two states
        start = 1.0 - p.stop if state.busy[k] else p.start[k]
        state.busy[k] = bernoulli(state.world, start)
    left = 1.0 - p.retuning * abs(action[0] - state.channel)  # of the slot
    state.channel, state.time = action[0], state.time + 1
    noise = 1.0 + (db_to_linear(p.interference_db) if state.busy[state.channel] else 0.0)
    outcome.objectives[0] = left * shannon_rate_one(db_to_linear(p.snr_db) / noise)
    echo = left * db_to_linear(p.echo_db) / noise
    outcome.objectives[1] = swerling_1_single_pulse_one(echo, THRESHOLD)
    return False, state.time >= p.horizon  # never terminated, truncated


@jit
def observe(p, state, observation):
    for k in range(CHANNELS):
        observation[k], observation[CHANNELS + k] = state.busy[k], k == state.channel
