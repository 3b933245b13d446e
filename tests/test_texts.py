"""Names, labels and notes are printed and never read: the sources are walked for what takes a text apart.

What can be seen in a syntax tree is the operation and what it is called on, not what the text is of. So every regular
expression and every method that looks inside a text is forbidden, and each exception stands below with its reason.
"""

import ast
from collections import Counter
from pathlib import Path

import pytest

import alsmodels

ROOT = Path(alsmodels.__file__).parent
# Who reads texts that others wrote, tables and files of data and formulas, and who knows no names.
READERS = ("data/", "files/", "kernels/", "model/dates.py")
READERS += ("model/grammar.py", "model/formula.py", "model/transforms.py", "model/expressions.py", "model/backticks.py")

LOOKS_INSIDE = {
    *("split", "rsplit", "partition", "rpartition", "splitlines"),
    *("startswith", "endswith", "removeprefix", "removesuffix"),
    *("find", "rfind", "rindex", "contains", "extract"),
    *("match", "fullmatch", "search", "findall", "finditer", "sub", "subn"),
}
# Words for things whose texts say something: membership in one of them is a reading of it.
TEXTS = {"name", "label", "term", "note", "text", "message", "title", "unit", "formula", "response", "estimand"}
TEXTS |= {"question", "effect", "parameter", "factor", "expression", "sentence", "key", "spelt", "words"}

ALLOWED = {
    # The words of a command line, and files of lines.
    ("commands/simulation.py", "rpartition"): "an option 'arm=number'",
    ("simulation/store.py", "splitlines"): "lines of a journal",
    ("simulation/store.py", "split"): "fields of such a line",
    ("simulation/store.py", "endswith"): "whether its last line is whole",
    ("simulation/store.py", "rfind"): "where it is cut",
    # Sentences of other libraries, which end in a full stop or not.
    ("simulation/store.py", "removesuffix"): "a sentence of another library",
    ("inference/study_files.py", "splitlines"): "a sentence of another library",
    ("inference/study_files.py", "removesuffix"): "a sentence of another library",
    ("bayes/storage.py", "splitlines"): "a sentence of another library",
    ("bayes/storage.py", "removesuffix"): "a sentence of another library",
    # Names that other libraries give to variables of their own.
    ("bayes/seam.py", "startswith"): "ArviZ's groups of warm-up",
    ("bayes/seam.py", "endswith"): "PyMC's transformed variables",
    ("inference/card.py", "splitlines"): "lines of a text that are wrapped one by one",
    # Numbers as they are printed, places in arrays, and where a line breaks.
    ("commands/studies.py", "split"): "the exponent of a number",
    ("report/wording.py", "rpartition"): "where a long question is broken into lines",
    ("report/panels.py", "split"): "numpy.split",
    ("report/simulated_plot.py", "split"): "numpy.split",
    ("errors.py", "startswith"): "the folder of a source",
    # What may be the name of a file or of a module.
    ("simulation/studies.py", "fullmatch"): "whether a name can be a folder",
    ("__init__.py", "endswith"): "a module that is its own public name",
    # Names of arguments in the singular.
    ("model/asking.py", "removesuffix"): "an argument of a question",
    # Before a name is written into a formula.
    ("model/usual_formulas.py", "in"): "whether a name can stand in backticks",
}


def readings(source):
    """Every operation in a source that looks inside a text, with its line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LOOKS_INSIDE:
            yield node.func.attr, node.lineno
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
            where = node.comparators[0]
            name = getattr(where, "id", None) or getattr(where, "attr", None)
            if name in TEXTS:
                yield "in", node.lineno


def sources():
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(READERS):
            yield name, path.read_text("utf-8")


def test_no_text_is_read_but_where_it_is_said_why():
    found = {(name, kind): line for name, source in sources() for kind, line in readings(source)}
    strange = [f"{name}:{line} looks inside a text by '{kind}'" for (name, kind), line in found.items()]
    strange = [told for told, key in zip(strange, found, strict=True) if key not in ALLOWED]
    assert not strange, "\n".join(strange)


def test_regular_expressions_are_of_readers_alone():
    using = [name for name, source in sources() if "re" in _imported(source)]
    assert using == ["simulation/studies.py"]  # the names that folders of studies may have


def _imported(source):
    return [alias.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import) for alias in node.names]


@pytest.mark.parametrize(
    ("source", "kinds"),
    [
        ('slope = "week" in term', ["in"]),
        ('"week" not in self.name', ["in"]),
        ('parts = name.split(":")', ["split"]),
        ('note.endswith("limit.")', ["endswith"]),
        ('label.removesuffix(" (share)")', ["removesuffix"]),
        ("_PHASE.fullmatch(part)", ["fullmatch"]),
        ('table["parameter"].str.startswith("beta[")', ["startswith"]),
        ('"week" in spec.columns or name in known', []),
        ('f"{value:g}".replace("-", minus)', []),
    ],
)
def test_the_walk_sees_what_it_is_to_see(source, kinds):
    assert list(Counter(kind for kind, _ in readings(source)).elements()) == kinds
