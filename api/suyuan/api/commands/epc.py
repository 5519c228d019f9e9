"""``suyuan epc``: tag memory and identifiers, decoded and encoded."""

from __future__ import annotations

from typing import Annotated

import orjson
import typer

from suyuan.trace.gs1 import decode_epc, element_string, encode_epc, identify
from suyuan.trace.gs1.errors import TagError

app = typer.Typer(help="Decode and encode EPC tag memory.", no_args_is_help=True)


@app.command()
def decode(
    memory: Annotated[
        str, typer.Argument(help="EPC memory in hexadecimal, such as 3066C4409047E140075BCD15.")
    ],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """What a tag says it is."""
    try:
        data = bytes.fromhex(memory)
    except ValueError as error:
        raise TagError(
            "{memory} is not hexadecimal", memory=memory, remedy="Give pairs of 0-9 and A-F."
        ) from error
    epc = decode_epc(data)
    facts: dict[str, object] = {
        "scheme": epc.scheme,
        "filter": epc.filter,
        "key": epc.identifier.key,
        "element_string": element_string(epc.identifier),
        "urn": epc.urn,
        "tag_urn": epc.tag_urn,
    }
    _print(facts, as_json=json)


@app.command()
def encode(
    identifier: Annotated[str, typer.Argument(help="A Digital Link or EPC URN.")],
    company_prefix_length: Annotated[
        int, typer.Option(help="Digits of the GS1 company prefix.", min=6, max=12)
    ] = 7,
    filter_value: Annotated[
        int, typer.Option("--filter", help="Filter value: 1 item, 2 case, 6 pallet.", min=0, max=7)
    ] = 1,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """The tag memory for an identifier."""
    found = identify(identifier)
    memory = encode_epc(found, company_prefix_length=company_prefix_length, filter=filter_value)
    _print({"key": found.key, "memory": memory.hex().upper()}, as_json=json)


def _print(facts: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        typer.echo(orjson.dumps(facts).decode())
        return
    for name, value in facts.items():
        typer.echo(f"{name:15} {value}")
