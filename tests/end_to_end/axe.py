"""What axe-core finds on a page as it stands."""

from __future__ import annotations

from collections.abc import Sequence

from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]  # it ships no types
from playwright.sync_api import Page

DRAWN = ("color-contrast", "link-in-text-block", "scrollable-region-focusable")
"""The rules that depend on how a page is drawn, to be asked again where only its colours or width differ."""
_RUN = """async rules => (await axe.run({
    resultTypes: ["violations"], ...(rules.length && {runOnly: {type: "rule", values: rules}}),
})).violations.map(rule => [`${rule.id} (${rule.impact}): ${rule.help}`,
    ...rule.nodes.map(node => `${node.target.join(" ")}: ${node.failureSummary}`)].join("\\n  "))"""


def objections(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """Each rule that is broken, of all or of these, with where and why.

    Nothing else crosses the wire, which halves the cost.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(_RUN, list(rules))
    return found
