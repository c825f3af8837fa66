"""The arithmetic of the two documents, done again by the equations and the designs of Byssus."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from byssus import knowledge
from byssus.knowledge import Knowledge
from byssus.physics import catalogue
from byssus.physics.acidity import mixture_ph
from byssus.physics.coating import critical_cracking_thickness
from byssus.physics.constants import ATOMIC_WEIGHTS
from byssus.recipe.design import Design, design_file
from byssus.validation.page import Comparison, Listing, Page

Array = NDArray[np.float64]
Numbers = tuple[float, ...]

#: Draws of the Monte Carlo comparison; the standard deviation of so many is known to 1/√(2 · 200 000) = 0.16 %.
DRAWS = 200_000


@dataclass(frozen=True, slots=True)
class Case:
    """What a document prints, or what follows from what it prints, and what Byssus makes of the same numbers.

    Parameters
    ----------
    subject, quantity
        What is compared.
    expected
        The numbers as they are printed, with commas between; their digits say how far they hold.
    unit
        Of them; empty for plain numbers.
    truth
        Where they stand, or the arithmetic by hand that gives them.
    ours
        The same numbers by Byssus.
    allowed
        How far ours may be off where the digits do not say it, as where a number is called "about".
    conflict, printed
        The contradiction that the case belongs to and what is printed, where that is not what follows.
    """

    subject: str
    quantity: str
    expected: str
    unit: str
    truth: str
    ours: Numbers
    allowed: float | None = None
    conflict: str = ""
    printed: str = ""

    @property
    def comparison(self) -> Comparison:
        """The largest difference against half a unit of the last digit."""
        texts = [text.strip() for text in self.expected.split(",")]
        if len(texts) != len(self.ours):
            raise ValueError(f"{self.subject}, {self.quantity}: {len(self.ours)} values for {self.expected}")
        differences = [abs(ours - float(text)) for ours, text in zip(self.ours, texts, strict=True)]
        decimals = min(len(text.partition(".")[2]) for text in texts)
        # A value midway between two roundings may be printed as either; floating point must not decide it.
        allowed = 0.5 * 10.0**-decimals * (1 + 1e-9) if self.allowed is None else self.allowed
        return Comparison(
            self.subject, self.quantity, f"{self.expected} {self.unit}".strip() + f": {self.truth}", len(texts),
            max(differences), allowed, self.unit,
        )  # fmt: skip


def compare(_folder: Path) -> Page:
    """Make the page."""
    known = knowledge.load()
    cases = [case for make in CASES for case in make(known)]
    wrong = [case for case in cases if case.printed]
    return Page(
        "The documents' arithmetic, and designs",
        "Numbers of the CCL paper (doi:10.1016/j.est.2026.120607) and of the review (doi:10.1007/s41918-023-00198-2) that "
        "follow from other numbers in them are worked out again by the equations that `byssus calc` calls, from text with "
        "units, and by the designs of the shipped recipes. The truth is what is printed, or where that contradicts itself "
        "what the list of contradictions (`byssus show C05`) derives by hand. What is allowed is half a unit of the last "
        "digit, unless a number is printed as about or leaves an input open; then the truth says so.",
        [*(case.comparison for case in cases), *_independent()],
        listings=[
            Listing(
                "Printed against recomputed",
                "Where a document prints what does not follow, the comparison is with what does.",
                ("contradiction", "of", "printed", "recomputed", "compared with"),
                [(case.conflict, f"{case.subject}, {case.quantity}", case.printed, _shown(case), case.expected)
                 for case in sorted(wrong, key=lambda case: case.conflict)],
            )
        ],
        remarks=_remarks(),
    )  # fmt: skip


def _shown(case: Case) -> str:
    return ", ".join(f"{ours:.5g}" for ours in case.ours) + f" {case.unit}".rstrip()


def _remarks() -> list[str]:
    density = _figure("ccl-5", "electrode", "density of the binder", "g/cm^3")[0]
    film = _by("film_thickness_on_area", "nm", mass_ratio=f"{1 / 3}", film_density=f"{density} g/cm^3",
               specific_surface="86 m^2/g")[0]  # fmt: skip
    return [
        f"The film of 2.3 nm is that of a binder of 1.7 g/cm³; with the {density:.2f} g/cm³ of the design it is {film:.1f} nm.",
        "The solid-state stack has two numbers that are chosen, as the review prints no composition: the active share of "
        "the positive electrode (so that the first limit comes out; the two others then test it), and the lithium laid in "
        "(of 0, 1, 2 and 3 times the capacity, the one nearest to the review's about 400 Wh/kg).",
        "The shell of 5.9 nm on tin needs particles of 120 nm, which are not printed: it shows that the number can be, "
        "not that it is right.",
        "The last lattice parameter of C24 lies on the edge of its rounding: 5.42952 Å with 1.5406 Å, and 5.42949 Å with all "
        "digits of Cu Kα₁, which the equation takes if it is told no wavelength.",
        "A peel strength in N/m, an N/P ratio from a printed loading and the D of the titration are not here: the "
        "documents leave out what they need (C15, C07, C13).",
    ]


def _by(name: str, unit: str = "", **arguments: str) -> Numbers:
    """Call an equation as `byssus calc` does; return its numbers in a unit."""
    answer = catalogue.find(name).evaluate(arguments)
    found = []
    for value in answer.values:
        if value.quantity is None:
            raise ValueError(f"{name}: {value}")
        found.append((value.quantity.to(unit) if unit else value.quantity).value)
    return tuple(found)


@functools.cache
def _design(recipe: str) -> Design:
    shipped = resources.files("byssus") / "examples" / "recipes" / f"{recipe}.yaml"
    with resources.as_file(shipped) as path:
        return design_file(path, knowledge.load())


def _figure(recipe: str, part: str, name: str, unit: str) -> Numbers:
    """Return a figure of a shipped recipe's design."""
    quantity = _design(recipe).figure(part, name).quantity
    if quantity is None:
        raise ValueError(f"{recipe}: {part}: {name} is missing")
    return (quantity.to(unit).value,)


