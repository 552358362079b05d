"""The cell with clustered beams, played by slow references in NumPy and Python."""

import numpy as np

from isac_envs import scenarios
from isac_envs.core.batch import Batch
from isac_envs.declaration.buffers import StepBuffers

ID = "isac/BeamClusterRbg-v0"


def started(copies, scenario="default", seed=0, **overrides):
    """Return a batch and its buffers after a reset."""
    model = scenarios.build(ID, scenario, overrides)
    batch, frame = Batch(model, copies), StepBuffers.allocate(model, copies)
    batch.reset(frame, [seed + i for i in range(copies)])
    return batch, frame


def step(batch, frame, actions):
    """Play a slot."""
    rows = batch.actions()
    rows[:, 0] = np.reshape(actions, (len(rows), -1))
    batch.step(rows, frame)
    return frame


def mean_of(batch, frame, policy, slots, *names):
    """Return the means of metrics over the slots of a policy, shape ``(names,)``."""
    total = np.zeros(len(names))
    for _ in range(slots):
        step(batch, frame, policy.act())
        total += [frame.metrics[name].mean() for name in names]
    return total / slots


def gain_db(offset, width):
    """Return the gain of the IEEE 802.15.3c pattern in dBi, by its formula."""
    main = 20 * np.log10(1.6162 / np.sin(np.radians(width / 2))) - 3.01 * (2 * offset / width) ** 2
    return np.where(np.abs(offset) <= 1.3 * width, main, -0.4111 * np.log(width) - 10.579)


class Queues:
    """Packets of the users of one copy as lists of birth and bits left."""

    def __init__(self, users, params):
        self.params, self.lists = params, [[] for _ in range(users)]

    def add(self, user, bits, slot):
        """Add what arrived, as packets."""
        packets, rest = divmod(bits, self.params.packet_bits)
        assert rest == 0.0
        self.lists[user] += [[slot, float(self.params.packet_bits)] for _ in range(int(packets))]

    def send(self, user, bits):
        """Send the oldest bits; return how many."""
        sent, queue = 0.0, self.lists[user]
        while queue and bits > 0.0:
            taken = min(bits, queue[0][1])
            queue[0][1] -= taken
            bits, sent = bits - taken, sent + taken
            if queue[0][1] == 0.0:
                queue.pop(0)
        return sent

    def age(self, user, slot):
        """Return the age of the oldest packet."""
        return slot - self.lists[user][0][0] if self.lists[user] else 0

    def late(self, slot):
        """Return how many packets have waited until the deadline."""
        due = slot - self.params.deadline_slots
        return sum(born == due for queue in self.lists for born, _ in queue)

    def drop(self, slot):
        """Drop what is older than the lifetime; return how many packets that were."""
        dropped = 0
        for k, queue in enumerate(self.lists):
            kept = [each for each in queue if slot - each[0] <= self.params.lifetime_slots]
            dropped += len(queue) - len(kept)
            self.lists[k] = kept
        return dropped

    def waiting(self, user):
        """Return the bits that wait."""
        return sum(bits for _, bits in self.lists[user])


def scores(rule, user, bits, left, params, patience):
    """Return the score of a waiting member for a group."""
    average = max(1.0, user["average_bits"])
    deadline_bits = params.offered_mbit_s * 1e6 * params.slot_s * params.deadline_slots
    return {
        "max_cqi": bits,
        "proportional_fair": bits / average,
        "mlwdf": bits * (user["age"] + 1.0) / average,
        "max_weight": bits * left,
        "most_carried": min(bits, left) / (patience * deadline_bits + left),
    }[rule]


def schedule(rule, users, bits, params, time, patience):
    """Return what a scheduler chooses in one copy, shape ``(K, G)``."""
    left = users["waiting_bits"].copy()
    chosen = np.zeros((params.beams, params.groups), int)
    for g in range(params.groups):
        turn = time * params.groups + g
        for k in range(params.beams):
            members = [u for u in range(len(users)) if users["beam"][u] == k]
            if not members:
                continue
            waiting = [u for u in members if left[u] > 0.0 and bits[u, g] > 0.0]
            first = turn % len(members)
            in_turn = members[first:] + members[:first]
            if rule == "round_robin":
                winner = in_turn[0]
            elif not waiting:
                continue
            elif rule == "round_robin_waiting":
                winner = next(u for u in in_turn if u in waiting)
            else:
                winner = max(
                    waiting,
                    key=lambda u: scores(rule, users[u], bits[u, g], left[u], params, patience),
                )
            chosen[k, g] = winner + 1
            left[winner] = max(0.0, left[winner] - bits[winner, g])
    return chosen
