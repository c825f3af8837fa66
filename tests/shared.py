"""Names of real files, tables whose truth is known, and workbooks made on the spot."""

from __future__ import annotations

import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from byssus.errors import ReadError
from byssus.measured.metadata import Instrument, Metadata, Sample
from byssus.measured.steps import add_directions
from byssus.measured.tables import Table

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "src" / "byssus" / "examples"
DEMO = EXAMPLES / "demo"
#: What is shipped in them: what Byssus wrote there in a checkout is not, and git and the wheel leave it out.
SHIPPED = [
    file
    for file in sorted(EXAMPLES.rglob("*"))
    if file.is_file() and not {"results", ".byssus"} & set(file.relative_to(EXAMPLES).parts)
]
#: A study of the one shipped LAND file, which lies with the demonstration.
ONE_CELL = ROOT / "tests" / "studies" / "one-cell" / "study.yaml"
LAND = "cycler_land/NJK_CC_156_C30_C_x30.xlsx"
LANDT = "cycler_land/SINTEF__LiGrR2032__2024-04-30__25degC__Landt.csv"
NEWARE = "cycler_neware/test_2.ndax"


def square_wave(
    currents_mA: list[float],
    hours: list[float],
    *,
    sample: Sample | None = None,
    records: int = 61,
    counted: bool = True,
    digit_Ah: float | None = None,
) -> Table:
    """A test of constant currents whose capacities are exactly current times time."""
    frames, start = [], 0.0
    for number, (current, duration) in enumerate(zip(currents_mA, hours, strict=True), start=1):
        since = np.linspace(0.0, duration * 3600, records)
        level = 0.1 + 0.5 * since / since[-1]
        frame: dict[str, Any] = {
            "Test Time / s": start + since,
            "Voltage / V": level if current > 0 else (0.7 - level if current < 0 else np.full(records, 0.4)),
            "Current / A": np.full(records, current / 1000),
            "Step Count / 1": np.full(records, number, dtype=np.int64),
        }
        if counted:
            frame["Step Cumulative Capacity / Ah"] = abs(current) / 1000 * since / 3600
        frames.append(pl.DataFrame(frame))
        start += duration * 3600
    sample = sample or Sample(name="synthetic")
    resolution = {} if digit_Ah is None else {"Step Cumulative Capacity / Ah": digit_Ah}
    data = add_directions(pl.concat(frames), sample.configuration)
    return Table(data, Metadata(kind="cycling", sample=sample, instrument=Instrument(resolution=resolution)))


def one_line(error: ReadError, path: Path) -> str:
    """The error as text, once it is known to be one line that names the file."""
    text = str(error)
    assert "\n" not in text
    assert str(path) in text
    return text


def sheet_xml(rows: list[list[Any]]) -> str:
    """The part of a workbook that is a sheet of these cells."""

    def cell(value: Any, column: int, row: int) -> str:
        at = f"{chr(65 + column)}{row}"
        if value is None:
            return ""
        if isinstance(value, timedelta):
            return f'<c r="{at}" s="1"><v>{value.total_seconds() / 86400!r}</v></c>'
        if isinstance(value, str):
            return f'<c r="{at}" t="inlineStr"><is><t>{value}</t></is></c>'
        return f'<c r="{at}"><v>{value!r}</v></c>'

    body = "".join(
        f'<row r="{number}">' + "".join(cell(value, column, number) for column, value in enumerate(row)) + "</row>"
        for number, row in enumerate(rows, 1)
    )
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<?xml version="1.0"?><worksheet xmlns="{space}"><sheetData>{body}</sheetData></worksheet>'


def workbook(path: Path, sheets: dict[str, list[list[Any]]], raw: dict[str, str] | None = None) -> Path:
    """Write the least that is a workbook; style 1 shows a number as a time."""
    space = "http://schemas.openxmlformats.org"
    types = f"{space}/package/2006/content-types"
    of = f"{space}/officeDocument/2006/relationships"
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    names = list(sheets)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        parts = "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{main}.worksheet+xml"/>'
            for n in range(1, len(names) + 1)
        )
        archive.writestr(
            "[Content_Types].xml",
            f'<?xml version="1.0"?><Types xmlns="{types}"><Default Extension="rels" ContentType="application/vnd.'
            f'openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
            f'ContentType="{main}.sheet.main+xml"/>{parts}</Types>',
        )
        package = f"{space}/package/2006/relationships"
        archive.writestr(
            "_rels/.rels",
            f'<?xml version="1.0"?><Relationships xmlns="{package}"><Relationship Id="r1" Type="{of}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(names, 1))
        archive.writestr(
            "xl/workbook.xml",
            f'<?xml version="1.0"?><workbook xmlns="{space}/spreadsheetml/2006/main" xmlns:r="{of}"><sheets>{listed}'
            "</sheets></workbook>",
        )
        linked = "".join(
            f'<Relationship Id="r{n}" Type="{of}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in range(1, len(names) + 1)
        )
        styles = f'<Relationship Id="s" Type="{of}/styles" Target="styles.xml"/>'
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<?xml version="1.0"?><Relationships xmlns="{package}">{linked}{styles}</Relationships>',
        )
        archive.writestr(
            "xl/styles.xml",
            f'<?xml version="1.0"?><styleSheet xmlns="{space}/spreadsheetml/2006/main"><cellXfs count="2">'
            '<xf numFmtId="0"/><xf numFmtId="21"/></cellXfs></styleSheet>',
        )
        for number, (name, rows) in enumerate(sheets.items(), 1):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", (raw or {}).get(name) or sheet_xml(rows))
    return path


def integrated_steps(table: Table, *more: pl.Expr) -> pl.DataFrame:
    """One row a step, with ∫I dt and ∫UI dt from the last record of the step before, and what else is asked for."""
    charge = pl.col("Current / A") * pl.col("Test Time / s").diff().fill_null(0.0) / 3600
    return (
        table.data.with_columns(charge.alias("charge"))
        .group_by("Step Count / 1", maintain_order=True)
        .agg(
            pl.len().alias("records"),
            pl.col("Cell Direction").first().cast(pl.String),
            pl.col("Step ID").first(),
            pl.col("charge").sum(),
            (pl.col("charge") * pl.col("Voltage / V")).sum().alias("work"),
            pl.col("^Step Cumulative .*$").last(),
            *more,
        )
    )