def _ratio(upper: Numbers, lower: Numbers, scale: float = 1.0) -> Numbers:
    return tuple(scale * above / below for above, below in zip(upper, lower, strict=True))


# --- The paper ----------------------------------------------------------------------------------------------------------


def _binders(_known: Knowledge) -> Iterator[Case]:
    names = ("CMC", "citric acid", "LS")
    shares = tuple(_figure("ccl-5", "CCL", f"{name} in the solids", "%")[0] for name in names)
    yield Case("CCL binder", "CMC, citric acid and LS in its solids", "43.7, 24.3, 32.0", "%", "C05, 30 mg of LS as 22 % "
               "solution", shares, conflict="C05", printed="9:5:6, which is 45, 25 and 30 %")  # fmt: skip
    masses = [_figure("ccl-5", "CCL", f"mass of {name}", "mg")[0] for name in names]
    yield Case("CCL binder", "ratio CMC:citric acid:LS", "9.0, 5.0, 6.6", "", "C05",
               tuple(9 * mass / masses[0] for mass in masses), conflict="C05", printed="9:5:6")  # fmt: skip
    as_solids = _by("solid_fractions", "%", masses="9 mg, 5 mg, 30 mg", mass_fractions="100 %, 100 %, 100 %")
    yield Case("CCL binder", "shares, were the 30 mg solids", "20.5, 11.4, 68.2", "%", "C05",
               as_solids)  # fmt: skip
    yield Case("CL binder", "LS in its solids", "39.8", "%", "C05", _figure("cl", "CL", "LS in the solids", "%"))
    solids = [
        _figure(*each, "mass of solids", "mg")[0] for each in (("cl", "CL"), ("ccl-5", "CCL"), ("cmc", "CMC solution"))
    ]
    yield Case("three binder solutions", "solids, over those of CL", "1.00, 1.24, 1.20", "", "C05",
               tuple(mass / solids[0] for mass in solids), conflict="C05",
               printed="20 wt% binder in all electrodes")  # fmt: skip
    solution = _ratio((6.0,), _by("solute_mass", "mg", solution_mass="100 mg", mass_fraction="22 %"), 100)
    yield Case("CCL binder", "solution of 22 % that would hold 6.0 mg", "27.27", "mg", "C05", solution)
    carboxyl = _figure("ccl-5", "CCL", "carboxyl groups of citric acid", "umol")
    lithium = _figure("ccl-5", "CCL", "lithium of LS", "umol")
    yield Case("CCL binder", "carboxyl of 5.0 mg citric acid", "78.1", "µmol", "C25", carboxyl)
    yield Case("CCL binder", "lithium of 6.6 mg LS", "41.5", "µmol", "C16", lithium)
    yield Case("CCL binder", "carboxyl over lithium", "1.88", "", "C25", _ratio(carboxyl, lithium))
    yield Case("CCL binder", "acid that lithium can neutralise", "53", "%", "C25 (41.5/78.1)",
               _by("degree_of_neutralisation", "%", base_amount="41.5 umol", acid_amount="78.1 umol"))  # fmt: skip
    yield Case(
        "CCL binder", "pH of the finished mixture", "5", "", "C25, near 5", _figure("ccl-5", "CCL", "pH, computed", "1")
    )


def _silicates(_known: Knowledge) -> Iterator[Case]:
    formulae = ("Li2SiO3", "Li2O(SiO2)4.8", "Li2Si5O11")
    molar = tuple(_by("molar_mass", "g/mol", formula=each)[0] for each in formulae)
    yield Case("lithium silicate", "molar mass of Li2SiO3", "89.96", "g/mol", "C16", molar[:1])
    yield Case("lithium silicate", "molar mass of Li2O·4.8SiO2, Li2Si5O11", "318.3, 330.3", "g/mol", "C16", molar[1:],
               conflict="C16", printed="Li2SiO3 and 1:4.8 (paper), Li2Si5O11 (review)")  # fmt: skip
    silica = _by("molar_mass", "g/mol", formula="SiO2")[0]
    shares = tuple(100 * count * silica / whole for count, whole in zip((1, 4.8, 5), molar, strict=True))
    yield Case("lithium silicate", "SiO2 in Li2SiO3, Li2O·4.8SiO2, Li2Si5O11", "66.8, 90.6, 91.0", "%", "C16", shares)
    named = _by("charge_amount", "umol", mass="6.6 mg", molar_mass=f"{molar[0]} g/mol", groups="2")
    yield Case("lithium silicate", "lithium of 6.6 mg, were it Li2SiO3", "146.7", "µmol", "C16", named)


def _capacities(_known: Knowledge) -> Iterator[Case]:
    yield Case("silicon", "capacity as Li15Si4", "3579", "mAh/g", "the paper, section 2.4",
               _by("theoretical_capacity_of_formula", "mAh/g", formula="Si", electrons="3.75"), conflict="R25",
               printed="3579 (paper) and 3580 mAh/g (review)")  # fmt: skip
    yield Case("silicon", "capacity as Li15Si4", "3578.6", "mAh/g", "R25",
               _by("theoretical_capacity_of_formula", "mAh/g", formula="Si", electrons="3.75"))  # fmt: skip
    yield Case("graphite", "capacity as LiC6", "372", "mAh/g", "R05",
               _by("theoretical_capacity_of_formula", "mAh/g", formula="C6", electrons="1"))  # fmt: skip
    yield Case("Li4Ti5O12", "capacity for 3 Li", "175", "mAh/g", "the review, section 3.2.1",
               _by("theoretical_capacity_of_formula", "mAh/g", formula="Li4Ti5O12", electrons="3"))  # fmt: skip
    yield Case("sulfur", "capacity as Li2S", "1672", "mAh/g", "R17", _by("sulfur_theoretical_capacity", "mAh/g"),
               conflict="R17", printed="1675 mAh/g")  # fmt: skip
    yield Case("rate test of Si/CCL", "2776.7 after 2744 mAh/g at 0.5 A/g", "101.19", "%", "C28",
               _by("retention", "%", capacity="2776.7 mAh/g", baseline="2744 mAh/g"))  # fmt: skip


