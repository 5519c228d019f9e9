"""``suyuan epc``: tag memory and identifiers, decoded and encoded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, cast

import orjson
import typer

from suyuan.api.commands.json_lines import Answer, answer_lines
from suyuan.trace.errors import InvalidInput, SuyuanError, WrongUse
from suyuan.trace.gs1 import Identifier, decode_epc, element_string, encode_epc, identify
from suyuan.trace.gs1.errors import TagError, shown
from suyuan.trace.gs1.tags.paths import decode_path

_Jsonl = Annotated[bool, typer.Option("--jsonl", help="Read JSON lines from standard input.")]

app = typer.Typer(help="Decode and encode EPC tag memory.", no_args_is_help=True)


@app.command()
def decode(
    memory: Annotated[
        str,
        typer.Argument(
            help="EPC memory in hexadecimal, such as 3066C4409047E140075BCD15, or a hybrid tag's path, /eh…."
        ),
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    jsonl: _Jsonl = False,
) -> None:
    """What a tag says it is.

    With --jsonl, lines of {"memory": …} are answered by {"ok", "err", "scheme", "key", …}.
    """
    if jsonl:
        answer_lines(lambda asked: _answer(lambda: _told(asked["memory"])), "memory")
        return
    _print(_told(memory), as_json=json)


def _answer(work: Callable[[], Answer]) -> Answer:
    """What ``work`` tells, or why it does not."""
    try:
        return {"ok": True, "err": "", **work()}
    except SuyuanError as error:
        return {"ok": False, "err": str(error)}


def _told(memory: str) -> Answer:
    epc = decode_path(memory) if "/" in memory else decode_epc(_bytes(memory))
    return {
        "scheme": epc.scheme,
        "filter": epc.filter,
        "filter_name": epc.filter_name,
        "key": epc.identifier.key,
        "element_string": element_string(epc.identifier),
        "urn": epc.urn,
        "tag_urn": epc.tag_urn,
        "data": dict(epc.data),
        "hostname": epc.hostname,
        "link": epc.link(),
    }


def _bytes(memory: str) -> bytes:
    try:
        return bytes.fromhex(memory)
    except ValueError as error:
        raise TagError(
            "{memory} is not hexadecimal", memory=shown(memory), remedy="Give pairs of 0-9 and A-F."
        ) from error


@app.command()
def encode(
    identifier: Annotated[str, typer.Argument(help="A Digital Link or EPC URN.")] = "",
    company_prefix_length: Annotated[
        int | None,
        typer.Option(help="Digits of the GS1 company prefix; schemes with + do without.", min=6, max=12),
    ] = None,
    filter_value: Annotated[
        int | None,
        typer.Option(
            "--filter", help="Filter value: 1 item, 2 case, 6 pallet. 1 for a GTIN, else 0.", min=0, max=63
        ),
    ] = None,
    scheme: Annotated[str | None, typer.Option(help="Binary scheme, such as SGTIN-96 or SGTIN+.")] = None,
    data: Annotated[
        list[str] | None, typer.Option(help="What else the tag says, such as 10=L1 or 17=261231.")
    ] = None,
    hostname: Annotated[str, typer.Option(help="Who resolves the tag's link; a scheme with ++.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    jsonl: _Jsonl = False,
) -> None:
    """The tag memory for an identifier.

    With --jsonl, lines of {"identifier": …, "company_prefix_length", "filter", "scheme", "data", "hostname"}
    are answered by {"ok", "err", "key", "scheme", "memory"}.
    """
    wanted = Wanted(company_prefix_length, filter_value, scheme, tuple(map(_pair, data or ())), hostname)
    if jsonl:
        answer_lines(
            lambda asked: _answer(lambda: _written(asked["identifier"], _wanted(asked))), "identifier"
        )
        return
    _print(_written(identifier, wanted), as_json=json)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a tag is to be written; what is None or empty is chosen."""

    company_prefix_length: int | None = None
    filter: int | None = None
    scheme: str | None = None
    data: tuple[tuple[str, str], ...] = ()
    hostname: str = ""


def _wanted(question: Mapping[str, Any]) -> Wanted:
    """How a line wants its tag."""
    data: object = question.get("data") or {}
    given = (question.get("company_prefix_length"), question.get("filter"))
    scheme, hostname = question.get("scheme"), question.get("hostname") or ""
    right = isinstance(data, dict) and all(
        isinstance(text, str) for text in cast("Mapping[str, object]", data).values()
    )
    right = right and all(number is None or type(number) is int for number in given)
    if not (right and isinstance(hostname, str) and (scheme is None or isinstance(scheme, str))):
        raise InvalidInput(
            "A line has numbers, texts or data of another type than expected.",
            where="line",
            remedy='Write {"identifier": "…", "filter": 1, "data": {"10": "L1"}}, for example.',
        )
    pairs = tuple(cast("Mapping[str, str]", data).items())
    return Wanted(*given, scheme, pairs, hostname)


def _written(identifier: str, wanted: Wanted) -> Answer:
    found = identify(identifier)
    memory = encode_epc(
        found,
        company_prefix_length=wanted.company_prefix_length,
        filter=_usual_filter(found) if wanted.filter is None else wanted.filter,
        scheme=wanted.scheme,
        data=wanted.data,
        hostname=wanted.hostname,
    )
    return {"key": found.key, "scheme": decode_epc(memory).scheme, "memory": memory.hex().upper()}


def _usual_filter(found: Identifier) -> int:
    """What is sold is a point-of-sale item unless somebody says otherwise; of other keys nothing is known."""
    return 1 if found.ais and found.ais[0][0] == "01" else 0


def _pair(text: str) -> tuple[str, str]:
    ai, equals, value = text.partition("=")
    if not equals:
        raise WrongUse(
            "{value} is not an AI, an equals sign and a value.",
            where="--data",
            remedy="Write --data 10=L1, for example.",
            value=text,
        )
    return ai, value


def _print(facts: Answer, *, as_json: bool) -> None:
    if as_json:
        typer.echo(orjson.dumps(facts).decode())
        return
    for name, value in facts.items():
        if value not in (None, "", {}):
            typer.echo(f"{name:15} {value}")
