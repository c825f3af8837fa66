"""The core of the text readers: encodings, records, numbers and their last digits."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from shared import LANDT

from byssus.errors import ReadError
from byssus.measured.door import HEAD_BYTES, InstrumentFile, encoding_of
from byssus.measured.read import read
from byssus.measured.readers import READERS
from byssus.measured.readers.printed import Printed, moment, numbered, printed_csv, scaled, single_digit, stored_digit

Real = Callable[[str], Path]


def file_of(path: Path, content: bytes) -> InstrumentFile:
    path.write_bytes(content)
    return InstrumentFile(path)


def table(tmp_path: Path, text: str, **how: object) -> Printed:
    file = file_of(tmp_path / "a.csv", text.encode())
    return printed_csv(file, file.text(), **how)  # type: ignore[arg-type]


def codes(printed: Printed) -> list[str]:
    return [finding.code for finding in printed.findings]


# Bytes to text


@pytest.mark.parametrize(
    ("encoding", "told"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("gbk", "gb18030"), ("cp1252", "cp1252")],
)
def test_an_encoding_is_told_from_the_bytes(tmp_path: Path, encoding: str, told: str) -> None:
    text = "电压(V),温度\n3.5,1\n" if encoding != "cp1252" else "T / °C,R / mΩ\n3.5,µ\n".replace("Ω", "Ohm")
    file = file_of(tmp_path / "a.csv", text.encode(encoding))
    assert encoding_of(file.head) == told
    assert file.head_text == file.text() == text


@pytest.mark.parametrize(("encoding", "sign"), [("gbk", "电压"), ("cp1252", "°"), ("utf-8", "电压")])
def test_letters_below_a_head_of_ascii_are_read_all_the_same(tmp_path: Path, encoding: str, sign: str) -> None:
    text = "a,b\n" + "1,2\n" * (HEAD_BYTES // 4) + f"3,{sign}\n"
    file = file_of(tmp_path / "a.csv", text.encode(encoding))
    assert sign not in file.head_text
    assert file.text() == text


def test_half_a_letter_at_the_end_of_the_head_is_no_other_encoding(tmp_path: Path) -> None:
    text = "x" * (HEAD_BYTES - 1) + "压" * 10
    file = file_of(tmp_path / "a.csv", text.encode())
    assert file.head_text == "x" * (HEAD_BYTES - 1) + "\ufffd"
    assert file.text() == text
    file = file_of(tmp_path / "b.csv", "a,压".encode()[:-1])
    assert file.text() == "a,"


@pytest.mark.parametrize("tail", [b"", b"\0" * 4096])
def test_line_ends_and_zero_bytes(tmp_path: Path, tail: bytes) -> None:
    assert file_of(tmp_path / "a.csv", b"a\r\nb\rc\n" + tail).text() == "a\nb\nc\n"


def test_what_is_no_text_says_where(tmp_path: Path) -> None:
    file = file_of(tmp_path / "a.csv", b"abc\x81 \xb5 m")
    with pytest.raises(ReadError, match=r"a\.csv: byte 3: is no text \(cp1252\)"):
        file.text()
    with pytest.raises(ReadError, match="'klingon' is not an encoding"):
        file.text("klingon")


def test_a_format_is_known_without_reading_the_file(
    real: Real, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"nothing,that,anybody,knows\n" + b"\xb5,1,2,3\n" * HEAD_BYTES)
    files = [InstrumentFile(path), InstrumentFile(real(LANDT))]

    def refused(self: Path) -> bytes:
        raise AssertionError(f"{self} is read as a whole")

    monkeypatch.setattr(Path, "read_bytes", refused)
    found = [[reader.name for reader in READERS if reader.recognises(file)] for file in files]
    assert found == [[], ["landt-csv"]]


# Text to records


def test_a_separator_may_close_a_record(tmp_path: Path) -> None:
    printed = table(tmp_path, "a,b\n1,2\n3,4,\n5,6\n")
    assert printed.cells.rows() == [("1", "2"), ("3", "4"), ("5", "6")]
    # Where one closes each, a record without it was cut off in its last field.
    printed = table(tmp_path, "a,b,\n1,2,\n3,4", closed=True)
    assert printed.cells.rows() == [("1", "2")]
    assert codes(printed) == ["truncated"]


@pytest.mark.parametrize(
    ("last", "whole"),
    [
        ("3,0.250", True),
        ("3,-0.250", True),
        ("3,0.25", False),
        ("3,0.", False),
        ("3,", False),
        ("3", False),
    ],
)
def test_a_last_field_that_was_cut_is_told_by_its_form(tmp_path: Path, last: str, whole: bool) -> None:
    printed = table(tmp_path, f"a,b\n1,0.125\n2,0.500\n{last}")
    assert printed.cells.height == (3 if whole else 2)
    assert codes(printed) == ([] if whole else ["truncated"])
    # With its line break it is as the instrument wrote it.
    if last.count(","):
        assert table(tmp_path, f"a,b\n1,0.125\n2,0.500\n{last}\n").cells.height == 3


@pytest.mark.parametrize(
    ("before", "last", "whole"),
    [
        ("-2.5612E-006", "-2.5613E-006", True),
        ("-2.5612E-006", "-2.5613E-00", False),
        ("-2.5612E-006", "-2.56", False),
        ("120", "121", True),
        ("120", "12", False),
        ("rest", "rest", True),
        ("rest", "res", False),
        ("2024-01-01 08:00:00", "2024-01-01 08:00:10", True),
        ("2024-01-01 08:00:00", "2024-01-01 08:00:1", False),
    ],
)
def test_numbers_words_and_dates_that_were_cut(tmp_path: Path, before: str, last: str, whole: bool) -> None:
    assert table(tmp_path, f"a,b\n1,{before}\n2,{before}\n3,{last}").cells.height == (3 if whole else 2)


def test_a_record_with_a_field_too_many_is_left_out(tmp_path: Path) -> None:
    lines = ["a\tb", *(f"{n}\t1.5" for n in range(200))]
    lines[50] = "49\t7\t1.5"
    printed = table(tmp_path, "\n".join(lines) + "\n", separator="\t")
    assert printed.cells.height == 199
    assert [finding.message for finding in printed.findings] == [
        "1 records do not have 2 fields and are left out: line 51"
    ]
    assert printed.place(49) == "line 52"


def test_quotes_guard_separators(tmp_path: Path) -> None:
    printed = table(tmp_path, 'a,"b, c"\n1,"x, y"\n2,z\n')
    assert printed.cells.columns == ["a", "b, c"]
    assert printed.cells.rows() == [("1", "x, y"), ("2", "z")]
    with pytest.raises(ReadError, match=r"line 3: '2,z,3' 1 of 2 records do not have 2 fields"):
        table(tmp_path, 'a,b\n1,"x"\n2,z,"3"\n')


def test_names_that_recur(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="line 1: 'a' names two columns"):
        table(tmp_path, "a,b,a\n1,2,3\n")
    assert numbered(["a", "a #2", "a", "a"]) == ["a", "a #2", "a #3", "a #4"]
    assert table(tmp_path, "a,,a\n1,2,3\n", names=["x", "y", "z"]).cells.columns == ["x", "y", "z"]
    assert table(tmp_path, "a,,b,,\n1,2,3\n").cells.columns == ["a", "column 2", "b"]


# Cells to numbers


def of(*cells: str | None, decimal: str = ".") -> Printed:
    frame = pl.DataFrame({"x": pl.Series(cells, dtype=pl.String)})
    return Printed(Path("a.csv"), frame, pl.int_range(2, len(cells) + 2, eager=True), decimal=decimal)


def test_scaling_leaves_no_dust() -> None:
    cells = [f"{n // 10}.{n % 10}" for n in range(50_000)]
    wanted = [float(f"{n}e-4") for n in range(50_000)]
    assert of(*cells).number("x", 1e-3).to_list() == wanted
    assert of(*cells).number("x", 3600.0).to_list() == [360.0 * n for n in range(50_000)]
    stored = pl.Series([n / 10 for n in range(50_000)])
    assert scaled(stored, 1e-3, stored_digit(stored)).to_list() == wanted
    # Coulombs in Ah have no last decimal, and powers of ten no last digit in common.
    assert of("1.0", "2.5").number("x", 1 / 3600).to_list() == pytest.approx([1 / 3600, 2.5 / 3600], rel=1e-15)
    assert of("1.25E-007", "1.00E+000").number("x", 1e-3).to_list() == pytest.approx([1.25e-10, 1e-3], rel=1e-15)


@pytest.mark.parametrize(
    ("cells", "digit"),
    [
        (("1.50", "2.25", None), 0.01),
        (("1", "2"), 1.0),
        (("1.5000E-003", "2.0000E+001"), 1e-3),
        # Each as short as it can be: no digit is promised.
        (("1e-05", "0.25"), None),
    ],
)
def test_the_last_digit_is_the_one_printed(cells: tuple[str | None, ...], digit: float | None) -> None:
    assert of(*cells).digit("x") == (None if digit is None else pytest.approx(digit))
    assert of(*(cell and cell.replace(".", ",") for cell in cells), decimal=",").digit("x") == of(*cells).digit("x")


def test_digits_of_stored_numbers() -> None:
    assert stored_digit(pl.Series([0.1, 3.25, 1e5])) == pytest.approx(0.01)
    assert stored_digit(pl.Series([3.0, 4.0])) == 1
    assert stored_digit(pl.Series([3.3088395595550537])) is None
    assert single_digit(pl.Series([-4.0, 2.0])) == 2.0**-22
    assert single_digit(pl.Series([0.0])) is None


def test_vendors_columns_are_numbers_or_text() -> None:
    assert of("1.5", "inf", "N/A", None, "XXX", "nan").free("x").to_list() == [1.5, None, None, None, None, None]
    assert of("1", "2").free("x").to_list() == [1.0, 2.0]
    # 001 is a name.
    assert of("001", "002").free("x").to_list() == ["001", "002"]
    assert of("1", "high").free("x").to_list() == ["1", "high"]
    assert of("1,5", "2", decimal=",").free("x").to_list() == [1.5, 2.0]


def test_clocks_with_days_of_either_kind() -> None:
    printed = of("0:00:01.5", "25:00:00", "1-01:00:00", "2d 02:52:51.57")
    assert printed.clock("x").to_list() == [1.5, 90000, 90000, pytest.approx(183171.57)]
    with pytest.raises(ReadError, match=r"a\.csv: line 3: x: '0:61:00' is not a time h:mm:ss"):
        of("0:00:01", "0:61:00").clock("x")


@pytest.mark.parametrize(
    ("dates", "told"),
    [
        (["2024-05-06 07:08:09"], "2024-05-06T07:08:09"),
        (["2024/5/6 7:08:09.25"], "2024-05-06T07:08:09.250000"),
        (["05/06/2024 07:08:09", "05/13/2024 00:00:00"], "2024-05-06T07:08:09"),
        (["05/06/2024 07:08:09", "13/06/2024 00:00:00"], "2024-06-05T07:08:09"),
        (["5/13/2024 1:08:09 PM"], "2024-05-13T13:08:09"),
        (["05/06/2024 07:08:09"], None),
        (["13/14/2024 07:08:09"], None),
        (["soon"], None),
        ([None, "2024-05-06 07:08:09"], None),
    ],
)
def test_a_date_is_read_in_one_way_or_not_at_all(dates: list[str | None], told: str | None) -> None:
    found = moment(pl.Series(dates, dtype=pl.String))
    assert (None if found is None else found.isoformat()) == told
    assert str(moment(pl.Series(["05/06/2024 07:08:09"]), month_first=True)) == "2024-05-06 07:08:09"


def test_a_landt_file_in_which_nothing_discharged_promises_no_digit_of_it(tmp_path: Path) -> None:
    heading = (
        "channel_index,cycle_index,step_index,date_time_iso_string,test_time_s,step_time_s,current_A,voltage_V,"
        "discharge_capacity_Ah,charge_capacity_Ah,discharge_energy_Wh,charge_energy_Wh,step_name,\n"
    )
    record = "{n},1,1,04/30/2024 14:33:19,{n}.000,{n}.000,0.1000,3.5000,0,0.{n:04},0,0.0001,charge CC,\n"
    (tmp_path / "a.csv").write_text(heading + "".join(record.format(n=n) for n in range(1, 20)))
    assert set(read(tmp_path / "a.csv").metadata.instrument.resolution) == {
        "Test Time / s",
        "Voltage / V",
        "Current / A",
    }


def test_one_spoilt_cell_costs_its_record_and_not_the_file(tmp_path: Path) -> None:
    lines = ["Test Time / s,Voltage / V,Current / A"]
    lines += [f"{60 * at},{3 + at / 1000:.4f},0.001000" for at in range(400)]
    whole = "\n".join(lines) + "\n"
    file = tmp_path / "a.bdf.csv"
    spoilt = whole.replace("3.1200", "NaN").replace(",3.2000,0.001000", ",3.2000,")
    file.write_text(spoilt)
    table = read(file)
    assert table.rows == 398
    (finding,) = [finding for finding in table.findings if finding.code == "malformed-records"]
    assert finding.message == "2 records lack a number and are left out: line 122, 202"
    assert (finding.field, finding.value) == ("Voltage / V", "NaN")
    # More than one in a hundred: the column is something else, and the error names the first cell.
    file.write_text(re.sub(r",3\.0\d\d\d,", ",x,", whole))
    with pytest.raises(ReadError, match="line 2: Voltage / V: 'x' is not a number"):
        read(file)
