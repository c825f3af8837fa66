"""Identity of substances: repeat units, formulae, members, abbreviations, and how structures are drawn."""

import csv
import importlib.resources
import re
from collections import Counter, defaultdict
from xml.etree import ElementTree

import pytest
from rdkit import Chem
from rdkit.Chem.inchi import MolToInchiKey

from byssus.errors import ByssusError
from byssus.knowledge.structure import drawing_svg, drawing_text, formula_of, unit_formula
from byssus.physics.constants import atoms, molar_mass

DATA = importlib.resources.files("byssus.knowledge") / "data"

KINDS = {
    "polymer", "copolymer", "blend", "network", "salt", "silicate", "phosphate", "ionic liquid", "solvent",
    "small molecule", "active material", "conductive agent", "solid electrolyte", "oxide", "metal", "natural polymer",
}  # fmt: skip
ROLES = {
    "binder", "crosslinker", "co-binder", "active material", "conductive agent", "salt", "solvent", "additive",
    "solid electrolyte", "counter electrode", "separator", "filler", "current collector", "subject",
}  # fmt: skip
SYSTEMS = {f"P-{n:03}" for n in range(1, 76)} | {f"R-{n:03}" for n in range(1, 176)}


def read(name: str) -> list[dict[str, str]]:
    text = (DATA / f"{name}.csv").read_text(encoding="utf-8")
    assert "\r" not in text
    return list(csv.DictReader(text.splitlines()))


SUBSTANCES = {row["substance"]: row for row in read("substances")}
UNITS = read("repeat_units")
MEMBERS = read("members")
ABBREVIATIONS = read("abbreviations")
WITH_SMILES = [row for row in SUBSTANCES.values() if row["smiles"]]


def units_of(substance: str) -> list[dict[str, str]]:
    return [unit for unit in UNITS if unit["substance"] == substance]


# -- the records


def test_each_substance_has_one_row_a_kind_and_a_source():
    rows = read("substances")
    assert len(rows) == len(SUBSTANCES)
    assert {row["kind"] for row in rows} <= KINDS
    assert all(row["title"] for row in rows)
    assert {row["doi"] for row in rows} <= {"", "10.1016/j.est.2026.120607", "10.1007/s41918-023-00198-2"}


def test_a_processing_solvent_is_a_solvent():
    for row in SUBSTANCES.values():
        for solvent in filter(None, row["solvents"].split(";")):
            assert SUBSTANCES[solvent]["kind"] == "solvent", (row["substance"], solvent)


def test_no_name_belongs_to_two_substances():
    owners = defaultdict(set)
    for row in SUBSTANCES.values():
        for column in ("substance", "name", "abbreviations", "synonyms"):
            for name in filter(None, row[column].split(";")):
                owners[name].add(row["substance"])
    assert not {name: who for name, who in owners.items() if len(who) > 1}


def test_every_formula_can_be_weighed():
    for row in SUBSTANCES.values():
        if row["formula"]:
            assert molar_mass(row["formula"]) > 0, row["substance"]


@pytest.mark.parametrize("row", WITH_SMILES, ids=lambda row: row["substance"])
def test_formula_and_smiles_agree_and_charges_balance(row):
    assert atoms(formula_of(row["smiles"])) == atoms(row["formula"])
    assert Chem.GetFormalCharge(Chem.MolFromSmiles(row["smiles"])) == 0


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: f"{unit['substance']}: {unit['unit']}")
def test_a_repeat_unit_has_attachment_points_and_no_net_charge(unit):
    molecule = Chem.MolFromSmiles(unit["smiles"])
    assert sum(atom.GetAtomicNum() == 0 for atom in molecule.GetAtoms()) >= 2
    assert Chem.GetFormalCharge(molecule) == 0
    assert unit["substance"] in SUBSTANCES
    assert not SUBSTANCES[unit["substance"]]["smiles"], "a polymer's SMILES are those of its units"


def test_a_polymer_without_units_says_why():
    for row in SUBSTANCES.values():
        if row["kind"] in {"polymer", "copolymer", "natural polymer", "network", "blend"} and not units_of(
            row["substance"]
        ):
            assert re.search(r"no repeat unit is given|made of|EO:Li differs|two gums", row["note"]), row["substance"]


