"""Split files: put together, they are the test that was split."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared import square_wave

from byssus.analysis.cycling.columns import EFFICIENCY
from byssus.analysis.cycling.cycles import analyse
from byssus.conventions import Configuration, Made
from byssus.errors import TableError
from byssus.measured.join import join
from byssus.measured.metadata import Provenance, Sample
from byssus.measured.tables import Table

ANODE = Sample(name="anode", configuration=Configuration.HALF, made=Made.EMPTY)
BEGAN = 1.7e9


def whole(*, calendar: bool = True) -> Table:
    table = square_wave([0, -1, 1, -1, 1], [0.5, 2, 1.5, 1.6, 1.4], sample=ANODE)
    data = table.data
    # Strictly rising times, as instruments that do not repeat a record write them.
    data = data.with_columns((pl.int_range(pl.len()) * 1.0 + pl.col("Test Time / s")).alias("Test Time / s"))
    if calendar:
        data = data.with_columns((pl.col("Test Time / s") + BEGAN).alias("Unix Time / s"))
    return Table(data, table.metadata)


def part(table: Table, start: int, stop: int, name: str = "a.csv") -> Table:
    """What the instrument would have written to a file of its own: times and steps from the beginning again."""
    data = table.data.slice(start, stop - start)
    data = data.with_columns(
        pl.col("Test Time / s") - data["Test Time / s"][0], pl.col("Step Count / 1") - data["Step Count / 1"][0] + 1
    )
    source = Provenance(file=name, sha256="0" * 64, size=1, reader="x")
    return Table(data, table.metadata.model_copy(update={"provenance": (source,)}))


@settings(max_examples=40, deadline=None)
@given(at=st.integers(1, 303))
def test_splitting_a_test_changes_nothing(at: int) -> None:
    table = whole()
    joined = join([part(table, at, table.rows, "b.csv"), part(table, 0, at)])
    assert joined.data["Test Time / s"].to_list() == pytest.approx(table.data["Test Time / s"].to_list())
    assert [source.file for source in joined.metadata.provenance] == ["a.csv", "b.csv"]
    ours, theirs = analyse(joined).cycles, analyse(table).cycles
    assert ours["Lithiation Capacity / mAh"].to_list() == pytest.approx(theirs["Lithiation Capacity / mAh"].to_list())
    assert ours[EFFICIENCY].to_list() == pytest.approx(theirs[EFFICIENCY].to_list())
    assert {finding.code for finding in joined.findings} <= {"files-gap"}


def test_a_step_cut_in_two_is_one_step_and_a_new_one_is_two() -> None:
    table = whole()
    assert join([part(table, 0, 90), part(table, 90, table.rows)]).data["Step Count / 1"].max() == 5
    assert join([part(table, 0, 122), part(table, 122, table.rows)]).data["Step Count / 1"].max() == 5


def test_overlaps_are_left_out_and_gaps_are_told() -> None:
    table = whole()
    overlapping = join([part(table, 0, 100), part(table, 80, table.rows, "b.csv")])
    assert overlapping.rows == table.rows
    finding = next(finding for finding in overlapping.findings if finding.code == "files-overlap")
    assert (finding.value, finding.file) == (20, "b.csv")
    gap = join([part(table, 0, 61), part(table, 122, table.rows, "b.csv")])
    assert "files-gap" in [finding.code for finding in gap.findings]
    again = join([part(table, 0, 100), part(table, 0, 100)])
    assert again.rows == 100


def test_without_a_calendar_the_order_is_the_given_one() -> None:
    table = whole(calendar=False)
    joined = join([part(table, 0, 122), part(table, 122, table.rows)])
    assert "order-as-given" in [finding.code for finding in joined.findings]
    assert joined.rows == table.rows
    assert analyse(joined).cycles[EFFICIENCY].to_list() == pytest.approx(analyse(table).cycles[EFFICIENCY].to_list())


def test_what_cannot_be_joined_is_refused() -> None:
    table = whole()
    other = Table(table.data, table.metadata.model_copy(update={"sample": Sample(name="other")}))
    with pytest.raises(TableError, match="different samples"):
        join([table, other])
    with pytest.raises(TableError, match="nothing to join"):
        join([])
    assert join([table]) is table
