"""``suyuan station``: run a station agent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from suyuan.readers.station.agent import run as run_agent

app = typer.Typer(help="The station agent.", no_args_is_help=True)


@app.callback()
def station() -> None:
    """The station agent."""


@app.command()
def run(config: Annotated[Path, typer.Argument(help="The station's TOML file.")]) -> None:
    """Read tags, build events, deliver them; outcomes are JSON lines. SIGTERM stops in good order."""
    run_agent(config)
