"""Structures from SMILES: formulae, and drawings for a page and for a terminal.

A repeat unit is a SMILES with attachment points, written ``*``: two on a chain,
more at the junction of a network.  Counter-ions stand beside it, after a dot.
"""

from __future__ import annotations

import cmath
import json
import math
import re
import textwrap
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from byssus.errors import ByssusError

if TYPE_CHECKING:
    from rdkit.Chem import Mol


#: RDKit's drawing options for a page: 30 pixels an ångström, so that all drawings have one scale.
_ON_A_PAGE = {
    "clearBackground": False,
    "dummiesAreAttachments": True,
    "includeMetadata": False,
    "scalingFactor": 30,
    "bondLineWidth": 1.6,
}


def formula_of(smiles: str) -> str:
    """Formula of a molecule or of a salt, in Hill's order.

    Validity
        No attachment points: for a repeat unit use `unit_formula`.  A net charge stands at the
        end (``C2H3O2-``); the ions of a salt are added up.
    Source
        E. A. Hill, J. Am. Chem. Soc. 22 (1900) 478: carbon, hydrogen, then by the alphabet.

    Raises
    ------
    ByssusError
        If the SMILES cannot be read, or is that of a repeat unit.

    Examples
    --------
    >>> formula_of("OC(=O)CC(O)(CC(=O)O)C(=O)O")
    'C6H8O7'
    >>> formula_of("[Li+].F[P-](F)(F)(F)(F)F")
    'F6LiP'
    """
    molecule = _molecule(smiles)
    if _attachments(molecule):
        raise ByssusError(
            "has attachment points, so it is a repeat unit", field="smiles", value=smiles, fix="use unit_formula"
        )
    return _hill(molecule)


def unit_formula(smiles: str) -> str:
    """Formula of a repeat unit with its counter-ions; attachment points are not counted.

    Validity
        At least two attachment points.  End groups of the chain are not part of it.

    Raises
    ------
    ByssusError
        If the SMILES cannot be read, or has fewer than two attachment points.

    Examples
    --------
    The unit of poly(vinylidene fluoride), and silica with four bridging corners:

    >>> unit_formula("*CC(*)(F)F")
    'C2H2F2'
    >>> unit_formula("*O[Si](*)(*)O*")
    'O2Si'
    """
    molecule = _molecule(smiles)
    if len(_attachments(molecule)) < 2:
        raise ByssusError(
            "has fewer than two attachment points, so it is no repeat unit",
            field="smiles",
            value=smiles,
            fix="mark where the chain goes on with *, or use formula_of",
        )
    return _hill(molecule)


def drawing_svg(smiles: str, label: str | None = None) -> str:
    """Drawing for a page: an SVG element without background, in the colour of the text around it.

    Bonds at attachment points are open and end in a wavy line.  A chain runs from left to right.

    Parameters
    ----------
    smiles
        A molecule, a salt or a repeat unit.
    label
        What a screen reader says; the formula if left out.

    Examples
    --------
    >>> svg = drawing_svg("*CC(*)(F)F", "PVDF, repeat unit")
    >>> svg.startswith("<svg"), "currentColor" in svg, "<title>PVDF, repeat unit</title>" in svg
    (True, True, True)
    """
    from rdkit.Chem.Draw import rdMolDraw2D

    molecule = _laid_out(_molecule(smiles))
    canvas = rdMolDraw2D.MolDraw2DSVG(-1, -1)
    canvas.drawOptions().useBWAtomPalette()
    rdMolDraw2D.UpdateDrawerParamsFromJSON(canvas, json.dumps(_ON_A_PAGE))
    rdMolDraw2D.PrepareAndDrawMolecule(canvas, molecule)
    canvas.FinishDrawing()
    drawn = canvas.GetDrawingText()

    size = re.search(r"viewBox='([^']+)'", drawn)
    body = re.search(r"<!-- END OF HEADER -->(.*)</svg>", drawn, re.DOTALL)
    if size is None or body is None:
        raise RuntimeError("RDKit's SVG has neither the view box nor the header that this module expects")
    _, _, width, height = size[1].split()
    title = label if label is not None else _hill(molecule)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="{size[1]}" width="{width}" height="{height}">'
        f"<title>{escape(title)}</title><desc>{escape(_described(molecule, smiles))}</desc>"
        f"{re.sub(r'#000000', 'currentColor', body[1]).strip()}</svg>\n"
    )


