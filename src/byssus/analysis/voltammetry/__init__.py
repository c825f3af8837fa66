"""Cyclic and linear sweep voltammetry.

`scans` (tables to sweeps: rate, noise, smoothing) → `peaks` (of one sweep, over a baseline) → `following` (which peak is
which, means at each scan rate, pairs) → `laws` (b-values, diffusion) and `share` (capacitive share) → `cv` (all of it);
`lsv` finds where oxidation or reduction begins.
"""

from byssus.analysis.voltammetry.cv import examine_cv
from byssus.analysis.voltammetry.lsv import examine_lsv
from byssus.analysis.voltammetry.peaks import Sweep, sweeps

__all__ = ["Sweep", "examine_cv", "examine_lsv", "sweeps"]
