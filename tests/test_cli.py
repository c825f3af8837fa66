"""The command line as a person and a script use it, in processes of its own."""

from __future__ import annotations

import base64
import gzip
import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from shared import DEMO, LANDT, ONE_CELL

from byssus import __version__
from byssus.measured.tables import Table

Real = Callable[[str], Path]

#: Loaded by every Python below before anything else: a connection ends the program.
NO_SOCKETS = """
import socket
def _refuse(*args, **kwargs):
    raise SystemExit("a socket was opened")
socket.socket.connect = socket.socket.connect_ex = _refuse
socket.getaddrinfo = socket.create_connection = _refuse
"""


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("site")
    (folder / "sitecustomize.py").write_text(NO_SOCKETS)
    return os.environ | {"PYTHONPATH": str(folder), "PYTHONWARNINGS": "error", "COLUMNS": "80", "BYSSUS_DEBUG": ""}


@pytest.fixture
def byssus(environment: dict[str, str], tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    def call(*arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "byssus", *map(str, arguments)]
        return subprocess.run(
            command, capture_output=True, text=True, encoding="utf-8", check=False, env=environment | more, cwd=tmp_path
        )

    return call


Call = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "study"
    folder.mkdir()
    for file in (ONE_CELL, DEMO / "NJK_CC_156_C30_C_x30.xlsx"):
        shutil.copy(file, folder)
    return folder


def test_help_and_version(byssus: Call) -> None:
    assert byssus("--version").stdout == f"byssus {__version__}\n"
    shown = byssus("--help")
    assert shown.returncode == 0
    for verb in ("demo", "run", "read", "validate", "doctor"):
        assert verb in shown.stdout
        assert byssus(verb, "--help").returncode == 0


def test_help_loads_nothing_heavy(environment: dict[str, str]) -> None:
    code = (
        "import sys; sys.argv = ['byssus', '--help']\n"
        "from byssus.app.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'polars', 'pint', 'matplotlib', 'plotly', 'pydantic', 'numpy', 'fastnda'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr


def test_demo_ends_on_the_reports_path(byssus: Call, tmp_path: Path) -> None:
    done = byssus("demo")
    assert (done.returncode, done.stderr) == (0, "")
    report = Path(done.stdout.splitlines()[-1])
    assert report == (tmp_path / "byssus-demo" / "report.html").resolve()
    assert report.stat().st_size < 12e6
    assert all(len(line) <= 100 for line in done.stdout.splitlines()[:-1])


def test_the_report_is_true_and_whole(byssus: Call, study: Path, tmp_path: Path) -> None:
    done = byssus("run", study, "--out", tmp_path / "out", "--json")
    answer = json.loads(done.stdout)
    assert answer["schema"] == "byssus.run/1"
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    # Nothing is loaded from anywhere: every src and stylesheet is in the page.
    body = page[: page.index("<script>/**")] if "<script>/**" in page else page
    # A link to a DOI is followed by a person only.
    assert not re.search(r"""<(?!a )[^>]*(src|href)=["'](https?:)?//""", body)
    assert '<link rel="stylesheet"' not in page
    # Every number of the results stands on the page.
    text = html.unescape(re.sub(r"<[^>]+>", " ", page))
    assert len(answer["results"]) >= 9
    for number in ("256 mAh/g", "176 mAh/g", "68.75 ± 0.14", "98.50 ± 0.14", "105.45 ± 0.25"):
        assert number in text
    for finding in answer["findings"]:
        assert finding["message"] in text
    digest = "c8c2f4b32060d5465d71ccd24905108e9896fc6307f8d571e1747286f18d474a"
    assert digest in text
    # The numbers that a link hands out are those in the folder.
    packed = re.findall(r'data-gzip="([^"]+)"', page)
    files = [file for file in (tmp_path / "out" / "figures").glob("*.csv") if not file.name.endswith(".origin.csv")]
    assert len(packed) == len(files) >= 3
    contents = {gzip.decompress(base64.b64decode(part)).decode() for part in packed}
    assert contents == {file.read_text(encoding="utf-8") for file in files}


def test_results_are_the_same_in_every_format(byssus: Call, study: Path, tmp_path: Path) -> None:
    byssus("run", study, "--out", tmp_path / "out")
    out = tmp_path / "out"
    from_json = json.loads((out / "results.json").read_text(encoding="utf-8"))["results"]
    from_csv = pl.read_csv(out / "results.csv")
    from_parquet = pl.read_parquet(out / "results.parquet")
    assert from_csv["value"].to_list() == from_parquet["value"].to_list() == [row["value"] for row in from_json]
    assert from_parquet["name"].to_list() == [row["name"] for row in from_json]
    assert Table.read_parquet(out / "tables" / "NJK_CC_156.parquet").rows == 62305
    assert pl.read_csv(out / "cycles" / "NJK_CC_156.csv").height == 30


def test_run_twice_gives_the_same_results(byssus: Call, study: Path) -> None:
    first = byssus("run", study)
    assert first.returncode == 0, first.stderr
    files = ["results.csv", "figures/retention.svg", "figures/voltage-profiles-NJK_CC_156.csv", "cycles/NJK_CC_156.csv"]
    before = [(study / "results" / name).read_bytes() for name in files]
    assert byssus("run", study / "study.yaml").returncode == 0
    assert [(study / "results" / name).read_bytes() for name in files] == before


def test_a_broken_cell_does_not_stop_the_others(byssus: Call, study: Path) -> None:
    text = (study / "study.yaml").read_text(encoding="utf-8")
    more = (
        "  empty: {electrode: NJK_CC, configuration: half, files: [empty.ndax]}\n"
        "  gone: {electrode: NJK_CC, configuration: half, files: [gone.csv]}\n"
        "  typo: {electrode: NJK_CC, configuration: half, files: [NJK_CC_156_C30_C_x30.xlsx], active_mas: 1 mg}\n"
    )
    (study / "study.yaml").write_text(text.replace("analysis:", f"{more}analysis:"), encoding="utf-8")
    (study / "empty.ndax").touch()
    done = byssus("run", study, "--json")
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert len(lines) == 3
    assert "active_mas" in lines[0]
    assert "did you mean 'active_mass'?" in lines[0]
    assert "is empty" in lines[1]
    assert "there is no such file" in lines[2]
    answer = json.loads(done.stdout)
    assert set(answer["samples"]) == {"NJK_CC_156", "typo"}
    assert [finding["severity"] for finding in answer["findings"][:3]] == ["error"] * 3
    assert (study / "results" / "report.html").exists()


def test_nothing_is_written_when_nothing_can_be_done(byssus: Call, study: Path) -> None:
    assert byssus("run", study).returncode == 0
    before = (study / "results" / "report.html").read_bytes()
    (study / "NJK_CC_156_C30_C_x30.xlsx").write_bytes(b"")
    done = byssus("run", study)
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert (study / "results" / "report.html").read_bytes() == before
    # What an earlier run finished is kept beside the study, and nothing else.
    assert [path.name for path in study.iterdir() if path.name.startswith(".")] == [".byssus"]


def test_a_folder_of_somebody_else_is_not_replaced(byssus: Call, study: Path) -> None:
    done = byssus("run", study, "--out", study)
    assert done.returncode == 1
    assert "holds files that Byssus did not make" in done.stderr
    assert (study / "study.yaml").exists()


def test_a_missing_mass_is_a_finding(byssus: Call, study: Path) -> None:
    text = (study / "study.yaml").read_text(encoding="utf-8")
    (study / "study.yaml").write_text(text.replace("    active_mass: 0.1 mg\n", ""), encoding="utf-8")
    done = byssus("run", study, "--json")
    assert done.returncode == 0
    answer = json.loads(done.stdout)
    capacities = {row["unit"] for row in answer["results"] if row["name"].endswith("capacity") and row["unit"] != "%"}
    assert capacities == {"mAh"}
    assert "value-missing" in [finding["code"] for finding in answer["findings"]]


def test_names_of_people_cannot_break_the_page(byssus: Call, study: Path) -> None:
    text = (study / "study.yaml").read_text(encoding="utf-8")
    nasty = "</script><img src=x onerror=alert(1)>"
    text = text.replace("not stated", f'"{nasty}"').replace("  NJK_CC_156:", '  "../a/b: <b>":')
    (study / "study.yaml").write_text(text, encoding="utf-8")
    done = byssus("run", study)
    assert done.returncode == 0, done.stderr
    page = (study / "results" / "report.html").read_text(encoding="utf-8")
    assert nasty not in page
    assert "a/b: <b>" not in page
    (table,) = (study / "results" / "tables").iterdir()
    assert re.fullmatch(r"-a-b---b-[\w-]*\.parquet", table.name)


def test_read_prints_one_object(byssus: Call, real: Real, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "t.parquet"
    done = byssus("read", real(LANDT), "--json", "--out", out, "--cell", "half")
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    assert answer["table"]["kind"] == "cycling"
    assert answer["table"]["rows"] == 25162
    assert answer["table"]["cycles"] == 2
    assert "Voltage / V" in answer["table"]["columns"]
    assert {"code", "severity", "sample", "file", "field", "value", "message"} == set(answer["findings"][0])
    table = Table.read_parquet(out)
    assert table.content_hash() == answer["table"]["content_hash"]
    assert table.data["Electrode Direction"].null_count() == 0


def test_a_table_replaces_tables_only(byssus: Call, real: Real, tmp_path: Path) -> None:
    source = tmp_path / "instrument.csv"
    shutil.copy(real(LANDT), source)
    raw = source.read_bytes()
    for _ in range(2):
        assert byssus("read", source, "--out", "t.parquet").returncode == 0
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "theirs.parquet")
    (tmp_path / "link.csv").symlink_to(source)
    (tmp_path / "hard.csv").hardlink_to(source)
    for name, code in (("theirs.parquet", 1), ("link.csv", 2), ("hard.csv", 2), ("./instrument.csv", 2)):
        before = (tmp_path / name).read_bytes()
        done = byssus("read", source, "--out", name)
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (code, "", 1)
        assert (tmp_path / name).read_bytes() == before
    assert byssus("read", source, "--out", "theirs.parquet", "--force").returncode == 0
    assert Table.read_parquet(tmp_path / "theirs.parquet").rows == 25162
    assert source.read_bytes() == raw


def test_read_tells_a_person(byssus: Call, real: Real, tmp_path: Path) -> None:
    done = byssus("read", real(LANDT), "--out", tmp_path / "t.csv")
    assert done.returncode == 0
    for part in ("landt-csv", "25,162", "4, 2", "coarse-current", "no Unix Time / s"):
        assert part in done.stdout
    assert pl.read_csv(tmp_path / "t.csv").height == 25162


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["read", "none.csv"], 1, "none.csv: there is no such file; check the name"),
        (["read", "."], 1, "is a folder, not a file"),
        (["read", "empty.csv"], 1, "empty.csv: is empty"),
        (["read", "foreign.csv"], 1, "foreign.csv: is of no format that Byssus knows"),
        (["read", "foreign.csv", "--out", "t.xlsx"], 2, "--out: 't.xlsx' is neither .parquet nor .csv"),
        (["read", "foreign.csv", "--reader", "newar"], 2, "did you mean 'neware'?"),
        (["read", "foreign.csv", "--cell", "haf"], 2, "'haf'"),
        (["read"], 2, "Missing argument"),
        (["raed", "x"], 2, "No such command"),
        (["read", "x", "--wrong"], 2, "No such option"),
        (["run", "nowhere"], 1, "there is no such study"),
        (["validate", "reeders"], 2, "did you mean 'readers'?"),
        (["read", "foreign.csv", "--out", "foreign.csv"], 2, "is the file to be read, which is never replaced"),
        (["read", "foreign.csv", "--out", "foreign.csv", "--force"], 2, "is the file to be read"),
        (["read", "foreign.csv", "--out", "empty.csv"], 1, "empty.csv: is there already"),
        # The place is looked at before the work: the file that is not there is not missed yet.
        (["read", "none.csv", "--out", "empty.csv/t.csv"], 1, "empty.csv/t.csv: cannot be written"),
        (["read", "none.csv", "--out", f"{300 * 'a'}.csv"], 1, "give it a shorter name"),
        (["read", f"{300 * 'a'}.csv", "--out", "t.csv"], 1, "cannot be opened"),
        (["demo", "--out", "."], 1, "holds files that Byssus did not make"),
        (["validate", "--out", "notes"], 1, "notes/index.md: was not written by 'byssus validate'"),
    ],
)
def test_an_error_is_one_line_and_its_code(
    byssus: Call, tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    (tmp_path / "empty.csv").touch()
    (tmp_path / "foreign.csv").write_text("a,b\n1,2\n")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "index.md").write_text("# My notes\n")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    done = byssus(*arguments)
    assert done.returncode == code
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("arguments", "code", "schema", "finding"),
    [
        (["read", "none.csv"], 1, "byssus.read/1", "unread-file"),
        (["read", "none.csv", "--out", "t.xlsx"], 2, "byssus.read/1", "usage"),
        (["read", "none.csv", "--out", "theirs.csv"], 1, "byssus.read/1", "not-written"),
        (["run", "nowhere"], 1, "byssus.run/1", "study-field"),
        (["run", "."], 1, "byssus.run/1", "study-field"),
        (["validate", "reeders"], 2, "byssus.validate/1", "usage"),
        (["validate", "--out", "theirs.csv"], 1, "byssus.validate/1", "not-written"),
        (["raed"], 2, "byssus.error/1", "usage"),
        (["read"], 2, "byssus.error/1", "usage"),
        (["read", "none.csv", "--cell", "haf"], 2, "byssus.error/1", "usage"),
    ],
)
def test_an_error_in_json_is_a_finding(
    byssus: Call, tmp_path: Path, arguments: list[str], code: int, schema: str, finding: str
) -> None:
    (tmp_path / "theirs.csv").write_text("a")
    done = byssus(*arguments, "--json")
    assert done.returncode == code
    answer = json.loads(done.stdout)
    assert answer["schema"] == schema
    assert [each["code"] for each in answer["findings"]] == [finding]
    assert done.stderr == f"byssus: {answer['findings'][0]['message']}\n"
    empty = {"byssus.read/1": {"table": None}, "byssus.run/1": {"results": [], "samples": {}}}
    assert answer.items() >= empty.get(schema, {}).items()


