"""One batch of state records and the thin adapters over it: Env, VectorEnv, ParallelEnv."""
