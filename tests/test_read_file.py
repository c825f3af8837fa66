"""What `byssus read` says of a file beyond its records, where it is known how a cycle begins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from byssus.conventions import Configuration, Made
from byssus.workflow import read_file

Real = Callable[[str], Path]
LAND_TABS = "cycler_land/6-6-L_Formation_and_Cap_Check_004_2.xlsx"
ARBIN = "cycler_arbin/20160805_test001_45_cc_01.res"


def test_the_cycles_are_checked_where_their_order_is_known(real: Real) -> None:
    plain = read_file(real(LAND_TABS), configuration=Configuration.HALF)
    checked = read_file(real(LAND_TABS), configuration=Configuration.HALF, made=Made.EMPTY)
    found = {finding.code: finding for finding in checked.findings}
    assert "vendor-efficiency-order" not in {finding.code for finding in plain.findings}
    assert "40.58 %" in found["vendor-efficiency-order"].message
    assert "value-missing" not in found
    impossible = read_file(real(ARBIN), configuration=Configuration.HALF, made=Made.EMPTY)
    assert {"efficiency-impossible", "inventory-impossible"} <= {finding.code for finding in impossible.findings}


def test_cycles_that_cannot_be_counted_are_a_finding(real: Real) -> None:
    only_charge = read_file(
        real("cycler_arbin/2017-05-09_test-TC-contact_CH33.csv"), configuration=Configuration.HALF, made=Made.EMPTY
    )
    assert "cell-left-out" in {finding.code for finding in only_charge.findings}


def test_a_name_as_text_is_read_too(real: Real) -> None:
    from byssus.measured.read import read

    assert read(str(real(LAND_TABS))).rows == 1496
