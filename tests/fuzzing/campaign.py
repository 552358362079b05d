"""The campaigns over run folders, scenario files and actions; each counts what became of them."""

import contextlib
import functools
import io
import itertools
import math
import resource
import shutil
import signal
import time
import traceback
import types
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import harness
import numpy as np
import tomlkit
from gymnasium.error import InvalidAction

from fuzzing import mutations
from fuzzing.folders import Spoiler, bases
from isac_agents.commands.evaluate import evaluate
from isac_agents.commands.report import report
from isac_agents.commands.train import train
from isac_envs import catalog, memory, scenarios
from isac_envs.core.env import Env
from isac_envs.core.parallel_env import ParallelEnv
from isac_envs.core.vector_env import VectorEnv
from isac_envs.errors import IsacError

PATIENCE = 20.0
"""Processor seconds after which a case counts as hanging, unless it trains or plays."""

MEMORY = 1 << 30
"""What the machine is said to have."""

WORKING = {"learn", "play", "baselines"}
"""Functions that may take as long as the numbers in a file ask for."""


class TookLong(Exception):
    """The clock of a case ran out."""


class Findings:
    """What became of the cases of a campaign.

    Attributes:
        outcomes: How often what happened.
        failures: What must not happen, as text.
    """

    def __init__(self):
        self.outcomes, self.failures = Counter(), []

    def note(self, case, outcome, error=None):
        """Count a case; an exception is one that must not happen."""
        self.outcomes[outcome] += 1
        if error is not None:
            lines = traceback.format_exception(error)
            self.failures.append(f"{case}: {outcome}\n{''.join(lines[-4:])}")

    def __str__(self):
        counts = ", ".join(f"{count} {name}" for name, count in sorted(self.outcomes.items()))
        return f"{self.outcomes.total()} cases: {counts}; {len(self.failures)} failures"


def run_folders(count, seed, canary, root, agents=("ppo", "d4pg", "mappo"), seconds=math.inf):
    """Change run folders, and evaluate, report or continue them."""
    findings, random = Findings(), np.random.default_rng(seed)
    finished, halves = bases(root / "bases", agents)
    spoiler, made = Spoiler(random, canary), [*finished, *halves]
    for each in finished:  # results that are kept make the cases quick
        _judge(findings, f"{each}, as it was", _evaluate, each)
    folder = canary.sandbox / "runs" / "agent" / "seed_0"
    for number in _until(count, seconds):
        shutil.rmtree(canary.sandbox / "runs", ignore_errors=True)
        shutil.copytree(made[random.integers(len(made))], folder)
        done = spoiler.spoil(folder)
        command = (_evaluate, _evaluate, _continue, _continue, _report)[random.integers(5)]
        case = f"folder {number}, {command.__name__}, {done}"
        with canary, _small_machine():
            _judge(findings, case, command, folder)
        findings.failures += [f"{case}: {harm}" for harm in canary.harm()]
    return findings


def scenario_files(count, seed, canary, seconds=math.inf):
    """Change scenario files, and read them with and without their environment."""
    findings, random = Findings(), np.random.default_rng(seed)
    files = [scenarios.path(name, each) for name in catalog.OWN
             for each in scenarios.names(name)]  # fmt: skip
    texts = [(scenarios.validate(file).environment, file.read_bytes()) for file in files]
    path = canary.sandbox / "scenario.toml"
    for number in _until(count, seconds):
        name, text = texts[random.integers(len(texts))]
        path.write_bytes(_scenario(random, text))
        case = f"scenario {number}, {name}"
        with canary, _small_machine():
            if random.random() < 0.3:
                _judge(findings, case, scenarios.validate, path)
            else:
                _judge(findings, case, scenarios.build, name, path, {})
        findings.failures += [f"{case}: {harm}" for harm in canary.harm()]
    return findings


def actions(count, seed, names, seconds=math.inf):
    """Send actions of any form: to environments, vectors of them, and teams."""
    findings, random = Findings(), np.random.default_rng(seed)
    teams = [name for name in names if catalog.OWN[name].agents == "several"]
    alone = [name for name in names if name not in teams]
    envs = [made for name in alone for made in (Env(name), VectorEnv(name, 3))]
    envs += [ParallelEnv(name) for name in teams]
    for env in envs:
        env.reset(seed=0)
        for space in _each(env.action_space, env):
            space.seed(seed)
    for number in _until(count, seconds):
        env = envs[random.integers(len(envs))]
        action = _action_for(random, env)
        case = f"action {number}, {env.model.id}: {action!r:.200}"
        before = env.batch.snapshot()
        try:
            observation, reward, terminated, truncated, _ = env.step(action)
        except (InvalidAction, IsacError):
            same = harness.same(before, env.batch.snapshot())
            findings.note(case, "refused", None if same else ValueError("the state was touched"))
            continue
        except Exception as error:
            findings.note(case, type(error).__name__, error)
            env.reset(seed=number)
            continue
        pairs = zip(_each(env.observation_space, env), _each(observation, env), strict=True)
        sound = all(space.contains(seen) for space, seen in pairs)
        sound = sound and np.isfinite([*_each(reward, env)]).all()
        findings.note(case, "accepted", None if sound else ValueError("not in its space"))
        if np.any([*_each(terminated, env), *_each(truncated, env)]):
            env.reset()
    return findings


