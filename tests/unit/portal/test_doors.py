"""The doors of the console, read as a table: which role opens which address."""

from __future__ import annotations

import pytest

from suyuan.portal.doors import DOORS, may_open, ways

ROLES = ("regulator", "administrator", "company", "station")

#                                          regulator, administrator, company, station
OPEN = {
    "/console": (True, True, True, False),
    "/console/case/2026-0001": (True, True, True, False),
    "/console/case/2026-0001/publish": (True, True, True, False),
    "/console/draft": (True, True, True, False),
    "/console/dossier/https://id.gs1.org/01/09521234000013/10/A": (True, True, False, False),
    "/console/receipt": (True, True, False, False),
    "/console/trace": (True, True, True, False),
    "/console/scope": (True, True, True, False),
    "/console/incident/I2026-0001/sources": (True, True, True, False),
    "/console/search": (True, True, True, False),
    "/console/object/https://id.gs1.org/01/09521234000013": (True, True, True, False),
    "/console/event/abc": (True, True, True, False),
    "/console/complaints/new": (True, True, False, False),
    "/console/register/product": (True, True, True, False),
    "/console/labels/1": (False, True, True, False),
    "/console/links": (True, True, True, False),
    "/console/devices/1": (False, True, True, False),
    "/console/accounts": (False, True, False, False),
    "/console/accounts/new": (False, True, False, False),
    "/console/copies/code": (True, True, True, False),
    "/console/password": (True, True, True, False),
    "/console/no-such-page": (False, False, False, False),
    "/console/casebook": (False, False, False, False),
    "/console/": (False, False, False, False),
}


@pytest.mark.parametrize("path", OPEN)
def test_who_opens_what(path: str) -> None:
    assert tuple(may_open(role, path) for role in ROLES) == OPEN[path]


def test_every_door_is_in_the_table_above() -> None:
    told = {max((door.path for door in DOORS if path.startswith(door.path)), key=len) for path in OPEN}
    assert told == {door.path for door in DOORS}


def test_an_unknown_role_opens_nothing() -> None:
    assert not any(may_open("ghost", door.path) for door in DOORS)


def test_the_navigation_shows_only_doors_that_open() -> None:
    for role in ROLES:
        assert all(may_open(role, door.path) for door in ways(role))
