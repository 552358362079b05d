"""Make the traces of this folder with SUMO.

    pip install -e ".[traces]"
    python scenarios/traces/make_traces.py            # writes them here
    python scenarios/traces/make_traces.py FOLDER     # or elsewhere

Each trace has a seed, from which trips are drawn and which SUMO gets. The same version of SUMO
makes the same rows again; what it writes about the time and the place of its run is left out.
"""

import argparse
import gzip
import importlib.util
import random
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent

GRID_STREETS, GRID_BLOCK_M, GRID_VEHICLES = 6, 200, 16
GRID_WARM_S, GRID_END_S = 60, 900
HIGHWAY_M, HIGHWAY_PER_HOUR, HIGHWAY_TRUCKS = 500, 1500, 0.2
HIGHWAY_WARM_S, HIGHWAY_END_S = 60, 360


class Trace(NamedTuple):
    """How a trace is made.

    Attributes:
        seed: Of the trips, and of SUMO.
        net: Options of netgenerate.
        demand: Returns the text of a file of routes.
        step_s: Time step.
        begin_s: Rows before are left out.
        end_s: End of the simulation.
    """

    seed: int
    net: tuple[str, ...]
    demand: Callable[[random.Random], str]
    step_s: float
    begin_s: int
    end_s: int


def grid_trips(generator: random.Random) -> str:
    """Return trips over streets of a grid, each through many crossings, so that they last."""
    lines = []
    for k in range(GRID_VEHICLES):
        edges = [_street(generator) for _ in range(24)]
        via = " ".join(edges[1:-1])
        lines.append(
            f'<trip id="car{k}" depart="{2 * k}" from="{edges[0]}" to="{edges[-1]}" via="{via}"/>'
        )
    return "<routes>\n" + "\n".join(lines) + "\n</routes>\n"


def _street(generator: random.Random) -> str:
    """Return the name of a random street, from one crossing to the next."""
    along, across = _below(generator, GRID_STREETS - 1), _below(generator, GRID_STREETS)
    ends = [(along, across), (along + 1, across)]
    if generator.random() < 0.5:
        ends = [(y, x) for x, y in ends]
    if generator.random() < 0.5:
        ends.reverse()
    return "".join(f"{chr(ord('A') + x)}{y}" for x, y in ends)


def highway_trips(generator: random.Random) -> str:
    """Return cars and trucks in both directions, each on a random lane."""
    types = (
        '<vType id="car" length="5" sigma="0.5" speedFactor="normc(1,0.1,0.8,1.2)"/>\n'
        '<vType id="truck" length="5" sigma="0.5" maxSpeed="23" color="0,0,1"/>\n'
    )
    trips, number = [], 0
    for way in ("A0B0", "B0A0"):
        time = 0.0
        while time < HIGHWAY_END_S:
            time += 3600.0 / HIGHWAY_PER_HOUR * (0.5 + generator.random())
            kind = "truck" if generator.random() < HIGHWAY_TRUCKS else "car"
            lane = _below(generator, 3)
            trips.append(
                (time, f'<trip id="{kind}{number}" type="{kind}" depart="{time:.2f}" from="{way}" '
                       f'to="{way}" departLane="{lane}" departSpeed="max"/>')
            )  # fmt: skip
            number += 1
    return "<routes>\n" + types + "\n".join(text for _, text in sorted(trips)) + "\n</routes>\n"


def _below(generator: random.Random, count: int) -> int:
    """Return a random whole number below ``count``, the same one with every version of Python."""
    return int(generator.random() * count)


TRACES = {
    "sumo_grid": Trace(
        1,
        (
            *("--grid", "--grid.number", str(GRID_STREETS), "--grid.length", str(GRID_BLOCK_M)),
            *("--default-junction-type", "traffic_light", "--default.speed", "13.9"),
        ),
        grid_trips, 1.0, GRID_WARM_S, GRID_END_S,
    ),
    "sumo_highway": Trace(
        2,
        (
            *("--grid", "--grid.x-number", "2", "--grid.y-number", "1"),
            *("--grid.x-length", str(HIGHWAY_M), "--default.lanenumber", "3"),
            *("--default.speed", "33.3"),
        ),
        highway_trips, 0.5, HIGHWAY_WARM_S, HIGHWAY_END_S,
    ),
}  # fmt: skip


def find(program: str) -> str:
    """Return the path of a program of SUMO: of the installed package, or on the search path."""
    package = importlib.util.find_spec("sumo")
    for folder in (package.submodule_search_locations or []) if package else []:
        if (each := Path(folder) / "bin" / program).is_file():
            return str(each)
    found = shutil.which(program)
    if not found:
        raise SystemExit(f"{program} is not found: pip install eclipse-sumo")
    return found


def run(program: str, *options: str) -> str:
    """Run a program of SUMO, and return what it prints."""
    command = [find(program), *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def version() -> str:
    """Return the version of SUMO that is found."""
    found = re.search(r"Version (\S+)|sumo (\d\S*)", run("sumo", "--version"))
    return (found[1] or found[2]) if found else "unknown"


def make(name: str, folder: Path) -> None:
    """Make a trace: its network ``NAME.net.xml.gz`` and its rows ``NAME.fcd.xml.gz``."""
    trace = TRACES[name]
    with tempfile.TemporaryDirectory() as scratch:
        net, trips, routes, rows = (
            f"{scratch}/{each}.xml" for each in ("net", "trips", "routes", "rows")
        )
        run("netgenerate", *trace.net, "--no-turnarounds", "--seed", str(trace.seed), "-o", net)
        Path(trips).write_text(trace.demand(random.Random(trace.seed)))
        seed = ("--seed", str(trace.seed))
        run("duarouter", "-n", net, "-r", trips, "-o", routes, *seed, "--no-warnings")
        run(
            "sumo", "-n", net, "-r", routes, *seed, "--step-length", str(trace.step_s),
            "--end", str(trace.end_s), "--fcd-output", rows, "--device.fcd.begin",
            str(trace.begin_s), "--fcd-output.attributes", "x,y,angle,speed,lane", "--no-warnings",
            "--no-step-log",
        )  # fmt: skip
        _pack(Path(net), folder / f"{name}.net.xml.gz")
        _pack(Path(rows), folder / f"{name}.fcd.xml.gz")


def _pack(source: Path, target: Path) -> None:
    """Write a file of SUMO packed, without the comment on its run."""
    text = re.sub(r"<!--.*?-->\s*", "", source.read_text(), flags=re.DOTALL)
    with target.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(text.encode())


def main() -> None:
    """Make all traces."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=HERE)
    folder = parser.parse_args().folder
    for name in TRACES:
        make(name, folder)
        sizes = ", ".join(
            f"{each.name} {each.stat().st_size / 1000:.0f} kB"
            for each in sorted(folder.glob(f"{name}.*.gz"))
        )
        print(f"{name}: seed {TRACES[name].seed}, SUMO {version()}: {sizes}")


if __name__ == "__main__":
    main()
