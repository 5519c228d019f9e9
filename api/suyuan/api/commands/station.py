"""``suyuan station``: enrol a station, run its agent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich import print as show

from suyuan.readers.station.agent import run as run_agent
from suyuan.readers.station.enrol import KEY_FILE, configure, enrol
from suyuan.trace.errors import WrongUse

app = typer.Typer(help="The station agent.", no_args_is_help=True)


@app.callback()
def station() -> None:
    """The station agent."""


@app.command()
def run(config: Annotated[Path, typer.Argument(help="The station's TOML file.")]) -> None:
    """Read tags, build events, deliver them, and serve the station's page, whose address is printed.

    Outcomes are JSON lines. Without a configuration the page leads to one. SIGTERM stops in good order.
    """
    run_agent(config)


@app.command("enrol")
def enrol_station(
    code: Annotated[str, typer.Argument(help="The link of the QR symbol, or the one-time code.")],
    config: Annotated[Path, typer.Option(help="The station's TOML file; made if absent.")] = Path(
        "station.toml"
    ),
    server: Annotated[str, typer.Option(help="Address of the platform, with a code alone.")] = "",
) -> None:
    """Make a key here, show the code to the platform, and write both down for the agent."""
    text = _text_of(config)
    with httpx.Client(timeout=httpx.Timeout(20.0, connect=5.0)) as client:
        enrolled = enrol(code, server_url=server, key_file=config.parent / KEY_FILE, client=client)
    lines = configure(text, enrolled, config.parent)
    try:
        config.write_text(lines, encoding="utf-8")
    except OSError as error:
        raise WrongUse(
            "The station is enrolled, but {path} cannot be written: {reason}",
            where="--config",
            path=str(config),
            reason=error.strerror or str(error),
            remedy=f"Write these lines into it yourself:\n{configure('', enrolled, config.parent)}",
        ) from error
    show(f"[bold]{enrolled.name}[/bold] is enrolled at {enrolled.server_url}.")
    show(f"Its key is in {enrolled.key_file}, its way to the platform in {config}.")
    show(f"Next: suyuan station run {config}")


def _text_of(config: Path) -> str:
    """What the file says by now: before the code is used up, so that nothing is lost if it cannot be read."""
    try:
        return config.read_text(encoding="utf-8") if config.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUse(
            "The configuration {path} cannot be read: {reason}",
            where="--config",
            path=str(config),
            reason=str(error),
            remedy="Check the path; the code is still good.",
        ) from error
