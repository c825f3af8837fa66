"""What is installed, what is missing, and how to get it."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata, resources
from pathlib import Path
from typing import Any, Literal

from packaging.requirements import Requirement

from byssus import __version__
from byssus.errors import ReadError

State = Literal["ok", "absent", "broken"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    `absent` is something optional that is not there; `broken` something that Byssus needs.
    """

    name: str
    state: State
    text: str

    @property
    def mark(self) -> str:
        """A sign for the terminal."""
        return {"ok": "✓", "absent": "·", "broken": "✗"}[self.state]

    def as_dict(self) -> dict[str, Any]:
        """Return the check as it stands in JSON answers."""
        return asdict(self)


def examine() -> list[Check]:
    """Look at Python, the packages, the shipped data and the test data."""
    return [
        Check("byssus", "ok", f"{__version__} in {Path(__file__).parents[1]}"),
        Check(
            "python",
            "ok",
            f"{platform.python_version()} on {platform.system()} {platform.machine()}, {sys.prefix}",
        ),
        *_packages(),
        _demo(),
        _test_data(),
    ]


def _packages() -> Iterator[Check]:
    for text in metadata.requires("byssus") or []:
        requirement = Requirement(text)
        extra = next((name for name in _extras() if _belongs_to(requirement, name)), None)
        if extra is None and requirement.marker is not None and not requirement.marker.evaluate():
            continue
        get = f"pip install 'byssus[{extra}]'" if extra else f"pip install '{requirement.name}{requirement.specifier}'"
        missing: State = "absent" if extra else "broken"
        purpose = f" (extra {extra})" if extra else ""
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            yield Check(requirement.name, missing, f"not installed{purpose}; get it with: {get}")
            continue
        if requirement.specifier.contains(version, prereleases=True):
            yield Check(requirement.name, "ok", f"{version}{purpose}")
        else:
            yield Check(
                requirement.name,
                missing,
                f"{version} is not {requirement.specifier}{purpose}; get it with: {get}",
            )


def _extras() -> list[str]:
    return metadata.metadata("byssus").get_all("Provides-Extra") or []


def _belongs_to(requirement: Requirement, extra: str) -> bool:
    marker = requirement.marker
    return marker is not None and not marker.evaluate({"extra": ""}) and marker.evaluate({"extra": extra})


def _demo() -> Check:
    study = resources.files("byssus") / "examples" / "demo" / "study.yaml"
    if study.is_file():
        return Check("demo", "ok", "the shipped study is in place; run it with: byssus demo")
    return Check("demo", "broken", "the shipped study is missing; install Byssus again")


def _test_data() -> Check:
    from byssus.validation.pages import data_folder

    try:
        return Check("test data", "ok", f"in {data_folder()}")
    except ReadError as error:
        return Check("test data", "absent", f"{error}; only the tests and 'byssus validate' need it")
