"""The hopping node as a finite Markov decision process, written apart from its dynamics."""

import numpy as np

from hop.dynamics import CHANNELS
from isac_envs.declaration.model import Model
from isac_envs.kernels.radar.detection import detection_probability
from isac_envs.planning import FiniteMdp

BUSY = np.arange(2**CHANNELS)[:, None] >> np.arange(CHANNELS) & 1  # (B, K): who transmits


class Solvable(Model):
    """States are pairs of a channel and of who transmits, in this order."""

    finite = True

    def state_index(self, state):
        return state[0]["channel"] * len(BUSY) + state[0]["busy"] @ (1 << np.arange(CHANNELS))

    def all_states(self):
        (env,) = self.allocate(CHANNELS * len(BUSY))
        env["channel"], busy = divmod(np.arange(len(env)), len(BUSY))
        env["busy"] = BUSY[busy]
        return (env,)

    def transition_model(self):
        p, count = self.params, len(BUSY)
        start, stop = np.array(p.start), np.full(CHANNELS, p.stop)
        chain = np.array([[1 - start, start], [stop, 1 - stop]])  # (from, to, K)
        step = chain[BUSY[:, None], BUSY[None], np.arange(CHANNELS)].prod(-1)  # (B, B)
        transition = np.zeros((CHANNELS, CHANNELS, count, CHANNELS, count))
        signals = {name: np.zeros((CHANNELS, CHANNELS, count)) for name in ("rate", "detection")}
        for there in range(CHANNELS):
            for here in range(CHANNELS):
                transition[there, here, :, there] = step
                left = 1.0 - p.retuning * abs(there - here)
                noise = 1.0 + BUSY[:, there] * 10 ** (p.interference_db / 10)
                rate = left * np.log2(1 + 10 ** (p.snr_db / 10) / noise)
                echo_snr = left * 10 ** (p.echo_db / 10) / noise
                detection = detection_probability(echo_snr, 1e-4, 1, 1)
                signals["rate"][there, here] = step @ rate
                signals["detection"][there, here] = step @ detection
        share = np.array([stop, start]) / (start + stop)
        initial = np.tile(share[BUSY, np.arange(CHANNELS)].prod(-1), CHANNELS) / CHANNELS
        states = CHANNELS * count
        signals = {name: each.reshape(CHANNELS, states) for name, each in signals.items()}
        reward = p.weights[0] * signals["rate"] + p.weights[1] * signals["detection"]
        transition = transition.reshape(CHANNELS, states, states)
        return FiniteMdp(transition, reward, initial, signals, p.horizon)
