"""The tests beside cycling that Byssus analyses, by name, and what may be told of each.

One list serves ``byssus analyse``, the section `tests` of study.yaml and their documentation; the analyses of the same
names stand in `byssus.analysis`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from byssus.errors import UnitError, UsageError, did_you_mean
from byssus.measured.tables import Table
from byssus.physics.equation import Units
from byssus.physics.given import Argument, read
from byssus.quantity import Quantity, dimension

#: Of a number that may be of either sign, or nothing.
_ANY: Final = (-math.inf, math.inf)
#: Of a resistance or a count that may also be none at all.
_OR_NOTHING: Final = (-math.ulp(0.0), math.inf)
#: Of temperatures in °C.
_ABOVE_ABSOLUTE_ZERO: Final = (-273.15, math.inf)

#: What a person told of a test: a quantity, one for each of its files, or a word.
Told = Quantity | tuple[Quantity, ...] | str


@dataclass(frozen=True, slots=True)
class Condition:
    """What an analysis may be told.

    Parameters
    ----------
    name
        As people write it: ``scan rate``.  What a table says of itself stands under the same name in
        `Metadata.conditions`.
    meaning
        What it is, what it is for, and what is taken where it is not given.
    unit
        A unit of its kind, in which it is shown; None where it is a word.
    words
        The words that it may be; without unit and words it is free text.
    each
        Whether it may be given for each file by itself.
    between
        What it lies between, in its unit: above the lower end, and at most the upper one.
    """

    name: str
    meaning: str
    unit: str | None = None
    words: tuple[str, ...] = ()
    each: bool = False
    between: tuple[float, float] = (0.0, math.inf)


@dataclass(frozen=True, slots=True)
class Technique:
    """A kind of test.

    Parameters
    ----------
    name, title
        What people type, and what a heading says.
    kinds
        The kinds of tables that it is analysed from.
    conditions
        What may be told of it.
    several
        Whether files are analysed together; otherwise each is a test of its own.
    """

    name: str
    title: str
    kinds: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    several: bool = False

    def knows(self, name: str) -> bool:
        """Say whether it has a condition of that name."""
        return _plain(name) in {_plain(each.name) for each in self.conditions}

    def condition(self, name: str) -> Condition:
        """Return the condition of that name; underscores and hyphens count as spaces.

        Raises
        ------
        UsageError
            If there is none.
        """
        known = {_plain(each.name): each for each in self.conditions}
        if _plain(name) not in known:
            raise UsageError(
                f"is nothing that {self.name} is told",
                field=name,
                fix=did_you_mean(name, [each.name for each in self.conditions]),
            )
        return known[_plain(name)]

    def told(self, given: Mapping[str, Any], *, files: int = 1) -> dict[str, Told]:
        """Return what was given by the names of the conditions, in their kinds of unit.

        Raises
        ------
        UsageError
            If a name is none of this technique, a word none of its words, a number beyond what it may be, or a list has
            not one number a file.
        UnitError
            If a number has no unit, or one of another kind.

        Examples
        --------
        >>> TECHNIQUES["cv"].told({"scan_rate": "0.1 mV/s"})
        {'scan rate': Quantity(value=0.1, unit='mV/s', uncertainty=None)}
        >>> TECHNIQUES["gitt"].told({"shape": "cube"})
        Traceback (most recent call last):
            ...
        byssus.errors.UsageError: shape: 'cube' is none of its words; give plane or sphere
        """
        found: dict[str, Told] = {}
        for name, value in given.items():
            condition = self.condition(name)
            if condition.unit is None:
                if condition.words and value not in condition.words:
                    raise UsageError(
                        "is none of its words",
                        field=condition.name,
                        value=value,
                        fix=f"give {' or '.join(condition.words)}",
                    )
                found[condition.name] = str(value)
            else:
                found[condition.name] = _numbers(condition, condition.unit, value, files)
        return found


def _plain(name: str) -> str:
    return name.strip().replace("_", " ").replace("-", " ").lower()


def _numbers(condition: Condition, unit: str, value: Any, files: int) -> Quantity | tuple[Quantity, ...]:
    argument = Argument(condition.name, Units(unit, unit), True, None, True, condition.each, None)
    try:
        written = read(value, argument)
    except UnitError as error:
        raise UnitError(error.message, field=condition.name, value=error.value or value, fix=error.fix) from error
    if written.bare and unit != "1":
        raise UnitError("has no unit", field=condition.name, value=value, fix=f"write it in a unit such as {unit}")
    low, high = condition.between
    for each in written.quantities:
        if dimension(each.unit) != dimension(unit):
            raise UnitError(
                "measures another kind of quantity", field=condition.name, value=str(each), fix=f"give it in {unit}"
            )
        if not low < each.to(unit).value <= high:
            shown = "" if unit == "1" else f" {unit}"
            wanted = f"above {low:g}{shown}" if math.isinf(high) else f"above {low:g} and at most {high:g}{shown}"
            raise UsageError(f"is not {wanted}", field=condition.name, value=str(each), fix="correct value or unit")
    if not written.listed:
        return written.quantities[0]
    if len(written.quantities) != files:
        raise UsageError(
            f"holds {len(written.quantities)} numbers for {files} file{'' if files == 1 else 's'}",
            field=condition.name,
            value=value,
            fix="give one number for all files, or one for each",
        )
    return written.quantities


_AREA: Final = Condition("area", "Area of the electrode on one side; where it is not given, the sample's.", "cm^2")
_MASS: Final = Condition("active mass", "Mass of active material; where it is not given, the sample's.", "mg")
_THICKNESS: Final = Condition("thickness", "Thickness of the film between the electrodes.", "um", each=True)
_TEMPERATURE: Final = Condition(
    "temperature",
    "Temperature of the test; 25 °C where nothing says it.",
    "degC",
    each=True,
    between=_ABOVE_ABSOLUTE_ZERO,
)
_DIFFUSION: Final = (
    Condition(
        "diffusion length",
        "Length that lithium diffuses over: a particle's radius (sphere), a film's thickness (plane). Without it D/L² is "
        "given, and no D.",
        "um",
    ),
    Condition("shape", "What the length is of; sphere where it is not given.", words=("plane", "sphere")),
    Condition(
        "length from",
        "Where the length is from; it is stated with every D.",
        words=("geometry", "surface area", "particle size"),
    ),
)

TECHNIQUES: Final[dict[str, Technique]] = {
    each.name: each
    for each in (
        Technique("gitt", "Galvanostatic intermittent titration", ("pulses", "cycling"), (
            *_DIFFUSION, _MASS, _AREA,
        )),
        Technique("ici", "Intermittent current interruption", ("pulses", "cycling"), (
            *_DIFFUSION, _MASS, _AREA,
        )),
        Technique("cv", "Cyclic voltammetry", ("voltammetry",), (
            Condition("scan rate", "Rate of the sweeps, for files without times; where it is not given, the file's.",
                      "mV/s", each=True),
            Condition("baseline", "What peak currents count from: the tangent to the flattest stretch before the peak, "
                      "or zero (none); tangent where it is not given.", words=("tangent", "none")),
            Condition("concentration", "Of what diffuses, for a diffusion coefficient: an amount in a volume, mol/cm³. "
                      "(C/mol, as it is printed for it in places, is no such unit.)", "mol/cm^3"),
            Condition("electrons", "Number of electrons of the reaction; 1 where it is not given.", "1"),
            Condition("diffusion length", "Length that is diffused over, a particle's radius or a film's thickness; the "
                      "depth of diffusion is tested against it.", "um"),
            _AREA, _MASS, _TEMPERATURE,
        ), several=True),
        Technique("lsv", "Linear sweep voltammetry: the onset of oxidation or reduction", ("voltammetry",), (
            Condition("scan rate", "Rate of the sweep, for files without times; where it is not given, the file's.",
                      "mV/s", each=True),
            Condition("criterion", "Current density at which oxidation or reduction counts as begun; 10 µA/cm² where it "
                      "is not given. It needs the area.", "uA/cm^2"),
            Condition("criterion current", "Current instead of a current density, where the area is not known.", "uA"),
            _AREA,
        )),
        Technique("conductivity", "Conductivity of a film between two electrodes", ("impedance", "curve"), (
            _THICKNESS, _AREA,
            Condition("temperature", "Temperature of each test; without it there is no law of temperature.", "degC",
                      each=True, between=_ABOVE_ABSOLUTE_ZERO),
            Condition("state", "Whether the film was dry, or swollen with electrolyte; thickness is that of the state.",
                      words=("dry", "swollen")),
            Condition("carrier", "What carries the current; ionic for impedance where it is not given.",
                      words=("ionic", "electronic")),
            Condition("rule", "How the film's resistance is read from a spectrum; line where it is not given.",
                      words=("line", "minimum", "crossing")),
            Condition("lead resistance", "Resistance of leads and contacts alone; it is taken off.", "ohm",
                      between=_OR_NOTHING),
        ), several=True),
        Technique("transference", "Lithium transference number after Bruce, Vincent and Evans", ("cycling",), (
            Condition("initial interface resistance", "Resistance of the electrodes' films before the polarisation, "
                      "from impedance.", "ohm", between=_OR_NOTHING),
            Condition("steady interface resistance", "The same in the steady state.", "ohm", between=_OR_NOTHING),
            Condition("bulk resistance", "Resistance of the electrolyte before the polarisation; with it the initial "
                      "current is ΔV over all resistances, and not the first record's.", "ohm"),
            Condition("polarisation voltage", "Voltage held; where it is not given, the table's.", "mV", between=_ANY),
        )),
        Technique("leakage", "Electronic leakage at a held voltage", ("cycling",), (
            Condition("hold voltage", "Which hold; the longest where it is not given.", "V", between=_ANY),
            Condition("thickness", "Thickness of the film between the electrodes.", "um"), _AREA,
        )),
        Technique("hold", "Onset of oxidation from a staircase of held voltages", ("cycling",), (
            Condition("current criterion", "Current density that counts as a reaction; 1 µA/cm² where it is not given, "
                      "a choice.", "uA/cm^2"),
            _AREA,
        )),
        Technique("plating", "Plating and stripping of lithium, and the critical current density", ("cycling",), (
            Condition("cell", "Li||Li or Li||Cu; symmetric where it is not given.", words=("symmetric", "copper")), _AREA,
        )),
        Technique("self-discharge", "Self-discharge at open circuit", ("cycling",), (
            Condition("rest step", "Number of the step that is the rest; the longest where it is not given.", "1"),
            Condition("relaxation time", "Beginning of the rest that is left out; half of it where it is not given.", "h"),
            Condition("capacity before", "Capacity of a cycle before the rest.", "mAh"),
            Condition("capacity after", "Capacity of the cycle after the rest.", "mAh"),
        )),
        Technique("eis", "Electrochemical impedance spectroscopy", ("impedance",), (
            Condition("circuit", "Equivalent circuit such as R0-p(R1,Q1)-W1, of the elements R C L Q W Wo Ws G T Tr; strings of "
                      "impedance.py are taken. Where it is not given, the simplest of arcs with diffusion that suffices."),
            Condition("charge transfer", "Which arc is the charge transfer; largest where it is not given.",
                      words=("largest", "slowest", "sum")),
            Condition("weight", "Whether all points have one relative error (modulus) or one absolute error (unit); modulus "
                      "where it is not given.", words=("modulus", "unit")),
            Condition("binder", "Binder of each file's cell, where no study says it: 'binder=CCL, CCL, CMC, CMC'; files of one "
                      "binder are then one cell. Without it all files are one cell, but for tables of Byssus, which say whose "
                      "they are."),
            Condition("cycle", "Number of cycles before each file; where it is not given, what the file says. 'cycle=0, 100' makes "
                      "two files before and after.", "1", each=True, between=_OR_NOTHING),
            Condition("state of charge", "State of each file, as people count it; spectra before and after cycling are "
                      "compared in one state.", "%", each=True, between=_ANY),
            Condition("voltage slope", "Slope of the rested voltage over the lithium in a formula unit of the host, dE/dx, "
                      "for a diffusion coefficient; with the molar volume.", "V", each=True, between=_ANY),
            Condition("molar volume", "Molar volume of the host.", "cm^3/mol"),
            Condition("concentration", "Of what diffuses, for a diffusion coefficient by the law of an ideal solution: an "
                      "amount in a volume, mol/cm³.", "mol/cm^3", each=True),
            Condition("electrons", "Number of electrons of the reaction; 1 where it is not given.", "1"),
            Condition("diffusion area", "Area that what diffuses enters by: a film's, or the surface of all particles. Without "
                      "it the area of the electrode is taken, and a diffusion coefficient is called apparent.", "cm^2"),
            Condition("diffusion length", "Thickness of the layer that is diffused through from one side; the Warburg element of "
                      "a layer gives D by it, and the depth of diffusion is tested against it.", "um"),
            _AREA, _TEMPERATURE,
        ), several=True),
        Technique("tortuosity", "Tortuosity of a coating, from impedance of two alike that block", ("impedance",), (
            Condition("thickness", "Thickness of the coating of one electrode.", "um"),
            Condition("electrolyte conductivity", "Conductivity of the electrolyte by itself, at the same temperature.",
                      "mS/cm"),
            Condition("porosity", "Porosity of the coating. Without it the MacMullin number is given, and no tortuosity.", "1",
                      between=(0.0, 1.0)),
            _AREA,
        ), several=True),
    )
}  # fmt: skip


def technique_called(name: str) -> Technique:
    """Return the technique of that name.

    Raises
    ------
    UsageError
        If there is none.
    """
    if name not in TECHNIQUES:
        raise UsageError(
            "is no test that Byssus analyses", field="KIND", value=name, fix=did_you_mean(name, TECHNIQUES)
        )
    return TECHNIQUES[name]


def said(table: Table, told: Mapping[str, Told], name: str, *, at: int = 0) -> Quantity | None:
    """Return a condition as it was told, or else as the table's own header says it; None where neither does.

    Parameters
    ----------
    at
        Which of the files the table is, from 0, where each was told its own.
    """
    given = told.get(name)
    if isinstance(given, tuple):
        given = given[at]
    return given if isinstance(given, Quantity) else table.metadata.conditions.get(name)
