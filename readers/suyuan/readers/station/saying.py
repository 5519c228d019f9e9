"""What one message of a station is made of: its state, its sentence and what to do, in two languages."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """What the whole screen says; later ones are more serious."""

    READY = "ready"
    READING = "reading"
    DONE = "done"
    ATTENTION = "attention"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Saying:
    """One message of the catalogue: the state it calls for, sentence and remedy in two languages."""

    state: State
    zh: str
    en: str
    do_zh: str
    do_en: str
