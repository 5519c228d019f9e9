"""``suyuan health``: is the server of this environment ready? For container health checks."""

from __future__ import annotations

import os

import httpx
import typer

from suyuan.api.settings import read_settings


def health() -> None:
    """Exit with 0 if the server is ready, with 1 and the reason if not."""
    settings = read_settings(os.environ)
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 (compared, not bound)
    try:
        # It asks this very machine, whatever name the certificate has.
        scheme, verify = ("https", False) if settings.tls else ("http", True)
        answer = httpx.get(f"{scheme}://{host}:{settings.port}/readyz", timeout=3, verify=verify)
    except httpx.HTTPError as error:
        typer.echo(f"not ready: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(answer.text)
    if not answer.is_success:
        raise typer.Exit(1)
