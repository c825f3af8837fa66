"""Tables of pulses to diffusion coefficients: titration and current interruption, by voltage and composition."""

from byssus.analysis.pulses.detect import pulses_of
from byssus.analysis.pulses.interruption import examine_ici
from byssus.analysis.pulses.titration import examine_gitt

__all__ = ["examine_gitt", "examine_ici", "pulses_of"]
