"""Runs ``isac`` commands in processes that are killed, or that find the disk full.

A script: its argument is a JSON list of cases, ``[arguments, point, number]``; it prints the exit
codes (minus the signal for a process that was killed) and what stood on standard error. Processes
are forked, so that the packages are imported once.
"""

import json
import os
import resource
import signal
import sys
import tempfile

from isac_agents.adapters.vec_env import BatchVecEnv
from isac_agents.cli import main
from isac_agents.evaluation.comparison import compare  # noqa: F401
from isac_agents.runs import checkpoints
from isac_agents.training import checkpoint_callback


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point, number):
    """Let this process kill itself at a point of its life."""
    count = 0

    def nth(function, before, after):
        def call(*arguments, **settings):
            nonlocal count
            count += 1
            if count == number:
                before(*arguments)
            result = function(*arguments, **settings)
            if count == number:
                after(*arguments)
            return result

        return call

    def nothing(*_):
        pass

    def half(path, *_):
        os.truncate(path, os.path.getsize(path) // 2)
        die()

    if point == "step":
        counted = checkpoint_callback.CheckpointCallback._on_step

        def on_step(self):
            if self.model.num_timesteps >= number:
                die()
            return counted(self)

        checkpoint_callback.CheckpointCallback._on_step = on_step
    elif point == "arrays half written":
        checkpoints.write_arrays = nth(checkpoints.write_arrays, nothing, half)
    elif point == "arrays without tree":
        number *= 2
        checkpoints.write_atomically = nth(checkpoints.write_atomically, lambda *_: die(), nothing)
    elif point == "not cleaned up":
        number *= 2
        checkpoints.write_atomically = nth(checkpoints.write_atomically, nothing, lambda *_: die())
    elif point == "largest file":
        resource.setrlimit(resource.RLIMIT_FSIZE, (number, number))


def run(arguments, point, number):
    """Run a command in a process of its own; return its exit code and its standard error."""
    with tempfile.TemporaryFile("w+") as errors:
        process = os.fork()
        if process == 0:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(errors.fileno(), 2)
            arm(point, number)
            code = main(arguments)
            sys.stderr.flush()
            os._exit(code)
        _, status = os.waitpid(process, 0)
        errors.seek(0)
        return os.waitstatus_to_exitcode(status), errors.read()


if __name__ == "__main__":
    cases = json.loads(sys.argv[1])
    for name in {arguments[1] for arguments, *_ in cases if arguments[1].startswith("isac/")}:
        BatchVecEnv(name, 1, seed=0).reset()  # machine code is loaded once
    json.dump([run(*case) for case in cases], sys.stdout)
