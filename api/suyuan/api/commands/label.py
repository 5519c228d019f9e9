"""``suyuan label``: keys of labels, and signatures of labels checked without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import orjson
import typer

from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1 import Identifier, identify
from suyuan.trace.gs1.errors import shown
from suyuan.trace.scan.label_keys import new_label_keys, read_label_keys, renew_label_keys
from suyuan.trace.scan.seals import MOST_LINK, SIGNATURE, is_signed, jwk_set, public_keys, told_in

app = typer.Typer(help="Labels: their keys and signatures.", no_args_is_help=True)

_MOST_KEYS = 1 << 20


@app.callback()
def label() -> None:
    """Labels: their keys and signatures."""


@app.command()
def keys(
    file: Annotated[Path, typer.Argument(help="A new file, such as /etc/suyuan/labels.toml")],
    renew: Annotated[
        bool, typer.Option("--renew", help="Add new keys to a file; labels made before stay good.")
    ] = False,
) -> None:
    """Make master keys for labels, in a file for its owner alone. It is never overwritten."""
    if renew:
        version = renew_label_keys(file)
    else:
        new_label_keys(file)
        version = 1
    name = read_label_keys(file).names[0]
    typer.echo(f"{file}: keys {name}, version {version}. Name the file in SUYUAN_LABEL_KEYS, and keep a copy")
    typer.echo("in a safe: without it no label that was made with it can be checked.")
    typer.echo(f"{file}：密钥 {name}，第 {version} 版。请在 SUYUAN_LABEL_KEYS 中指定该文件，并妥善备份：")
    typer.echo("没有它，用它制作的标签都无法核对。")


@app.command()
def public(file: Annotated[Path, typer.Argument(help="The file of keys.")]) -> None:
    """Print the public keys as a JWK set: what the server has at /.well-known/jwks.json."""
    typer.echo(orjson.dumps(jwk_set(read_label_keys(file)), option=orjson.OPT_INDENT_2).decode())


@app.command()
def check(
    link: Annotated[str, typer.Argument(help="The whole link of a signed label, as a scanner reads it.")],
    keys: Annotated[
        Path, typer.Option("--keys", help="Public keys: /.well-known/jwks.json of the platform, saved.")
    ],
) -> None:
    """Say whether a label was signed by the holder of one of these keys; exit status 1 if not.

    No network is used. That the signature is right says that the platform gave the code out, not that the
    label in hand is the first to bear it: a signed code can be copied like any other.
    """
    found, told = _signed(link)
    known = _public(keys)
    name = told.partition(".")[0]
    key = known.get(name)
    if key is None:
        typer.echo(f"cannot be checked: the key {shown(name)} is not among these", err=True)
        typer.echo(f"无法核对：这些公钥中没有 {shown(name)}", err=True)
        raise typer.Exit(1)
    if not is_signed(told, key, found):
        typer.echo("wrong: this key has not signed this code\n错误：该密钥没有签过这个编码", err=True)
        raise typer.Exit(1)
    typer.echo(f"right: {found.key}, signed with the key {name}\n正确：{found.key}，由密钥 {name} 签发")


def _signed(link: str) -> tuple[Identifier, str]:
    try:
        query = urlsplit(link).query if len(link) <= MOST_LINK else ""
    except ValueError:
        query = ""
    told = told_in(query, SIGNATURE)
    if not told:
        raise InvalidInput(
            "The link bears no signature.",
            where=SIGNATURE,
            remedy="Give the whole link of a signed label, with everything behind the question mark.",
        )
    return identify(link), told


def _public(path: Path) -> dict[str, bytes]:
    try:
        with path.open("rb") as file:
            told = orjson.loads(file.read(_MOST_KEYS))
    except OSError as error:
        raise InvalidInput(
            "{path} cannot be read: {reason}.",
            where="--keys",
            remedy="Save the page /.well-known/jwks.json of the platform, and name the file.",
            path=str(path),
            reason=error.strerror or "unknown",
        ) from error
    except orjson.JSONDecodeError:
        told = None
    found = public_keys(told)
    if not found:
        raise InvalidInput(
            "{path} has no public keys of Ed25519.",
            where="--keys",
            remedy="Save the page /.well-known/jwks.json of the platform, and name the file.",
            path=str(path),
        )
    return found