def _loading(_known: Knowledge) -> Iterator[Case]:
    yield Case("Si/CCL at 1.2 mg/cm²", "2.33 mAh/cm² on silicon", "1942", "mAh/g", "C09",
               _by("specific_capacity", "mAh/g", charge="2.33 mAh", mass="1.2 mg"))  # fmt: skip
    coating = _by("active_from_coating", "mg", coating="1.2 mg", share="60 %")
    yield Case("Si/CCL at 1.2 mg/cm²", "2.33 mAh/cm², were the loading of the coating", "3236", "mAh/g", "C09",
               _by("specific_capacity", "mAh/g", charge="2.33 mAh", mass=f"{coating[0]} mg"))  # fmt: skip
    for share, expected in ((1.0, "2.65"), (0.6, "1.59")):
        yield Case("Si/CCL at 0.82 mg/cm²", f"areal capacity of 3227 mAh/g, {share:.0%} silicon", expected, "mAh/cm²", "C09",
                   _by("areal_capacity_from_loading", "mAh/cm^2", loading=f"{0.82 * share} mg/cm^2",
                       specific_capacity="3227 mAh/g"))  # fmt: skip
    made = _design("ccl-5")
    inferred = float("loading-basis-inferred" in {each.code for each in made.findings})
    yield Case("design of ccl-5", "loading inferred to be of silicon (1 is yes)", "1", "", "C09", (inferred,))
    yield Case("design of ccl-5", "active and coating loading", "0.82, 1.37", "mg/cm²", "0.82 and 0.82/0.6",
               _figure("ccl-5", "electrode", "active loading", "mg/cm^2")
               + _figure("ccl-5", "electrode", "coating loading", "mg/cm^2"))  # fmt: skip
    yield Case("design of ccl-5", "areal capacity of 2700 mAh/g", "2.214", "mAh/cm²", "C07",
               _figure("ccl-5", "electrode", "areal capacity", "mAh/cm^2"))  # fmt: skip


def _currents(_known: Knowledge) -> Iterator[Case]:
    yield Case("design of ccl-5", "current density at 6 A/g", "4.92", "mA/cm²", "6 × 0.82",
               _figure("ccl-5", "electrode", "current density at 6 A/g", "mA/cm^2"))  # fmt: skip
    yield Case("design of ccl-5", "C-rate at 6 A/g", "1.68", "1/h", "6000/3579",
               _figure("ccl-5", "electrode", "C-rate at 6 A/g", "1/h"))  # fmt: skip
    yield Case("activation", "0.05C of 1 g silicon", "178.95", "mA", "C20",
               _by("current_from_c_rate", "mA", c_rate="0.05 1/h", capacity="3579 mAh"))  # fmt: skip
    area = _by("disc_area", "cm^2", diameter="12 mm")
    yield Case("area S", "disc of 12 mm", "1.13", "cm²", "C13", area)
    yield Case("full cell", "2.5 mA/cm² on 1.13 cm²", "2.83", "mA", "C04",
               _ratio((2.5,), _by("current_density", "mA/cm^2", current="1 mA", area="1.13 cm^2")),
               conflict="C04", printed="189.6 mA at 1.0C")  # fmt: skip
    yield Case("full cell", "189.6 mA on the 75.8 cm² that it would need", "2.50", "mA/cm²", "C04",
               _by("current_density", "mA/cm^2", current="189.6 mA", area="75.8 cm^2"))  # fmt: skip
    yield Case("full cell", "start, if 189.8 mAh/g were of cycle 110", "197.1", "mAh/g", "C04",
               _by("baseline_from_retention", "mAh/g", capacity="189.8 mAh/g", retention="96.3 %"))  # fmt: skip
    yield Case("full cell", "2.5 mA/cm² on 1.065 mg/cm² of silicon", "2.35", "A/g", "C07",
               _by("specific_current", "A/g", current="2.5 mA", mass="1.065 mg"))  # fmt: skip


