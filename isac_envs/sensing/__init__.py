"""The radar chain from illumination to tracks: looks, detections, tracks, their assessment.

Compiled parts that environments put together, made of kernels; no environment and no API.
"""