def drawing_text(smiles: str, width: int = 72) -> list[str]:
    r"""Drawing for a terminal: atoms as symbols with their hydrogens, ``*`` where the chain goes on.

    Directions are those of the drawing on a page; lengths are not to scale.  Counter-ions of
    one atom stand in the last line, larger ones are drawn below.

    Parameters
    ----------
    smiles
        A molecule, a salt or a repeat unit.
    width
        Columns to keep within.  What does not fit is given as its SMILES, broken into lines.

    Examples
    --------
    >>> print("\n".join(drawing_text("*CC(*)(F)F")))
        CH2     *
      /   \   /
    *       C
           / \
          F   F
    """
    from rdkit import Chem

    lines: list[str] = []
    ions: dict[str, int] = {}
    fragments = Chem.GetMolFrags(_molecule(smiles), asMols=True)
    for fragment in sorted(fragments, key=lambda part: -len(_attachments(part))):
        if fragment.GetNumAtoms() == 1:
            ion = _symbol(fragment, 0, leftward=not fragment.GetAtomWithIdx(0).GetFormalCharge())
            ions[ion] = ions.get(ion, 0) + 1
            continue
        drawn = _grid(_laid_out(fragment), width)
        if drawn is None:
            return textwrap.wrap(smiles, width, break_on_hyphens=False)
        lines += ["", *drawn] if lines else drawn
    if ions:
        lines += [", ".join(f"{count} {ion}" if count > 1 else ion for ion, count in ions.items())]
    return lines


def _molecule(smiles: str) -> Mol:
    """The molecule, or an error in one line in place of RDKit's several."""
    from rdkit import Chem, rdBase

    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
    if molecule is None or not molecule.GetNumAtoms():
        raise ByssusError(
            "is not a SMILES", field="smiles", value=smiles, fix="check brackets, ring numbers and valences"
        )
    return molecule


def _attachments(molecule: Mol) -> list[int]:
    return [atom.GetIdx() for atom in molecule.GetAtoms() if atom.GetAtomicNum() == 0]


def _hill(molecule: Mol) -> str:
    from rdkit.Chem.rdMolDescriptors import CalcMolFormula

    return re.sub(r"\*\d*", "", CalcMolFormula(molecule))


def _described(molecule: Mol, smiles: str) -> str:
    points = len(_attachments(molecule))
    subject = (
        f"Repeat unit {_hill(molecule)} with {points} attachment points"
        if points
        else f"Structure of {_hill(molecule)}"
    )
    return f"{subject}; SMILES {smiles}"


def _laid_out(molecule: Mol) -> Mol:
    """Give the molecule flat coordinates, with its chain from left to right.

    Bonds of a drawing mostly lie 60 degrees apart.  They are turned to 30, 90 and 150 degrees, so
    that a chain zigzags along the line, and of the six ways to do that the flattest is taken, with
    the first attachment point on the left.
    """
    from rdkit.Chem import Conformer
    from rdkit.Chem import Mol as Copy
    from rdkit.Geometry import Point3D

    aside = _aside(molecule)
    places = _places(molecule, aside)
    left_out = {end for ends in aside.values() for end in ends}
    bonds = [
        places[bond.GetEndAtomIdx()] - places[bond.GetBeginAtomIdx()]
        for bond in molecule.GetBonds()
        if not left_out & {bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()}
    ]
    sixfold = sum(((bond / abs(bond)) ** 6 for bond in bonds), start=0j)
    start = math.pi / 6 - cmath.phase(sixfold) / 6
    ends = _attachments(molecule)
    shown = [places[index] for index in ends] if len(ends) > 1 else places

    def flatness(angle: float) -> float:
        turned = [place * cmath.rect(1, angle) for place in shown]
        across, along = [place.real for place in turned], [place.imag for place in turned]
        forward = 0.1 * (across[-1] - across[0])  # decides between a drawing and the same upside down
        return max(across) - min(across) - max(along) + min(along) + forward

    angle = max((start + step * math.pi / 3 for step in range(6)), key=flatness)
    conformer = Conformer(len(places))
    for index, place in enumerate(places):
        turned = place * cmath.rect(1, angle)
        conformer.SetAtomPosition(index, Point3D(turned.real, turned.imag, 0.0))
    molecule = Copy(molecule)
    molecule.RemoveAllConformers()
    molecule.AddConformer(conformer)
    return molecule


