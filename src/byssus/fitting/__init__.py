"""The one fitting core: every fit in Byssus goes through it.  It knows nothing of batteries.

`fit` fits any function of named parameters; `fit_line` and `fit_linear` are the linear
cases, to full precision; `propagate` and `bootstrap` carry uncertainty through anything;
`compare` compares groups whose samples are nested.  All of them name bad input and give no
number for it, and none of them gives a number that the data do not determine.
"""

from byssus.fitting.core import Estimate, Fit, fit
from byssus.fitting.groups import Comparison, GroupMean, compare, group_mean
from byssus.fitting.lines import LinearFit, LineFit, fit_line, fit_linear
from byssus.fitting.model import Data, Parameter
from byssus.fitting.resampling import Propagated, bootstrap, propagate

__all__ = [
    "Comparison",
    "Data",
    "Estimate",
    "Fit",
    "GroupMean",
    "LineFit",
    "LinearFit",
    "Parameter",
    "Propagated",
    "bootstrap",
    "compare",
    "fit",
    "fit_line",
    "fit_linear",
    "group_mean",
    "propagate",
]