def _each(value, env):
    """Return what every agent has of something, of an environment without agents the thing."""
    if not isinstance(env, ParallelEnv):
        return [value]
    return [value(agent) if callable(value) else value[agent] for agent in env.possible_agents]


def _until(count, seconds):
    """Yield numbers below a count, as long as there is time."""
    end = time.monotonic() + seconds
    return itertools.takewhile(lambda _: time.monotonic() < end, range(count))


def peak():
    """Return the largest memory of this process so far, GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _evaluate(folder):
    evaluate(str(folder), episodes=2, json=True)


def _report(folder):
    page = Path("report.html")
    report((folder.parents[1],), out=page, markdown=Path("report.md"), episodes=2)
    _Harmless().feed(page.read_text())


def _continue(folder):
    train(str(folder), resume=True, episodes=2, json=True)


class _Harmless(HTMLParser):
    """Refuses a page with scripts, handlers of events or addresses elsewhere."""

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        values = [value or "" for name, value in attrs if name in ("href", "src", "xlink:href")]
        assert tag not in ("script", "iframe", "img", "object", "link"), tag
        assert not [name for name in names if name.startswith("on")], names
        assert all(value.startswith("#") for value in values), values


def _judge(findings, case, function, *arguments):
    """Call a function: it may succeed, or refuse with an error of ours."""
    out, errors = io.StringIO(), io.StringIO()
    signal.signal(signal.SIGPROF, functools.partial(_ring, time.process_time() + PATIENCE - 1.0))
    signal.setitimer(signal.ITIMER_PROF, PATIENCE if function is not _continue else 1.0, 1.0)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
            function(*arguments)
        findings.note(case, "accepted")
    except (IsacError, OSError):
        findings.note(case, "refused")
    except TookLong as error:
        names = {frame.name for frame in traceback.extract_tb(error.__traceback__)}
        findings.note(case, "at work", None if names & WORKING else error)
    except (Exception, SystemExit) as error:
        findings.note(case, type(error).__name__, error)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    shown = out.getvalue() + errors.getvalue()
    if any(ord(each) < 32 and each not in "\n\t" for each in shown):
        findings.failures.append(f"{case}: control characters are printed: {shown[:300]!r}")


def _ring(end, _, frame):
    """Stop a case that is at work, or whose patience is over."""
    names = {each.name for each in traceback.extract_stack(frame)}
    if names & WORKING or time.process_time() >= end:
        raise TookLong


@contextlib.contextmanager
def _small_machine():
    before, memory.limit = memory.limit, lambda: MEMORY
    try:
        yield
    finally:
        memory.limit = before


def _scenario(random, text):
    kind = random.integers(3)
    if kind == 0:
        return mutations.content(random, text)
    content = tomlkit.parse(text.decode()).unwrap()
    if kind == 1 and content.get("parameters"):
        table = content["parameters"] if random.random() < 0.8 else content
        table[[*table][random.integers(len(table))]] = mutations.value(random)
    for _ in range(random.integers(3)):
        content = mutations.tree(random, content)
    try:
        return tomlkit.dumps(content).encode()
    except Exception:  # not TOML any more
        return mutations.content(random, text)


def _action_for(random, env):
    """Return an action, or for a team what somebody may take for its actions."""
    if not isinstance(env, ParallelEnv):
        return _action(random, env.action_space.sample())
    valid = {agent: env.action_space(agent).sample() for agent in env.possible_agents}
    first, *_ = chosen = [*random.permutation(env.possible_agents).tolist()]
    kind = random.integers(9)
    if kind == 0:
        return types.MappingProxyType(valid)
    if kind < 4:
        for agent in chosen[: random.integers(len(chosen)) + 1 if kind == 1 else 1]:
            valid[agent] = _action(random, valid[agent])
    elif kind == 4:
        del valid[first]
    elif kind == 5:
        odd = ("nobody", "", first.upper(), first.encode(), 0, -1, None, (first,), np.nan, "all")
        valid[odd[random.integers(len(odd))]] = valid[first]
    elif kind == 6:  # the right number, one of them nobody's
        valid[f"{first} "] = valid.pop(first)
    elif kind == 7:
        odd = (None, [*valid.values()], [*valid.items()], valid[first], "all", {}, {*valid}, 0,
               np.array([*valid], object), lambda agent: valid[agent], {first: valid})  # fmt: skip
        return odd[random.integers(len(odd))]
    return valid


def _action(random, valid):
    """Return an action, or what somebody may take for one."""
    kind = random.integers(8)
    if kind < 2:
        return valid
    array = np.asarray(valid)
    if kind == 2:
        odd = (None, "up", b"", {}, [], (), [[]], object, np.nan, 1e300, 2**70, -1, True, 1.5, 1j)
        return odd[random.integers(len(odd))]
    if kind == 3:
        return array.astype(["f4", "f8", "i1", "u8", "?", "c16", "U9", "O"][random.integers(8)])
    if kind == 4:
        shapes = (array[None], array.reshape(-1)[:-1], np.repeat(array[None], 3, 0), array.tolist())
        return shapes[random.integers(4)]
    made = np.array(array, np.float64 if kind == 5 else array.dtype)
    number = mutations.NUMBERS[random.integers(len(mutations.NUMBERS))]
    with contextlib.suppress(OverflowError, ValueError), np.errstate(all="ignore"):
        made.reshape(-1)[random.integers(max(made.size, 1))] = number
    return made if kind < 7 else made * random.choice([-1, 10])
