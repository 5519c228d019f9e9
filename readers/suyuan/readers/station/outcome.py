"""What a station tells about one pass: for the screen, the light, the log and whoever called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from suyuan.readers.station.config import ReadPoint
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.steps import Judgement
from suyuan.readers.station.words import WORDS, Colour, Message, State, Word
from suyuan.trace.errors import SuyuanError


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one step.

    ``event_ids`` and ``sequences`` name what is stored durably on this station: empty means that nothing was
    recorded. ``expected`` is None where the order does not say; ``refused`` are EPCs that were kept out;
    ``ended`` says what ended the pass, where there was one.
    """

    station: str
    read_point: str
    step: Step
    time: datetime
    state: State
    messages: tuple[Message, ...] = ()
    expected: int | None = None
    read: int = 0
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    event_ids: tuple[str, ...] = ()
    sequences: tuple[int, ...] = ()
    ended: str = ""

    @property
    def word(self) -> Word:
        """The one large word, in both languages."""
        return WORDS[self.state]

    @property
    def colour(self) -> Colour:
        """The colour of screen and light."""
        return self.word.colour

    def as_json(self) -> dict[str, Any]:
        """Plain values with both languages, one line of the station's output."""
        return {
            "station": self.station,
            "readPoint": self.read_point,
            "step": self.step.value,
            "time": self.time.isoformat(timespec="milliseconds"),
            "state": self.state.value,
            "colour": self.colour.value,
            "word": {"zh": self.word.zh, "en": self.word.en},
            "messages": [message_as_json(m) for m in self.messages],
            "expected": self.expected,
            "read": self.read,
            "missing": list(self.missing),
            "extra": list(self.extra),
            "refused": list(self.refused),
            "eventIDs": list(self.event_ids),
            "sequences": list(self.sequences),
            "ended": self.ended,
        }


def outcome_from_json(told: Mapping[str, Any]) -> Outcome:
    """The outcome that :meth:`Outcome.as_json` wrote; its messages stay behind, they were told then."""
    return Outcome(
        told["station"],
        told["readPoint"],
        Step(told["step"]),
        datetime.fromisoformat(told["time"]),
        State(told["state"]),
        expected=told["expected"],
        read=told["read"],
        missing=tuple(told["missing"]),
        extra=tuple(told["extra"]),
        refused=tuple(told["refused"]),
        event_ids=tuple(told["eventIDs"]),
        sequences=tuple(told["sequences"]),
    )


def message_as_json(message: Message) -> dict[str, Any]:
    """A message with its code and both languages."""
    return {
        "code": message.code,
        "zh": message.text("zh"),
        "en": message.text("en"),
        "do": {"zh": message.remedy("zh"), "en": message.remedy("en")},
    }


def outcome_of(station: str, point: ReadPoint, order: Order, judged: Judgement, now: datetime) -> Outcome:
    """What is told of a pass once its event is stored; until then it names no event."""
    return Outcome(
        station,
        point.name,
        order.step,
        now,
        judged.state,
        judged.messages,
        judged.expected,
        judged.read,
        judged.missing,
        judged.extra,
        tuple(i.epc for i in judged.refused),
    )


def not_stored(
    station: str, point: ReadPoint, order: Order, judged: Judgement | None, error: SuyuanError, now: datetime
) -> Outcome:
    """What is told of a pass whose event cannot be stored."""
    reason = str(error.fields.get("reason", error.detail)).removesuffix(".")
    message = Message("QUEUE_FULL", {"reason": f"{reason}."})
    expected, read = (None, 0) if judged is None else (judged.expected, judged.read)
    return Outcome(station, point.name, order.step, now, State.STOP, (message,), expected, read)


def given_up(station: str, point: ReadPoint, order: Order, now: datetime) -> Outcome:
    """What is told of a pass of which nothing was to be recorded."""
    return Outcome(station, point.name, order.step, now, State.READY, (Message("ABANDONED"),))


def left_alone(station: str, point: ReadPoint, order: Order, code: str, now: datetime) -> Outcome:
    """What is told of a pass that cannot be recorded for the reason of that code."""
    message = Message(code)
    return Outcome(station, point.name, order.step, now, message.state, (message,))


def taken_back(told: Mapping[str, Any], sequence: int, now: datetime) -> Outcome:
    """What is told once the pass of the outcome ``told`` is declared wrong by the record ``sequence``."""
    was = outcome_from_json(told)
    fields = {"count": was.read, "sequence": ", ".join(map(str, was.sequences))}
    return Outcome(
        was.station,
        was.read_point,
        was.step,
        now,
        State.READY,
        (Message("UNDONE", fields),),
        sequences=(sequence,),
    )