def test_shares_are_complete_and_sum_to_one():
    for substance in {unit["substance"] for unit in UNITS}:
        shares = [unit["share"] for unit in units_of(substance)]
        assert all(shares) or not any(shares), substance
        if all(shares):
            assert sum(map(float, shares)) == pytest.approx(1, abs=1e-9), substance


@pytest.mark.parametrize("substance", ["LS", "Li2Si5O11", "Li2SiO3", "SPP", "APP"])
def test_units_by_their_shares_make_the_formula(substance):
    """The silicate network has the printed ratio: 1:4.8 is one disilicate and 2.8 silica, 1:5 one and three."""
    whole = Counter()
    for unit in units_of(substance):
        for element, count in atoms(unit_formula(unit["smiles"])).items():
            whole[element] += float(unit["share"]) * count
    formula = atoms(SUBSTANCES[substance]["formula"])
    scale = formula["O"] / whole["O"]
    assert {element: count * scale for element, count in whole.items()} == pytest.approx(formula)


def test_lithium_silicate_is_the_specified_one():
    """Conflict C16: 318.3 g/mol and 90.6 % SiO2, not the 89.96 g/mol of the printed Li2SiO3."""
    mass = molar_mass(SUBSTANCES["LS"]["formula"])
    assert mass == pytest.approx(318.3, abs=0.05)
    assert 4.8 * molar_mass("SiO2") / mass == pytest.approx(0.906, abs=5e-4)
    assert molar_mass(SUBSTANCES["Li2SiO3"]["formula"]) == pytest.approx(89.96, abs=0.01)


def free_sugar(smiles: str) -> str:
    """InChIKey of a unit with water added: OH on the open carbon, H on the open oxygen, acid in place of the salt."""
    unit = max(Chem.GetMolFrags(Chem.MolFromSmiles(smiles), asMols=True), key=Chem.Mol.GetNumAtoms)
    capped = Chem.RWMol(unit)
    for atom in capped.GetAtoms():
        if atom.GetAtomicNum() == 0:
            atom.SetAtomicNum(8 if atom.GetNeighbors()[0].GetAtomicNum() == 6 else 1)
        atom.SetFormalCharge(0)
    Chem.SanitizeMol(capped)
    return MolToInchiKey(Chem.RemoveHs(capped))


@pytest.mark.parametrize(
    ("substance", "unit", "key"),
    [
        ("cellulose", "glucose, beta-1,4", "WQZGKKKJIJFFOK-VFUOTHLCSA-N"),  # beta-D-glucopyranose
        ("GG", "mannose, beta-1,4", "WQZGKKKJIJFFOK-RWOPYEJCSA-N"),  # beta-D-mannopyranose
        ("chitosan", "glucosamine, beta-1,4", "MSWZFWKMSRAUBD-QZABAPFNSA-N"),  # beta-D-glucosamine
    ],
)
def test_a_sugar_has_the_stereocentres_of_its_name(substance, unit, key):
    """Cellulose, mannan and amylose differ in nothing else; the keys are the registered ones of the free sugars."""
    (smiles,) = [row["smiles"] for row in units_of(substance) if row["unit"] == unit]
    assert free_sugar(smiles) == key


def test_alginate_units_are_epimers_at_one_carbon():
    """Guluronate is made from mannuronate in the chain by turning over C5 alone."""
    mannuronate, guluronate = (Chem.MolFromSmiles(unit["smiles"]) for unit in units_of("SA"))
    assert Chem.MolToSmiles(mannuronate, isomericSmiles=False) == Chem.MolToSmiles(guluronate, isomericSmiles=False)
    tags = [
        [atom.GetChiralTag() for atom in molecule.GetAtoms() if atom.GetChiralTag() != Chem.CHI_UNSPECIFIED]
        for molecule in (mannuronate, guluronate)
    ]
    assert len(tags[0]) == 5
    assert sum(a != b for a, b in zip(*tags, strict=True)) == 1


def test_cyclodextrin_is_alpha():
    assert MolToInchiKey(Chem.MolFromSmiles(SUBSTANCES["alpha-CD"]["smiles"])) == "HFHDHCJBZVLPGP-RWMJIURBSA-N"


def test_members_exist():
    assert {row["system"] for row in MEMBERS} <= SYSTEMS
    assert {row["substance"] for row in MEMBERS} <= set(SUBSTANCES)
    assert {row["role"] for row in MEMBERS} <= ROLES
    assert len({tuple(row.values()) for row in MEMBERS}) == len(MEMBERS)


