"""Steps in groups, and codes as people read them."""

from __future__ import annotations

import pytest

from suyuan.readers.station.order import Step
from suyuan.readers.station.page.display import GROUPS, grouped, plain

MILK, CREAM = "https://id.gs1.org/01/06901234567892", "https://id.gs1.org/01/06901234567908"


def test_every_step_is_in_one_group() -> None:
    offered = [step for steps in GROUPS.values() for step in steps]
    assert sorted(offered) == sorted(Step)
    assert grouped(tuple(Step)) == list(GROUPS.items())


def test_groups_without_an_allowed_step_are_left_out() -> None:
    assert grouped((Step.RETURN, Step.SHIP, Step.SELL)) == [
        ("trade", (Step.SHIP, Step.SELL)),
        ("back", (Step.RETURN,)),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"2 missing: {MILK}/21/7, {MILK}/21/8.", "2 missing: 7, 8."),
        (f"缺少 2 件：{MILK}/21/7，{CREAM}/21/7。", "缺少 2 件：06901234567892·7，06901234567908·7。"),
        (f"… of lot {MILK}/10/L1: x", "… of lot L1: x"),
        ("https://id.gs1.org/00/069012345000000011", "069012345000000011"),
        (
            "refused by https://trace.example/capture/that-long.",
            "refused by https://trace.example/capture/that-long.",
        ),
        ("http://", "http://"),
        (f"{MILK}/21/%3Cb%3E", "<b>"),
    ],
)
def test_links_in_sentences_are_said_as_in_the_list_of_tags(text: str, said: str) -> None:
    assert plain(text) == said
