"""The verb that simulates, above the verbs that analyse: it makes tables, and the workflow does the rest.

* `prepare`: what is asked, and the virtual cells and protocols that it comes to; nothing is solved.
* `fitted`: numbers fitted to what a study prints.
* `work`: the tests carried out, several samples at once.
* `summaries`: the few numbers of each test; `spread`: the same with the potential of each published electrode.
* `verb`: all of it, to results and a report.
* `sensitivity`: which input moves what, by many runs of one test; `varied` carries those out.
"""

from byssus.virtual.prepare import Asked, Prepared, explained, prepare
from byssus.virtual.verb import VirtualRun, simulate_study

__all__ = ["Asked", "Prepared", "VirtualRun", "explained", "prepare", "simulate_study"]