def _balance(_known: Knowledge) -> Iterator[Case]:
    printed = "N/P 1.15, 0.82 mg/cm² and 2.5 mA/cm² as 1C"
    yield Case("full cell", "mass of Si over that of NCM811 at N/P 1.15", "0.0894", "", "C07",
               _by("np_mass_ratio", "1", np_ratio="1.15", positive_specific_capacity="210 mAh/g",
                   negative_specific_capacity="2700 mAh/g"))  # fmt: skip
    anode = _by("areal_capacity_from_loading", "mAh/cm^2", loading="0.82 mg/cm^2", specific_capacity="2700 mAh/g")
    yield Case("full cell", "anode of 0.82 mg/cm²", "2.214", "mAh/cm²", "C07", anode)
    cathode = anode[0] / 1.15
    yield Case("full cell", "cathode that it balances, its 1C in mA/cm²", "1.925", "mAh/cm²", "C07", (cathode,),
               conflict="C07", printed=printed)  # fmt: skip
    weighed = _ratio((cathode,), _by("areal_capacity_from_loading", "mAh/cm^2", loading="1 mg/cm^2",
                                     specific_capacity="210 mAh/g"))  # fmt: skip
    yield Case("full cell", "NCM811 of that cathode", "9.17", "mg/cm²", "C07", weighed)
    silicon = _by("negative_loading", "mg/cm^2", np_ratio="1.15", positive_capacity="2.5 mAh/cm^2",
                  negative_specific_capacity="2700 mAh/g")  # fmt: skip
    yield Case("full cell", "silicon that 2.5 mAh/cm² needs", "1.065", "mg/cm²", "C07", silicon, conflict="C07",
               printed=printed)  # fmt: skip
    for loading, what, expected in (
        ("0.82", "0.82 mg/cm² of silicon", "0.886"),
        (f"{0.82 * 0.6}", "0.82 mg/cm² of coating", "0.531"),
        ("1.2", "1.2 mg/cm² of silicon", "1.296"),
    ):
        negative = _by(
            "areal_capacity_from_loading", "mAh/cm^2", loading=f"{loading} mg/cm^2", specific_capacity="2700 mAh/g"
        )
        yield Case("full cell", f"N/P of {what} against 2.5 mAh/cm²", expected, "", "C07",
                   _by("np_ratio", "1", negative_capacity=f"{negative[0]} mAh/cm^2", positive_capacity="2.5 mAh/cm^2"),
                   conflict="C07", printed="1.15")  # fmt: skip
    yield Case("full cell", "N/P of 2700 mAh/g where 2 A/g gives 1920.6", "0.82", "", "C07",
               _by("np_ratio", "1", negative_capacity=f"{1.065 * 1.9206} mAh/cm^2", positive_capacity="2.5 mAh/cm^2"))  # fmt: skip
    yield Case("design of ccl-full-cell", "N/P ratio", "1.15", "", "the paper, section 2.4",
               _figure("ccl-full-cell", "cell", "N/P ratio", "1"))  # fmt: skip
    yield Case("design of ccl-full-cell", "silicon for N/P 1.15", "1.06", "mg/cm²", "C07",
               _figure("ccl-full-cell", "cell", "negative loading for N/P 1.15", "mg/cm^2"))  # fmt: skip
    yield Case("design of ncm811", "areal capacity", "2.50", "mAh/cm²", "C07",
               _figure("ncm811", "electrode", "areal capacity", "mAh/cm^2"))  # fmt: skip


def _ageing(_known: Knowledge) -> Iterator[Case]:
    baseline = _by("baseline_from_retention", "mAh/g", capacity="2002.6 mAh/g", retention="73.3 %")
    yield Case("250 cycles at 1 A/g", "baseline of 73.3 %", "2732.1", "mAh/g", "C08", baseline, conflict="C08",
               printed="2425.5 mAh/g at 1 A/g")  # fmt: skip
    yield Case(
        "250 cycles at 1 A/g", "that baseline over 2425.5 mAh/g", "1.126", "", "C08", _ratio(baseline, (2425.5,))
    )
    yield Case("250 cycles at 1 A/g", "2002.6 of 2425.5 mAh/g", "82.6", "%", "C08",
               _by("retention", "%", capacity="2002.6 mAh/g", baseline="2425.5 mAh/g"), conflict="C08",
               printed="73.3 %")  # fmt: skip
    for cycles, expected in (("100", "0.0608"), ("1000", "0.0061")):
        yield Case(f"94.1 % after {cycles} cycles", "fade a cycle", expected, "%", "R01",
                   _by("fade_per_cycle", "%", retention="94.1 %", cycles=cycles))  # fmt: skip
    yield Case("94.1 % after 100 and 1000 cycles", "linear fade a cycle", "0.0590, 0.0059", "%", "R01",
               _by("linear_rate", "%", retention="94.1 %", cycles="100") + _by("linear_rate", "%", retention="94.1 %",
                                                                                cycles="1000"))  # fmt: skip
    yield Case("full cell", "efficiency that 96.3 % over 110 cycles needs", "99.966", "%", "by hand, exp(ln 0.963 / 110)",
               _by("efficiency_needed", "%", retention="96.3 %", cycles="110"))  # fmt: skip
    left = _by("geometric_capacity", "mAh/g", initial="189.8 mAh/g", cycles="110",
               rate=f"{_by('geometric_rate', '%', retention='96.3 %', cycles='110')[0]} %")  # fmt: skip
    yield Case("full cell", "end, if 189.8 mAh/g were of cycle 1", "182.8", "mAh/g", "C04", left)


_REFLECTIONS = (("28.3", "1, 1, 1", "5.458"), ("47.3", "2, 2, 0", "5.431"), ("56.0", "3, 1, 1", "5.442"),
                ("69.1", "4, 0, 0", "5.433"), ("76.4", "3, 3, 1", "5.430"))  # fmt: skip


def _structure(_known: Knowledge) -> Iterator[Case]:
    for angle, planes, expected in _REFLECTIONS:
        found = _by("lattice_parameter_cubic", "angstrom", two_theta=f"{angle} deg", reflection=planes,
                    wavelength="1.5406 angstrom")  # fmt: skip
        shifted = angle == "28.3"
        yield Case(f"silicon at 2θ {angle}°", "lattice parameter", expected, "Å", "C24, Cu Kα of 1.5406 Å", found,
                   conflict="C24" if shifted else "",
                   printed="28.3°; 5.431 Å is 28.44°" if shifted else "")  # fmt: skip
    spacing = _by("lattice_spacing", "nm", two_theta="28.3 deg")
    yield Case("silicon (111)", "spacing", "0.3151", "nm", "C24", spacing, conflict="C24", printed="0.31 nm by TEM")
    yield Case("silicon (111)", "the 0.31 nm of TEM against it", "-1.6", "%", "C24",
               tuple(100 * (0.31 / each - 1) for each in spacing))  # fmt: skip
    a = 5.431
    expected_angle = _by("diffraction_angle", "deg", spacing=f"{a / np.sqrt(3)} angstrom")
    yield Case("silicon (111)", "angle for 5.431 Å", "28.44", "°", "C24", expected_angle)
    yield Case("binding energies", "of LS and CMC", "-365.8, -110.6", "kJ/mol", "C23",
               _by("energy_conversion", "kJ/mol", energy="-3.7916 eV, -1.1466 eV"))  # fmt: skip
    energies = _by("energy_conversion", "kJ/mol", energy="-3.7916 eV, -1.1466 eV")
    yield Case("binding energies", "LS over CMC", "3.31", "", "C23", _ratio(energies[:1], energies[1:]))
    yield Case("equation 1", "its factor, Randles and Ševčík at 25 °C", "2.686", "10⁵ A·cm·s½/(mol·V½)", "C14",
               _ratio(_by("randles_sevcik_current", "A", area="1 cm^2", concentration="1 mol/cm^3",
                          diffusion_coefficient="1 cm^2/s", scan_rate="1 V/s"), (1e5,)), conflict="C14",
               printed="2.69e5, with a concentration in C/mol")  # fmt: skip
    short, long = (
        _by("diffusion_gitt", "cm^2/s", pulse_duration=f"{pulse} s", amount="3.3e-5 mol",
            molar_volume="12.06 cm^3/mol", area="1.13 cm^2", steady_voltage_change="5 mV",
            transient_voltage_change="50 mV") for pulse in (600, 1800)
    )  # fmt: skip
    yield Case("equation 2", "D of a pulse of 600 s over that of 1800 s", "3.0", "", "C13", _ratio(short, long))


