"""Write NOTICE: whose work a user of Byssus installs or receives with it, and under which licence.

The list of packages is the core lock, so NOTICE is the same on every platform. Licences and home pages come
from the metadata of the installed packages. The GPL and the AGPL are refused; the LGPL and the MPL are not,
because Byssus only imports such packages and alters none.
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
NOTICE = ROOT / "NOTICE"
EXAMPLES = ROOT / "src" / "byssus" / "examples"

# Packages that the lock restricts to some platforms have no metadata on the others, so their licence and home
# page are stated here in the words of their metadata, and compared with it wherever they are installed.
RESTRICTED = {
    "colorama": ("BSD License", "https://github.com/tartley/colorama"),
    "isal": ("PSF-2.0", "https://github.com/pycompression/python-isal"),
}

# Packages whose metadata carry a licence file and no short statement of it: what that file is, and their home page.
UNSTATED = {"pybammsolvers": ("BSD-3-Clause", "https://github.com/pybamm-team/pybammsolvers")}

HOME_LABELS = ("homepage", "home", "source", "sourcecode", "repository", "github", "documentation")
COPYLEFT = re.compile(r"\bA?GPL|\bGNU (Affero )?General Public|\bAffero\b", re.IGNORECASE)


class NoticeError(Exception):
    """NOTICE cannot be written, or is out of date; the message is all a person needs."""


class Package(NamedTuple):
    """One pin of the lock."""

    name: str
    version: str
    marker: str


def locked_packages() -> list[Package]:
    """Read the pins of the core lock, in its own (alphabetical) order."""
    pin = re.compile(r"^([\w.-]+)==([^\s;\\]+)(?: ; (.+?))?(?: \\)?$", re.MULTILINE)
    return [Package(*found) for found in pin.findall(LOCK.read_text(encoding="utf-8"))]


def stated_licences(about: PackageMetadata) -> Iterator[str]:
    """Give every short statement of a licence, the most exact first; some fields hold a whole text."""
    for field in ("License-Expression", "License"):
        for statement in about.get_all(field) or []:
            if statement.strip() and "\n" not in statement.strip():
                yield statement.strip()
    for classifier in about.get_all("Classifier") or []:
        if classifier.startswith("License :: "):
            yield classifier.rpartition(" :: ")[2]


def is_copyleft(licence: str) -> bool:
    """Tell whether a licence binds whoever imports the package; one free choice among several is enough.

    >>> is_copyleft("GPL-3.0-only"), is_copyleft("GNU Lesser General Public License v3 (LGPLv3)")
    (True, False)
    >>> is_copyleft("MIT OR GPL-2.0-only"), is_copyleft("GPL-2.0-only AND (MIT OR BSD-3-Clause)")
    (False, True)
    """
    choices = [licence] if " AND " in licence else licence.split(" OR ")
    return all(COPYLEFT.search(choice) for choice in choices)


def home_page(about: PackageMetadata) -> str:
    """Find the page that a package calls its home, or the next best it names."""
    named: dict[str, str] = {}
    older = [f"homepage,{page}" for page in about.get_all("Home-page") or []]
    for entry in older + (about.get_all("Project-URL") or []):
        label, _, address = entry.partition(",")
        named.setdefault(re.sub(r"[^a-z]", "", label.lower()), address.strip())
    return next((named[label] for label in HOME_LABELS if label in named), "(no home page stated)")


def describe(package: Package) -> tuple[str, str]:
    """Give the licence and the home page of a pin, after refusing what cannot be shipped with."""
    listed = RESTRICTED.get(package.name)
    if package.marker and listed is None:
        raise NoticeError(f"{package.name} is locked only where {package.marker}: add it to RESTRICTED in this tool")
    if not package.marker and listed is not None:
        raise NoticeError(f"{package.name} is locked everywhere: remove it from RESTRICTED in this tool")
    try:
        about = metadata(package.name)
    except PackageNotFoundError:
        if listed is not None:
            return listed
        raise NoticeError(f"{package.name} is locked but not installed: run `make environment`") from None
    if about["Version"] != package.version:
        versions = f"locked at {package.version}, installed at {about['Version']}"
        raise NoticeError(f"{package.name} is {versions}: run `make environment`")
    licences = list(stated_licences(about))
    if not licences and package.name in UNSTATED:
        return UNSTATED[package.name]
    if licences and package.name in UNSTATED:
        raise NoticeError(f"{package.name} states its licence by now: remove it from UNSTATED in this tool")
    if not licences:
        raise NoticeError(f"{package.name} {package.version} states no licence in its metadata")
    for licence in licences:
        if is_copyleft(licence):
            raise NoticeError(f"{package.name} {package.version} is under {licence!r}: the core cannot use it")
    found = (licences[0], home_page(about))
    if listed not in (None, found):
        raise NoticeError(f"{package.name}: RESTRICTED in this tool says {listed}, its metadata {found}")
    return found


def package_lines() -> Iterator[str]:
    """Lay the packages out in columns, those for some platforms only after the others."""
    packages = locked_packages()
    gone = RESTRICTED.keys() - {package.name for package in packages}
    if gone:
        raise NoticeError(f"the lock no longer has {', '.join(sorted(gone))}: remove it from RESTRICTED in this tool")
    rows = {package: (package.name, package.version, *describe(package)) for package in packages}
    widths = [max(map(len, column)) for column in zip(*rows.values(), strict=True)]

    def line(package: Package) -> str:
        cells = zip(rows[package], widths, strict=True)
        return "  ".join(cell.ljust(width) for cell, width in cells).rstrip()

    yield from (line(package) for package in packages if not package.marker)
    restricted = [package for package in packages if package.marker]
    if restricted:
        yield from ("", "Installed on some platforms only:", "")
        yield from (line(package) for package in restricted)


def data_lines() -> Iterator[str]:
    """Describe each data file that the package ships, from the SOURCES.toml beside it."""
    for sources in sorted(EXAMPLES.glob("*/SOURCES.toml")):
        where = sources.relative_to(ROOT).as_posix()
        entries: list[dict[str, Any]] = tomllib.loads(sources.read_text(encoding="utf-8")).get("file", [])
        for number, entry in enumerate(entries, start=1):
            missing = [field for field in ("name", "origin", "licence", "sha256") if not entry.get(field)]
            if missing:
                raise NoticeError(f"{where}, file {number}: {', '.join(missing)} is missing")
            for field in ("name", "licence_file"):
                if field in entry and not (sources.parent / entry[field]).is_file():
                    raise NoticeError(f"{where}, file {number}: {field} {entry[field]!r} is not there")
            yield ""
            yield f"{sources.parent.relative_to(EXAMPLES).as_posix()}/{entry['name']}"
            yield f"    origin   {entry['origin']}"
            yield f"    licence  {entry['licence']}"
            if "licence_file" in entry:
                yield f"    text     {sources.parent.relative_to(ROOT).as_posix()}/{entry['licence_file']}"
            yield f"    sha256   {entry['sha256']}"


def notice() -> str:
    """Compose the whole of NOTICE."""
    lines = [
        "Byssus",
        "Copyright (c) 2026, The Byssus developers. Licensed under BSD-3-Clause: see LICENSE.",
        "",
        "tools/notice.py writes this file from the lock, the packages' metadata and the data's SOURCES.toml.",
        "",
        "PACKAGES",
        "",
        "Byssus imports these packages and contains none of them; each stays under its own licence, given",
        "here in the words of its metadata.",
        "",
        *package_lines(),
    ]
    data = list(data_lines())
    if data:
        lines += ["", "DATA", "", "Byssus' package contains these data files.", *data]
    return "\n".join(lines) + "\n"


def check(expected: str) -> None:
    """Compare NOTICE with what it should be, character by character."""
    if not NOTICE.exists() or NOTICE.read_text(encoding="utf-8") != expected:
        raise NoticeError("NOTICE is out of date: run `make docs`")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Write NOTICE from the core lock and the sources of the data.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if NOTICE is out of date")
    wanted = parser.parse_args()
    try:
        expected = notice()
        if wanted.check:
            check(expected)
        else:
            NOTICE.write_text(expected, encoding="utf-8", newline="\n")
    except NoticeError as error:
        sys.exit(f"tools/notice.py: {error}")


if __name__ == "__main__":
    main()
