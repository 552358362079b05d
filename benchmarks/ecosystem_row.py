"""A row of the table of libraries, and the environments that stand for all in it."""

from collections.abc import Callable
from dataclasses import dataclass

from isac_envs.catalog import OWN

TEAMS = sorted(name for name, each in OWN.items() if each.agents == "several")
SINGLE = sorted(OWN.keys() - set(TEAMS))
DISCRETE, MASKED, BOX = "isac/ModeSelect-v0", "isac/UavAllocTiny-v0", "isac/UavTrajectory-v0"
TEAM = "isac/UavAllocMulti-v0"
"""One id of each kind, for libraries that are tried on one environment alone."""


@dataclass(frozen=True)
class Row:
    """What is tried of a library.

    Attributes:
        package: Name on the package index.
        what: What is tried.
        run: Raises where it does not work; may return a remark.
        foreign: The same with an environment that is not ours; raises where the library is at
            fault.
        fault: What the library does wrong.
    """

    package: str
    what: str
    run: Callable[[], str | None]
    foreign: Callable[[], object] | None = None
    fault: str = ""