def _aside(molecule: Mol) -> dict[int, list[int]]:
    """Atoms of four neighbours, each with the one or two of its end atoms that do not shape the drawing.

    Attachment points stay in the chain, unless the unit is a junction with more than two.
    """
    junction = len(_attachments(molecule)) > 2
    aside = {}
    for atom in molecule.GetAtoms():
        ends = [end for end in atom.GetNeighbors() if end.GetDegree() == 1]
        loose = [end.GetIdx() for end in ends if junction or end.GetAtomicNum()]
        if atom.GetDegree() == 4 and len(ends) > 1:
            aside[atom.GetIdx()] = loose[:2]
    return aside


def _places(molecule: Mol, aside: dict[int, list[int]]) -> list[complex]:
    """Flat coordinates in ångström.

    RDKit draws a cross at an atom of four neighbours, so that a chain runs straight through CF2 or
    SO2.  End atoms are therefore left out at first, which makes the chain zigzag, and set beside it
    afterwards: two of them 60 degrees apart, one alone on the side with most room.
    """
    from rdkit.Chem import RWMol
    from rdkit.Chem.rdDepictor import Compute2DCoords
    from rdkit.Chem.rdmolops import FastFindRings

    left_out = {end for ends in aside.values() for end in ends}
    chain = RWMol(molecule)
    for index in sorted(left_out, reverse=True):
        chain.RemoveAtom(index)
    FastFindRings(chain)
    Compute2DCoords(chain)
    kept = [index for index in range(molecule.GetNumAtoms()) if index not in left_out]
    where = dict(zip(kept, (complex(x, y) for x, y, _ in chain.GetConformer().GetPositions()), strict=True))
    for centre, ends in sorted(aside.items(), key=lambda item: -len(item[1])):
        neighbours = [other.GetIdx() for other in molecule.GetAtomWithIdx(centre).GetNeighbors()]
        bonds = [where[other] - where[centre] for other in neighbours if other not in ends]
        if len(ends) == 1:
            others = [place for index, place in where.items() if index != centre]
            rooms = [where[centre] - bond for bond in bonds]
            where[ends[0]] = max(
                rooms,
                key=lambda room: (
                    round(min(abs(room - other) for other in others), 1),
                    sum(abs(room - other) for other in others),
                ),
            )
        elif len(ends) == 2:
            inward = sum((bond / abs(bond) for bond in bonds), start=0j)
            outward = -inward / abs(inward) if abs(inward) > 0.1 else 1j * bonds[0] / abs(bonds[0])
            for end, angle in zip(ends, (30, -30), strict=True):
                where[end] = where[centre] + abs(bonds[0]) * outward * cmath.rect(1, math.radians(angle))
    return [where[index] for index in range(molecule.GetNumAtoms())]


def _symbol(molecule: Mol, index: int, *, leftward: bool) -> str:
    """Element, hydrogens and charge of an atom as people write them: OH, or HO when bound on its right."""
    atom = molecule.GetAtomWithIdx(index)
    hydrogens, charge = atom.GetTotalNumHs(), atom.GetFormalCharge()
    hydrogen = "H" + (str(hydrogens) if hydrogens > 1 else "") if hydrogens else ""
    sign = ("+" if charge > 0 else "-") if charge else ""
    if abs(charge) > 1:
        sign = f"^{abs(charge)}{sign}"
    return sign + hydrogen + atom.GetSymbol() if leftward else atom.GetSymbol() + hydrogen + sign


@dataclass(frozen=True)
class _Label:
    """The text of an atom on the grid, and the column of its element."""

    text: str
    row: int
    column: int
    leftward: bool

    @property
    def start(self) -> int:
        return self.column - len(self.text) + 1 if self.leftward else self.column

    @property
    def stop(self) -> int:
        return self.start + len(self.text)


#: Bond marks by order: level, upright, rising, falling.
_MARKS = {1: ("-", "|", "/", "\\"), 2: ("=", "||", "//", "\\\\"), 3: ("≡", "|||", "///", "\\\\\\")}


