"""What analyses found of simulated tests, beside what the simulation was given."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from test_report import text_of
from test_report_simulated import rows
from virtual import sample, voltammetry

from byssus import workflow
from byssus.analysis.examined import Examined
from byssus.analysis.result import Result
from byssus.analysis.truths import truths
from byssus.conventions import Configuration
from byssus.measured.tables import Table
from byssus.quantity import Quantity

#: Of a cell of 1 cm² with 1 mg/cm² of active material and 10 m²/g: R_ct is 25.693 mV/(0.1 A/m² · 1 mg · 10 m²/g).
GIVEN = {
    "diffusion coefficient": Quantity(2e-17, "m^2/s"),
    "activation energy of diffusion": Quantity(40e3, "J/mol"),
    "radius": Quantity(1e-7, "m"),
    "area": Quantity(1e-4, "m^2"),
    "loading": Quantity(1e-2, "kg/m^2"),
    "kinetic area": Quantity(1e4, "m^2/kg"),
    "exchange current density": Quantity(0.1, "A/m^2"),
    "lithium exchange current density": Quantity(50, "A/m^2"),
    "contact resistance": Quantity(2e-4, "ohm*m^2"),
    "lithium film resistance": Quantity(1e-3, "ohm*m^2"),
}


def a_table(**about: object) -> Table:
    table = voltammetry(sample("CCL-1"))
    return replace(table, metadata=table.metadata.model_copy(update={"truth": GIVEN} | about))


def a_test(*results: Result, **about: object) -> Examined:
    return Examined("eis", (a_table(**about),), results)


def given_for(result: Result, **about: object) -> float | None:
    found = truths((), [a_test(result, **about)])
    return found[0].given if found else None


def test_each_number_has_its_own_truth() -> None:
    assert given_for(Result("diffusion coefficient, lithiation, textbook", 1e-17, "m^2/s")) == 2e-17
    assert given_for(Result("oxidation peak diffusion coefficient", 1e-13, "cm^2/s")) == pytest.approx(2e-13)
    assert given_for(Result("diffusion coefficient over R², charge", 1e-3, "1/s")) == pytest.approx(2e-3)
    assert given_for(Result("charge-transfer resistance, spectrum 1", 30.0, "ohm")) == pytest.approx(25.693, abs=1e-3)
    assert given_for(Result("series resistance", 15.0, "ohm")) == pytest.approx(12)
    # An area of its own, a number of no input.
    assert given_for(Result("series resistance", 15.0, "ohm*cm^2", basis="area")) is None
    assert given_for(Result("arc 1 resistance", 15.0, "ohm")) is None


def test_a_warm_cell_has_the_diffusion_of_its_temperature() -> None:
    warm = {"temperature": Quantity(45, "degC")}
    # exp(40 kJ/mol / R (1/298.15 K - 1/318.15 K)) = exp(1.0144)
    found = Result("diffusion coefficient", 1e-17, "m^2/s")
    assert given_for(found, conditions=warm) == pytest.approx(2e-17 * 2.7577, rel=1e-4)
    assert given_for(Result("charge-transfer resistance", 30.0, "ohm"), conditions=warm) is None


def test_what_was_measured_and_a_full_cell_have_no_truth() -> None:
    found = Result("diffusion coefficient", 1e-17, "m^2/s")
    assert given_for(found, truth={}) is None
    assert given_for(found, sample=sample("A").model_copy(update={"configuration": Configuration.FULL})) is None


def test_a_report_of_a_simulated_test_sets_the_truth_beside_it(tmp_path: Path) -> None:
    a_table().write_parquet(tmp_path / "CCL-1.parquet")
    given = {"concentration": "0.05 mol/cm^3"}
    workflow.analyse_files("cv", [tmp_path / "CCL-1.parquet"], given, out=tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Beside what the simulation was given" in text_of(page)
    beside = next(row for row in rows(page) if row[0] == "CCL-1" and "diffusion coefficient" in row[1])
    assert "2 × 10⁻¹³ at 25 °C" in beside[-3]
    assert beside[-2].startswith("missing")
    left = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    (first, *_) = left["beside_the_truth"]
    assert (first["sample"], first["given"], first["of"]) == ("CCL-1", pytest.approx(2e-13), "at 25 °C")
    measured = a_table(origin="measured", truth={})
    measured.write_parquet(tmp_path / "real.parquet")
    done = workflow.analyse_files("cv", [tmp_path / "real.parquet"], given)
    assert done.as_dict()["beside_the_truth"] == []
