"""``suyuan tag``: tags that sign each tap, and what is written on UHF tags."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer

from suyuan.readers.registry import open_reader
from suyuan.readers.tags.access import LinkTag
from suyuan.readers.tags.tid import tid_of
from suyuan.readers.tags.uhf import SMALLEST_EPC_BITS, epc_for
from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1 import TagError, scanned
from suyuan.trace.gs1.errors import shown
from suyuan.trace.sun import (
    ForgedTap,
    Freshness,
    SignedBefore,
    SunKeys,
    beside,
    judge,
    new_key_file,
    note_signed,
    read_key_file,
    read_signed,
    renew_key_file,
    sun_of,
    verify,
)

app = typer.Typer(help="Tags: signing ones, and what to write on UHF tags.", no_args_is_help=True)

_WAIT_S = 30.0
_Keys = Annotated[Path, typer.Option("--keys", help="The key file; see: suyuan tag keys", show_default=False)]
_MEANS = {
    Freshness.FRESH: ("a new reading", "新的一次读取"),
    Freshness.AGAIN: ("the last reading once more", "与上一次相同的读取"),
    Freshness.REPLAY: ("an older reading: the link was kept or copied", "更早的读取：链接被保存或复制过"),
}


@app.callback()
def tag() -> None:
    """Tags: signing ones, and what to write on UHF tags."""


@app.command()
def keys(
    file: Annotated[Path, typer.Argument(help="A new file, such as /etc/suyuan/sun.toml")],
    system: Annotated[
        str, typer.Option(help="A name of your own; keys of another name are others.")
    ] = "Suyuan",
    renew: Annotated[
        bool, typer.Option("--renew", help="Add new keys to a file; tags signed before stay good.")
    ] = False,
) -> None:
    """Make master keys for signing tags, in a file for its owner alone. It is never overwritten."""
    version = 1
    if renew:
        version = renew_key_file(file)
    else:
        new_key_file(file, system=system)
    typer.echo(
        f"{file}: keys of version {version}. Keep a copy in a safe: without it no tag can be verified."
    )
    typer.echo(f"{file}：第 {version} 版密钥。请妥善备份：没有它，任何标签都无法验证。")


@app.command()
def sign(
    url: Annotated[str, typer.Argument(help="Such as pcsc://ACR122U")],
    link: Annotated[str, typer.Argument(help="Such as https://host/01/…/21/…")],
    keys: _Keys,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", help="Even if it names another object; a signing tag needs newer keys for that."
        ),
    ] = False,
    wait: Annotated[float, typer.Option(help="Seconds to wait for a tag.", min=0, max=3600)] = _WAIT_S,
) -> None:
    """Let the NTAG 424 DNA on the reader sign each tap of a link, then tap it and verify.

    Torn away in the midst, it is finished when the command is given once more. Which tags were signed stands
    beside the key file, in one of the same name with .signed behind it: keep it, for with it an imitation of
    one of them gets no keys. Sign blanks from a source you trust, where nobody can listen.
    """
    register = beside(keys)
    before = read_signed(register)
    found = asyncio.run(
        _sign(url, link, read_key_file(keys), overwrite=overwrite, wait_s=wait, before=before.__contains__)
    )
    if found.tid not in before:
        note_signed(register, found.tid)
    typer.echo(f"{found.model} {found.tid.hex().upper()}, signs: {found.text}")


@app.command("verify")
def verify_link(
    link: Annotated[
        str, typer.Argument(help="The whole link, as a phone that was held to the tag shows it.")
    ],
    keys: _Keys,
    last: Annotated[
        int | None, typer.Option(help="The last counter that was seen of this tag.", min=0)
    ] = None,
    last_version: Annotated[
        int | None,
        typer.Option(help="The version of its keys then, if not the newest.", min=1, max=255),
    ] = None,
) -> None:
    """Say which tag made a link, and at which reading; exit status 1 if no tag of ours did."""
    try:
        known = read_key_file(keys)
        tap = verify(sun_of(link), known)
    except ForgedTap as error:
        typer.echo(f"forged: {error}\n伪造：持有本密钥的标签都不会给出这个链接。", err=True)
        raise typer.Exit(1) from error
    fresh = judge(tap.reading, None if last is None else (last_version or known.versions[0], last))
    english, chinese = ("", "") if last is None else (f", {_MEANS[fresh][0]}", f"，{_MEANS[fresh][1]}")
    uid = tap.uid.hex().upper()
    typer.echo(f"genuine: tag {uid}, reading {tap.counter}, keys of version {tap.version}{english}")
    typer.echo(f"真实：标签 {uid}，第 {tap.counter} 次读取，第 {tap.version} 版密钥{chinese}")
    if fresh is Freshness.REPLAY:
        raise typer.Exit(1)


@app.command()
def epc(
    thing: Annotated[str, typer.Argument(help="A Digital Link, EPC URN or element string, with serial.")],
    bits: Annotated[int, typer.Option(help="EPC memory of the chip.", min=16, max=496)] = SMALLEST_EPC_BITS,
    lot: Annotated[str, typer.Option(help="AI 10.")] = "",
    expiry: Annotated[str, typer.Option(help="AI 17, as 2026-12-31.")] = "",
    prefix: Annotated[int | None, typer.Option(help="Digits of the GS1 company prefix, if known.")] = None,
    whole: Annotated[bool, typer.Option("--whole", help="Refuse rather than leave something out.")] = False,
) -> None:
    """Show what to write into the EPC memory of a UHF tag, as JSON."""
    made = epc_for(
        scanned(thing),
        epc_bits=bits,
        lot=lot,
        expiry=_day(expiry) if expiry else None,
        company_prefix_length=prefix,
        whole=whole,
    )
    facts = {
        "scheme": made.scheme,
        "pc": f"{made.pc.word:04X}",
        "epc": made.epc.hex().upper(),
        "told": dict(made.told),
        "left_out": dict(made.left_out),
    }
    typer.echo(orjson.dumps(facts, option=orjson.OPT_INDENT_2).decode())


@app.command()
def tid(
    memory: Annotated[str, typer.Argument(help="The TID bank in hexadecimal, from its first word.")],
) -> None:
    """Show what a chip says of itself, and whether that tells it from all others, as JSON."""
    try:
        chip = tid_of(bytes.fromhex(memory))
    except ValueError as error:
        raise TagError(
            "{memory} is not hexadecimal", memory=shown(memory), remedy="Give pairs of 0-9 and A-F."
        ) from error
    facts = {
        "chip": chip.name,
        "unique": chip.unique,
        "serial": chip.serial.hex().upper(),
        "binding": chip.binding.hex().upper(),
        "epc_bits": chip.max_epc_bits or (chip.chip.epc_bits if chip.chip else None),
        "user_bits": chip.chip.user_bits if chip.chip else None,
    }
    typer.echo(orjson.dumps(facts, option=orjson.OPT_INDENT_2).decode())


async def _sign(
    url: str, link: str, keys: SunKeys, *, overwrite: bool, wait_s: float, before: SignedBefore
) -> LinkTag:
    async with open_reader(url, now=lambda: datetime.now(UTC)) as opened:
        if opened.capabilities.sign_link:
            with suppress(TimeoutError):  # if no tag comes, signing says so
                await asyncio.wait_for(opened.receive(1), wait_s)
        return await opened.sign_link(link, keys, overwrite=overwrite, signed_before=before)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(
            "{text} is not a day.", where="expiry", remedy="Write it as 2026-12-31.", text=shown(text)
        ) from error
