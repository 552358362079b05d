"""Run folders of a stranger: changed as a disk, an editor or an attacker could change them."""

import json
import os
import shutil
import tomllib
from contextlib import suppress

import numpy as np
import tomlkit
from command import NAME
from resuming import read_tree, short, unfinished, write_tree

from fuzzing import mutations
from fuzzing.canary import Mark
from fuzzing.payloads import payload
from isac_agents.evaluation import results
from isac_agents.runs import record as runs
from isac_agents.runs import seal
from isac_agents.training.plan import plan_jobs
from isac_agents.training.train_jobs import train
from isac_envs import catalog, scenarios

SMALL = {"buffer_size": 600, "learning_starts": 64, "batch_size": 16, "gradient_steps": 1}


def bases(root, agents):
    """Return run folders to change: finished ones and unfinished ones.

    Args:
        root: An empty folder.
        agents: Agents that take part beside those of ``isac/ModeSelect-v0``, each finished and
            unfinished, in an environment that suits them.
    """
    kinds = (
        ("q_learning", {}), ("a2c", {"n_steps": 2}), ("odd_learners:Constant", {}),
    )  # fmt: skip
    runs = [(NAME, agent, {"hyper_parameters": hyper}) for agent, hyper in kinds]
    halves = [(NAME, "q_learning", {}), (NAME, "ddqn", {"hyper_parameters": SMALL})]
    for agent in agents:
        environment, parameters, hyper = short(agent)
        settings = {"overrides": parameters, "hyper_parameters": hyper}
        for made in (runs, halves):
            made.append((environment, agent, settings))
    finished = []
    for environment, agent, settings in runs:
        (job,) = plan_jobs(environment, agent, steps=320, out=root, **settings)
        train(job)
        finished.append(job.folder)
    return finished, [
        unfinished(root / f"half_{k}", 3500, agent, environment, **settings)
        for k, (environment, agent, settings) in enumerate(halves)
    ]


