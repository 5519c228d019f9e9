"""``suyuan serve``: the server process."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import Annotated

import typer
from granian import Granian
from granian.constants import Interfaces, SSLProtocols

from suyuan.api.house import open_house
from suyuan.api.port import wait_for_port
from suyuan.api.settings import SettingInvalid, Settings, read_settings
from suyuan.api.worker import MAIN_PROCESS
from suyuan.trace.store.accounts import accounts
from suyuan.trace.store.engine import Reading, exposed

STOP_WITHIN_S = 8  # less than the ten seconds that containers are given


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (SUYUAN_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (SUYUAN_PORT).")] = None,
    db: Annotated[str | None, typer.Option(help="Database URL or SQLite file (SUYUAN_DATABASE).")] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Ask for no credentials; loopback addresses only.")
    ] = False,
) -> None:
    """Serve the pages and interfaces until interrupted."""
    given = {
        "SUYUAN_HOST": host,
        "SUYUAN_PORT": None if port is None else str(port),
        "SUYUAN_DATABASE": db,
        "SUYUAN_INSECURE": "1" if insecure else None,
    }
    os.environ.update({name: value for name, value in given.items() if value is not None})
    settings = read_settings(os.environ)
    certificate, key = _checked(settings)
    wait_for_port(settings.host, settings.port)
    # Opened once here, so that a wrong setting or an old schema is one clear sentence and not a dead worker.
    house = open_house(settings)
    with Reading(house.engine) as reading:
        nobody = not accounts(reading)
    for file in exposed(house.engine):
        typer.echo(
            f"Other users of this machine can read {file}, which holds password hashes and signing keys. "
            f"Close it: chmod 600 '{file}'",
            err=True,
        )
    house.close()
    if nobody and not settings.insecure:
        typer.echo("Nobody can sign in yet: stop this, run suyuan init, and serve again.", err=True)
    if is_proxy_untold(settings):
        typer.echo(
            f"{settings.public_url} is reached through a proxy that is not told of: all have its address, "
            "and one stranger who guesses passwords locks all out. Set SUYUAN_TRUSTED_PROXY to the address "
            "that it asks from, such as 127.0.0.1 (docs/tls.md).",
            err=True,
        )
    typer.echo(f"Suyuan serves {settings.public_url} (listening on {settings.host}:{settings.port})")
    os.environ[MAIN_PROCESS] = str(os.getpid())
    Granian(
        "suyuan.api.worker:create",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=1,  # one process owns the writer and the lineage
        # A worker that is told to stop while it still starts does not hear it (Granian forks it with its own
        # handlers). What was acknowledged is on disk, so ending it after a while costs nothing.
        workers_kill_timeout=STOP_WITHIN_S,
        log_access=False,
        ssl_cert=certificate,
        ssl_key=key,
        ssl_protocol_min=SSLProtocols.tls12,  # phones of 2014 scan labels, too
    ).serve()


def is_proxy_untold(settings: Settings) -> bool:
    """Whether somebody else speaks TLS for us, and we do not believe them who is asking."""
    return settings.secure_cookies and settings.tls is None and not settings.trusted_proxies


def _checked(settings: Settings) -> tuple[Path, Path] | tuple[None, None]:
    """The files of certificate and key, if there are any; one sentence for what a worker would die of."""
    if settings.tls is None:
        return None, None
    certificate, key = settings.tls
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ValueError) as error:  # SSLError is an OSError
        raise SettingInvalid(
            "The server cannot speak TLS with {certificate} and {key}: {reason}",
            where="SUYUAN_TLS_CERTIFICATE",
            remedy="Give PEM files that this account can read: the certificate chain, and its key in clear.",
            certificate=certificate,
            key=key,
            reason=error,
        ) from error
    return certificate, key


def _no_password() -> str:
    """Nobody is there to be asked; OpenSSL would ask the terminal."""
    return ""
