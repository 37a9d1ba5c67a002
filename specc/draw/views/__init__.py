"""The pictures that single families are known by: volumes, neurons, the U, cells unrolled in time, narrowing and widening.

Each view reads the body of a model as one list (`body`), decides from its structure whether it fits, and gives a panel whose
boxes have places, or a scene of painted shapes.
"""