class Spoiler:
    """Changes a run folder.

    Args:
        random: Generator of everything that is drawn.
        canary: Knows the sandbox and what is outside.
    """

    def __init__(self, random, canary):
        self.random, self.canary = random, canary
        self.kinds = (
            self.record, self.record, self.record_text, self.weights, self.weights, self.link,
            self.link, self.any_file, self.any_file, self.swap, self.extra, self.tree, self.tree,
            self.arrays, self.evaluation, self.curves,
        )  # fmt: skip

    def spoil(self, folder):
        """Change a folder once or a few times; return what was done."""
        done = []
        count = self.random.choice([1, 1, 1, 2, 3])
        kinds = [self.kinds[self.random.integers(len(self.kinds))] for _ in range(count)]
        for kind in sorted(kinds, key=self.link.__eq__):  # links last: others would follow them
            with suppress(Exception):  # what was changed before may be no file of ours any more
                kind(folder)
                done.append(kind.__name__)
        return done

    def record(self, folder):
        """Change the record, and seal it again in most cases."""
        path = folder / "run.toml"
        content = tomllib.loads(path.read_text())
        content.pop("record_hash", None)
        kind = self.random.integers(6)
        if kind == 0:
            name = ("environment", "agent", "scenario")[self.random.integers(3)]
            texts = (*mutations.FOREIGN, *mutations.MARKUP, "stable_baselines3:PPO", "ppo", "d4pg")
            content[name] = texts[self.random.integers(len(texts))]
        elif kind == 1:
            names = ("num_envs", "steps", "seed", "cpu_seconds")
            number = mutations.NUMBERS[self.random.integers(len(mutations.NUMBERS))]
            content[names[self.random.integers(4)]] = number
        elif kind == 2:
            table = ("hyper_parameters", "parameters", "overrides")[self.random.integers(3)]
            content[table] = mutations.tree(self.random, content[table])
        elif kind == 3:
            odd = {"net_arch": [10**6, 10**6]}, "DuelingPolicy", "evil:Thing", str(self.canary.mark)
            names = (
                "policy_kwargs", "policy", "buffer_size", "tensorboard_log", "device", "n_steps",
                "replay_buffer_class", "env", "seed", "verbose",
            )  # fmt: skip
            chosen = [*odd, mutations.value(self.random)][self.random.integers(5)]
            content["hyper_parameters"][names[self.random.integers(len(names))]] = chosen
        else:
            content = mutations.tree(self.random, content)
        self._seal(path, content)

    def record_text(self, folder):
        """Change the bytes of the record."""
        path = folder / "run.toml"
        path.write_bytes(mutations.content(self.random, path.read_bytes()))

    def weights(self, folder):
        """Write other weights, with their hash in the record in most cases."""
        path = folder / "weights.npz"
        if self.random.random() < 0.3 and path.is_file():
            with np.load(path) as saved:
                arrays = {name: saved[name] for name in saved.files}
            name = [*arrays][self.random.integers(len(arrays))]
            arrays[name] = self._array(arrays[name])
            np.savez(path, **arrays)
        else:
            path.write_bytes(
                payload(self.random, self.canary.mark, path.read_bytes() if path.is_file() else b"")
            )
        if self.random.random() < 0.8:
            record = folder / "run.toml"
            content = tomllib.loads(record.read_text())
            content.pop("record_hash", None)
            content |= {"weights_sha256": runs.sha256(path), "status": "finished"}
            if self.random.random() < 0.5:
                agents = ("a2c", "ddqn", "ppo", "q_learning", "odd_learners:Constant")
                content["agent"] = agents[self.random.integers(len(agents))]
            self._seal(record, content)

    def any_file(self, folder):
        """Change the bytes of a file, or put something else in its place."""
        path = self._file(folder)
        if self.random.random() < 0.5:
            path.write_bytes(mutations.content(self.random, path.read_bytes()))
        else:
            path.write_bytes(payload(self.random, self.canary.mark, path.read_bytes()))

    def swap(self, folder):
        """Exchange two files, or remove one."""
        one, other = self._file(folder), self._file(folder)
        if self.random.random() < 0.3:
            one.unlink()
        else:
            first, second = one.read_bytes(), other.read_bytes()
            one.write_bytes(second)
            other.write_bytes(first)

    def link(self, folder):
        """Put a link, a pipe or a folder where a file or a folder stands or may stand."""
        names = (
            ".lock", "events.out.tfevents.1.host", "checkpoints", "progress.csv", "run.toml",
            "weights.npz", "weights.pt", "evaluation.json", "checkpoints/000000001024.json",
            "checkpoints/000000002048.npz", "checkpoints/failed.json", "wandb", ".writing.x",
        )  # fmt: skip
        path = folder / names[self.random.integers(len(names))]
        targets = (
            self.canary.outside / "secret.txt", self.canary.outside / "folder",
            self.canary.outside / "new", "/dev/zero", "/dev/full", folder / "run.toml", path,
        )  # fmt: skip
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        kind = self.random.integers(10)
        if kind == 0:
            os.mkfifo(path)
        elif kind == 1:
            path.mkdir()
        elif kind == 2:
            os.link(targets[0], path)
        else:
            path.symlink_to(targets[self.random.integers(len(targets))])

    def extra(self, folder):
        """Add files that stand in no run folder."""
        names = ("weights.pt", "weights.pkl", "events.out.tfevents.9", "failed.json", "evil.py",
                 "__init__.py", "conftest.py", "checkpoints/failed.json")  # fmt: skip
        path = folder / names[self.random.integers(len(names))]
        path.write_bytes(payload(self.random, self.canary.mark, b"import evil"))

    def tree(self, folder):
        """Change the state in a checkpoint, and seal it again."""
        path = self._checkpoint(folder, "json")
        content = read_tree(path)
        kind = self.random.integers(4)
        if kind == 0:
            content = mutations.tree(self.random, content)
        elif kind == 1:
            content["log"] = mutations.tree(self.random, content["log"])
        else:
            every = [p for p in mutations.places(content["tree"]) if len(p) > 2]
            chosen = every[self.random.integers(len(every))]
            parent = mutations.at(content["tree"], chosen[:-1])
            parent[chosen[-1]] = self._node()
        self._close(path, content)

    def arrays(self, folder):
        """Change arrays of a checkpoint, and seal it again.

        Records and integers keep their numbers: compiled code takes what is sealed as it is.
        """
        path = self._checkpoint(folder, "npz")
        with np.load(path) as saved:
            arrays = {name: saved[name] for name in saved.files}
        names = [name for name in arrays if arrays[name].dtype.kind == "f"]
        name = names[self.random.integers(len(names))]
        arrays[name] = self._array(arrays[name])
        np.savez(path, **arrays)
        self._close(path.with_suffix(".json"), read_tree(path.with_suffix(".json")))

    def evaluation(self, folder):
        """Write results that nothing earned."""
        path = folder / "evaluation.json"
        if not path.is_file():
            path.write_text('{"entries": []}')
        content = mutations.tree(self.random, json.loads(path.read_text()))
        if self.random.random() < 0.5:  # as the user would have sealed it
            with suppress(Exception):
                kept = results._Kept(**content)
                content["seal"] = seal.seal(results._PURPOSE, kept.content())
        path.write_text(json.dumps(content))

    def curves(self, folder):
        """Write odd learning curves."""
        cells = ("nan", "inf", "1e308", "-1e308", "x", "", '"', "9" * 5000, "0", "1", "\x00", "1e5")
        lines = ["time/total_timesteps,rollout/ep_rew_mean,rollout/ep_len_mean"]
        for _ in range(self.random.integers(6)):
            lines.append(",".join(self.random.choice(cells, self.random.integers(1, 5))))
        (folder / "progress.csv").write_text("\n".join(lines))

    def _seal(self, path, content):
        """Write a record with the hash that belongs to its content, as far as it is a record."""
        if self.random.random() < 0.8:
            with suppress(Exception):
                # others would be imported here
                assert content["environment"] in catalog.ENVIRONMENTS
                model = scenarios.build(content["environment"], None, content["parameters"])
                content["scenario_hash"] = scenarios.content_hash(model.id, model.params)
            with suppress(Exception):
                content["record_hash"] = runs.RunRecord(**content).content_hash
        path.write_text(tomlkit.dumps(content))

    def _close(self, path, content):
        """Write part of a checkpoint, in most cases with the user's seal: it is read on then."""
        write_tree(path, content, seal.seal if self.random.random() < 0.8 else lambda *_: "0" * 64)

    def _checkpoint(self, folder, end):
        found = sorted((folder / "checkpoints").glob(f"*.{end}"))
        return found[self.random.integers(len(found))]

    def _file(self, folder):
        found = sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink())
        return found[self.random.integers(len(found))]

    def _node(self):
        kinds = (
            "array", "scalar", "tensor", "same", "fixed", "list", "tuple", "dict", "object",
            "deque", "optimiser", "generator", "space", "snapshot", "torch_generator", "x",
        )  # fmt: skip
        kind = kinds[self.random.integers(len(kinds))]
        names = ("tensorboard_log", "learn", "train", "__class__", "_logger", "policy", "env", "x")
        inside = (
            mutations.value(self.random), 0, 10**9, {"array": 0, "shape": [10**12]},
            [[names[self.random.integers(len(names))], str(self.canary.mark)]],
            [[names[self.random.integers(len(names))], {"object": [["dir", "/"]]}]],
        )  # fmt: skip
        node = {kind: inside[self.random.integers(len(inside))]}
        if kind == "array":
            node["shape"] = [[2], [-1], [10**12], [0, 10**30], "x"][self.random.integers(5)]
        return node if self.random.random() < 0.8 else mutations.value(self.random)

    def _array(self, before):
        kind = self.random.integers(7)
        if kind == 0:
            return np.array([Mark(self.canary.mark)], dtype=object)
        if kind == 1:
            return before.astype([np.float32, np.int8, np.complex128][self.random.integers(3)])
        if kind == 2:
            return before.reshape(-1)[: self.random.integers(before.size + 1)]
        if kind == 3:
            return np.concatenate([before.reshape(-1)] * 2)
        if kind == 4:
            return np.array(["text"])
        made = before.copy()
        odd = [0, -1, 1, 10**6, -(10**9)]
        if made.dtype.kind in "fc":
            odd += [np.nan, np.inf, 1e30]
        if made.size and made.dtype.kind in "fciu":
            with np.errstate(all="ignore"):
                new = np.array(odd[self.random.integers(len(odd))]).astype(made.dtype)
            made.reshape(-1)[self.random.integers(made.size)] = new
        return made