def python(environment: dict[str, str], code: str, **more: Any) -> subprocess.Popen[str]:
    """Start the command line in a Python that `code` has changed first."""
    started = f"import sys, time\nfrom byssus import workflow\nfrom byssus.errors import *\n{code}\n"
    started += "from byssus.app.cli import main\nmain(sys.argv[1:])"
    return subprocess.Popen(
        [sys.executable, "-c", started, *more.pop("arguments")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        **more,
    )


@pytest.mark.parametrize("as_json", [False, True])
def test_several_errors_are_told_one_by_one(environment: dict[str, str], as_json: bool) -> None:
    code = """
def fail(*args, **options):
    raise SeveralErrors([ReadError("is empty", file="a.csv"), AnalysisError("has no cycle", field="cells.b")])
workflow.run_study = fail
"""
    arguments = ["run", "study", *(["--json"] if as_json else [])]
    done = python(environment, code, arguments=arguments)
    out, err = done.communicate()
    assert done.returncode == 1
    assert err == "byssus: a.csv: is empty\nbyssus: cells.b: has no cycle\n"
    if as_json:
        findings = json.loads(out)["findings"]
        assert [finding["code"] for finding in findings] == ["unread-file", "cell-left-out"]
    else:
        assert out == ""


def test_a_defect_is_one_line_and_one_object(environment: dict[str, str]) -> None:
    code = "def fail(*args, **options):\n    raise ZeroDivisionError('by zero\\nand more')\nworkflow.read_file = fail\n"
    done = python(environment, code, arguments=["read", "a.csv", "--json"])
    out, err = done.communicate()
    assert done.returncode == 1
    assert "internal error (ZeroDivisionError: by zero)" in err
    assert len(err.splitlines()) == 1
    assert json.loads(out)["schema"] == "byssus.error/1"
    assert [finding["code"] for finding in json.loads(out)["findings"]] == ["internal"]


@pytest.mark.skipif(os.name != "posix", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_is_one_line(environment: dict[str, str]) -> None:
    code = (
        "def wait(*args, **options):\n    print('ready', flush=True)\n    time.sleep(60)\nworkflow.read_file = wait\n"
    )
    done = python(environment, code, arguments=["read", "a.csv"])
    assert done.stdout is not None
    assert done.stdout.readline() == "ready\n"
    done.send_signal(signal.SIGINT)
    out, err = done.communicate(timeout=30)
    assert (done.returncode, out, err) == (130, "", "byssus: stopped; nothing half-done was left behind\n")


@pytest.mark.parametrize(
    "arguments",
    [["doctor"], ["doctor", "--json"], ["--help"], ["read", "--help"], ["run", "study"], ["run", "study", "--json"]],
)
def test_a_reader_that_leaves_is_no_error(
    environment: dict[str, str], arguments: list[str], study: Path, tmp_path: Path
) -> None:
    done = python(environment, "", arguments=arguments, cwd=tmp_path)
    assert done.stdout is not None
    done.stdout.close()
    assert done.stderr is not None
    with done.stderr as stream:
        assert stream.read() == ""
    assert done.wait() == 0
    if arguments[0] == "run":
        assert (study / "results" / "report.html").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that takes nothing")
@pytest.mark.parametrize("arguments", [["doctor"], ["doctor", "--json"], ["--help"], ["--version"]])
def test_standard_output_that_is_full_is_one_line(environment: dict[str, str], arguments: list[str]) -> None:
    command = [sys.executable, "-m", "byssus", *arguments]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=environment)
    assert done.returncode == 1
    assert done.stderr == (
        "byssus: cannot write to standard output (No space left on device); make room, or send it elsewhere\n"
    )


@pytest.mark.skipif(os.name != "posix", reason="Windows names files in Unicode")
def test_names_that_are_no_text_in_the_locale(byssus: Call, tmp_path: Path) -> None:
    plain = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    for more in ({}, plain):
        done = byssus("read", "tést.csv", "--json", **more)
        assert done.returncode == 1
        assert done.stderr.endswith("st.csv: there is no such file; check the name\n")
        assert json.loads(done.stdout)["findings"][0]["code"] == "unread-file"
    (tmp_path / "tést.csv").write_text("a,b\n")
    assert "is of no format" in byssus("read", "tést.csv", **plain).stderr


def test_alone_it_helps(byssus: Call) -> None:
    alone = byssus()
    assert (alone.returncode, alone.stderr) == (0, "")
    assert alone.stdout == byssus("--help").stdout
    assert alone.stdout.startswith("Usage: byssus [OPTIONS] COMMAND")


@pytest.mark.parametrize("columns", ["40", "60"])
def test_a_narrow_terminal_cuts_no_word(byssus: Call, study: Path, columns: str) -> None:
    done = byssus("run", study, COLUMNS=columns, FORCE_COLOR="1")
    assert done.returncode == 0
    shown = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout).splitlines()[:-1]
    assert "…" not in "".join(shown)
    assert all(len(line) <= int(columns) for line in shown)
    words = {word.strip(",:") for word in " ".join(shown).split()}
    assert {"NJK_CC_156", "delithiation", "105.45", "single-cell"} <= words