def _growth(known: Knowledge) -> Iterator[Case]:
    yield Case("silicon", "strain of 300 % by volume", "58.7", "%", "R06",
               _by("linear_strain", "%", volume_expansion="300 %"), conflict="R06",
               printed="390 % of length is larger than 300 % of volume")  # fmt: skip
    yield Case("PR-PAA", "strain of 390 % over that of silicon", "6.6", "", "R06",
               _ratio((390.0,), _by("linear_strain", "%", volume_expansion="300 %")))  # fmt: skip
    weight = {name: ATOMIC_WEIGHTS[name].value for name in ("Li", "Si")}
    # Densities that R25 gives: 2.33 and 1.18 g/cm3.
    yield Case("silicon", "expansion to Li15Si4", "281", "%", "R25, 280 to 281 with 2.33 and 1.18 g/cm³",
               _by("volume_expansion", "%", molar_mass=f"{weight['Si']} g/mol", density="2.33 g/cm^3", hosts="4",
                   lithiated_molar_mass=f"{15 * weight['Li'] + 4 * weight['Si']} g/mol",
                   lithiated_density="1.18 g/cm^3"), 1.0, "R25",
               "up to 300 % (review), more than 300 % (paper)")  # fmt: skip
    yield Case("sulfur", "expansion to Li2S", "78.7", "%", "R17, with 2.07 and 1.66 g/cm³",
               _by("sulfur_volume_change", "%", sulfur_density="2.07 g/cm^3", sulfide_density="1.66 g/cm^3"),
               conflict="R17", printed="about 80 %")  # fmt: skip
    relative = _by("ratio_from_expansion", "1", expansion="215 %") + _by("ratio_from_expansion", "1", expansion="166 %")
    yield Case("thickness, printed as expansion", "t/t₀ of CL and CCL", "3.15, 2.66", "", "C22", relative)
    yield Case("thickness, printed as t/t₀", "expansion of CL and CCL", "115, 66", "%", "C22 (2.15 and 1.66)",
               _by("expansion_from_ratio", "%", ratio="2.15") + _by("expansion_from_ratio", "%", ratio="1.66"))  # fmt: skip
    yield Case("thickness of CCL over CMC", "as (t − t₀)/t₀ by thickness, as t/t₀ by growth", "0.847, 0.579", "", "C22",
               _ratio(_by("ratio_from_expansion", "1", expansion="166 %"), _by("ratio_from_expansion", "1", expansion="214 %"))
               + _ratio(_by("expansion_from_ratio", "%", ratio="1.66"), _by("expansion_from_ratio", "%", ratio="2.14")),
               conflict="C22", printed="166 and 214 %, of which is not said")  # fmt: skip
    moduli = (_value(known, "P-044", 12.48),), (_value(known, "P-044", 9.77),)
    yield Case("P-044, modulus of CCL over CMC", "by indentation, the only pair that compares", "1.28", "", "X05",
               _ratio(*moduli))  # fmt: skip
    yield Case("30 nm silicon", "size over the critical 150 nm", "0.2", "", "X01",
               _by("fracture_size_ratio", "1", diameter="30 nm", critical_diameter="150 nm"), conflict="X01",
               printed="30 nm particles fragment")  # fmt: skip


