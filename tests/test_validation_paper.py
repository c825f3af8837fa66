"""The page of the paper's predictions: null models, the commitment, how rows are judged; never the long runs."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from shared import ROOT

from byssus.errors import SimulationError
from byssus.validation import paper, paper_runs
from byssus.validation.ccl import study
from byssus.validation.paper import Row
from byssus.validation.paper_runs import Course, Run


def test_null_models_meet_the_number_that_they_see_and_are_those_of_a_hand_calculation() -> None:
    assert all(left == pytest.approx(0.733) for left in paper.nulls(0.733, 250).values())
    left = paper.nulls(0.733, 500)
    # 1920.6 mAh/g times 0.466, 0.537289 and 0.622405, worked out by hand.
    assert {name: round(1920.6 * each) for name, each in left.items()} == {"linear": 895, "geometric": 1032, "√n": 1195}


def test_efficiency_of_the_full_cell_is_the_one_that_its_retention_asks_for() -> None:
    assert paper.efficiency(0.963, 110) ** 110 == pytest.approx(0.963)
    assert round(100 * paper.efficiency(0.963, 110), 3) == 99.966


def test_the_mean_of_the_others_leaves_out_the_one_that_is_predicted() -> None:
    others = paper.mean_of_others(paper.EXPANSION)
    assert others["CCL"] == pytest.approx((215 + 214 + 233) / 3)
    assert others["LS"] == pytest.approx((215 + 214 + 166) / 3)


def test_what_is_judged_is_what_the_paper_prints() -> None:
    printed_in_all = json.dumps([each.model_dump(mode="json") for each in study().references])
    for printed in (
        "1191.4 mAh/g",
        "2002.6 mAh/g",
        "73.3 %",
        "1617.4 mAh/g",
        "67.2 %",
        "96.3 %",
        "189.8 mAh/g",
        "2.33 mAh/cm",
    ):
        assert printed.split()[0] in printed_in_all
    assert {
        name: value for name, value in paper.EXPANSION.items() if str(int(value)) in printed_in_all
    } == paper.EXPANSION


@pytest.mark.parametrize(("predicted", "better"), [(1193.0, True), (1187.0, False), (1000.0, False), (None, False)])
def test_a_row_succeeds_only_below_the_miss_of_its_best_null_model(predicted: float | None, better: bool) -> None:
    row = Row("2 A/g", 1191.4, predicted, None, "mAh/g", {"linear": 895.0, "√n": 1195.4}, "why")
    assert row.beats is better
    assert row.shown is better
    assert ("**not shown**" in row.cells()) is not better
    assert ("why" in row.cells()) is (predicted is None)


def test_a_row_whose_band_does_not_hold_the_printed_value_is_no_success() -> None:
    row = Row("full cell", 96.3, 99.5, (99.5, 102.6), "%", {"nothing fades": 100.0})
    assert row.beats
    assert not row.shown
    assert replace(row, band=(95.0, None, 102.6)).shown


def test_a_band_says_which_of_its_ends_was_not_reached() -> None:
    assert paper._banded((300.0, 200.0)) == "200.0 to 300.0"
    assert paper._banded((None, 200.0)) == "ended before, to 200.0"
    assert paper._banded((None, None)) == "ended before"


def test_the_hash_of_the_commitment_changes_with_a_number_a_range_and_a_fitted_value() -> None:
    cells = {"CCL": paper_runs.cell_of("CCL")}
    fitted = {"debonding coefficient": 1e3}
    first = paper.digest(paper.commitment(cells, fitted))
    assert re.fullmatch("[0-9a-f]{64}", first)
    assert paper.digest(paper.commitment(dict(cells), dict(fitted))) == first
    adhesion = cells["CCL"].numbers["adhesion"]
    for changed in (replace(adhesion, value=adhesion.value * 1.001), replace(adhesion, low=adhesion.low / 2)):
        other = cells["CCL"].with_inputs({"adhesion": changed})
        assert paper.digest(paper.commitment({"CCL": other}, fitted)) != first
    assert paper.digest(paper.commitment(cells, {"debonding coefficient": 1.001e3})) != first


def test_the_four_binders_share_the_numbers_that_no_measurement_tells_apart() -> None:
    cells = [paper_runs.cell_of(each).numbers for each in paper.EXPANSION]
    for name in ("irreversible share", "irreversible limit", "swelling coefficient", "debonding coefficient"):
        assert len({each[name].value for each in cells}) == 1
    assert cells[0]["adhesion"].value != cells[3]["adhesion"].value


def test_the_coefficient_of_a_fade_is_found_where_the_fade_is_geometric() -> None:
    # 250 cycles that each lose k/1000: what is left is (1 − k/1000)^250.
    found, tried = paper_runs.coefficient(0.733, lambda log: (1 - 10**log / 1e3) ** 250, (-1.0, 1.0))
    assert 10**found == pytest.approx(1e3 * (1 - 0.733 ** (1 / 250)), rel=3e-3)
    assert len(tried) <= 6
    with pytest.raises(SimulationError, match="does not change the fade"):
        paper_runs.coefficient(0.733, lambda _log: 0.9, (-1.0, 1.0))


def test_a_course_that_ended_early_has_no_later_cycle() -> None:
    course = Course((2000.0, 1000.0, 90.0), {"thickness": (1.1, 1.2, 1.3)}, "less than 5% of its capacity is left", 1.0)
    assert course.retention(2) == 0.5
    assert course.retention(250) is None
    assert course.state("thickness", 3) == 1.3
    assert course.state("thickness", 4) is None


def test_a_run_is_kept_under_all_that_it_follows_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper_runs, "STORE", tmp_path)
    run = Run("CCL", "SPM", 1000.0, 1, 178.95, 0)
    keys = {
        run.key(),
        replace(run, current=2000.0).key(),
        replace(run, given=(("adhesion", 1.0),)).key(),
        replace(run, sample="CMC").key(),
    }
    assert len(keys) == 4
    (tmp_path / f"{run.key()}.json").write_text("{", encoding="utf-8")
    assert paper_runs._kept(run) is None
    (tmp_path / f"{run.key()}.json").write_text(
        json.dumps({"capacity": [1.0], "states": {"thickness": [1.2]}, "stopped": "", "seconds": 1.0}), encoding="utf-8"
    )
    assert paper_runs.carried([run])[run].capacity == (1.0,)


def test_one_cycle_of_the_half_cell_loses_contact_in_proportion_to_the_coefficient() -> None:
    lost = []
    for coefficient in (10.0, 20.0):
        course = paper_runs.cycled(Run("CCL", "SPM", 1000.0, 1, 178.95, 0, (("debonding coefficient", coefficient),)))
        assert course.stopped == ""
        assert 1000 < course.capacity[0] < 3579
        share = course.state("share in contact", 1)
        assert share is not None
        lost.append(1 - share)
    assert lost[1] == pytest.approx(2 * lost[0], rel=1e-2)
    assert lost[0] > 0


def test_the_committed_page_claims_success_only_where_a_row_beats_its_null_models() -> None:
    text = (ROOT / "docs" / "validation" / "paper.md").read_text(encoding="utf-8")
    rows = [
        line.split(" | ")
        for line in text.splitlines()
        if line.startswith(("| 2 A/g,", "| thick,", "| quasi-solid,", "| full cell,"))
    ]
    assert len(rows) == 7
    for row in rows:
        misses, best = row[5], float(row[6])
        better = misses != "–" and abs(float(misses)) < abs(best)
        assert row[8] == ("yes" if better else "no"), row[0]
        assert better or "not shown" in row[9], row[0]
    assert re.search("`[0-9a-f]{64}`", text)