def test_a_system_of_a_material_has_members():
    """Systems whose chemistry is a material's, by the records of the systems, are made of something."""
    systems = [
        row
        for file in sorted((DATA / "systems").iterdir(), key=lambda each: each.name)
        if file.name.endswith(".csv")
        for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    ]
    held = {row["system"] for row in MEMBERS}
    bare = {row["system"] for row in systems if row["chemistry"] not in {"none", "several"}} - held
    assert not bare


def test_abbreviations_exist_and_are_told_apart_by_scope():
    assert {row["substance"] for row in ABBREVIATIONS if row["substance"]} <= set(SUBSTANCES)
    assert all(re.fullmatch(r"any|paper|review( \d(\.\d){0,2})?", row["scope"]) for row in ABBREVIATIONS)
    pairs = Counter((row["abbreviation"], row["scope"]) for row in ABBREVIATIONS)
    assert max(pairs.values()) == 1


@pytest.mark.parametrize(
    ("abbreviation", "scope", "meaning", "substance"),
    [
        ("CA", "paper", "citric acid", "citric acid"),
        ("CA", "review", "conductive agent", ""),
        ("AN", "review 3.1.3", "acrylonitrile", "acrylonitrile"),
        ("AN", "review 4.1", "acetonitrile", "acetonitrile"),
        ("CC", "review 2.1", "current collector", ""),
        ("CC", "review 4.4", "constant current", ""),
        ("PVAC", "review 4.2.2", "poly(vinylene carbonate)", "PVCA"),
        ("LNMNO", "review 4.2.2", "LiNi0.5Mn1.5O4", "LNMO"),
        ("NbSnSd", "review 2", "niobium-tin-antimony", "NbSnSb"),
    ],
)
def test_clashing_abbreviations(abbreviation, scope, meaning, substance):
    """Conflicts R09 and R10."""
    (row,) = [row for row in ABBREVIATIONS if (row["abbreviation"], row["scope"]) == (abbreviation, scope)]
    assert row["meaning"].startswith(meaning)
    assert row["substance"] == substance


# -- formulae


def test_formula_refuses_a_repeat_unit_and_the_other_way_round():
    with pytest.raises(ByssusError, match="unit_formula"):
        formula_of("*CC*")
    with pytest.raises(ByssusError, match="two attachment points"):
        unit_formula("CCO")


@pytest.mark.parametrize("call", [formula_of, unit_formula, drawing_svg, drawing_text])
@pytest.mark.parametrize("smiles", ["", "C(", "not a molecule"])
def test_what_is_no_smiles_is_one_line(call, smiles, capfd):
    with pytest.raises(ByssusError, match="is not a SMILES") as raised:
        call(smiles)
    assert "\n" not in str(raised.value)
    assert capfd.readouterr() == ("", "")


def test_a_unit_weighs_what_the_monomer_does():
    """An addition polymer keeps every atom of its monomer."""
    for substance, monomer in {
        "PAN": "acrylonitrile",
        "PAA": "acrylic acid",
        "PMMA": "methyl methacrylate",
        "PVCA": "VC",
    }.items():
        (unit,) = units_of(substance)
        assert atoms(unit_formula(unit["smiles"])) == atoms(SUBSTANCES[monomer]["formula"])


# -- drawings


def drawn_atoms(lines: list[str]) -> Counter[str]:
    """Every atom that a drawing shows, hydrogens and counter-ions included."""
    total: Counter[str] = Counter()
    for label in re.finditer(r"(?:(\d+) )?([A-Z][A-Za-z0-9]*)(?:\^\d)?", "\n".join(lines)):
        for element, count in atoms(label[2]).items():
            total[element] += count * int(label[1] or 1)
    return total


DRAWABLE = sorted(
    {unit["smiles"] for unit in UNITS} | {row["smiles"] for row in WITH_SMILES} - {SUBSTANCES["alpha-CD"]["smiles"]}
)


