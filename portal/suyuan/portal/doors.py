"""The doors of the console: which role may open which address, and which of them stand in the navigation.

One table for both: the security layer refuses by it, the frame shows by it. What is not in the table is
closed to everybody. Which *rows* are behind a door is another question, answered by
:mod:`suyuan.trace.store.sight`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request

from suyuan.portal.services import Principal
from suyuan.trace.errors import NotAuthenticated
from suyuan.trace.store.sight import Viewer

REGULATOR, ADMINISTRATOR, COMPANY = "regulator", "administrator", "company"
EVERYBODY = frozenset({REGULATOR, ADMINISTRATOR, COMPANY})
OFFICIALS = frozenset({REGULATOR, ADMINISTRATOR})
OPERATOR = frozenset({ADMINISTRATOR})
OWNERS = frozenset({ADMINISTRATOR, COMPANY})


@dataclass(frozen=True, slots=True)
class Door:
    """An address with everything below it. ``title`` is the msgid of its link; without it there is none."""

    path: str
    roles: frozenset[str]
    title: str = ""


DOORS = (
    Door("/console", EVERYBODY),  # the front room: only itself, not what is below
    Door("/console/case", EVERYBODY),
    Door("/console/draft", EVERYBODY),
    Door("/console/dossier", OFFICIALS),
    Door("/console/trace", EVERYBODY, "trace.title"),
    Door("/console/scope", EVERYBODY),
    Door("/console/search", EVERYBODY),
    Door("/console/object", EVERYBODY),
    Door("/console/event", EVERYBODY),
    Door("/console/incident", EVERYBODY, "incident.title"),
    Door("/console/complaints", OFFICIALS, "reports.title"),
    Door("/console/receipt", OFFICIALS),
    Door("/console/copies", EVERYBODY, "copies.title"),
    Door("/console/register", EVERYBODY, "register.title"),
    Door("/console/labels", OWNERS, "labels.title"),
    Door("/console/links", EVERYBODY, "resolver.title"),
    Door("/console/devices", OWNERS, "devices.title"),
    Door("/console/accounts", OPERATOR, "accounts.title"),
    Door("/console/password", EVERYBODY),
)
"""Of two doors that fit, the longer one counts. A new page of the console needs a line here."""


def may_open(role: str, path: str) -> bool:
    """Whether a role may open a path of the console; False for what has no door."""
    fitting = [door for door in DOORS if _is_behind(path, door.path)]
    return bool(fitting) and role in max(fitting, key=lambda door: len(door.path)).roles


def ways(role: str) -> Sequence[Door]:
    """The doors in the navigation of a role, in order."""
    return [door for door in DOORS if door.title and role in door.roles]


def viewer_of(request: Request) -> Viewer:
    """Who looks at this page, for :mod:`suyuan.trace.store.sight`; ``NotAuthenticated`` for nobody."""
    found: object = getattr(request.state, "viewer", None)
    if not isinstance(found, Viewer):
        raise NotAuthenticated("Sign in to do this")
    return found


def principal_of(request: Request) -> Principal:
    """Who decides on this page; ``NotAuthenticated`` for nobody."""
    found: object = getattr(request.state, "principal", None)
    if not isinstance(found, Principal):
        raise NotAuthenticated("Sign in to do this")
    return found


def _is_behind(path: str, door: str) -> bool:
    return path == door or (door != "/console" and path.startswith(f"{door}/"))
