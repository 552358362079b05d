"""Gymnasium and PettingZoo environments for integrated sensing and communications.

Importing this package registers every environment and loads nothing heavy: numba, pydantic and the
kernels come with the first environment that is made.
"""

from isac_envs.registration import parallel_env, register, register_all

__version__ = "0.1.0"
__all__ = ["__version__", "parallel_env", "register"]

register_all()
