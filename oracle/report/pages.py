"""The templates' environment, one for all pages: those of the reports and those of the service."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment, Template
    from markupsafe import Markup

__all__ = ["code_marked", "environment", "page", "set_inside"]

BODY = b"<body>"
CODE = re.compile("`([^`\n]+)`")


def environment(*packages: str, **filters: Callable[..., Any]) -> Environment:
    """Return an environment whose templates escape every text that they are rendered with.

    Parameters
    ----------
    *packages : str
        Whose folders ``templates`` are looked in, in this order.
    **filters : callable
        What templates may put after a `|`, beyond what jinja2 has and `code_marked`, there called ``code``.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - only a page needs it

    made = Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in packages]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update({"code": code_marked, **filters})
    return made


def page(name: str, **filters: Callable[..., Any]) -> Template:
    """Return a template of the reports."""
    return environment("oracle.report", **filters).get_template(name)


def code_marked(text: str) -> Markup:
    """Return a text, escaped, in which what stands in backticks is set as code."""
    from markupsafe import Markup, escape  # noqa: PLC0415 - only a page needs it

    return Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))  # the text was escaped just before


def set_inside(report: bytes) -> bytes:
    """Return the report of one comparison for a page around it that tells verdict and finding: it begins with its plots.

    Nothing is taken out of it; its style sheet hides what the page says already, so that no script is needed.
    """
    return report.replace(BODY, BODY[:-1] + b' class="inside">', 1)
