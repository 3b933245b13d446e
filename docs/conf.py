"""How the documentation is built: strictly, offline, with every example executed."""

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]
SOURCE = (ROOT / "src" / "alsmodels" / "__init__.py").read_text(encoding="utf-8")

# Before each page: names of questions in full, and no word that the kernels are being compiled.
STARTUP = """
import logging

import pandas as pd

pd.set_option("display.max_colwidth", None)
logging.getLogger("alsmodels").setLevel(logging.ERROR)
del logging, pd
"""

project = "alsmodels"
author = "The alsmodels developers"
project_copyright = "The alsmodels developers"
release = version = re.findall(r'__version__ = "([^"]+)"', SOURCE)[0]

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
    "sphinx_design",
    "sphinx-mathjax-offline",  # formulas are set without a network
]
exclude_patterns = ["_build", "jupyter_execute", "images/*.py"]
templates_path = ["_templates"]

# Pages are MyST; a page with code cells is executed, and an error or a word on stderr in one stops the build.
myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_output_stderr = "error"
nb_merge_streams = True

autosummary_generate = True
autodoc_typehints = "none"
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

html_theme = "pydata_sphinx_theme"
html_title = "alsmodels"
html_static_path = ["_static"]
html_css_files = ["tables.css"]
html_show_sourcelink = False
html_theme_options = {
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_prev_next": True,
    "show_toc_level": 2,
    "navigation_with_keys": False,
}
html_sidebars = {
    "index": [],
    "installation": [],
    "faq": [],
    "coming-from-r": [],
    "limitations": [],
    "citation": [],
    "changelog": [],
}


def refuse_remote_scripts(app: "Sphinx", error: Exception | None) -> None:
    """Stop a build whose pages load a script or a style from elsewhere: they are read without a network too."""
    if error is not None:
        return
    for page in Path(app.outdir).rglob("*.html"):
        found = re.search(
            r'<(?:script|link)[^>]+(?:src|href)="(?:https?:)?//[^"]+\.(?:js|css)[^"]*"', page.read_text("utf-8")
        )
        if found:
            msg = f"{page.name} loads from elsewhere: {found[0]}"
            raise RuntimeError(msg)


def setup(app: "Sphinx") -> None:
    """Give the pages' kernels a profile of their own, and take it away afterwards."""
    folder = tempfile.mkdtemp(prefix="alsmodels-docs-")
    startup = Path(folder) / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "pages.py").write_text(STARTUP, encoding="utf-8")
    os.environ["IPYTHONDIR"] = folder
    app.connect("build-finished", refuse_remote_scripts)
    app.connect("build-finished", lambda _app, _error: shutil.rmtree(folder, ignore_errors=True))
