"""Readers on real files: against the truth beside each, and on files that are broken."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from shared import DEMO, LAND, LANDT, NEWARE, one_line

from byssus.conventions import Configuration
from byssus.errors import ReadError, UsageError
from byssus.measured.metadata import Sample
from byssus.measured.read import read
from byssus.measured.readers import READERS
from byssus.measured.tables import Table

Real = Callable[[str], Path]
LANDT_HEADING = (
    "channel_index,cycle_index,step_index,date_time_iso_string,test_time_s,step_time_s,current_A,voltage_V,"
    "discharge_capacity_Ah,charge_capacity_Ah,discharge_energy_Wh,charge_energy_Wh,Pressure_Psi,step_name,\n"
)
LANDT_RECORD = "{n},1,1,04/30/2024 14:33:19,{t},{t},-0.0001,{v},0.0001,0,0.0001,0,0,discharge CC,\n"


def landt(path: Path, records: int = 20, tail: str = "") -> Path:
    lines = [LANDT_RECORD.format(n=n + 1, t=f"{15.0 * n:.3f}", v=f"{2.9 - 0.01 * n:.4f}") for n in range(records)]
    path.write_text("cell model:,,\ntest: x,,\n" + LANDT_HEADING + "".join(lines) + tail, encoding="utf-8")
    return path


def test_land_workbook(real: Real) -> None:
    table = read(real(LAND), sample=Sample(configuration=Configuration.HALF))
    assert table.rows == 62305
    assert table.data["Step Count / 1"].max() == 61
    # The first record after the rest discharges the cell, which lithiates an anode.
    assert table.data.row(2, named=True)["Electrode Direction"] == "lithiation"
    assert table.data["Current / A"][2] == pytest.approx(-1e-6)
    assert table.metadata.instrument.resolution["Test Time / s"] == pytest.approx(36)
    assert (
        table.metadata.vendor["active mass, lowest / mg"] <= 0.1 <= table.metadata.vendor["active mass, highest / mg"]
    )  # type: ignore[operator]
    assert {"coarse-time", "coarse-current", "coarse-capacity", "steps-rebuilt"} == {f.code for f in table.findings}
    assert all(finding.file == table.metadata.provenance[0].file for finding in table.findings)


def test_the_shipped_copy_is_the_file_of_the_test_data(real: Real) -> None:
    assert (DEMO / "NJK_CC_156_C30_C_x30.xlsx").read_bytes() == real(LAND).read_bytes()


def test_landt_text(real: Real) -> None:
    table = read(real(LANDT))
    assert table.rows == 25162
    assert table.data["Test Time / s"][-1] == 262657.764
    assert table.data["Step Count / 1"].max() == 4
    assert table.data["Electrode Direction"].null_count() == table.rows
    assert "no time zone" in table.metadata.missing["Unix Time / s"]
    assert table.metadata.instrument.resolution["Current / A"] == pytest.approx(1e-4)


def test_neware_ndax(real: Real) -> None:
    table = read(real(NEWARE), sample=Sample(configuration=Configuration.HALF))
    assert table.rows == 108563
    assert table.data["Step Count / 1"].max() == 216
    by_step = table.data.group_by("Step Count / 1").agg(
        pl.col("Step Type").first(), pl.col("Cell Direction").first().cast(pl.String)
    )
    words = {("Rest", "rest"), ("CC_Chg", "charge"), ("CC_DChg", "discharge")}
    assert set(by_step.select("Step Type", "Cell Direction").iter_rows()) == words


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("cycler_neware/46_1_5_60_bts16.ndax", 84),
        ("cycler_neware/nw4-120-1-6-53.ndax", 18700),
        ("cycler_neware/nw4-120-6-1-36.ndax", 7257),
        ("cycler_neware/20260302_IFE_BTS85_2_9_8_1.ndax", 252951),
    ],
)
def test_other_neware_files(real: Real, name: str, rows: int) -> None:
    assert read(real(name)).rows == rows


def test_neware_nda(real: Real, tmp_path: Path) -> None:
    with zipfile.ZipFile(real("cycler_neware/nda8.nda.zip")) as archive:
        archive.extractall(tmp_path)
    whole = next(tmp_path.glob("*.nda"))
    table = read(whole)
    assert table.rows == 46805
    # Cut off, it yields its whole records: the same ones, from the start.
    cut = tmp_path / "cut.nda"
    cut.write_bytes(whole.read_bytes()[:300_000])
    part = read(cut)
    assert 1000 < part.rows < table.rows
    assert part.data["Voltage / V"].equals(table.data["Voltage / V"].head(part.rows))


def test_a_format_is_known_by_content_not_name(real: Real, tmp_path: Path) -> None:
    disguised = tmp_path / "picture.png"
    shutil.copy(real(LANDT), disguised)
    assert read(disguised).metadata.provenance[0].reader == "landt-csv"


def test_provenance_names_the_bytes(tmp_path: Path) -> None:
    import hashlib

    path = landt(tmp_path / "a.csv")
    source = read(path).metadata.provenance[0]
    assert source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (source.file, source.size) == ("a.csv", path.stat().st_size)


def test_a_measured_table_survives_the_disk(real: Real, tmp_path: Path) -> None:
    table = read(real(LANDT))
    table.write_parquet(tmp_path / "t.parquet")
    again = Table.read_parquet(tmp_path / "t.parquet")
    assert again.content_hash() == table.content_hash()
    assert again.findings == table.findings


def test_empty_missing_folder_and_foreign_files(tmp_path: Path) -> None:
    cases = {
        "is empty": tmp_path / "empty.ndax",
        "there is no such file": tmp_path / "none.csv",
        "is a folder": tmp_path,
    }
    (tmp_path / "empty.ndax").touch()
    foreign = tmp_path / "foreign.csv"
    foreign.write_text("a,b\n1,2\n")
    for message, path in cases.items():
        with pytest.raises(ReadError, match=message) as caught:
            read(path)
        one_line(caught.value, path)
    with pytest.raises(ReadError, match="of no format that Byssus knows") as caught:
        read(foreign)
    assert all(reader.title in one_line(caught.value, foreign) for reader in READERS)


def test_other_workbooks_and_archives_are_foreign(real: Real, tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="of no format"):
        read(real("nanoindentation/FS_Calibration.xls"))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("b.txt", "text")
    with pytest.raises(ReadError, match="of no format"):
        read(tmp_path / "a.zip")


@pytest.mark.parametrize("name", [LAND, NEWARE])
@pytest.mark.parametrize("share", [0.0005, 0.3, 0.999])
def test_cut_off_archives_say_so(real: Real, tmp_path: Path, name: str, share: float) -> None:
    whole = real(name)
    cut = tmp_path / whole.name
    cut.write_bytes(whole.read_bytes()[: int(share * whole.stat().st_size)])
    with pytest.raises(ReadError, match=r"cut off or damaged|damaged or cut off") as caught:
        read(cut)
    one_line(caught.value, cut)


def test_damaged_bytes_inside_an_archive_say_so(real: Real, tmp_path: Path) -> None:
    content = bytearray(real(NEWARE).read_bytes())
    content[2000:4000] = b"\0" * 2000
    broken = tmp_path / "broken.ndax"
    broken.write_bytes(content)
    with pytest.raises(ReadError, match="cannot be read as Neware"):
        read(broken)


@pytest.mark.parametrize(
    "tail", ["21,1,1,04/30/2024 14:38:04,300.000,300.000,-0.0", "21,1,1,04/30/2024 14:38:04,3", "2"]
)
def test_a_text_file_cut_off_yields_its_whole_records(tmp_path: Path, tail: str) -> None:
    table = read(landt(tmp_path / "cut.csv", tail=tail))
    assert table.rows == 20
    assert "truncated" in [finding.code for finding in table.findings]


def test_a_text_file_cut_off_at_a_line_is_whole(tmp_path: Path) -> None:
    table = read(landt(tmp_path / "whole.csv"))
    assert "truncated" not in [finding.code for finding in table.findings]


def test_a_text_file_without_records_is_an_error(tmp_path: Path) -> None:
    for tail in ("", "1,1,1,04/30"):
        with pytest.raises(ReadError, match="holds no whole record"):
            read(landt(tmp_path / "none.csv", records=0, tail=tail))


def test_records_with_other_fields_are_left_out_by_name(tmp_path: Path) -> None:
    path = landt(tmp_path / "a.csv", records=300)
    lines = path.read_text().splitlines(keepends=True)
    lines[53] = lines[53].replace("750.000", "750,000", 1)
    path.write_text("".join(lines))
    table = read(path)
    assert table.rows == 299
    finding = next(finding for finding in table.findings if finding.code == "malformed-records")
    assert finding.message == "1 records do not have 14 fields and are left out: line 54"
    # A comma as decimal sign throughout is no LANDT .csv.
    path.write_text("".join(line.replace(".000", ",000") if at > 2 else line for at, line in enumerate(lines)))
    with pytest.raises(ReadError, match=r"line 4: .* 300 of 300 records do not have 14 fields|holds no whole record"):
        read(path)


@pytest.mark.parametrize("tail", ["\n", "\n\n", ",,,\n", "\0" * 4096])
def test_empty_ends_of_a_text_file_are_no_truncation(tmp_path: Path, tail: str) -> None:
    table = read(landt(tmp_path / "a.csv", tail=tail))
    assert table.rows == 20
    assert "truncated" not in [finding.code for finding in table.findings]


def test_a_whole_record_without_its_newline_is_whole(tmp_path: Path) -> None:
    path = landt(tmp_path / "a.csv")
    path.write_text(path.read_text().rstrip("\n"))
    table = read(path)
    assert table.rows == 20
    assert "truncated" not in [finding.code for finding in table.findings]


def test_a_long_preamble_is_read_over(tmp_path: Path) -> None:
    path = landt(tmp_path / "a.csv")
    path.write_text("test: " + "x" * 20_000 + ",,\n" + path.read_text())
    assert read(path).rows == 20


def test_one_wild_current_does_not_make_the_rest_a_rest(tmp_path: Path) -> None:
    path = landt(tmp_path / "a.csv", records=300)
    lines = path.read_text().splitlines(keepends=True)
    lines[100] = lines[100].replace("-0.0001,", "-9999.0,", 1)
    path.write_text("".join(lines))
    assert set(read(path).data["Cell Direction"].cast(pl.String)) == {"discharge"}


def test_a_workbook_that_is_none_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "fake.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook")
    with pytest.raises(ReadError, match="cannot be read: it is damaged or cut off") as caught:
        read(path)
    one_line(caught.value, path)


def test_what_is_read_but_cannot_be_true_names_the_file(
    real: Real, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from byssus.measured.readers import landt as module

    original = module._read

    def broken(file):  # type: ignore[no-untyped-def]
        from dataclasses import replace

        reading = original(file)
        return replace(reading, data=reading.data.with_columns(pl.lit(float("inf")).alias("Voltage / V")))

    from byssus.measured import read as door

    fake = [
        type(reader)(reader.name, reader.title, reader.recognises, broken)
        for reader in READERS
        if reader.name == "landt-csv"
    ]
    monkeypatch.setattr(door, "READERS", tuple(fake))
    path = landt(tmp_path / "a.csv")
    with pytest.raises(ReadError, match="does not make a true table") as caught:
        read(path)
    one_line(caught.value, path)


def test_what_the_library_remarks_becomes_a_finding(real: Real, capfd: pytest.CaptureFixture[str]) -> None:
    table = read(real("cycler_neware/BTS85-36-6-5-110-20240424.ndax"))
    assert table.rows == 699677
    assert "wall-clock-backwards" in [finding.code for finding in table.findings]
    assert capfd.readouterr() == ("", "")


def test_paths_that_no_system_takes(tmp_path: Path) -> None:
    for name in ("x" * 400, "a\0b"):
        with pytest.raises(ReadError, match=r"cannot be opened|there is no such file") as caught:
            read(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_a_number_that_is_none_is_named_with_line_and_field(tmp_path: Path) -> None:
    path = landt(tmp_path / "bad.csv")
    path.write_text(path.read_text().replace(",2.8500,", ",2.85x,"))
    with pytest.raises(ReadError, match=r"bad\.csv: line 9: voltage_V: '2\.85x' is not a number") as caught:
        read(path)
    one_line(caught.value, path)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = landt(tmp_path / "bad.csv")
    path.write_text(path.read_text().replace("voltage_V", "volts"))
    with pytest.raises(ReadError, match=r"line 3: lacks the column 'voltage_V'"):
        read(path)


def test_a_file_that_is_no_text_says_where(tmp_path: Path) -> None:
    path = landt(tmp_path / "bad.csv")
    path.write_bytes(path.read_bytes() + b"\xff\xfe\n")
    with pytest.raises(ReadError, match=r"byte \d+: is no text|is not a number"):
        read(path)


def test_time_that_runs_backwards_is_a_finding(tmp_path: Path) -> None:
    path = landt(tmp_path / "back.csv")
    path.write_text(path.read_text().replace(",150.000,150.000,", ",15.000,150.000,"))
    finding = next(finding for finding in read(path).findings if finding.code == "time-backwards")
    assert "first at record 11 of 20" in finding.message


def test_a_sign_against_the_voltage_is_a_finding(tmp_path: Path) -> None:
    path = landt(tmp_path / "sign.csv")
    assert "sign-against-voltage" not in [finding.code for finding in read(path).findings]
    path.write_text(path.read_text().replace("-0.0001", "0.0001"))
    assert "sign-against-voltage" in [finding.code for finding in read(path).findings]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_says_so(tmp_path: Path) -> None:
    path = landt(tmp_path / "locked.csv")
    path.chmod(0)
    with pytest.raises(ReadError, match="cannot be opened"):
        read(path)


def test_a_reader_may_be_named(tmp_path: Path) -> None:
    path = landt(tmp_path / "a.csv")
    assert read(path, reader="landt-csv").rows == 20
    with pytest.raises(UsageError, match="did you mean 'landt-csv'"):
        read(path, reader="landt_csv")
    with pytest.raises(ReadError):
        read(path, reader="neware")
