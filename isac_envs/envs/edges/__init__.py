"""Roads and edges: vehicles on a grid of roads, and the servers beside them.

Each vehicle has a twin, a service that answers its tasks, on one of the servers. It chooses its
road and where the twin runs; roads and servers get slow where many meet.
"""
