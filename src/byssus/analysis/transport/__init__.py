"""Transport and stability: how films conduct, what leaks, and what voltage and current they bear.

`conductivity` (films between two electrodes, over temperature and thickness) rests on `spectrum` (a resistance from a
spectrum) and `temperature` (Arrhenius and VFT); `transference`, `leakage` and `hold` on `decay` (what a current at a held
voltage settles to).  `plating` reads cells with lithium electrodes, `self_discharge` rests.
"""

from byssus.analysis.transport.conductivity import examine_conductivity
from byssus.analysis.transport.hold import examine_hold
from byssus.analysis.transport.leakage import examine_leakage
from byssus.analysis.transport.plating import examine_plating
from byssus.analysis.transport.self_discharge import examine_self_discharge
from byssus.analysis.transport.transference import examine_transference

__all__ = [
    "examine_conductivity",
    "examine_hold",
    "examine_leakage",
    "examine_plating",
    "examine_self_discharge",
    "examine_transference",
]
