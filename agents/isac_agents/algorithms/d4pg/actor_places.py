"""Backends of actors: processes on this machine, or of a Ray cluster.

A place creates one :class:`isac_agents.algorithms.d4pg.actors.Player` and calls its methods in
order; ``send`` does not wait, ``receive`` does. Local actors end with their parent process, however
that ends.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Protocol

from isac_agents import child
from isac_envs.errors import IsacError

GRACE_S = 5.0
"""Seconds that an actor may take to end when asked to, before it is killed."""

Arguments = tuple[Any, ...]


class Place(Protocol):
    """One actor."""

    def send(self, method: str, *arguments: Any) -> None:
        """Call a method of the player."""

    def receive(self) -> Any:
        """Return the result of the oldest pending call.

        Raises:
            IsacError: If the actor has died. Errors of the method are raised, too.
        """

    def end(self) -> None:
        """End the actor, even if busy."""


class LocalPlace:
    """An actor in a process of its own.

    Args:
        name: Used in messages.
        arguments: Arguments of the player.
    """

    def __init__(self, name: str, arguments: Arguments) -> None:
        self._name = name
        self._pipe, theirs = child.context().Pipe()
        self._process = child.new(_serve, (theirs, arguments), name=name, daemon=True)
        self._process.start()
        theirs.close()  # otherwise its end would go unnoticed

    def send(self, method: str, *arguments: Any) -> None:
        """Call a method of the player."""
        try:
            self._pipe.send((method, arguments))
        except OSError:
            raise self._death() from None

    def receive(self) -> Any:
        """Return the result of the oldest pending call."""
        try:
            failed, result = self._pipe.recv()
        except (EOFError, OSError):
            raise self._death() from None
        if failed:
            raise result
        return result

    def end(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.join(GRACE_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._pipe.close()

    def _death(self) -> IsacError:
        self._process.join(GRACE_S)
        code = self._process.exitcode
        how = f"killed by signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        return IsacError(f"{self._name} has died ({how}); out of memory?")


def _serve(pipe: Connection, arguments: Arguments) -> None:
    """Serve calls until the pipe is closed."""
    from isac_agents.algorithms.d4pg.actors import Player

    player = Player(*arguments)
    with suppress(EOFError, OSError):
        while True:
            method, values = pipe.recv()
            try:
                answer = (False, getattr(player, method)(*values))
            except Exception as error:
                answer = (True, _portable(error))
            pipe.send(answer)


def _portable(error: Exception) -> Exception:
    """Make an error sendable: errors of this package stay, others become text."""
    if isinstance(error, IsacError):
        with suppress(TypeError):
            return type(error)(str(error))
    return IsacError(f"an actor failed: {type(error).__name__}: {error}")


class RayPlace:
    """An actor on a Ray cluster, with one processor.

    Args:
        name: Used in messages.
        arguments: Arguments of the player.
    """

    def __init__(self, name: str, arguments: Arguments) -> None:
        import ray

        from isac_agents.algorithms.d4pg.actors import Player

        self._name, self._ray = name, ray
        self._actor: Any = ray.remote(num_cpus=1)(Player).remote(*arguments)
        self._calls: list[Any] = []

    def send(self, method: str, *arguments: Any) -> None:
        """Call a method of the player."""
        self._calls.append(getattr(self._actor, method).remote(*arguments))

    def receive(self) -> Any:
        """Return the result of the oldest pending call."""
        errors = self._ray.exceptions
        try:
            return self._ray.get(self._calls.pop(0))
        except errors.RayTaskError as error:
            raise _portable(error.cause) from None
        except errors.RayActorError as error:
            raise IsacError(f"{self._name} has died: {str(error).splitlines()[0]}") from None

    def end(self) -> None:
        """End the actor."""
        self._ray.kill(self._actor)


def _local(players: Sequence[Arguments]) -> list[Place]:
    return [LocalPlace(_name(k, players), each) for k, each in enumerate(players)]


def _on_ray(players: Sequence[Arguments]) -> list[Place]:
    try:
        import ray
    except ImportError:
        raise IsacError('actor_backend "ray" needs ray: pip install "isac-envs[ray]"') from None
    if not ray.is_initialized():
        ray.init(include_dashboard=False, log_to_driver=False)
    processors = int(ray.cluster_resources().get("CPU", 0))  # type: ignore[no-untyped-call]
    if len(players) > processors:
        raise IsacError(f"actors is {len(players)}, but the Ray cluster has {processors} CPUs")
    return [RayPlace(_name(k, players), each) for k, each in enumerate(players)]


def _name(k: int, players: Sequence[Arguments]) -> str:
    return f"actor {k + 1} of {len(players)}"


PLACES: dict[str, Callable[[Sequence[Arguments]], list[Place]]] = {
    "processes": _local,
    "ray": _on_ray,
}
"""Functions that create the places, by backend."""
