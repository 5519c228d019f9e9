"""The addresses of the register. Keys are Digital Links: their slashes stay, all else is quoted."""

from __future__ import annotations

from urllib.parse import quote

HOME = "/console/register"


def kind_path(kind: str, act: str = "") -> str:
    """The list of a kind, or an act upon it: new, import, export.csv, template.xlsx."""
    return f"{HOME}/{kind}/{act}" if act else f"{HOME}/{kind}"


def entry_path(key: str) -> str:
    """The page of an entry."""
    return act_path("entry", key)


def act_path(act: str, key: str) -> str:
    """Where an act upon an entry is sent: amend, withdraw, decide, document, withdraw-document."""
    return f"{HOME}/{act}/{quote(key, safe='/:()')}"


def paper_path(paper: str) -> str:
    """The file of a document of a lot."""
    return f"{HOME}/file/{quote(paper, safe='')}"


def trial_path(upload: str) -> str:
    """A table that waits to be confirmed."""
    return f"{HOME}/import/{quote(upload, safe='')}"
