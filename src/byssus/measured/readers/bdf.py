"""Battery Data Format (BDF), as .csv and as Parquet, and the writer of it.

Layout
    A plain table: one heading, a row a record, comma, decimal point, UTF-8; or the same
    columns in Parquet.  Columns go by the preferred labels of the ontology
    (``Test Time / s``) or by its machine-readable names (``test_time_second``).  Required
    are time, voltage and current; positive current charges the cell.

    =============================== ============================== ================================
    column (preferred label)        table                          remark
    =============================== ============================== ================================
    Test Time / s, Voltage / V,     as named                       required
    Current / A
    Unix Time / s, Cycle Count / 1, as named                       counts that are not whole are
    Record Index / 1, Step Type,                                   the vendor's, with the reason
    Step Time / s, Step ID,
    Internal Resistance / ohm
    Ambient Temperature / degC      as named                       0 in all records: no probe; then
                                                                   the vendor's, with the reason
    Step Count / 1                  Step Count / 1                 numbered anew from 1 without gaps
    step_index (deprecated)         Step ID                        a program step in old files
    Test Time / ms, Current / mA …  … / s, … / A …                 converted; BDF itself has only the
                                                                   deprecated milliseconds
    Step … Capacity / Ah,           Step Cumulative Capacity / Ah  see the rules
    Charging Capacity / Ah …
    the same … Energy / Wh          Step Cumulative Energy / Wh    likewise
    all others                      vendor: …                      under the file's own names
    =============================== ============================== ================================

Resolution and clock
    The last digit of a column is the last printed; where its numbers are printed as short as can
    be, with powers of ten among them, none is stated, and Parquet keeps none.  BDF does not say
    whether Test Time runs through a pause: that is the instrument's, and the file does not name
    it.  Unix Time names its zone by definition; it is kept, and not compared with Test Time.

Rules
    A step is one value of Step Count.  Without it, a step begins where Step ID or Cycle
    Count changes or Step Time falls back.  Without Step ID too, it begins where the current
    changes sign, or there, with the finding ``steps-rebuilt``; a current below a ten
    thousandth of the test's large ones counts as none.  A step_index (since 1.3.0
    ``Step Record Index / 1``) that changes with more than half of the records numbers
    records, not steps: a step begins where it falls back.

    The capacity of a step is, of what the file has, the first of: Step Cumulative
    Capacity; step charging plus discharging; the magnitude of Step Net; cycle charging plus
    discharging; charging plus discharging; schedule charging plus discharging.  Each
    counter is taken relative to what it read before the step; one that falls to less than
    half of what it read was reset to zero; a smaller fall is no charge, and a finding counts
    them.  So it does not matter whether a counter starts anew with the step, the cycle or
    never.  Of a pair of which the file has one half nothing is made.  The counters stay
    under ``vendor:``.

Source
    BDF ontology 1.3.0, https://w3id.org/battery-data-alliance/ontology/battery-data-format;
    examples of battery-data-format (Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
import polars.selectors as cs

from byssus.errors import ReadError, TableError, UnitError, did_you_mean
from byssus.findings import Finding
from byssus.measured.door import InstrumentFile, Reader, Reading
from byssus.measured.metadata import Instrument
from byssus.measured.readers.printed import LARGEST_TEXT, Printed, printed_csv
from byssus.measured.steps import LARGE, REST_SHARE, count_steps
from byssus.measured.tables import KINDS, PARQUET_KEY, VENDOR, Table
from byssus.quantity import convert

_REQUIRED = ("Test Time / s", "Voltage / V", "Current / A")
#: Machine-readable names, and deprecated labels, of what the table takes as it is.
_ALIASES = {
    "test_time_second": "Test Time / s",
    "voltage_volt": "Voltage / V",
    "current_ampere": "Current / A",
    "unix_time_second": "Unix Time / s",
    "cycle_count": "Cycle Count / 1",
    "step_count": "Step Count / 1",
    "step_id": "Step ID",
    "step_type": "Step Type",
    "step_time_second": "Step Time / s",
    "record_index": "Record Index / 1",
    "ambient_temperature_celsius": "Ambient Temperature / degC",
    "internal_resistance_ohm": "Internal Resistance / ohm",
    "step_index": "Step Index / 1",
    "step_record_index": "Step Record Index / 1",
    "test_time_millisecond": "Test Time / ms",
    "unix_time_millisecond": "Unix Time / ms",
}
_TABLE = {column.name: column for column in KINDS["cycling"]}
_FLOATS = ("Unix Time / s", "Ambient Temperature / degC", "Step Time / s", "Internal Resistance / ohm")
_COUNTS = ("Cycle Count / 1", "Record Index / 1", "Step Count / 1")
#: Counters that make the charge of a step, best first; those of a pair are added.
_COUNTERS = (
    ("Step Cumulative {}",),
    ("Step {}",),
    ("Step Charging {}", "Step Discharging {}"),
    ("Step Net {}",),
    ("Cycle Charging {}", "Cycle Discharging {}"),
    ("Charging {}", "Discharging {}"),
    ("Schedule Charging {}", "Schedule Discharging {}"),
)
_ALIASES |= {
    f"{counter.format(what).lower().replace(' ', '_')}_{unit.lower()}": f"{counter.format(what)} / {unit}"
    for counters in _COUNTERS
    for counter in counters
    for what, unit in (("Capacity", "Ah"), ("Energy", "Wh"))
}
#: What may stand in another unit, by the quantity.
_CONVERTED = {
    label.partition(" / ")[0]: label
    for label in (
        *_REQUIRED,
        *_FLOATS,
        *(
            f"{counter.format(what)} / {unit}"
            for what, unit in (("Capacity", "Ah"), ("Energy", "Wh"))
            for counters in _COUNTERS
            for counter in counters
        ),
    )
}
#: Numbers in a Parquet file; more would not fit in a gigabyte.
MOST_VALUES = 50_000_000
#: A counter that falls below this share of itself was reset; a smaller fall is noise of its last digits.
_RESET = 0.5
#: The last binary digits of a sum are none.
_NOISE = 1e-9
#: A column that falls in more than this share of its records counts no charge of one direction.
MOST_FALLS = 0.01


def rebuilt_steps(data: pl.DataFrame) -> tuple[pl.DataFrame, Finding]:
    """Number the steps of records that name none, by the sign of the current; the finding states the rule.

    `data` has ``Current / A``; ``Cycle Count / 1`` and ``Step Time / s`` are heeded where it has them.
    """
    current = pl.col("Current / A")
    threshold = (REST_SHARE * current.filter(current != 0).abs().quantile(LARGE)).fill_null(0.0)
    sign = pl.when(current.abs() <= threshold).then(0.0).otherwise(current.sign())
    changes, rule = [sign], "the current changes sign"
    if "Cycle Count / 1" in data.columns:
        changes.append(pl.col("Cycle Count / 1"))
        rule += " or the cycle changes"
    if "Step Time / s" in data.columns:
        changes.append(fallen(pl.col("Step Time / s")))
        rule += " or the step's time falls back"
    data = data.with_columns(count_steps(*changes).alias("Step Count / 1"))
    message = f"{data['Step Count / 1'][-1]} steps: a new one where {rule}"
    return data, Finding("steps-rebuilt", message, field="Step Count / 1")


def fallen(values: pl.Expr) -> pl.Expr:
    """Count how often values have fallen back, as a column that changes there."""
    return (values.diff() < 0).fill_null(value=False).cum_sum()


def within_steps(counters: Iterable[pl.Series], step: pl.Series) -> tuple[pl.Series, int]:
    """Return what counters counted since the start of each step, together, and how often one fell without a reset.

    Examples
    --------
    >>> never_reset = pl.Series([0.0, 1.0, 1.0, 3.0])
    >>> within_steps([never_reset], pl.Series([1, 1, 2, 2]))[0].to_list()
    [0.0, 1.0, 0.0, 2.0]
    """
    total, falls = pl.zeros(step.len(), eager=True), 0
    for counter in counters:
        frame = pl.DataFrame({"step": step, "now": counter.fill_null(strategy="forward").fill_null(0.0)})
        frame = frame.with_columns(pl.col("now").shift(1).alias("before"))
        now, before, begins = pl.col("now"), pl.col("before"), pl.col("step") != pl.col("step").shift(1)
        frame = frame.with_columns(
            (now < before * (1 - _NOISE)).fill_null(value=False).alias("falls"),
            (now < _RESET * before).fill_null(value=False).alias("reset"),
            begins.fill_null(value=True).alias("begins"),
        ).with_columns(
            # The first record of a file counts from itself: what a counter read before is not known.
            pl.when("reset").then(0.0).otherwise(before.fill_null(now)).alias("base")
        )
        falls += frame.filter(pl.col("falls") & ~pl.col("reset")).height
        if (
            frame.filter(pl.col("falls") & ~pl.col("begins")).is_empty()
            and frame.filter(pl.col("falls") & ~pl.col("reset")).is_empty()
        ):
            # One difference rather than a sum of them: a counter that starts with the step stays to the digit.
            since = now - pl.col("base").first().over("step")
        else:
            since = (now - pl.col("base")).clip(lower_bound=0.0).cum_sum().over("step")
        total += frame.select(since.alias("since"))["since"]
    return total.alias("since"), falls


def _labels(names: Iterable[str]) -> dict[str, str]:
    """Return the preferred label of each column that has one."""
    known = {*_TABLE, *_ALIASES.values()} - {"Cell Direction", "Electrode Direction"}
    labels = {name: _ALIASES.get(name, name) for name in names}
    return {name: label for name, label in labels.items() if label in known or _converted(label) is not None}


def _converted(label: str) -> tuple[str, float] | None:
    """Return the preferred label of a quantity that stands in another unit, and the factor to its own unit.

    Examples
    --------
    >>> _converted("Current / mA"), _converted("Current / A"), _converted("Current / V")
    (('Current / A', 0.001), None, None)
    """
    quantity, _, unit = label.partition(" / ")
    target = _CONVERTED.get(quantity)
    if target is None or not unit or target == label:
        return None
    own = target.partition(" / ")[2]
    try:
        # A scale with a zero of its own has no factor.
        return None if convert(0.0, unit, own) else (target, convert(1.0, unit, own))
    except UnitError:
        return None


def _is_bdf(names: Iterable[str]) -> bool:
    labels = {(_converted(label) or (label,))[0] for label in _labels(names).values()}
    return len(labels & set(_REQUIRED)) >= 2


def _recognises(file: InstrumentFile) -> bool:
    if file.head.startswith(b"PAR1"):
        try:
            names = pl.read_parquet_schema(file.path)
            # A table that Byssus wrote has more to say than its columns, and a door of its own.
            return _is_bdf(names) and PARQUET_KEY not in pl.read_parquet_metadata(file.path)
        except (pl.exceptions.PolarsError, OSError):
            # Without its footer a Parquet file says nothing of its columns.
            return False
    first, line_break, _ = file.head_text.partition("\n")
    # An export in which no line break comes for this long is no table of text.
    return bool(line_break) and "\0" not in first and _is_bdf(name.strip(' "') for name in first.split(","))


def _read(file: InstrumentFile) -> Reading:
    printed = _of_parquet(file) if file.head.startswith(b"PAR1") else printed_csv(file, file.text(largest=LARGEST_TEXT))
    source: dict[str, str] = {}
    for name, label in _labels(printed.cells.columns).items():
        if label in source:
            raise ReadError(f"names {label!r} twice", file=file.path, field=name, fix="leave one of them out")
        source[label] = name
    factor: dict[str, float] = {}
    for label in list(source):
        if (found := _converted(label)) is not None and found[0] not in source:
            source[found[0]], factor[found[0]] = source.pop(label), found[1]
    for label in _REQUIRED:
        if label not in source:
            fix = did_you_mean(label, printed.cells.columns)
            raise ReadError(f"lacks the column {label!r}", file=file.path, fix=fix)
    printed = printed.sound(*(source[label] for label in _REQUIRED))
    missing: dict[str, str] = {}
    columns: dict[str, pl.Series] = {}
    for label in (*_REQUIRED, *_FLOATS):
        if label in source:
            columns[label] = printed.number(source[label], factor.get(label, 1.0), needed=label in _REQUIRED)
    temperature = columns.get("Ambient Temperature / degC")
    if temperature is not None and bool((temperature.drop_nulls() == 0).all()):
        del columns["Ambient Temperature / degC"]
        missing["Ambient Temperature / degC"] = "reads 0 throughout, as a channel without a probe does"
    for label in _COUNTS:
        if label in source:
            value = printed.number(source[label], needed=False)
            if bool((value.drop_nulls() == value.drop_nulls().round()).all()):
                columns[label] = value.cast(pl.Int64, strict=False)
            else:
                missing[label] = f"the column {source[label]!r} holds numbers that are not whole"
    for label in ("Step ID", "Step Type"):
        if label in source:
            columns[label] = printed.column(source[label]).cast(pl.String)
    for label in ("Unix Time / s", "Cycle Count / 1"):
        if label not in columns:
            missing.setdefault(label, "the file has no such column")
    data, findings = _with_steps(
        pl.DataFrame([value.alias(label) for label, value in columns.items()]), printed, source
    )
    there = [label for label in (*_REQUIRED, *_FLOATS) if label in data.columns]
    resolution = printed.digits({label: (source[label], factor.get(label, 1.0)) for label in there})
    for what, unit in (("Capacity", "Ah"), ("Energy", "Wh")):
        data, counted, digit_of = _counted(data, printed, source, factor, what, unit)
        findings += counted
        resolution |= digit_of
    kept = {source[label] for label in data.columns if label in source and label not in missing}
    return Reading(
        kind="cycling",
        data=data.with_columns(printed.vendor(kept)),
        instrument=Instrument(resolution=resolution),
        missing=missing,
        findings=(*printed.findings, *findings),
    )


def _of_parquet(file: InstrumentFile) -> Printed:
    """Return a Parquet file's columns: numbers as they are, all else as text."""
    try:
        scan = pl.scan_parquet(file.path)
        names, rows = scan.collect_schema().names(), int(scan.select(pl.len()).collect().item())
        frame = scan.collect() if rows * len(names) <= MOST_VALUES else None
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = (str(error).splitlines() or [""])[0]
        raise ReadError(f"is damaged ({reason})", file=file.path, fix="copy it again") from error
    if frame is None:
        message = f"holds more than {MOST_VALUES} values"
        raise ReadError(message, file=file.path, value=rows * len(names), fix="export it in parts")
    if not rows:
        raise ReadError("holds no record", file=file.path, fix="export it again")
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested() or dtype == pl.Binary]
    cells = frame.drop(nested).with_columns((~cs.numeric()).cast(pl.String))
    return Printed(file.path, cells, pl.int_range(1, rows + 1, eager=True), "record")


