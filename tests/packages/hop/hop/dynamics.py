"""Dynamics: interferers come and go on the channels, and a hop costs part of the slot."""

from math import log

from isac_envs.engine.jit import inlined, jit
from isac_envs.engine.mathx import db_to_linear
from isac_envs.engine.rng import bernoulli, integer
from isac_envs.kernels.link.metrics import shannon_rate_one
from isac_envs.kernels.radar.detection import swerling_1_single_pulse_one

CHANNELS, THRESHOLD = 4, -log(1e-4)  # of the detector: one false alarm in 10 000 cells
FIELDS = (("channel", "i8"), ("busy", "i8", (CHANNELS,)))  # where the node is, who is heard


@jit
def reset(p, e):
    e.time, e.done, e.channel = 0, False, integer(e.world, CHANNELS)
    for k in range(CHANNELS):
        e.busy[k] = bernoulli(e.world, p.start[k] / (p.start[k] + p.stop))


@inlined
def step(p, e, channel, objectives):
    for k in range(CHANNELS):  # Gilbert's chain of two states
        e.busy[k] = bernoulli(e.world, 1.0 - p.stop if e.busy[k] else p.start[k])
    left = 1.0 - p.retuning * abs(channel - e.channel)  # of the slot
    noise = 1.0 + (db_to_linear(p.interference_db) if e.busy[channel] else 0.0)
    objectives[0] = left * shannon_rate_one(db_to_linear(p.snr_db) / noise)
    objectives[1] = swerling_1_single_pulse_one(left * db_to_linear(p.echo_db) / noise, THRESHOLD)
    e.channel, e.time, e.done = channel, e.time + 1, e.time + 1 >= p.horizon


@inlined
def observe(e, observation):
    for k in range(CHANNELS):
        observation[k], observation[CHANNELS + k] = e.busy[k], k == e.channel


@jit
def reset_batch(p, env, mask, observations):
    for i in range(env.shape[0]):
        if mask[i]:
            reset(p[0], env[i])
            observe(env[i], observations[i, 0])


@jit
def step_batch(p, env, actions, restart, observations, objectives, costs, metrics, ended):
    for i in range(env.shape[0]):
        if restart and env[i].done:
            reset(p[0], env[i])
        else:
            step(p[0], env[i], actions[i, 0, 0], objectives[i, 0])
            ended[i, 0], ended[i, 1] = False, env[i].done  # truncated, never terminated
        observe(env[i], observations[i, 0])
