"""Impedance: spectra tested, fitted and taken apart.

`spectrum` (tables to spectra, what cannot be true marked) → `validity` (Kramers and Kronig) → `relaxation` (distribution of
relaxation times) and `fitting` (circuits: start values, intervals, what the data leave open, which circuit suffices) over
`circuit` (the strings) and `elements` → `warburg` (diffusion) → `eis` (all of it, over series; `frames` holds it) → `comparing` (before
and after cycling, across binders).  `porous` reads symmetric cells that block.
"""

from byssus.analysis.impedance.circuit import Circuit
from byssus.analysis.impedance.comparing import before_and_after
from byssus.analysis.impedance.eis import examine_eis
from byssus.analysis.impedance.fitting import fit_circuit
from byssus.analysis.impedance.porous import examine_tortuosity

__all__ = ["Circuit", "before_and_after", "examine_eis", "examine_tortuosity", "fit_circuit"]