def _films(_known: Knowledge) -> Iterator[Case]:
    oxide = {"silicon_density": "2.33 g/cm^3", "oxide_density": "2.2 g/cm^3"}
    left = _by("native_oxide_silicon_fraction", "%", diameter="30 nm", oxide_thickness="2 nm", **oxide)
    by_hand = "by hand, 26³ · 2.33 / (26³ · 2.33 + (30³ − 26³) · 2.2)"
    yield Case("30 nm silicon, 2 nm oxide", "silicon left", "66.4", "%", by_hand, left)
    yield Case(
        "30 nm silicon, 2 nm oxide",
        "capacity at most",
        "2376",
        "mAh/g",
        "that share of 3579",
        _ratio(left, (100.0,), 3579),
    )
    yield Case("30 nm silicon", "oxide that 3227 mAh/g allows", "0.5", "nm", "by hand, 3227/3579 of silicon left",
               _by("oxide_thickness_from_capacity", "nm", diameter="30 nm", capacity="3227 mAh/g",
                   silicon_capacity="3579 mAh/g", **oxide))  # fmt: skip
    yield Case("design of ccl-5", "geometric surface of 30 nm silicon", "86", "m²/g", "by hand, 6 / (2.33 g/cm³ · 30 nm)",
               _figure("ccl-5", "electrode", "geometric surface of Si", "m^2/g"))  # fmt: skip
    yield Case("CCL on 30 nm silicon", "film on 86 m²/g", "2.3", "nm", "by hand, 20/60 / (1.7 g/cm³ · 86 m²/g)",
               _by("film_thickness_on_area", "nm", mass_ratio=f"{1 / 3}", film_density="1.7 g/cm^3",
                   specific_surface="86 m^2/g"))  # fmt: skip
    density = _design("ccl-5").figure("electrode", "density of the solids")
    spread = (density.uncertainty or 0.0) / (density.value or 1.0)
    yield Case("design of ccl-5", "thickness at 55 % of pores", "14.6", "µm",
               "by hand, 0.82/0.6 mg/cm² of solids of 2.08 g/cm³; the density of ours is known to its ±",
               _figure("ccl-5", "electrode", "thickness", "um"), 0.05 + 14.6 * spread)  # fmt: skip
    yield Case("CCL binder", "modulus, LS of 20, 50, 70 GPa in CMC of 9.77 GPa at 23.5 vol%", "11.5, 13.5, 14.1", "GPa",
               "by hand, lower bound of Hashin and Shtrikman in K and G",
               tuple(_by("mori_tanaka_modulus", "GPa", matrix_modulus="9.77 GPa", inclusion_modulus=f"{each} GPa",
                         volume_fraction="23.5 %")[0] for each in (20, 50, 70)))  # fmt: skip


# --- The review ---------------------------------------------------------------------------------------------------------


def _mixtures(known: Knowledge) -> Iterator[Case]:
    for capacity, expected in (("450", "2.4"), ("650", "8.7")):
        yield Case(f"Si/C of {capacity} mAh/g", "silicon", expected, "%", "R05",
                   _by("blend_fraction", "%", blend_capacity=f"{capacity} mAh/g", capacity="3579 mAh/g",
                       host_capacity="372 mAh/g"), conflict="R05", printed="about 10 %")  # fmt: skip
    blends = tuple(_by("blend_capacity", "mAh/g", parts=f"{share}, {1 - share}", capacities="3579 mAh/g, 372 mAh/g")[0]
                   for share in (0.10, 0.05, 0.15))  # fmt: skip
    yield Case("Si/C of 10, 5 and 15 % silicon", "capacity", "693, 532, 853", "mAh/g", "R05", blends)
    salt = {"salt_molar_mass": f"{_by('molar_mass', 'g/mol', formula='LiN(SO2CF3)2')[0]} g/mol"}
    yield Case("PEO with LiTFSI at EO:Li 10, 16, 20", "salt", "39.5, 28.9, 24.6", "%", "R14",
               _by("salt_mass_fraction", "%", ether_oxygen_ratio="10, 16, 20", **salt))  # fmt: skip
    yield Case("PEO and LiTFSI 3:2 by mass", "EO:Li", "9.8", "", "R14",
               _by("ether_oxygen_ratio", "1", salt_mass_fraction="40 %", **salt))  # fmt: skip
    yield Case("R-060, PEDOT:PSS/CMC over PVDF", "conductivity", "4.55", "", "R16",
               _ratio((_value(known, "R-060", 0.50),), (_value(known, "R-060", 0.11),)), conflict="R16",
               printed="5 times higher")  # fmt: skip
    lithium_polysilicate = _by("volume_fractions", "%", masses="90 mg, 10 mg", densities="2.26 g/cm^3, 2.3 g/cm^3")
    yield Case("R-167, 10 wt% of Li2Si5O11 in graphite", "volume, a third of the printed 30 %", "10", "%",
               "N13, with 2.26 and 2.3 g/cm³", lithium_polysilicate[1:])  # fmt: skip
    # 20 wt% of a polymer of 1.0 g/cm3 in an electrolyte of 1.64 g/cm3: 0.2 / (0.2 + 0.8/1.64).
    yield Case("R-124, 20 wt% of polymer in a sulfide", "volume", "29.1", "%",
               "by hand, 0.2 / (0.2 + 0.8/1.64), polymer taken as 1.0 g/cm³",
               _by("volume_fractions", "%", masses="20 mg, 80 mg", densities="1.0 g/cm^3, 1.64 g/cm^3")[:1])  # fmt: skip


def _value(known: Knowledge, system: str, printed: float) -> float:
    """Return the number of a record of a system that has a printed value; it has to be there."""
    values = known.facts.filter(known.facts["system"] == system)["value"].to_list()
    return float(next(value for value in values if value == printed))