@pytest.mark.parametrize("smiles", DRAWABLE)
def test_a_text_drawing_shows_every_atom(smiles):
    lines = drawing_text(smiles, width=100)
    molecule = Chem.MolFromSmiles(smiles)
    assert lines[0] != smiles
    assert drawn_atoms(lines) == atoms(re.sub(r"\*\d*", "", Chem.rdMolDescriptors.CalcMolFormula(molecule)))
    assert "\n".join(lines).count("*") == sum(atom.GetAtomicNum() == 0 for atom in molecule.GetAtoms())
    assert all(line == line.rstrip() and len(line) <= 103 for line in lines)


def test_text_of_a_zigzag_a_ring_and_a_network():
    assert drawing_text("*CC(*)(F)F") == [
        r"    CH2     *",
        r"  /   \   /",
        r"*       C",
        r"       / \ ".rstrip(),
        r"      F   F",
    ]
    (glucose,) = [unit["smiles"] for unit in units_of("cellulose")]
    assert drawing_text(glucose) == [
        r"            OH",
        r"          /",
        r"        CH2",
        r"        |",
        r"        CH      O",
        r"      /   \   /   \ ".rstrip(),
        r"    O       CH      *",
        r"    |       |",
        r"    CH      CH",
        r"  /   \   /   \ ".rstrip(),
        r"*       CH      OH",
        r"        |",
        r"        OH",
    ]
    assert drawing_text("[Li+].[Li+].*O[Si]([O-])(*)O[Si]([O-])(*)O*") == [
        r"    O       O       O",
        r"  /   \   /   \   /   \ ".rstrip(),
        r"*       Si      Si      *",
        r"       / \     / \ ".rstrip(),
        r"      *   O-  *   O-",
        r"2 Li+",
    ]


def test_text_of_single_atoms_and_several_fragments():
    assert drawing_text("O") == ["H2O"]
    assert drawing_text("[Li+].[F-]") == ["Li+, F-"]
    salt = drawing_text("[Li+].FC(F)(F)S(=O)(=O)[N-]S(=O)(=O)C(F)(F)F")
    assert salt[-1] == "Li+"
    assert "" in drawing_text("F[P-](F)(F)(F)(F)F.*CC(*)n1cc[n+](CC)c1"), "a blank line between large ions"


def test_text_too_wide_is_its_smiles():
    chain = "*" + "CO" * 60 + "*"
    lines = drawing_text(chain, width=40)
    assert "".join(lines) == chain
    assert max(map(len, lines)) <= 40


def test_text_that_would_hide_a_bond_is_not_drawn():
    """Alpha-cyclodextrin fits 75 columns only with one bond behind another."""
    ring = SUBSTANCES["alpha-CD"]["smiles"]
    assert "".join(drawing_text(ring, width=75)) == ring
    assert drawn_atoms(drawing_text(ring, width=90)) == atoms("C36H60O30")


@pytest.mark.parametrize("smiles", DRAWABLE)
def test_svg_is_well_formed_and_takes_the_colour_of_the_page(smiles):
    svg = drawing_svg(smiles, "a & b")
    root = ElementTree.fromstring(svg)
    names = [child.tag.rpartition("}")[2] for child in root]
    assert root.get("role") == "img"
    assert names[:2] == ["title", "desc"]
    assert root[0].text == "a & b"
    assert smiles in (root[1].text or "")
    assert "rect" not in names, "no background"
    assert "currentColor" in svg
    assert not re.search(r"#(?:000000|FFFFFF)", svg, re.IGNORECASE)


def coordinates(svg: str, atom: int) -> list[complex]:
    """End points of bonds that touch an atom."""
    found = []
    for classes, path in re.findall(r"class='([^']*)' d='M ([^']*)'", svg):
        if f"atom-{atom}" in classes.split() and "bond" in classes:
            found += [complex(*map(float, point.split(","))) for point in path.removesuffix(" Z").split(" L ")]
    return found


@pytest.mark.parametrize(
    "unit",
    [unit for unit in UNITS if unit["smiles"].startswith("*") and unit["smiles"].count("*") == 2],
    ids=lambda unit: unit["unit"],
)
def test_a_chain_runs_from_left_to_right(unit):
    svg = drawing_svg(unit["smiles"])
    molecule = Chem.MolFromSmiles(unit["smiles"])
    first, last = (atom.GetIdx() for atom in molecule.GetAtoms() if atom.GetAtomicNum() == 0)
    left, right = coordinates(svg, first), coordinates(svg, last)
    assert sum(left).real / len(left) < sum(right).real / len(right)
