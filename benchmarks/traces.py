"""Reading of traces: rows a CPU second over CartPole's steps in the same process, and memory.

    python benchmarks/traces.py

Writes a million rows of floating-car data in each form, and reads them.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import gymnasium
import numpy as np

from isac_envs.traces.reading import read_rows, read_traffic

VEHICLES, SECONDS = 500, 2000
TABLE = (
    "timestep_time;vehicle_id;vehicle_x;vehicle_y;vehicle_angle;vehicle_type;vehicle_speed;"
    "vehicle_pos;vehicle_lane;vehicle_edge;vehicle_slope\n"
)


def places(second: int) -> Iterator[tuple[int, float, float]]:
    """Yield number, x and y of all vehicles, which drive to and fro."""
    way = second % 100
    along = 13.9 * min(way, 100 - way)
    for k in range(VEHICLES):
        yield k, 100.0 + k + along, 1.6 + k


def write(folder: Path) -> dict[str, Path]:
    """Write the rows in each form."""
    paths = {name: folder / name for name in ("fcd.xml", "fcd.csv", "plain.csv")}
    xml, table, plain = (path.open("w") for path in paths.values())
    with xml, table, plain:
        xml.write('<?xml version="1.0" encoding="UTF-8"?>\n<fcd-export>\n')
        table.write(TABLE)
        plain.write("id,t,x,y\n")
        for t in range(SECONDS):
            xml.write(f'    <timestep time="{t:.2f}">\n')
            for k, x, y in places(t):
                xml.write(
                    f'        <vehicle id="veh{k}" x="{x:.2f}" y="{y:.2f}" angle="90.00" '
                    f'type="DEFAULT_VEHTYPE" speed="13.90" pos="{x:.2f}" lane="A0A1_0" '
                    f'slope="0.00"/>\n'
                )
                table.write(
                    f"{t:.2f};veh{k};{x:.2f};{y:.2f};90.00;DEFAULT_VEHTYPE;13.90;{x:.2f};A0A1_0;;"
                    f"0.00\n"
                )
                plain.write(f"veh{k},{t},{x:.2f},{y:.2f}\n")
            xml.write("    </timestep>\n")
        xml.write("</fcd-export>\n")
    return paths


def cartpole(steps: int = 100_000) -> float:
    """Return steps of CartPole through gymnasium.make a CPU second."""
    env = gymnasium.make("CartPole-v1")
    env.reset(seed=0)
    start = time.process_time()
    for k in range(steps):
        _, _, terminated, truncated, _ = env.step(k % 2)
        if terminated or truncated:
            env.reset()
    return steps / (time.process_time() - start)


def resident_mb(field: str) -> float:
    """Return a field of the memory's state in MB, of Linux."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1e3
    return float("nan")


def peak_mb(path: Path) -> float:
    """Return the largest memory while a trace is read and resampled, over that before, in MB."""
    Path("/proc/self/clear_refs").write_text("5")  # forgets the largest so far
    before = resident_mb("VmRSS")
    read_traffic(str(path), 1.0, 5.0)
    return resident_mb("VmHWM") - before


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    cartpole(20_000)
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.csv"
        small.write_text("id,t,x,y\n" + "".join(f"a,{t},{t},0\n" for t in range(1000)))
        read_traffic(str(small), 1.0, 5.0)  # compiles what is compiled
        print("| form | rows | rows/s | CartPole steps/s | ratio | peak, MB |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        for name, path in write(Path(folder)).items():
            peak = peak_mb(path)
            rates, steps = [], []
            for _ in range(runs):
                steps.append(cartpole())
                start = time.process_time()
                count = read_rows(str(path)).count
                rates.append(count / (time.process_time() - start))
            rate, step = float(np.median(rates)), float(np.median(steps))
            numbers = f"{count:,} | {rate:,.0f} | {step:,.0f} | {rate / step:.2f} | {peak:.0f}"
            print(f"| {name} | {numbers} |")


if __name__ == "__main__":
    main()
