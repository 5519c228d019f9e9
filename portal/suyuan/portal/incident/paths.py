"""Addresses of the workbench."""

from __future__ import annotations

from urllib.parse import quote

HOME = "/console/incident"


def room_path(number: str, part: str = "") -> str:
    """The page of an investigation, or a part of it."""
    path = f"{HOME}/{quote(number, safe='')}"
    return f"{path}/{part}" if part else path
