"""Makes the animated example of each environment: a baseline plays part of an episode.

    python docs/animate.py [NAME ...]

A name is an id or ``module:Class``; without names, all environments of this package with a scene.

Writes ``docs/_static/animations/<name>.webp``, which ``docs/generate.py`` shows on the page of the
environment, and ``docs/_static/thumbnails/<name>.webp``, a small still for the gallery. Seed,
baseline and quality are fixed, so that the same versions of the environment, of pygame and of
Pillow write the same bytes.
"""

import argparse
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from isac_envs import scenarios
from isac_envs.catalog import OWN, model_class
from isac_envs.core.parallel_env import ParallelEnv
from isac_envs.core.renderer import FPS

FOLDER = Path(__file__).parent / "_static" / "animations"
THUMBNAILS = FOLDER.parent / "thumbnails"
SMALL = (480, 300)
"""Width and height of a thumbnail in pixels."""
LARGEST = 400_000
"""Bytes that an animation may have; frames at its end are left out until it fits."""


class Play(NamedTuple):
    """What an animation shows: every ``stride``-th of ``frames * stride`` steps after ``skip``.

    Without a baseline, the one that scores 1 plays. ``colours`` are those of its palette: few do
    not suffice where thin lines tell things apart by their colours.
    """

    baseline: str = ""
    seed: int = 1
    skip: int = 0
    stride: int = 1
    frames: int = 90
    colours: int = 64


PLAYS = {
    "isac/BeamClusterRbg-v0": Play(stride=3, frames=80),
    "isac/BeamTrack-v0": Play("myopic", frames=92),
    "isac/BeamTraining-v0": Play("bayes", seed=3, frames=96),
    "isac/CognitiveAccess-v0": Play(seed=3, frames=96),
    "isac/CognitiveAccessMulti-v0": Play("central", seed=3, frames=96),
    "isac/DirectionalJrc-v0": Play("greedy_coordinated"),
    "isac/DirectionalJrcSingle-v0": Play("greedy_in_sight"),
    "isac/EdgeRoute-v0": Play(seed=4, frames=60),
    "isac/HsrDualBeam-v0": Play(stride=2, frames=103),
    "isac/JrcAoi-v0": Play(frames=96),
    "isac/JrcAoiMulti-v0": Play(frames=96),
    "isac/VcpsView-v0": Play("greedy", frames=96),
    "isac/VcpsViewMulti-v0": Play("greedy", frames=96),
    "isac/TargetTrack-v0": Play("index_blind_choice", seed=4, stride=2, colours=128),
    "isac/TargetTrackMulti-v0": Play("index_nearest", seed=2, stride=2, colours=128),
    "isac/SecureIsac-v0": Play("probing", seed=3),
    "isac/SecureIsacMulti-v0": Play("probing_approach", seed=3),
    "isac/SmartRoad-v0": Play(seed=3, frames=60),
    "isac/UavAlloc-v0": Play("priced_best_response", frames=96),
    "isac/UavAllocMulti-v0": Play("priced_best_response", frames=96),
    "isac/UavTrajectory-v0": Play("fly_hover_sense", frames=118),
    "isac/UavTrajectoryMulti-v0": Play("fly_hover_sense", frames=118),
}
"""Where an environment is shown otherwise than by default."""


def play(environment: str) -> Play:
    """Return what the animation of an environment shows."""
    chosen, model = PLAYS.get(environment, Play()), model_class(environment)
    return chosen._replace(baseline=chosen.baseline or model.reference_baseline or "random")


def path(environment: str) -> Path:
    """Return where the animation of an environment stands."""
    return FOLDER / f"{scenarios.folder(environment).name}.webp"


def thumbnail_path(environment: str) -> Path:
    """Return where the thumbnail of an environment stands."""
    return THUMBNAILS / path(environment).name


def thumbnail(animation: Path, target: Path) -> None:
    """Write a small still of an animation: a frame at two thirds, with some history to see."""
    from PIL import Image

    with Image.open(animation) as film:
        film.seek(getattr(film, "n_frames", 1) * 2 // 3)
        still = film.convert("RGB").resize(SMALL, Image.Resampling.LANCZOS)
    target.parent.mkdir(parents=True, exist_ok=True)
    still.save(target, quality=80, method=6)


def pictures(environment: str, play: Play) -> list[Any]:
    """Return the frames, arrays of shape ``(height, width, 3)``."""
    model = scenarios.build(environment, None, {})
    env = ParallelEnv(model, render_mode="rgb_array")
    policy = env.baseline(play.baseline)
    observations, _ = env.reset(seed=play.seed)
    frames = []
    for step in range(play.skip + play.stride * play.frames):
        if step >= play.skip and (step - play.skip) % play.stride == 0:
            frames.append(env.render())
        if env.agents:
            observations, *_ = env.step(policy.predict(observations)[0])
        else:
            observations, _ = env.reset()
    return frames


def encode(frames: list[Any], target: Path, colours: int) -> int:
    """Write an animation that repeats for ever; return its size in bytes.

    With few colours, lossless compression beats lossy, and letters stay sharp.
    """
    from PIL import Image

    some = Image.fromarray(np.concatenate(frames[:: max(1, len(frames) // 12)]))
    palette = some.quantize(colours, Image.Quantize.MEDIANCUT)
    images = [
        Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE).convert("RGB")
        for frame in frames
    ]
    target.parent.mkdir(parents=True, exist_ok=True)
    images[0].save(
        target, save_all=True, append_images=images[1:], duration=round(1000 / FPS), loop=0,
        lossless=True, method=4,
    )  # fmt: skip
    return target.stat().st_size


def main() -> None:
    """Make the animations that were asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="ids, or module:Class")
    sys.path.insert(0, "")  # modules in the working directory, as the isac command finds them
    drawn = [name for name in OWN if scenarios.build(name, None, {}).scene]
    for name in parser.parse_args().names or drawn:
        chosen = play(name)
        frames = pictures(name, chosen)
        while (size := encode(frames, path(name), chosen.colours)) > LARGEST:
            frames = frames[: len(frames) * 9 // 10]
        thumbnail(path(name), thumbnail_path(name))
        print(f"{path(name)}: {len(frames)} frames, {size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
