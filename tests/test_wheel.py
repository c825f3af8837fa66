"""The wheel builds, holds what it must, and works in an environment that has nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version
from shared import DEMO, EXAMPLES, ROOT, SHIPPED
from test_cli import NO_SOCKETS

from byssus import __version__
from byssus.files import sha256_of


def run(*command: object, **options: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stdout + done.stderr
    return done  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_the_shipped_studies_with_their_licence(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    examples = {f"byssus/{file.relative_to(EXAMPLES.parent).as_posix()}" for file in SHIPPED}
    for needed in (
        "byssus/examples/demo/LICENSE-navani",
        "byssus/examples/demo/README.md",
        "byssus/examples/ccl/study.yaml",
        "byssus/examples/recipes/ccl-5.yaml",
    ):
        assert needed in examples
    for needed in (
        *examples,
        "byssus/study/template.yaml",
        "byssus/report/templates/report.html.j2",
        "byssus/py.typed",
    ):
        assert needed in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert any(name.endswith("licenses/NOTICE") for name in names)
    assert wheel.stat().st_size < 10e6


def test_the_source_distribution_holds_the_shipped_studies(tmp_path: Path) -> None:
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path, cwd=ROOT)
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    # Whether a checkout has the link at its top or not.
    assert {file.relative_to(ROOT).as_posix() for file in SHIPPED} <= names
    assert not any(name.startswith("examples") for name in names)


def test_the_wheel_installs_in_a_clean_environment_and_runs_the_demo(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "clean"
    venv.create(home, with_pip=False)
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python]
    run(*install, "--require-hashes", "-r", ROOT / "requirements.lock")
    run(*install, "--no-deps", wheel)
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(NO_SOCKETS)
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "BYSSUS"))}
    # The checkout must not be found by accident: only the wheel's own files may serve.
    done = run(
        python, "-m", "byssus", "demo", cwd=tmp_path, env=environment | {"PYTHONPATH": str(site), "PYTHONUTF8": "1"}
    )
    assert Path(done.stdout.splitlines()[-1]) == (tmp_path / "byssus-demo" / "report.html").resolve()
    # The core has no galvani, and the demonstration says what it leaves out without it.
    assert "pip install 'byssus[biologic]'" in " ".join(done.stdout.split())
    where = run(python, "-c", "import byssus; print(byssus.__file__)", cwd=tmp_path, env=environment).stdout
    assert str(home) in where


def test_shipped_files_are_those_of_their_sources() -> None:
    for entry in tomllib.loads((DEMO / "SOURCES.toml").read_text(encoding="utf-8"))["file"]:
        assert sha256_of(DEMO / entry["name"]) == entry["sha256"]
        assert (DEMO / entry["licence_file"]).is_file()


def pins(name: str) -> dict[str, Version]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    pairs = (line.split(";")[0].rstrip(" \\").split("==") for line in lines if "==" in line and line[0].isalpha())
    return {package.strip().lower(): Version(version.strip()) for package, version in pairs}


def test_the_locks_pin_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    core, everything = pins("requirements.lock"), pins("requirements-all.lock")
    extras = [text for extra in project["optional-dependencies"].values() for text in extra]
    for asked, locked in ((project["dependencies"], core), ([*project["dependencies"], *extras], everything)):
        for text in asked:
            requirement = Requirement(text)
            name = requirement.name.lower().replace(".", "-").replace("_", "-")
            assert requirement.specifier.contains(locked[name]), text
    assert {name: version for name, version in everything.items() if name in core} == core


def test_version_is_said_once() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {__version__}" in citation
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
