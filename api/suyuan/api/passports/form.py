"""Which version of this program made what is kept: another one's passports are not read, but built anew."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files

_ROOMS = ("suyuan.trace.recall", "suyuan.trace.lineage", "suyuan.trace.register", "suyuan.api.passports")
"""Where it is decided what a passport says, and what it follows from; more makes no passport untrue."""
_OTHERS = frozenset(
    {
        "absences.py",
        "codes.py",
        "found.py",
        "news.py",
        "pages.py",
        "prepared.py",
        "route.py",
        "slots.py",
        "upkeep.py",
        "watch.py",
    }
)


@cache
def form_of(*settings: str) -> str:
    """A digest of the sources that decide what a passport says, and of these settings, which do too."""
    found = sha256("\n".join(settings).encode())
    for room in _ROOMS:
        for file in sorted(files(room).iterdir(), key=lambda one: one.name):
            if file.name.endswith(".py") and not (room.endswith("passports") and file.name in _OTHERS):
                found.update(file.read_bytes())
    return found.hexdigest()[:32]
