"""Suspected codes have words for everything that may be said of them."""

from __future__ import annotations

import pytest

from suyuan.portal.clones import times
from suyuan.portal.language import CHINA_TIME, LANGUAGES, Language, Speech
from suyuan.trace.scan.likelihood import REASONS, Channel, FindingKind, Outcome, State

_EVENTS = ("scan", "came", "left", "sold", "destroyed", *FindingKind)
_FIELDS = dict.fromkeys(("visits", "far", "kilometres", "places", "codes"), 7)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_there(language: Language) -> None:
    speech = Speech(language, CHINA_TIME)
    wanted = [
        *(f"reason.copied-{code}" for code in REASONS),
        *(f"copies.state.{state}" for state in State),
        *(f"copies.event.{what}" for what in _EVENTS),
        *(f"copies.channel.{channel}" for channel in Channel if channel is not Channel.PHONE),
        *(f"copies.outcome.{outcome}" for outcome in Outcome if outcome is not Outcome.NONE),
    ]
    assert [word for word in wanted if not speech.knows(word)] == []
    assert all("{" not in speech.say(f"reason.copied-{code}", **_FIELDS) for code in REASONS)


def test_a_score_is_told_to_two_figures() -> None:
    assert [times(score) for score in (-1.0, 0.0, 0.65, 4.285, 99.0)] == [0.1, 1.0, 4.5, 19000.0, 1e9]
