"""One secondary user senses a channel in each slot, and uses it if it is idle."""
