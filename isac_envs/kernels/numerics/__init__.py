"""Mathematics that the physics needs: special functions, small matrices, portable array functions.

Nothing here has a unit.
"""
