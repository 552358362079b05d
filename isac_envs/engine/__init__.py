"""The base of every environment: compiled functions, random numbers, passes over a batch.

The decorators and their machine code on disk, elementary functions with the same bits on every
processor, random streams, and the array form of a kernel. No physics, no API.
"""
