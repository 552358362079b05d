"""The environments: ``envs/<family>/<name>/`` holds params, kernel, model and baselines of one."""
