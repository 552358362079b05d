"""Pictures of environments: a canvas in pixels, a world in metres, strip charts, one view a copy.

Only :mod:`isac_envs.rendering.canvas` and :mod:`isac_envs.rendering.window` load pygame; adapters
import them when a render mode is asked for, never before.
"""
