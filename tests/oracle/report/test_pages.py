"""Templates escape what they are given, refuse what they are not, and are found where they are said to be."""

from __future__ import annotations

import pytest
from jinja2 import TemplateNotFound, UndefinedError

from oracle.report.pages import code_marked, environment, page, set_inside


def test_every_text_is_escaped() -> None:
    """Markup in a text stays text."""
    assert environment("oracle.report").from_string("{{ a }}").render(a="<b>'\"") == "&lt;b&gt;&#39;&#34;"


def test_what_is_not_given_is_an_error_not_a_blank() -> None:
    """A misspelt name is noticed."""
    with pytest.raises(UndefinedError, match="'a' is undefined"):
        environment("oracle.report").from_string("{{ a }}").render()


def test_templates_are_looked_for_in_the_packages_named() -> None:
    """The style sheet of the reports is in the first, pages of the service are not."""
    assert "--series-0" in page("report.css").render()
    with pytest.raises(TemplateNotFound):
        environment("oracle.report").get_template("golden.html")
    assert environment("oracle.service", "oracle.report").get_template("report.css")


def test_filters_are_at_hand() -> None:
    """Those that are given, beside jinja2's."""
    made = environment("oracle.report", twice=lambda text: text * 2)
    assert made.from_string("{{ a | twice | upper }}").render(a="x") == "XX"


def test_backticks_become_code_and_nothing_else_becomes_markup() -> None:
    """Escaped first, marked after; templates have it at hand as `code`."""
    said = "`a<b>` and <script> and `open"
    shown = "<code>a&lt;b&gt;</code> and &lt;script&gt; and `open"
    assert str(code_marked(said)) == shown
    assert environment("oracle.report").from_string("{{ a | code }}").render(a=said) == shown


def test_report_set_inside_a_page_differs_in_its_body_alone() -> None:
    """The first one: what a text says of bodies is escaped anyhow."""
    assert set_inside(b"<html><body>\n<p><body>") == b'<html><body class="inside">\n<p><body>'
