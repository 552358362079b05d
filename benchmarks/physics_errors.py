"""Largest errors of the physics kernels against reference data, as Markdown tables.

    python benchmarks/physics_errors.py [--write] [--check]

``--write`` puts the tables into docs/physics.md; ``--check`` exits with 1 if an error exceeds its
tolerance. Another comparison is one more entry in a group of a physics_references*.py file; another
group is a generator of comparisons, entered in ``GROUPS`` there.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402 - thread counts must be set before NumPy is loaded
import physics_references  # noqa: E402
import physics_references_arrays  # noqa: E402
import physics_references_metrics  # noqa: E402
import physics_references_sensing  # noqa: E402
from physics_references import Comparison  # noqa: E402
from tables import write  # noqa: E402

PAGE = Path(__file__).parents[1] / "docs" / "physics.md"


class Tolerance(NamedTuple):
    """What the largest error of a quantity may be."""

    limit: float
    unit: str
    relative: bool = False


TOLERANCES = {
    # what the kernels must reach
    "path loss": Tolerance(1e-9, "dB"),
    "ns-3": Tolerance(6e-3, "dB"),
    "LOS probability": Tolerance(1e-14, ""),
    "gas": Tolerance(5e-3, "relative", True),
    "detection": Tolerance(1e-10, ""),
    "bound": Tolerance(1e-10, "relative", True),
    "RCS": Tolerance(1e-9, "dB"),
    "steering": Tolerance(1e-13, ""),
    # the same of quantities of another sort
    "level": Tolerance(1e-9, "dB"),
    "formula": Tolerance(1e-10, "relative", True),
    "correlation": Tolerance(1e-13, ""),
    "reflection": Tolerance(1e-13, ""),
    "Doppler": Tolerance(1e-9, "Hz"),
    # as much as the reference has
    "near field": Tolerance(1e-12, ""),  # its phases are rounded differences of long distances
    "root search": Tolerance(3e-5, "dB"),
    "single precision": Tolerance(5e-5, "dB"),
    "printed": Tolerance(6e-5, ""),
    # a model of codes, and a reference whose SNR are further apart than its curves are wide
    "block errors": Tolerance(0.35, "dB"),
    "coarse grid": Tolerance(1.2, "dB"),
}


class Line(NamedTuple):
    """One row of a table."""

    quantity: str
    reference: str
    points: int
    error: float
    tolerance: Tolerance

    @property
    def passes(self) -> bool:
        """Whether the error is within its tolerance; NaN is not."""
        return self.error <= self.tolerance.limit


def groups() -> dict[str, Callable[[], Iterator[Comparison]]]:
    """Return all groups by heading."""
    modules = (
        physics_references,
        physics_references_arrays,
        physics_references_sensing,
        physics_references_metrics,
    )
    return {name: group for module in modules for name, group in module.GROUPS.items()}


def largest_error(measured: np.ndarray, expected: np.ndarray, relative: bool) -> float:
    """Return the largest deviation, relative to the expected values where asked for.

    Where the expected value is 0, the relative error is 0 or infinite. NaN stays NaN.
    """
    if measured.shape != expected.shape:
        raise ValueError(f"results of shape {measured.shape} for {expected.shape} references")
    errors = np.abs(measured - expected)
    if relative:
        scale = np.abs(expected)
        errors = np.where(errors == 0.0, 0.0, errors / np.where(scale > 0.0, scale, 1e-300))
    return float(errors.max())


def lines(group: Callable[[], Iterator[Comparison]]) -> list[Line]:
    """Return the rows of a group."""
    found = []
    for each in group():
        tolerance = TOLERANCES[each.kind]
        error = largest_error(each.measured, each.expected, tolerance.relative)
        found.append(Line(each.quantity, each.reference, each.expected.size, error, tolerance))
    return found


def number(value: float, unit: str) -> str:
    """Return a value with two digits and its unit."""
    if value == 0.0:
        return "0"
    return f"{value:.2g} {unit}".rstrip().replace("e-0", "e-")


def table(found: list[Line]) -> str:
    """Return a group's rows as a Markdown table."""
    texts = [
        "| quantity | reference | points | largest error | tolerance |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    for each in found:
        unit = each.tolerance.unit
        figures = (
            f"{each.points} | {number(each.error, unit)} | {number(each.tolerance.limit, unit)}"
        )
        texts.append(f"| {each.quantity} | {each.reference} | {figures} |")
    return "\n".join(texts)


def main() -> int:
    """Print the tables, write and check where asked, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="put the tables into docs/physics.md")
    parser.add_argument("--check", action="store_true", help="exit with 1 if an error is too large")
    options = parser.parse_args()
    results = {name: lines(group) for name, group in groups().items()}
    text = "\n\n".join(f"### {name}\n\n{table(found)}" for name, found in results.items())
    print(text)
    if options.write:
        write("measured", text, PAGE)
    failed = [(name, each) for name, found in results.items() for each in found if not each.passes]
    for name, each in failed:
        print(f"{name}, {each.quantity}: {each.error:g} exceeds {each.tolerance.limit:g}")
    return 1 if options.check and failed else 0


if __name__ == "__main__":
    sys.exit(main())
