"""Physics as compiled scalar functions of numbers; each subject has a room of its own.

A kernel knows neither environments nor APIs, and takes what it needs as arguments. Constants of
nature stand in ``constants``; what has no physics (random numbers, decorators) is in the engine.
"""
