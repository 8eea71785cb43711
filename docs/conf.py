"""Sphinx: Markdown pages by MyST, the reference from docstrings, every warning an error."""

from __future__ import annotations

from importlib.metadata import version as installed_version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "openscaler_async"
author = "The openscaler_async authors"
version = release = installed_version("openscaler-async")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"openscaler_async {version}"
default_role = "code"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_default_options = {"members": True}
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
napoleon_custom_sections = [("Source", "notes_style")]
napoleon_use_ivar = True

nitpick_ignore_regex = [
    ("py:.*", r"(?!openscaler_async\b).*"),  # the others' pages are on the network
    ("py:.*", r"openscaler_async(\.\w+)*\._\w+(\.\w+)?"),  # a private base, or a type variable
    ("py:.*", r"openscaler_async(\.\w+)*\.T_co"),
]


def setup(app: Sphinx) -> None:
    """Let the first line of an attribute's docstring have a colon: napoleon takes what precedes it for a type."""

    def keep_first_line(_app: object, what: str, *rest: object) -> None:
        lines = rest[-1]
        if what in {"attribute", "data", "property"} and isinstance(lines, list):
            lines.insert(0, "\\ ")  # nothing, in reStructuredText

    app.connect("autodoc-process-docstring", keep_first_line, priority=400)  # napoleon has 500
