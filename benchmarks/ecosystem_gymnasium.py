"""Rows of Gymnasium: the checker, every wrapper, and a training script of a single file."""

import tempfile
from typing import Any

import gymnasium
import numpy as np
import torch
from ecosystem_row import BOX, DISCRETE, MASKED, SINGLE, Row
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv

import isac_envs  # noqa: F401 - registers the ids

UNIT = {"min_action": np.float32(-1), "max_action": np.float32(1)}
SCALED = {"min_obs": np.float32(0), "max_obs": np.float32(1)}
PICTURES = {
    "AddWhiteNoise": {"probability_of_noise_per_pixel": 0.1},
    "GrayscaleObservation": {},
    "ObstructView": {"obstructed_pixels_ratio": 0.1, "obstruction_width": 8},
    "ResizeObservation": {"shape": (32, 32)},
}
"""Wrappers of pictures; they stand on AddRenderObservation."""

BOX_ACTIONS = {"ClipAction": {}, "DiscretizeAction": {"bins": 2}, "RescaleAction": UNIT}
OTHER_KINDS = {
    "AtariPreprocessing": "Atari's emulator",
    "FilterObservation": "dictionaries",
    "JaxToNumpy": "JAX",
    "JaxToTorch": "JAX",
    "ArrayConversion": "other array libraries",
}
"""Wrappers of what these environments are not."""


def check_all() -> str:
    """Gymnasium's checker on every id."""
    for name in SINGLE:
        check_env(gymnasium.make(name).unwrapped)
    return f"{len(SINGLE)} ids"


def arguments(name: str, width: int, folder: str) -> dict[str, Any]:
    """Return what a wrapper needs besides the environment."""
    known: dict[str, dict[str, Any]] = {
        "ClipReward": {"max_reward": 1.0},
        "DelayObservation": {"delay": 2},
        "DiscretizeObservation": {"bins": 3},
        "DtypeObservation": {"dtype": np.float64},
        "FrameStackObservation": {"stack_size": 3},
        "RecordVideo": {"video_folder": folder},
        "RepeatAction": {"num_repeats": 2},
        "RescaleObservation": SCALED,
        "ReshapeObservation": {"shape": (1, width)},
        "StickyAction": {"repeat_action_probability": 0.2},
        "TimeAwareObservation": {"normalize_time": True},
        "TimeLimit": {"max_episode_steps": 5},
        "TransformAction": {"func": lambda action: action, "action_space": None},
        "TransformObservation": {"func": lambda seen: seen, "observation_space": None},
        "TransformReward": {"func": lambda reward: 2 * reward},
        "VectorizeTransformAction": {
            "wrapper": gymnasium.wrappers.ClipAction,
        },
        "VectorizeTransformObservation": {
            "wrapper": gymnasium.wrappers.ReshapeObservation,
            "shape": (1, width),
        },
        "VectorizeTransformReward": {"wrapper": gymnasium.wrappers.ClipReward, "max_reward": 1.0},
    }
    return {**known.get(name, {}), **PICTURES.get(name, {}), **BOX_ACTIONS.get(name, {})}


def wrapper_names(module: Any) -> list[str]:
    """Return the names of a module's wrappers."""
    return [name for name in module.__all__ if name[0].isupper()]


def id_for(name: str) -> str:
    """Return the id that a wrapper is tried on."""
    return BOX if name in BOX_ACTIONS or name == "VectorizeTransformAction" else DISCRETE


def play(env: Any, steps: int = 12) -> None:
    """Reset and step; the environment starts again where it has to."""
    env.reset(seed=0)
    env.action_space.seed(0)
    for _ in range(steps):
        action = env.action_space.sample()
        if isinstance(action, torch.Tensor):
            action = torch.as_tensor(action)
        ended = env.step(action)[2:4]
        if np.ndim(ended[0]) == 0 and any(map(bool, ended)):
            env.reset()
    env.render()
    env.close()


def every_wrapper() -> str:
    """Every wrapper of single environments."""
    names = [each for each in wrapper_names(gymnasium.wrappers) if each not in OTHER_KINDS]
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            mode = "rgb_array_list" if name == "RenderCollection" else "rgb_array"
            env = gymnasium.make(id_for(name), horizon=8, render_mode="rgb_array")
            if name in PICTURES:
                env = gymnasium.wrappers.AddRenderObservation(env)
            width = env.observation_space.shape[0]
            wrapper = getattr(gymnasium.wrappers, name)
            assert mode
            play(wrapper(env, **arguments(name, width, folder)))
    return f"{len(names)}; not those of {', '.join(sorted(set(OTHER_KINDS.values())))}"


