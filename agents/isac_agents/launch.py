"""Run functions in processes of their own, here or on Ray; a failing one stops no other."""

import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.sharedctypes import SynchronizedArray
from multiprocessing.synchronize import Event
from typing import Any

from isac_agents import child
from isac_agents.text import note
from isac_envs.errors import IsacError

WATCH_S = 0.1
GRACE_S = 30.0
"""Seconds that calls may take to end after the user has stopped the command."""

RETRIES = 3
"""Restarts of a call on Ray after its worker or node has died."""

Done = Callable[[int, str], None]
"""Called with the number of a finished call and the reason of its failure, empty on success."""


class StoppedError(Exception):
    """The user has stopped the command; the called function has not failed."""


@dataclass(frozen=True)
class _Shared:
    """What a call shares with its parent process."""

    number: int  # of the call
    progress: "SynchronizedArray[int]"  # reported by each call
    stop: "Event"  # set when the user has stopped the command


_shared: _Shared | None = None


def report(done: int) -> None:
    """Report the progress of this call to its parent process, if that is on this machine.

    Args:
        done: Progress so far, in the unit of the caller.

    Raises:
        StoppedError: If the user has stopped the command; the call should clean up and end.
    """
    if _shared is not None:
        _shared.progress[_shared.number] = done
        if _shared.stop.is_set():
            raise StoppedError("stopped")


def check_processes(processes: int) -> None:
    """Check the number of processes.

    Raises:
        IsacError: If it is below 1.
    """
    if processes < 1:
        raise IsacError(f"jobs is {processes}, must be at least 1")


def run_here(
    function: Callable[..., object],
    calls: Sequence[tuple[Any, ...]],
    processes: int,
    done: Done,
    watch: Callable[[int], object] | None = None,
) -> None:
    """Call a function in fresh local processes, at most ``processes`` at a time.

    If this process is interrupted, calls that :func:`report` end themselves, and others are killed
    after :data:`GRACE_S`.

    Args:
        function: Module-level function.
        calls: Arguments of each call.
        processes: Number of processes, at least 1.
        done: Called when a call has finished.
        watch: Called several times a second with the summed progress of all calls.

    Raises:
        IsacError: If ``processes`` is below 1.
    """
    check_processes(processes)
    context = child.context()
    progress, stop = context.Array("q", max(len(calls), 1)), context.Event()
    waiting = deque(enumerate(calls))
    running: dict[Any, tuple[int, Any, Connection]] = {}  # by the handle that signals the end
    try:
        while waiting or running:
            while waiting and len(running) < processes:
                number, arguments = waiting.popleft()
                ours, theirs = context.Pipe(duplex=False)
                shared = _Shared(number, progress, stop)
                process = child.new(_child, (theirs, shared, function, arguments))
                process.start()
                theirs.close()
                running[process.sentinel] = number, process, ours
            for each in wait(running, None if watch is None else WATCH_S):
                number, process, pipe = running.pop(each)
                process.join()
                done(number, _reason(pipe, process.exitcode))
            if watch is not None:
                watch(sum(progress[:]))
    finally:  # some are left only after an error or when the user stopped the command
        _end([process for _, process, _ in running.values()], stop)


def _end(processes: Sequence[Any], stop: Event) -> None:
    stop.set()
    until = time.monotonic() + GRACE_S
    try:
        for each in processes:
            each.join(max(until - time.monotonic(), 0.0))
    finally:  # immediately after a second interrupt
        for each in processes:
            each.terminate()
            each.join()


def run_on_ray(
    function: Callable[..., object], calls: Sequence[tuple[Any, ...]], address: str, processes: int,
    done: Done,
) -> None:  # fmt: skip
    """Call a function in Ray tasks of one processor each.

    A call whose worker was killed or whose node was lost is restarted, up to :data:`RETRIES` times.
    A function that saves its state, such as a training, then continues where it was.

    Args:
        function: Module-level function that the workers can import.
        calls: Arguments of each call.
        address: Address of a running cluster, as for ``ray.init``; empty starts a local one.
        processes: Number of processors of the local cluster.
        done: Called when a call has finished.

    Raises:
        IsacError: If Ray is not installed, or no cluster answers at the address.
    """
    try:
        import ray
    except ImportError:
        raise IsacError('the launcher ray needs Ray: pip install "isac-envs[ray]"') from None
    where: dict[str, Any] = {"address": address} if address else {"num_cpus": processes}
    with redirect_stdout(sys.stderr):  # Ray prints notices, but our output may be parsed
        try:
            ray.init(**{"address": "local", **where}, log_to_driver=False)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise IsacError(f"no Ray cluster at {address or 'this machine'}: {error}") from None
        try:
            task = ray.remote(num_cpus=1, max_retries=0)(_outcome)
            pending = {task.remote(function, each): number for number, each in enumerate(calls)}
            left = [RETRIES] * len(calls)
            while pending:
                for ready in ray.wait(list(pending))[0]:
                    number = pending.pop(ready)
                    try:
                        reason = str(ray.get(ready))
                    except ray.exceptions.RayError as error:  # a worker or a node has died
                        reason = f"{type(error).__name__}: {error}".splitlines()[0]
                        if left[number]:
                            note(f"{reason}; restarted, {left[number]} attempts left")
                            left[number] -= 1
                            pending[task.remote(function, calls[number])] = number
                            continue
                        reason = f"{reason} (restarted {RETRIES} times)"
                    done(number, reason)
        finally:
            ray.shutdown()


def _child(
    pipe: Connection, shared: _Shared, function: Callable[..., object], arguments: tuple[Any, ...]
) -> None:
    global _shared
    _shared = shared
    pipe.send(_outcome(function, arguments))


def _outcome(function: Callable[..., object], arguments: tuple[Any, ...]) -> str:
    """Return the reason of a failure, or an empty string on success."""
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        function(*arguments)
    except IsacError as error:
        return str(error)
    except Exception as error:  # third-party code may raise anything
        return f"{type(error).__name__}: {error}"
    return ""


def _reason(pipe: Connection, code: int | None) -> str:
    try:
        return str(pipe.recv())
    except EOFError:
        name = signal.Signals(-code).name if code and code < 0 else f"exit code {code}"
        return f"its process was killed ({name}; out of memory?)"