def _grid(molecule: Mol, width: int) -> list[str] | None:
    """Draw a laid-out molecule on characters, or None if it cannot be done within the width."""
    from rdkit.Chem import Kekulize

    Kekulize(molecule, clearAromaticFlags=True)
    places = [(x, y) for x, y, _ in molecule.GetConformer().GetPositions()]
    bonds = [(b.GetBeginAtomIdx(), b.GetEndAtomIdx(), int(b.GetBondTypeAsDouble())) for b in molecule.GetBonds()]
    rows = _rows([y for _, y in places], [(a, b) for a, b, _ in bonds])
    for span in (4, 5, 6, 8, 3):  # columns of a slanted bond, which is 1.3 Å across: 4 is the fairest
        labels = _labels(molecule, places, rows, span / 1.3)
        if not _apart(labels) or max(label.stop for label in labels) > width:
            continue
        if (lines := _drawn(labels, bonds)) is not None:
            return lines
    return None


def _rows(heights: list[float], bonds: list[tuple[int, int]]) -> list[int]:
    """Row of each atom, from the top: order is kept, and bonded atoms of unequal height leave a row for the bond.

    Heights within 0.4 Å count as equal.
    """
    order = sorted(range(len(heights)), key=lambda atom: -heights[atom])
    level = dict.fromkeys(order[:1], 0)
    top = heights[order[0]]
    for above, atom in pairwise(order):
        level[atom] = level[above]
        if top - heights[atom] > 0.4:
            level[atom] += 1
            top = heights[atom]
    rows = [0] * (max(level.values()) + 1)
    for this in range(1, len(rows)):
        bonded = [
            min(level[a], level[b]) for a, b in bonds if max(level[a], level[b]) == this != min(level[a], level[b])
        ]
        rows[this] = max([rows[this - 1] + 1, *(rows[upper] + 2 for upper in bonded)])
    return [rows[level[atom]] for atom in range(len(heights))]


def _labels(molecule: Mol, places: list[tuple[float, float]], rows: list[int], scale: float) -> list[_Label]:
    labels = []
    origin = min(x for x, _ in places)
    for atom in molecule.GetAtoms():
        index = atom.GetIdx()
        neighbours = [places[other.GetIdx()][0] - places[index][0] for other in atom.GetNeighbors()]
        leftward = bool(neighbours) and min(neighbours) > 0.3
        text = _symbol(molecule, index, leftward=leftward)
        labels.append(_Label(text, rows[index], round((places[index][0] - origin) * scale), leftward))
    left = min(label.start for label in labels)
    return [_Label(label.text, label.row, label.column - left, label.leftward) for label in labels]


def _apart(labels: list[_Label]) -> bool:
    """Whether a blank or a bond stands between any two labels of a row."""
    ordered = sorted(labels, key=lambda label: (label.row, label.start))
    return all(a.row != b.row or a.stop < b.start for a, b in pairwise(ordered))


def _drawn(labels: list[_Label], bonds: list[tuple[int, int, int]]) -> list[str] | None:
    """Write labels and bonds on a page, or None if a bond would be hidden behind others."""
    columns = max(label.stop for label in labels) + 3  # a triple bond may stand past the last label
    page = [[" "] * columns for _ in range(max(label.row for label in labels) + 1)]

    def write(row: int, column: int, text: str) -> int:
        free = [offset for offset in range(len(text)) if page[row][column + offset] == " "]
        for offset in free:
            page[row][column + offset] = text[offset]
        return len(free)

    for label in labels:
        write(label.row, label.start, label.text)
    for first, second, order in bonds:
        upper, lower = sorted((labels[first], labels[second]), key=lambda label: (label.row, label.column))
        level, upright, rising, falling = _MARKS[order]
        if upper.row == lower.row:
            if not write(upper.row, upper.stop, level * (lower.start - upper.stop)):
                return None
            continue
        shift, fall = lower.column - upper.column, lower.row - upper.row
        mark = upright if abs(shift) < 2 else falling if shift > 0 else rising
        reach = {row: int(abs(shift) * (row - upper.row) / fall + 0.5) for row in range(upper.row + 1, lower.row)}
        if not sum(write(row, upper.column + (far if shift > 0 else -far), mark) for row, far in reach.items()):
            return None
    return ["".join(line).rstrip() for line in page]