def _electrodes(_known: Knowledge) -> Iterator[Case]:
    yield Case("design of r-076", "4.2 mAh/cm² on its loading", "150", "mAh/g", "4.2/28 by hand",
               _ratio((4200.0,), _figure("r-076-lto-peg-mma-ibve", "electrode", "active loading", "mg/cm^2")))  # fmt: skip
    r091 = "r-091-si-carbon-free"
    yield Case("design of r-091", "porosity", "40", "%", "the review, section 3.2.2, about 40 %",
               _figure(r091, "electrode", "porosity", "%"))  # fmt: skip
    solid = _by("thickness_from_porosity", "um", areal_mass="3.8 mg/cm^2", porosity="0 %", solid_density="2.33 g/cm^3")
    yield Case("R-091", "thickness without pores", "16.3", "µm", "N16", solid)
    yield Case("design of r-091", "capacity in theory of 3.8 mg/cm²", "13.6", "mAh/cm²", "N16",
               _figure(r091, "electrode", "theoretical areal capacity", "mAh/cm^2"), conflict="N16",
               printed="about 13.3 mAh/cm²")  # fmt: skip
    yield Case("R-103, 30 mAh/cm² on 217.6 mg/cm²", "per mass of it, and of 95 % of it", "138, 145", "mAh/g", "N21",
               _by("specific_capacity", "mAh/g", charge="30 mAh", mass="217.6 mg")
               + _by("specific_capacity", "mAh/g", charge="30 mAh", mass=f"{0.95 * 217.6} mg"))  # fmt: skip
    yield Case("R-104, 1.52 mAh/cm² on 10.5 mg/cm²", "per mass", "145", "mAh/g", "1.52/10.5 by hand",
               _by("specific_capacity", "mAh/g", charge="1.52 mAh", mass="10.5 mg"))  # fmt: skip
    tin = _figure("r-158-sn-pan", "electrode", "theoretical areal capacity", "mAh/cm^2")
    yield Case("design of r-158", "capacity in theory of 2.55 mg/cm²", "2.5", "mAh/cm²", "N09", tin, conflict="N09",
               printed="about 2.55 mg, without an area")  # fmt: skip
    yield Case("R-158", "the printed 2 mAh/cm² of it", "79", "%", "N09", _ratio((200.0,), tin))
    yield Case("R-158", "shell of 5 wt% PAN on tin", "5.9", "nm", "the review, section 4.4; tin of 120 nm is assumed",
               _by("film_thickness_on_sphere", "nm", mass_ratio=f"{5 / 95}", film_density="1.18 g/cm^3",
                   particle_density="7.29 g/cm^3", radius="60 nm"))  # fmt: skip
    cracking = {"shear_modulus": "30 GPa", "coordination_number": "6", "packing_fraction": "0.64",
                "surface_tension": "72 mN/m", "capillary_pressure": "-100 kPa"}  # fmt: skip
    thickness = _by("critical_cracking_thickness", "um", particle_radius="0.1 um, 1 um, 5 um", **cracking)
    yield Case("equation (1)", "h_max for radii of 0.1, 1 and 5 µm", "989, 989, 989", "µm", "R26", thickness,
               conflict="R26", printed="R in the equation, without a word that it cancels")  # fmt: skip


#: Separators of figure 15: density in g/cm³ (R11) and the thickness that is printed for 280 Wh/kg, in µm.
_SEPARATORS = (("LLZO", "5.1", "11"), ("Li3InCl6", "2.59", "22"), ("LPSCl", "1.64", "35"))


def _stack() -> dict[str, str]:
    """Return the stack of figure 15 with its Si-C anode; capacity and balance of an automotive cell.

    5.02 mAh/cm² and N/P 1.04: J. T. Frith et al. 2023, doi:10.1038/s41467-023-35933-2, table 1.  NCM811 of 195 mAh/g
    and 3.86 V, graphite 0.17 V, silicon 0.40 V, 15 µm Al and 8 µm Cu: Intercalation Station 2023, Back of the Battery
    calculator.  Si-C: 450 mAh/g, composite to electrolyte 6:4 as in system R-160.  The 0.742 is chosen.
    """
    areal = "5.02 mAh/cm^2"
    share = _by("blend_fraction", "%", blend_capacity="450 mAh/g", capacity="3579 mAh/g", host_capacity="372 mAh/g")[0]
    negative = _by("blend_potential", "V", mass_fractions=f"{100 - share} %, {share} %", potentials="0.17 V, 0.4 V",
                   specific_capacities="372 mAh/g, 3579 mAh/g")[0]  # fmt: skip
    positive = _by(
        "composite_areal_mass", "mg/cm^2", areal_capacity=areal, specific_capacity="195 mAh/g", active_share="74.2 %"
    )
    anode = _by("composite_areal_mass", "mg/cm^2", areal_capacity=f"{1.04 * 5.02} mAh/cm^2", specific_capacity="450 mAh/g",
                active_share="60 %")  # fmt: skip
    foils = _by("foil_areal_mass", "mg/cm^2", positive_thickness="15 um", positive_density="2.7 g/cm^3",
                negative_thickness="8 um", negative_density="8.96 g/cm^3")  # fmt: skip
    return {"areal_capacity": areal, "voltage": f"{3.86 - negative} V", "positive_mass": f"{positive[0]} mg/cm^2",
            "negative_mass": f"{anode[0]} mg/cm^2", "foil_mass": f"{foils[0]} mg/cm^2"}  # fmt: skip


def _solid_state(_known: Knowledge) -> Iterator[Case]:
    stack = _stack()
    lithium = _by("lithium_areal_mass", "mg/cm^2", areal_capacity="5.02 mAh/cm^2", excess="2")
    of_lithium = stack | {"voltage": "3.86 V", "negative_mass": f"{lithium[0]} mg/cm^2"}
    for name, density, thickness in _SEPARATORS:
        yield Case(f"{name} separator", "thickness for 280 Wh/kg", thickness, "µm", "the review, section 4.1; stack as below",
                   _by("separator_thickness_for_energy", "um", target="280 Wh/kg", separator_density=f"{density} g/cm^3",
                       **stack))  # fmt: skip
        yield Case(f"{name} separator", "energy at that thickness with lithium", "400", "Wh/kg", "the review, about 400",
                   _by("stack_specific_energy", "Wh/kg", separator_thickness=f"{thickness} um",
                       separator_density=f"{density} g/cm^3", **of_lithium), 5.0)  # fmt: skip
    masses = tuple(_by("separator_coating_mass", "mg/cm^2", thickness=f"{thickness} um", porosity="0 %",
                       solid_density=f"{density} g/cm^3")[0] for _, density, thickness in _SEPARATORS)  # fmt: skip
    yield Case("LLZO, Li3InCl6 and LPSCl at their limits", "mass", "5.6, 5.7, 5.7", "mg/cm²", "R11", masses)


CASES: tuple[Callable[[Knowledge], Iterator[Case]], ...] = (
    _binders, _silicates, _capacities, _loading, _currents, _balance, _ageing, _structure, _growth, _films, _mixtures,
    _electrodes, _solid_state,
)  # fmt: skip


# --- Against other arithmetic ---------------------------------------------------------------------------------------------


