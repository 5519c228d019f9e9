"""The Chinese of the errors that the station's page may show, by their English template or remedy."""

from __future__ import annotations

from collections.abc import Mapping

ERRORS: Mapping[str, str] = {
    "There is no file of this name here.": "没有这个文件。",
    "Reload the page.": "请刷新页面。",
}
