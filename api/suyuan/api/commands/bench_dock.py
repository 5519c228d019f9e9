"""``suyuan bench dock``: how well dock doors tell their own goods from others, by a simulated truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

import orjson
import typer

from suyuan.simulator.dock.trial import OURS, RULES, SETTINGS, Rule, Score, judge
from suyuan.simulator.dock.yard import Setting, day
from suyuan.trace.errors import WrongUse

_WIDE = 36
_GOAL_RECALL, _GOAL_WRONG = 0.99, 1.0
_TUNED = 1_000


def dock(
    seed: Annotated[
        int, typer.Option(min=0, help="Of the first day; those below 1000 were used in development.")
    ],
    days: Annotated[int, typer.Option(min=1, max=1_000, help="Days of each setting.")] = 10,
    passes: Annotated[int, typer.Option(min=1, max=200, help="Pallets through each door in a day.")] = 10,
    only: Annotated[
        list[str] | None, typer.Option("--setting", help="Settings whose name begins so; may be repeated.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per row.")] = False,
) -> None:
    """Drive pallets of 40 to 400 tags through neighbouring doors and judge what the station took.

    Per setting and rule: the share of stray reads in the passes, recall (tags taken of those that went
    through), tags told apart as uncertain, and per thousand tags taken those of another door and those of
    the pallet before or after at the same door; at last the passes whose way was told right and wrong.
    """
    for wanted in only or ():
        if not any(setting.name.startswith(wanted) for setting in SETTINGS):
            raise WrongUse(
                "There is no setting {name}",
                where="--setting",
                name=wanted,
                remedy=f"Begin the name of one of: {', '.join(one.name for one in SETTINGS)}.",
            )
    if seed < _TUNED:
        typer.echo(f"Seeds below {_TUNED} were used in development; numbers to show need another.", err=True)
    if not json:
        typer.echo(
            f"{'':{_WIDE}}{'rule':17} strays  recall uncertain wrong door ‰ wrong load ‰    tags"
            "  ways right/wrong"
        )
    for setting in (one for one in SETTINGS if only is None or one.name.startswith(tuple(only))):
        for rule, score in measured(setting, seed, days, passes).items():
            typer.echo(_object(setting, rule, score) if json else _line(setting, rule, score))


def measured(setting: Setting, seed: int, days: int, passes: int) -> Mapping[Rule, Score]:
    """The scores of all rules on the same days."""
    scores = {rule: Score() for rule in RULES}
    for one in range(seed, seed + days):
        what = day(setting, one, passes=passes)
        for rule, score in scores.items():
            score.add(judge(what, setting, rule))
    return scores


def _line(setting: Setting, rule: Rule, score: Score) -> str:
    met = score.recall >= _GOAL_RECALL and score.wrong_door_per_mille <= _GOAL_WRONG
    goal = "" if rule is not OURS else "  goal met" if met else "  goal missed"
    return (
        f"{setting.name:{_WIDE}}{rule.name:17} {score.stray_reads:6.1%} {score.recall:7.2%}"
        f" {score.doubted / score.passed:9.2%} {score.wrong_door_per_mille:12.2f}"
        f" {score.wrong_load_per_mille:12.2f} {score.passed:7d}"
        f" {score.right_ways:8d}/{score.wrong_ways}{goal}"
    )


def _object(setting: Setting, rule: Rule, score: Score) -> str:
    return orjson.dumps({"setting": asdict(setting), "rule": rule.name, **asdict(score)}).decode()
