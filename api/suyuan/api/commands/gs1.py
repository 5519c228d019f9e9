"""``suyuan gs1``: element strings and Digital Links, checked, compressed and decompressed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from suyuan.api.commands.json_lines import Answer, answer_lines
from suyuan.trace.errors import WrongUse
from suyuan.trace.gs1 import (
    Gs1SyntaxError,
    IdentifierError,
    Verdict,
    bracketed,
    canonical_link,
    check_bracketed,
    check_link,
    check_message,
    flaw_of,
    human_readable,
    raw,
    read_scan,
)
from suyuan.trace.gs1.compression import compressed, decompressed

app = typer.Typer(help="GS1 element strings and Digital Links.", no_args_is_help=True)

_CHECKS: Mapping[str, Callable[[str], Verdict]] = {"ai": check_bracketed, "dl": check_message}
_Texts = Annotated[list[str] | None, typer.Argument(help="Digital Links.", show_default=False)]
_Jsonl = Annotated[bool, typer.Option("--jsonl", help="Read JSON lines from standard input.")]


@app.command()
def check(
    texts: Annotated[
        list[str] | None,
        typer.Argument(
            help="Digital Links, (01)… as printed, or ]d201… as scanned with its symbology identifier.",
            show_default=False,
        ),
    ] = None,
    jsonl: _Jsonl = False,
) -> None:
    """Tell what is wrong with GS1 data, and where; exit status 1 if anything is.

    With --jsonl, lines of {"kind": "dl" or "ai", "input": …} are answered by
    {"ok", "ai", "err", "raw", "canonical_dl"} and the exit status is 0.
    """
    if jsonl:
        answer_lines(_checked, "kind", "input")
        return
    verdicts = [(text, _verdict(text)) for text in _given(texts)]
    for text, verdict in verdicts:
        typer.echo(f"{text}: {'valid' if verdict.valid else 'not valid'}")
        for fault in verdict.faults:
            typer.echo(f"  {fault.message}")
        if verdict.valid:
            for line in human_readable(verdict.elements):
                typer.echo(f"  {line}")
    if not all(verdict.valid for _, verdict in verdicts):
        raise typer.Exit(1)


@app.command()
def lint(
    rule: Annotated[str, typer.Argument(help="A content rule, such as csum or yymmd0.")] = "",
    values: Annotated[
        list[str] | None, typer.Argument(help="Values to hold against it.", show_default=False)
    ] = None,
    jsonl: _Jsonl = False,
) -> None:
    """Hold values against one content rule of the GS1 Barcode Syntax Dictionary; exit status 1 if one fails.

    With --jsonl, lines of {"linter": …, "value": …} are answered by {"ok"} and the exit status is 0.
    """
    if jsonl:
        answer_lines(lambda told: {"ok": flaw_of(told["linter"], told["value"]) is None}, "linter", "value")
        return
    flaws = [(value, flaw_of(rule, value)) for value in _given(values)]
    for value, flaw in flaws:
        wrong = "" if flaw is None else f": {flaw.code} at character {flaw.position + 1}"
        typer.echo(f"{value}: {'valid' if flaw is None else 'not valid'}{wrong}")
    if any(flaw is not None for _, flaw in flaws):
        raise typer.Exit(1)


@app.command()
def compress(links: _Texts = None, jsonl: _Jsonl = False) -> None:
    """Print Digital Links in their compressed form.

    With --jsonl, lines of {"input": …} are answered by {"ok", "output", "err"}.
    """
    _rewrite(compressed, links, jsonl=jsonl)


@app.command()
def decompress(links: _Texts = None, jsonl: _Jsonl = False) -> None:
    """Print compressed Digital Links as plain ones.

    With --jsonl, lines of {"input": …} are answered by {"ok", "output", "err"}.
    """
    _rewrite(decompressed, links, jsonl=jsonl)


def _verdict(text: str) -> Verdict:
    """The verdict on data in the spelling that their first character tells."""
    if text.startswith("("):
        return check_bracketed(text)
    try:
        return read_scan(text).verdict if text.startswith("]") else check_link(text)
    except Gs1SyntaxError as error:
        return Verdict((), (error.fault,))


def _checked(told: Mapping[str, Any]) -> Answer:
    check_kind = _CHECKS.get(told["kind"])
    if check_kind is None:
        raise WrongUse(
            "There is no kind {kind}.", where="kind", kind=told["kind"][:50], remedy="Write dl or ai."
        )
    verdict = check_kind(told["input"])
    if verdict.fault is not None:
        return {"ok": False, "ai": "", "err": verdict.fault.message, "raw": "", "canonical_dl": None}
    return {
        "ok": True,
        "ai": bracketed(verdict.elements),
        "err": "",
        "raw": raw(verdict.elements),
        "canonical_dl": _canonical(verdict),
    }


def _canonical(verdict: Verdict) -> str | None:
    """The canonical Digital Link; None where the elements make none."""
    try:
        return canonical_link(verdict.elements)
    except Gs1SyntaxError:
        return None


def _rewrite(rewritten: Callable[[str], str], links: list[str] | None, *, jsonl: bool) -> None:
    def answer(told: Mapping[str, Any]) -> Answer:
        try:
            return {"ok": True, "output": rewritten(told["input"]), "err": ""}
        except IdentifierError as error:
            return {"ok": False, "output": "", "err": str(error)}

    if jsonl:
        answer_lines(answer, "input")
        return
    for link in _given(links):
        typer.echo(rewritten(link))


def _given(texts: list[str] | None) -> list[str]:
    if not texts:
        raise WrongUse(
            "Nothing was given.", where="TEXT", remedy="Give at least one, or --jsonl and standard input."
        )
    return texts
