"""What every environment runs on: compiled functions, random numbers, passes over a batch.

The decorators and the machine code that they keep, elementary functions with the same bits on
every processor, streams of random numbers, and the array form of a kernel. No physics, no API.
"""