def _with_steps(data: pl.DataFrame, printed: Printed, source: dict[str, str]) -> tuple[pl.DataFrame, list[Finding]]:
    """Number the steps by the best that the file has."""
    count = data["Step Count / 1"] if "Step Count / 1" in data.columns else None
    if count is not None and count.null_count() == 0:
        return data.with_columns(count_steps(pl.col("Step Count / 1")).alias("Step Count / 1")), []
    data = data.drop("Step Count / 1", strict=False)
    in_step = []
    for label in ("Step Index / 1", "Step Record Index / 1"):
        if label in source:
            index = printed.number(source[label], needed=False)
            if label == "Step Record Index / 1" or (index.diff() != 0).sum() > index.len() / 2:
                in_step.append(fallen(pl.lit(index)))
            elif "Step ID" not in data.columns:
                data = data.with_columns(printed.column(source[label]).cast(pl.String).alias("Step ID"))
                source["Step ID"] = source[label]
    if "Step ID" in data.columns and data["Step ID"].null_count() == 0:
        changes = [pl.col(name) for name in ("Step ID", "Cycle Count / 1") if name in data.columns]
        if "Step Time / s" in data.columns:
            changes.append(fallen(pl.col("Step Time / s")))
        return data.with_columns(count_steps(*changes, *in_step).alias("Step Count / 1")), []
    if in_step:
        data = data.with_columns(count_steps(*in_step).alias("Step Count / 1"))
        message = f"{data['Step Count / 1'][-1]} steps: a new one where the record's number in its step falls back"
        return data, [Finding("steps-rebuilt", message, field="Step Count / 1")]
    data, finding = rebuilt_steps(data)
    return data, [finding]


