"""TorchRL on an environment with several agents and masks: PPO, one policy for all of them.

pip install torchrl
python examples/torchrl_training.py [iterations]
"""

import sys

import torch
from tensordict.nn import TensorDictModule
from torchrl.envs import PettingZooWrapper
from torchrl.modules import MaskedCategorical, MultiAgentMLP, ProbabilisticActor
from torchrl.objectives import ClipPPOLoss

import isac_envs

iterations = int(sys.argv[1]) if len(sys.argv) > 1 else 50
torch.manual_seed(0)
torch.set_num_threads(1)

source = isac_envs.parallel_env("isac/DirectionalJrc-v0", horizon=100)
agents, team = len(source.possible_agents), "team"
env = PettingZooWrapper(
    source,
    group_map={team: source.possible_agents},
    use_mask=True,
    categorical_actions=True,
    seed=0,
)
width, actions = source.model.observation.width, source.model.action.count


def network(outputs, central):
    return MultiAgentMLP(
        width, outputs, agents, centralized=central, share_params=True, depth=2, num_cells=64
    )


actor = ProbabilisticActor(
    TensorDictModule(network(actions, False), [(team, "observation")], [(team, "logits")]),
    in_keys={"logits": (team, "logits"), "mask": (team, "action_mask")},
    out_keys=[(team, "action")],
    distribution_class=MaskedCategorical,
    return_log_prob=True,
    log_prob_key=(team, "log_prob"),
)
critic = TensorDictModule(network(1, True), [(team, "observation")], [(team, "state_value")])
loss = ClipPPOLoss(actor, critic, entropy_coeff=0.01, critic_coeff=0.01, normalize_advantage=True)
loss.set_keys(
    reward=(team, "reward"),
    action=(team, "action"),
    value=(team, "state_value"),
    sample_log_prob=(team, "log_prob"),
    done=(team, "done"),
    terminated=(team, "terminated"),
)
loss.make_value_estimator(gamma=0.97, lmbda=0.9)
optimizer = torch.optim.Adam(loss.parameters(), 1e-3)

for iteration in range(iterations):
    with torch.no_grad():
        played = torch.stack([env.rollout(100, actor) for _ in range(4)])
        loss.value_estimator(played)
    for _ in range(8):
        values = loss(played)
        optimizer.zero_grad()
        sum(value for name, value in values.items() if name.startswith("loss_")).backward()
        torch.nn.utils.clip_grad_norm_(loss.parameters(), 0.5)
        optimizer.step()
    reward = played["next", team, "reward"].mean().item()
    print(f"iteration {iteration:3d}   reward of a step and agent {reward:8.3f}")
