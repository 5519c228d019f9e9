"""What axe-core finds on a page as it stands."""

from __future__ import annotations

from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]  # it ships no types
from playwright.sync_api import Page

_RUN = """async () => (await axe.run({resultTypes: ["violations"]})).violations.map(rule =>
    [`${rule.id} (${rule.impact}): ${rule.help}`,
     ...rule.nodes.map(node => `${node.target.join(" ")}: ${node.failureSummary}`)].join("\\n  "))"""


def objections(page: Page) -> list[str]:
    """Each rule that is broken, with where and why; nothing else crosses the wire, which halves the cost."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(_RUN)
    return found
