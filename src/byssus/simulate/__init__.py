"""From a recipe to a measured table: the virtual cell.

`inputs` collects every number that a virtual cell starts from, `published` reads PyBaMM's parameter sets for
what a recipe does not say, `parameters` says all of it in the names of PyBaMM (no other module knows them),
`model` builds the equations with one control for all kinds of steps, `run` carries a protocol out, and `record`
writes the table.
"""
