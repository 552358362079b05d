"""The ``isac`` command. Heavy imports wait until the subcommand is known."""

import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import tyro

from isac_agents.commands import (
    benchmark,
    catalogue,
    evaluate,
    machine,
    plan,
    report,
    sweep,
    train,
)
from isac_agents.commands.arguments import prepare
from isac_agents.text import one_line
from isac_envs import __version__
from isac_envs.errors import IsacError

COMMANDS: dict[str, Callable[..., Any]] = {
    "list": catalogue.list_environments,
    "describe": catalogue.describe,
    "train": train.train,
    "evaluate": evaluate.evaluate,
    "benchmark": benchmark.benchmark,
    "report": report.report,
    "sweep": sweep.sweep,
    "plan": plan.plan,
    "reference": plan.reference,
    "warmup": machine.warmup,
    "doctor": machine.doctor,
}

TRACEBACK = "ISAC_TRACEBACK"
"""Environment variable that shows tracebacks."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, 2 for bad input, 1 for a bug of ours, 130 when stopped."""
    words = [*(sys.argv[1:] if arguments is None else arguments)]
    if words[:1] == ["--version"]:
        sys.stdout.write(f"isac {__version__}\n")
        return 0
    try:
        if words and words[0] in COMMANDS:
            words[1:] = prepare(words[1:], COMMANDS[words[0]])
        tyro.extras.subcommand_cli_from_dict(
            COMMANDS,
            prog="isac",
            description="Train, evaluate and solve environments for sensing and communications. "
            "isac --version prints the version.",
            args=words,
        )
    except IsacError as error:
        return _fail(str(error), 2, error)
    except BrokenPipeError:
        raise
    except OSError as error:
        return _fail(f"{error.filename or 'file'}: {error.strerror or error}", 2, error)
    except MemoryError as error:
        return _fail(f"not enough memory: {error}", 2, error)
    except KeyboardInterrupt as error:
        return _fail(": ".join(["stopped", *map(str, error.args)]), 130, None)
    except Exception as error:  # a user never sees a traceback
        text = f"{type(error).__name__}: {error} (a bug; set {TRACEBACK}=1 for the traceback)"
        return _fail(text, 1, error)
    return 0


def _fail(message: str, code: int, error: BaseException | None) -> int:
    if error is not None and os.environ.get(TRACEBACK):
        raise error
    sys.stderr.write(f"isac: error: {one_line(message)}\n")
    return code


def run() -> None:
    """Entry point of the console script."""
    sys.path.insert(0, "")  # find module:Class in the working directory, as `python -m` does
    for stream in (sys.stdout, sys.stderr):  # names may hold characters that the terminal lacks
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:  # the reader closed the pipe: not our error
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)


if __name__ == "__main__":
    run()
