"""What is done to a cell: protocols as people write them, the tests they ask for, and the steps they come to.

* `steps`: one step for one cell, in SI, with nothing left to be looked up.
* `model`: a protocol in the words and units of people, and how it is resolved for a cell.
* `standard`: the tests that people ask for by name, with their defaults.
* `unicycler`: a protocol in the words of cyclers, and back.

Nothing here knows what carries a protocol out: a simulation, or a cycler.
"""
