"""``make fuzz``: the long campaigns. Prints what became of the cases; ends with 1 if one failed."""

import argparse
import math
import sys
import tempfile
import time
from pathlib import Path

import matplotlib
from numba import config

from fuzzing import campaign
from fuzzing.canary import Canary
from isac_envs.catalog import OWN

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--folders", type=int, default=5_000)
parser.add_argument("--scenarios", type=int, default=20_000)
parser.add_argument("--actions", type=int, default=100_000)
parser.add_argument("--seconds", type=float, default=math.inf, help="of each campaign")
parser.add_argument("--seed", type=int, default=0)
chosen = parser.parse_args()

caches = [config.CACHE_DIR or Path.home() / ".cache", matplotlib.get_cachedir()]
failures = []
with tempfile.TemporaryDirectory() as place:
    canary = Canary(Path(place), caches)
    campaigns = {
        "actions": lambda: campaign.actions(chosen.actions, chosen.seed, [*OWN], chosen.seconds),
        "scenario files": lambda: campaign.scenario_files(
            chosen.scenarios, chosen.seed, canary, chosen.seconds
        ),
        "run folders": lambda: campaign.run_folders(
            chosen.folders, chosen.seed, canary, Path(place), seconds=chosen.seconds
        ),
    }
    for name, call in campaigns.items():
        if not getattr(chosen, name.split()[-1].replace("files", "scenarios")):
            continue
        started, used = time.monotonic(), time.process_time()
        found = call()
        failures += found.failures
        seconds, used = time.monotonic() - started, time.process_time() - used
        cost = f"{seconds:.0f} s, {used:.0f} CPU s, {campaign.peak():.1f} GiB at most"
        print(f"{name}: {found}; {cost}", flush=True)
        for each in found.failures[:50]:
            print(each, flush=True)
sys.exit(bool(failures))
