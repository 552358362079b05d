"""Exact planning: how much is lost by a policy that was optimal for another scenario.

python examples/exact_planning.py
"""

from isac_envs import planning, scenarios

ENVIRONMENT = "isac/ModeSelect-v0"
NAMES = ("highway", "storm", "urban", "light")

problems = {name: scenarios.build(ENVIRONMENT, name, {}).transition_model() for name in NAMES}
policies = {name: planning.value_iteration(mdp).policy for name, mdp in problems.items()}

print("reward per step of the row's scenario under the optimal policy of the column's")
print(f"{'':10s}" + "".join(f"{name:>10s}" for name in NAMES))
for name, mdp in problems.items():
    values = (planning.average(mdp, policies[source]) for source in NAMES)
    print(f"{name:10s}" + "".join(f"{value:10.3f}" for value in values))
