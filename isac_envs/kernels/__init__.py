"""Physics as compiled scalar functions of numbers, one package per subject.

A kernel knows neither environments nor APIs, and takes all inputs as arguments. Physical constants
are in ``constants``; code without physics (random numbers, decorators) is in the engine.
"""