def test_debug_shows_where(byssus: Call) -> None:
    done = byssus("read", "none.csv", BYSSUS_DEBUG="1")
    assert "Traceback" in done.stderr
    assert "byssus.errors.ReadError" in done.stderr


def test_doctor(byssus: Call) -> None:
    done = byssus("doctor")
    assert done.returncode == 0
    assert "polars" in done.stdout
    checks = json.loads(byssus("doctor", "--json").stdout)["checks"]
    assert {check["state"] for check in checks} <= {"ok", "absent"}
    without = byssus("doctor", BYSSUS_TEST_DATA="nowhere")
    assert "only the tests and 'byssus validate' need it" in " ".join(without.stdout.split())


def test_validate_needs_its_files(byssus: Call, tmp_path: Path) -> None:
    done = byssus("validate", BYSSUS_TEST_DATA="nowhere")
    assert done.returncode == 1
    assert "set BYSSUS_TEST_DATA" in done.stderr
    assert not (tmp_path / "docs").exists()


def test_validate_in_json(byssus: Call, real: Real, tmp_path: Path) -> None:
    folder = real("MANIFEST.csv").parent
    done = byssus("validate", "cycling", "--out", "pages", "--json", BYSSUS_TEST_DATA=str(folder))
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    assert (answer["schema"], answer["findings"]) == ("byssus.validate/1", [])
    (area,) = answer["areas"]
    assert (area["name"], area["holds"]) == ("cycling", True)
    assert area["summary"] == "{0} of {0} comparisons hold".format(len(area["comparisons"]))
    keys = {"subject", "quantity", "truth", "count", "difference", "allowed", "unit", "holds"}
    assert all(set(comparison) == keys for comparison in area["comparisons"])


def test_validate_writes_its_pages(byssus: Call, real: Real, tmp_path: Path) -> None:
    folder = real("MANIFEST.csv").parent
    done = byssus("validate", "readers", "--out", "pages", BYSSUS_TEST_DATA=str(folder))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("holds  readers")
    assert "**no**" not in (tmp_path / "pages" / "readers.md").read_text(encoding="utf-8")
    assert "readers.md" in (tmp_path / "pages" / "index.md").read_text(encoding="utf-8")
