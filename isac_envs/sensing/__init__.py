"""The radar chain, assembled from kernels: looks, detections, tracks and how good they are.

Here stands what a monostatic or bistatic radar does from its beam to its tracks, compiled and
without allocation, for a step of an environment or by itself. No environment, no reward and no API
stands here, and no formula that a kernel has.
"""
