"""The documentation against the code: nothing public, no module and no dependency goes without its line."""

import json
import re
import tomllib
from pathlib import Path

import pytest

import alsmodels as als

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SOURCE = ROOT / "src" / "alsmodels"
MATHEMATICS = DOCS / "explanation" / "mathematics"
WITHOUT_MATHEMATICS = {"__init__.py", "arrays.py", "caching.py", "compiling.py", "errands.py", "interpreting.py"}
PAGES = [
    *sorted(page for page in DOCS.rglob("*.md") if "_build" not in page.parts),
    *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")),
]


def text(path):
    return path.read_text(encoding="utf-8")


def table_cells(page):
    """The first cell of each row of the tables of a page."""
    return {row.split("|")[1].strip() for row in text(page).splitlines() if row.startswith("| ")}


def runtime_dependencies():
    project = tomllib.loads(text(ROOT / "pyproject.toml"))["project"]
    return sorted({re.match(r"[A-Za-z0-9_.-]+", line)[0] for line in project["dependencies"]})


def optional_dependencies():
    """What users may add; the other extras are for development."""
    extras = tomllib.loads(text(ROOT / "pyproject.toml"))["project"]["optional-dependencies"]
    for_users = {extra: lines for extra, lines in extras.items() if extra not in {"test", "lint", "docs", "build"}}
    return sorted(
        (extra, re.match(r"[A-Za-z0-9_.-]+", line)[0]) for extra, lines in for_users.items() for line in lines
    )


def names_in_reference():
    listed = set()
    for page in (DOCS / "reference").glob("*.md"):
        for block in re.findall(r"\.\. autosummary::\n(.*?)```", text(page), flags=re.DOTALL):
            listed |= set(re.findall(r"^ {3}(\w+)$", block, flags=re.MULTILINE))
    return listed


def test_reference_lists_exactly_the_public_names():
    assert names_in_reference() == set(als.__all__) - {"__version__"}


@pytest.mark.parametrize("module", sorted(p.name for p in (SOURCE / "kernels").glob("*.py")))
def test_kernel_belongs_to_one_page_of_mathematics(module):
    heads = {page.name: text(page).split("\n## ")[0] for page in MATHEMATICS.glob("*.md")}
    pages = [name for name, head in heads.items() if name != "index.md" and f"`kernels/{module}`" in head]
    assert len(pages) == (0 if module in WITHOUT_MATHEMATICS else 1)
    rows = [row for row in text(MATHEMATICS / "index.md").splitlines() if f"`kernels/{module}`" in row]
    assert module in WITHOUT_MATHEMATICS or (len(rows) == 1 and f"({pages[0]})" in rows[0])


def test_dependencies_are_justified_and_no_others():
    section = text(DOCS / "explanation" / "dependencies.md").split("\n## ")[0]
    rows = dict(re.findall(r"^\| `([a-z0-9-]+)` \| (.+) \|$", section, flags=re.MULTILINE))
    assert sorted(rows) == runtime_dependencies()
    assert all(len(reason) > 20 for reason in rows.values())


def test_optional_dependencies_are_justified_and_no_others():
    section = text(DOCS / "explanation" / "dependencies.md").split("\n## Optional\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| `([a-z0-9-]+)` \| (.+) \|$", section, flags=re.MULTILINE)
    assert sorted((extra, package) for extra, package, _ in rows) == optional_dependencies()
    assert all(len(reason) > 20 for _, _, reason in rows)


def test_architecture_names_exactly_the_modules():
    modules = {str(path.relative_to(SOURCE).as_posix()) for path in SOURCE.rglob("*.py")}
    named = {cell.strip("`") for cell in table_cells(ROOT / "ARCHITECTURE.md") if cell.endswith(".py`")}
    assert named == modules


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_named_in_a_page_exist(page):
    """Paths under src, tests and docs, and modules of a layer, as a page writes them in code."""
    paths = set(re.findall(r"`((?:src|tests|docs)/[\w./-]+?)/?`", text(page)))
    paths |= {
        f"src/alsmodels/{name}"
        for name in re.findall(
            r"`((?:kernels|data|model|frequentist|inference|report|commands)/\w+(?:/\w+)*\.py)`", text(page)
        )
    }
    missing = sorted(path for path in paths if not path.startswith("docs/_build") and not (ROOT / path).exists())
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page):
    """Sphinx checks the pages under docs; the files beside the package are read elsewhere too."""
    links = re.findall(
        r"\]\((?!https?:)([^)#\s]+)(?:#[\w-]+)?\)", re.sub(r"```.*?```", "", text(page), flags=re.DOTALL)
    )
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_names_that_a_page_uses_are_public(page):
    used = set(re.findall(r"\bals\.([A-Za-z_]+)", text(page))) - {"name"}  # als.name stands for any of them
    assert sorted(used - set(als.__all__)) == []


@pytest.mark.parametrize(
    ("source", "fit", "quoted"),
    [
        ("adas_cog", "two_phase REML", "criterion"),
        ("creatinine", "linear REML", "loglik"),
        ("creatinine", "study_day REML", "loglik"),
        ("ck", "two_phase REML", "criterion"),
    ],
)
def test_tutorial_quotes_the_reference_as_it_is(source, fit, quoted):
    content = json.loads(text(ROOT / "tests" / "reference" / f"{source}.json"))["fits"][fit]
    assert f"{content[quoted]:.6f}" in text(DOCS / "tutorials" / "real-trial.md")


def test_questions_are_defined():
    page = text(DOCS / "how-to" / "ask-questions.md")
    for question in ("slope", "slope_difference", "change", "difference", "slowing"):
        assert re.search(rf"^\| `{question}\(", page, flags=re.MULTILINE), question