def _independent() -> Iterator[Comparison]:
    yield _printed_cracking()
    yield _charges_of_ccl()
    yield from _propagation()
    yield from _volumes_close()


def _printed_cracking() -> Comparison:
    """Hold the collapsed form of equation (1) against the printed one, brackets and all."""
    draw = np.random.default_rng(20230198)
    count = 1000
    modulus, neighbours, packing = (
        draw.uniform(1e9, 1e11, count),
        draw.uniform(4, 8, count),
        draw.uniform(0.5, 0.74, count),
    )
    radius, tension, pressure = (
        10 ** draw.uniform(-8, -5, count),
        draw.uniform(0.02, 0.08, count),
        -(10 ** draw.uniform(4, 7, count)),
    )
    first = (modulus * neighbours * packing * radius**3 / (2 * tension)) ** 0.5
    printed = 0.64 * first * (2 * tension / (-pressure * radius)) ** 1.5
    ours = critical_cracking_thickness(modulus, neighbours, packing, radius, tension, pressure)
    off = float(np.max(np.abs(ours / printed - 1)))
    return Comparison("equation (1) of the review", "h_max, relative", "its brackets as printed, 1,000 random packings",
                      count, off, 1e-12, "")  # fmt: skip


def _charges_of_ccl() -> Comparison:
    """Find the pH of the CCL mixture by another root of another way to write the balance of charges."""
    from scipy.optimize import brentq

    # 1.0234 mL of water; citric acid 26.02, silicic acid 99.54, carboxymethyl 31.8 and Na as much, Li 41.47 µmol, in mol/m3.
    citric, silicic, methyl, lithium = (each / 1.0234 for each in (26.02, 99.54, 31.8, 41.47))
    constants = ((3.13, 4.76, 6.40), (9.8, 13.1), (4.3,))

    def negative(hydrogen: float, steps: tuple[float, ...]) -> float:
        """Mean negative charge of an acid, term by term from its stepwise constants."""
        terms, product = [1.0], 1.0
        for step in steps:
            product *= 10.0**-step / hydrogen
            terms.append(product)
        return float(sum(place * term for place, term in enumerate(terms)) / sum(terms))

    def balance(ph: float) -> float:
        hydrogen: float = 10.0**-ph
        acids = zip((citric, silicic, methyl), constants, strict=True)
        anions = sum(total * negative(hydrogen, steps) for total, steps in acids)
        return 1e3 * hydrogen - 1e3 * 1e-14 / hydrogen + lithium + methyl - anions

    expected = float(brentq(balance, 1.0, 13.0, xtol=1e-13))
    ours = mixture_ph(
        [citric, silicic, methyl], [*constants[0], *constants[1], *constants[2]], [3, 2, 1],
        strong_cations=lithium + methyl,
    )  # fmt: skip
    return Comparison("CCL mixture", "pH, ideal", "scipy.optimize.brentq on charges written out", 1,
                      abs(float(ours) - expected), 1e-9, "")  # fmt: skip


#: Equations and arguments with uncertainties whose propagated ± is compared with that of draws.
_PROPAGATED = {
    "porosity": {"areal_mass": "1.367 ± 0.05 mg/cm^2", "thickness": "14.5 ± 0.3 um", "solid_density": "2.096 ± 0.024 g/cm^3"},
    "np_ratio": {"negative_capacity": "2.214 ± 0.08 mAh/cm^2", "positive_capacity": "2.5 ± 0.05 mAh/cm^2"},
    "film_thickness_on_sphere": {"mass_ratio": "0.333 ± 0.01", "film_density": "1.786 ± 0.03 g/cm^3",
                                 "particle_density": "2.33 ± 0.01 g/cm^3", "radius": "15 ± 0.5 nm"},
    "negative_loading": {"np_ratio": "1.15 ± 0.02", "positive_capacity": "2.5 ± 0.05 mAh/cm^2",
                         "negative_specific_capacity": "2700 ± 60 mAh/g"},
}  # fmt: skip


def _propagation() -> Iterator[Comparison]:
    """Hold the ± of answers against the spread of results over inputs that are drawn."""
    from byssus.quantity import Quantity

    for name, given in _PROPAGATED.items():
        equation = catalogue.find(name)
        draw = np.random.default_rng(20260101)
        drawn = {}
        for argument, text in given.items():
            si = Quantity.parse(text).to(equation.arguments[argument].units.si)
            drawn[argument] = si.value + (si.uncertainty or 0.0) * draw.standard_normal(DRAWS)
        spread = float(np.std(equation.function(**drawn)))
        ours = equation.evaluate(given).quantity.to(equation.result.si).uncertainty or 0.0
        yield Comparison(f"`byssus calc {name}`", "its ±, relative", "standard deviation over drawn inputs", DRAWS,
                         abs(ours / spread - 1), 0.01, "")  # fmt: skip


def _volumes_close() -> Iterator[Comparison]:
    """Conservation: in each shipped design, solids and pores fill the coating, and its mass fractions are a whole."""
    folder = resources.files("byssus") / "examples" / "recipes"
    names = sorted(each.name.removesuffix(".yaml") for each in folder.iterdir() if each.name.endswith(".yaml"))
    masses, volumes = [], []
    for name in names:
        figures = _design(name).figures
        masses.append(sum(each.value or 0.0 for each in figures if each.name.startswith("mass fraction of ")))
        parts = [each.value or 0.0 for each in figures if each.name.startswith("volume fraction of ")]
        if parts:
            pores = next(each.value or 0.0 for each in figures if each.name == "porosity")
            volumes.append(sum(parts) + pores)
    for what, sums in (("mass fractions", masses), ("volume fractions and pores", volumes)):
        off = max(abs(each - 1) for each in sums)
        yield Comparison(
            "designs of the shipped recipes", f"{what}, sum less 1", "conservation", len(sums), off, 1e-12, ""
        )