def _counted(
    data: pl.DataFrame, printed: Printed, source: dict[str, str], factor: dict[str, float], what: str, unit: str
) -> tuple[pl.DataFrame, list[Finding], dict[str, float]]:
    """Add the capacity or energy of the step from the best counters that the file has, and its last digit."""
    target = f"Step Cumulative {what} / {unit}"
    for templates in _COUNTERS:
        labels = [f"{template.format(what)} / {unit}" for template in templates]
        if not set(labels) <= set(source):
            continue
        counters = [printed.number(source[label], factor.get(label, 1.0), needed=False) for label in labels]
        digits = printed.digits({label: (source[label], factor.get(label, 1.0)) for label in labels})
        resolution = {target: max(digits.values())} if digits else {}
        if labels[0].startswith("Step"):
            # Zero at the start of each step by definition: nothing to take off.
            value = counters[0] + counters[1] if len(counters) > 1 else counters[0]
            return data.with_columns((value.abs() if "Net" in labels[0] else value).alias(target)), [], resolution
        since, falls = within_steps(counters, data["Step Count / 1"])
        if falls > MOST_FALLS * data.height:
            message = (
                f"the counters {' and '.join(source[label] for label in labels)} fall in {falls} records: left out"
            )
            return data, [Finding("counter-backwards", message, field=target, value=falls)], {}
        data = data.with_columns(since.alias(target))
        if not falls:
            return data, [], resolution
        message = f"the counters {' and '.join(source[label] for label in labels)} fall {falls} times without a reset"
        return data, [Finding("counter-backwards", message, field=target, value=falls)], resolution
    return data, [], {}


def to_bdf(table: Table) -> pl.DataFrame:
    """Return a cycling table as BDF, under the preferred labels.

    Directions and vendor columns are not BDF's and are left out; so are columns without a value.

    Raises
    ------
    TableError
        If it is not a cycling table.
    """
    if table.metadata.kind != "cycling":
        raise TableError(
            f"a {table.metadata.kind} table is not written as BDF", field="kind", fix="give a cycling table"
        )
    names = [
        name
        for name in table.data.columns
        if not name.startswith(VENDOR)
        and name not in {"Cell Direction", "Electrode Direction"}
        and table.data[name].null_count() < table.rows
    ]
    return table.data.select(names)


READER = Reader("bdf", "Battery Data Format .csv or .parquet", _recognises, _read, tells_technique=False)
