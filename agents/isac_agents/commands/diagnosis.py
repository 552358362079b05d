"""Checks of ``isac doctor``."""

import os
import time
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from isac_agents.runs import seal
from isac_envs.catalog import OWN
from isac_envs.engine import code_cache
from isac_envs.engine.jit import INTERPRETED
from isac_envs.testing import exercise

PACKAGES = {
    "isac-envs": "",
    "gymnasium": "",
    "pettingzoo": "",
    "numpy": "",
    "numba": "",
    "torch": 'learned agents: pip install "isac-envs[agents]"',
    "stable-baselines3": 'learned agents: pip install "isac-envs[agents]"',
    "sb3-contrib": 'learned agents: pip install "isac-envs[agents]"',
}


def diagnose() -> list[dict[str, Any]]:
    """Run the checks; return one row each: name, value, and advice where something is wrong."""
    rows = [_row("python processors", os.cpu_count())]
    for name, use in PACKAGES.items():
        try:
            rows.append(_row(name, version(name)))
        except PackageNotFoundError:
            rows.append(_row(name, "missing", use))
    rows.append(_fused())
    rows.append(_cache())
    rows.append(_row("key of your seal", seal.key_file()))
    rows.append(_row("kernels", "interpreted" if INTERPRETED else "compiled", _interpreted_hint()))
    rows.append(_torch_threads())
    started = time.process_time()
    exercise(next(iter(OWN)))
    rows.append(_row("first step, CPU s", round(time.process_time() - started, 2)))
    return rows


def _row(check: str, value: Any, advice: str = "") -> dict[str, Any]:
    return {"check": check, "value": value, "advice": advice}


def _fused() -> dict[str, Any]:
    """Check for a fused multiply-add; without it, elementary functions become library calls."""
    import llvmlite.binding as llvm

    fused = bool(llvm.get_host_cpu_features().get("fma", False)) or llvm.get_host_cpu_name() in (
        "apple-m1",
        "apple-m2",
        "apple-m3",
    )
    advice = "" if fused else "kernels run, but several times slower"
    return _row("fused multiply-add", "yes" if fused else "not reported", advice)


def _cache() -> dict[str, Any]:
    where = code_cache.folder()
    if not code_cache.is_writable():
        return _row("kernel cache", "not writable", "set NUMBA_CACHE_DIR to a writable folder")
    return _row("kernel cache", where)


def _interpreted_hint() -> str:
    return "unset NUMBA_DISABLE_JIT: interpreted kernels are for debugging" if INTERPRETED else ""


def _torch_threads() -> dict[str, Any]:
    threads = os.environ.get("OMP_NUM_THREADS", "not set")
    return _row("OMP_NUM_THREADS", threads, "" if threads == "1" else "1 suits small networks")