def every_vector_wrapper() -> str:
    """Every wrapper of vector environments, around the native one."""
    module = gymnasium.wrappers.vector
    outside = {*OTHER_KINDS, "GrayscaleObservation", "ResizeObservation"}
    names = [each for each in wrapper_names(module) if each not in outside]
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            env = gymnasium.make_vec(id_for(name), num_envs=3, horizon=8, render_mode="rgb_array")
            width = env.single_observation_space.shape[0]
            given = arguments(name, width, folder)
            given.pop("action_space", None)
            given.pop("observation_space", None)
            if name == "ReshapeObservation":
                given = {"shape": (1, width)}
            play(getattr(module, name)(env, **given))
    return (
        f"{len(names)}; not those of pictures and of {', '.join(sorted(set(OTHER_KINDS.values())))}"
    )


def same_vectors() -> str:
    """SyncVectorEnv and AsyncVectorEnv beside the native vector, masks included."""
    for name in (DISCRETE, MASKED):
        for mode in AutoresetMode:
            makers = [lambda name=name: gymnasium.make(name, horizon=8)] * 2
            play(SyncVectorEnv(makers, autoreset_mode=mode), 6)
        asynchronous = gymnasium.make_vec(name, num_envs=2, vectorization_mode="async")
        play(asynchronous, 6)
    return ""


class Agent(torch.nn.Module):
    """Two small networks, the policy's and the critic's."""

    def __init__(self, width: int, actions: int) -> None:
        super().__init__()
        self.actor, self.critic = (
            torch.nn.Sequential(
                torch.nn.Linear(width, 32), torch.nn.Tanh(), torch.nn.Linear(32, outputs)
            )
            for outputs in (actions, 1)
        )

    def evaluate(self, seen: torch.Tensor, action: torch.Tensor | None = None) -> Any:
        """Return an action, its log probability, the entropy and the value."""
        policy = torch.distributions.Categorical(logits=self.actor(seen))
        action = policy.sample() if action is None else action
        return action, policy.log_prob(action), policy.entropy(), self.critic(seen).squeeze(-1)


def single_file_ppo() -> str:
    """PPO in one file, in the manner of CleanRL: gym.make, wrappers, SyncVectorEnv, torch."""
    torch.manual_seed(1)

    def thunk() -> gymnasium.Env:
        return gymnasium.wrappers.RecordEpisodeStatistics(gymnasium.make(DISCRETE, horizon=32))

    envs = SyncVectorEnv([thunk] * 4)
    assert isinstance(envs.single_action_space, gymnasium.spaces.Discrete)
    width = int(np.prod(envs.single_observation_space.shape))
    agent = Agent(width, int(envs.single_action_space.n))
    optimizer = torch.optim.Adam(agent.parameters(), 1e-3, eps=1e-5)
    seen, _ = envs.reset(seed=1)
    episodes = []
    for _update in range(3):
        rows = []
        for _step in range(64):
            tensor = torch.as_tensor(seen, dtype=torch.float32)
            with torch.no_grad():
                action, log_probability, _, value = agent.evaluate(tensor)
            seen, reward, terminated, truncated, info = envs.step(action.numpy())
            done = torch.as_tensor(terminated | truncated, dtype=torch.float32)
            rows.append((tensor, action, log_probability, value, torch.as_tensor(reward), done))
            if "episode" in info:
                episodes += info["episode"]["r"][info["_episode"]].tolist()
        states, actions, log_probabilities, values, rewards, dones = map(
            torch.stack, zip(*rows, strict=True)
        )
        with torch.no_grad():
            following = agent.evaluate(torch.as_tensor(seen, dtype=torch.float32))[3]
        advantages, running = torch.zeros_like(values), torch.zeros_like(following)
        for k in reversed(range(len(rows))):
            error = rewards[k].float() + 0.99 * following * (1 - dones[k]) - values[k]
            running = error + 0.99 * 0.95 * (1 - dones[k]) * running
            advantages[k], following = running, values[k]
        returns = (advantages + values).flatten()
        scaled = (advantages.flatten() - advantages.mean()) / (advantages.std() + 1e-8)
        for part in torch.randperm(returns.numel()).split(64):
            _, fresh, entropy, value = agent.evaluate(
                states.flatten(0, 1)[part], actions.flatten()[part]
            )
            ratio = (fresh - log_probabilities.flatten()[part]).exp()
            clipped = ratio.clamp(0.8, 1.2)
            gain = torch.minimum(ratio * scaled[part], clipped * scaled[part]).mean()
            loss = 0.5 * (value - returns[part]).square().mean() - gain - 0.01 * entropy.mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    assert len(episodes) >= 4
    return "in its manner, written for this table"


ROWS = (
    Row("gymnasium", "`check_env`", check_all),
    Row("gymnasium", "every wrapper of `gymnasium.wrappers`", every_wrapper),
    Row("gymnasium", "every wrapper of `gymnasium.wrappers.vector`", every_vector_wrapper),
    Row("gymnasium", "`SyncVectorEnv` in all modes, `AsyncVectorEnv`", same_vectors),
    Row("torch", "PPO in a single file, as CleanRL has it", single_file_ppo),
)
