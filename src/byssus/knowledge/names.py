"""What people call things: every name of a substance, and the systems that a word may mean."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import polars as pl

_GREEK = str.maketrans({"α": "alpha", "β": "beta", "γ": "gamma", "μ": "u", "µ": "u"})
#: Between the parts of a blend: ``CMC/SBR``, ``PVDF and P(BMA-AN-St)``, ``PEO + LiTFSI``.
_BETWEEN = re.compile(r"\s*(?:/|\+|;|,|\band\b|\bwith\b)\s*")
#: What tells one grade of a substance from another.
_GRADE = re.compile(r"\s+\([^()]*\)\s*$")


def plain(name: str) -> str:
    """Bring a name to the form in which names are compared: no case, no dashes, no accents, no plural.

    Examples
    --------
    >>> plain("PEO end groups"), plain("PEO end-group")
    ('peo end group', 'peo end group')
    >>> plain("Randles–Ševčík")
    'randle sevcik'
    """
    text = unicodedata.normalize("NFKD", name.translate(_GREEK)).casefold()
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    words = re.split(r"[\s\-‐‑–—_'’]+", text)
    return " ".join(word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
                    for word in words).strip()  # fmt: skip


def parts_of(name: str) -> list[str]:
    """Split a blend into what it is made of.

    Examples
    --------
    >>> parts_of("CMC/SBR"), parts_of("PEDOT:PSS"), parts_of("PVDF and P(BMA-AN-St)")
    (['CMC', 'SBR'], ['PEDOT:PSS'], ['PVDF', 'P(BMA-AN-St)'])
    """
    return [part for part in _BETWEEN.split(name) if part]


class Names:
    """The names of all substances, for looking one up."""

    def __init__(self, substances: pl.DataFrame, abbreviations: pl.DataFrame) -> None:
        self._of: dict[str, str] = {}
        self._in: dict[tuple[str, str], str] = {}
        self._meanings: dict[str, list[str]] = {}
        for row in abbreviations.iter_rows(named=True):
            short, document = plain(row["abbreviation"]), row["scope"].split()[0]
            meanings = self._meanings.setdefault(short, [])
            if row["meaning"] not in meanings:
                meanings.append(row["meaning"])
            if row["substance"]:
                self._in.setdefault((short, document), row["substance"])
        # A short name wins over an abbreviation of another, and that over a synonym.
        for columns in (("substance",), ("name", "abbreviations"), ("synonyms",)):
            for row in substances.iter_rows(named=True):
                for column in columns:
                    for name in (row[column] or "").split(";"):
                        # An abbreviation with two meanings is no name.
                        if name.strip() and (column in ("substance", "name") or not self.clashing(name)):
                            self._of.setdefault(plain(name), row["substance"])
        for (short, _), substance in self._in.items():
            if len(self._meanings[short]) == 1:
                self._of.setdefault(short, substance)

    def substance(self, name: str, document: str | None = None) -> str | None:
        """Return the substance that a name means, if it means one; in a document, where its abbreviations clash."""
        short = plain(name)
        found = self._of.get(short) or (self._in.get((short, document)) if document else None)
        # A grade behind a name, as in "CMC (250 kDa)", is no part of it.
        bare = _GRADE.sub("", name)
        return found if found or bare == name else self.substance(bare, document)

    def substances_in(self, text: str, document: str | None = None) -> set[str]:
        """Return the substances that a blend names; the blend itself where it has a name of its own."""
        found = {self.substance(part, document) for part in (*parts_of(text), text)}
        return {name for name in found if name is not None}

    def clashing(self, name: str) -> list[str]:
        """Return the meanings of an abbreviation that has more than one."""
        meanings = self._meanings.get(plain(name), [])
        return meanings if len(meanings) > 1 else []

    @property
    def shown(self) -> set[str]:
        """The short names of all substances, as people write them."""
        return set(self._of.values())

    def known(self) -> Iterable[str]:
        """Return every name, in the form in which names are compared."""
        return self._of


def matching(systems: pl.DataFrame, text: str) -> pl.DataFrame:
    """Return the systems that have every word of a text, those with it in their name first."""
    wanted = plain(text).split()
    columns = ("system", "name", "abbreviations", "composition", "work", "mechanism")
    scored = []
    for row in systems.iter_rows(named=True):
        score, said = 0, [plain(row[column] or "") for column in columns]
        for weight, here in zip((6, 5, 5, 3, 1, 1), said, strict=True):
            score += weight * sum(word in re.split(r"[\s/,;:()]+", here) or (len(word) > 3 and word in here)
                                  for word in wanted)  # fmt: skip
        everything = " ".join(said)
        if all(word in everything for word in wanted):
            scored.append((score, row["system"]))
    order = [name for _, name in sorted(scored, key=lambda pair: -pair[0])]
    rank = {name: place for place, name in enumerate(order)}
    return systems.filter(pl.col("system").is_in(order)).sort(
        pl.col("system").replace_strict(rank, default=None, return_dtype=pl.Int64)
    )
