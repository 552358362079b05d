"""The radar chain, assembled from kernels: looks, detections, tracks and their quality.

The chain of a monostatic or bistatic radar from its beam to its tracks is here, compiled and
without allocation, for a step of an environment or standalone. No environment, no reward and no API
is here, and no formula that a kernel has.
"""
