"""Short links of this host lead where their plain link leads: compressed links, and EPC memory as a path.

They are not redirected to their plain link; the header ``Link`` tells it (GS1 Digital Link Standard 1.1,
resolvers).
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.routing import Match, Route
from starlette.types import Scope

from suyuan.trace.gs1.application_identifiers import KEYS
from suyuan.trace.gs1.short_links import link_in_path, uncompressed

# The shortest, a GTIN, takes ten characters; the longest path of an EPC 126.
_SHORT = re.compile("[A-Za-z0-9_-]{10,500}")


def in_plain(path: str) -> str:
    """The path of the plain Digital Link for which ``path`` is short; ``path`` itself if it is none."""
    plain = uncompressed(path)
    if plain is not None:
        return plain.partition("?")[0]
    if _SHORT.fullmatch(path[1:]) and (link := link_in_path(path)) is not None:
        return urlsplit(link).path
    return path


class ShortLink(Route):
    """Matches only what is a short link, so that other addresses answer as if it were not here."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As Starlette has it."""
        match, child = super().matches(scope)
        code = child["path_params"]["code"] if match is not Match.NONE else ""
        fits = _SHORT.fullmatch(code) and in_plain(f"/{code}").split("/")[1] in KEYS
        return (match, child) if fits else (Match.NONE, {})
