"""The page of the paper's cell: its quick parts, that they can fail, and that the committed page says what is missed."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from shared import ROOT

from byssus.analysis.pairing import paired
from byssus.measured.tables import Table
from byssus.physics import silicon
from byssus.simulate.calibration import Calibration, Prediction
from byssus.validation import ccl
from byssus.validation.simulation import paper_cell


@pytest.fixture(scope="module")
def cycled() -> Table:
    """Two cycles of a fresh cell at 0.2 A/g."""
    return ccl.carried(paper_cell(), ccl.cycled("0.2 A/g", 2))


def found(free: tuple[str, ...], seen: float, left_out: float) -> ccl.Fitted:
    """A fit that misses every capacity that it saw, and every other, by so many mAh/g; its null model misses by 10."""
    printed, _ = ccl.plateaus(paper_cell())
    misses = [seen if each.current / 1e3 in ccl.SEEN else left_out for each in printed]
    predictions = tuple(
        Prediction(
            each.current,
            each.capacity,
            each.capacity + 3600 * miss,
            each.capacity - 36000,
            each.current / 1e3 in ccl.SEEN,
        )
        for each, miss in zip(printed, misses, strict=True)
    )
    capacities = [each.capacity / 3600 + miss for each, miss in zip(printed, misses, strict=True)]
    rated = ccl.Rated((0.2, 0.5, 1.0, 2.0, 4.0, 6.0, 0.5), (*capacities, capacities[1]))
    return ccl.Fitted(free, Calibration("SPMe", {}, (), 0, predictions), rated)


def test_the_printed_capacities_are_those_of_the_papers_text() -> None:
    printed, back = ccl.plateaus(paper_cell())
    # Section 3 of doi:10.1016/j.est.2026.120607; 0.03 of 0.82 mg/cm² is the only doubt that it states.
    assert [each.current / 1e3 for each in printed] == pytest.approx([0.2, 0.5, 1.0, 2.0, 4.0, 6.0])
    assert [each.capacity / 3600 for each in printed] == pytest.approx([3227, 2744, 2425.5, 1920.6, 1408.1, 1101.3])
    assert back / 3600 == pytest.approx(2776.7)
    assert [each.error / each.capacity for each in printed] == pytest.approx([0.03 / 0.82] * 6)


def test_what_was_left_out_has_no_say_in_the_choice_of_a_set() -> None:
    good, bad = found(("a",), 20.0, 500.0), found(("b",), 30.0, 0.0)
    assert ccl.chosen([bad, good]) is good
    printed, back = ccl.plateaus(paper_cell())
    assert good.misses(printed, seen=True) == pytest.approx((20.0, 10.0))
    assert good.misses(printed, seen=False) == pytest.approx((500.0, 10.0))
    listing = ccl._judged([good, bad], printed, back)
    assert [row[-1] for row in listing.rows] == ["**no**", "yes"]
    assert "a polynomial without physics predicts them better" in listing.notes[0]
    better = ccl._judged([found(("c",), 1.0, 9.0)], printed, back)
    assert better.rows[0][-1] == "yes"
    assert "the physics predicts better" in better.notes[0]


def test_two_fifths_of_the_charge_lie_in_a_tenth_of_a_volt() -> None:
    at = [ccl._between(volts) for volts in (0.15, 0.05)]
    assert [float(silicon.silicon_potential(each, "lithiation")) for each in at] == pytest.approx([0.15, 0.05])
    assert 0.3 < at[1] - at[0] < 0.5


def test_the_film_of_the_first_cycle_is_what_its_charge_pays_for(cycled: Table) -> None:
    compared = list(ccl._faraday(cycled))
    assert [each for each in compared if not each.holds] == []


def test_a_film_of_another_area_fails(cycled: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = paper_cell()
    area = cell.numbers["SEI area"]
    monkeypatch.setattr(
        ccl, "paper_cell", lambda: cell.with_inputs({"SEI area": replace(area, value=1.01 * area.value)})
    )
    assert not next(ccl._faraday(cycled)).holds


def test_crystalline_silicon_has_a_plateau_once(cycled: Table) -> None:
    (mean, fall), (_, later) = ccl.plateau(cycled, 1), ccl.plateau(cycled, 2)
    assert fall < ccl.FLAT < later
    # Under current it lies below the 0.10 V of the potential at open circuit.
    assert 0.05 < mean < 0.10


def test_the_terms_of_a_voltage_add_up(cycled: Table) -> None:
    volts, terms = ccl.at_voltage(ccl.half_of(cycled, 2, "delithiation"), 0.5)
    assert volts == pytest.approx(0.5, abs=0.006)
    rest = volts - terms["silicon"] - terms["reaction"] - terms["lithium"] - terms["electrolyte"]
    # What is left is Ohm's law on the contact and the film of the lithium, and small: the SEI's film and the salt.
    numbers, current = paper_cell().numbers, 0.2 * paper_cell().active_mass * 1e3
    ohmic = (
        (numbers["contact resistance"].value + numbers["lithium film resistance"].value)
        * current
        / numbers["area"].value
    )
    assert rest == pytest.approx(ohmic, abs=3e-4)


def test_peaks_are_given_to_the_printed_ones_that_lie_nearest() -> None:
    assert paired([0.38, 0.53], []) == [None, None]
    assert paired([0.38, 0.53], [0.61]) == [None, 0.61]
    assert paired([0.38, 0.53], [0.2, 0.45, 0.6]) == [0.45, 0.6]


def test_lithium_that_stays_lowers_the_efficiency() -> None:
    assert ccl.Halves(3600.0, 3400.0).efficiency() == pytest.approx(94.44, abs=0.01)


def test_the_committed_page_says_what_is_missed_and_holds_its_laws() -> None:
    page = (ROOT / "docs" / "validation" / "ccl.md").read_text(encoding="utf-8")
    told, compared = page.split("## Every comparison")
    assert "**no**" not in compared
    assert len(re.findall(r"\| yes \|$", compared, re.MULTILINE)) == 4
    # What is predicted worse than by a polynomial, and peaks that lie elsewhere, are said.
    judged = told.split("## Rate test: what was left out")[1].split("\n## ")[0]
    assert len(re.findall(r"\| (?:yes|\*\*no\*\*) \|$", judged, re.MULTILINE)) == len(ccl.SETS)
    assert "## Voltammogram" in told
    assert np.isfinite(float(re.findall(r"misses the capacities that were left out by (\d+) mAh/g", judged)[0]))
