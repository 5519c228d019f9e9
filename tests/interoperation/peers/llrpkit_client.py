"""llrpkit as a client of a reader that is not its own. Run in llrpkit's environment alone."""

# pyright: basic, reportMissingImports=false

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import time
from typing import Any

from llrpkit.reader import Reader

TOLD = 1_000  # reads whose EPCs are told: a measurement of millions should not measure a set


def main() -> None:
    arguments = read_arguments()
    deed = inventory if arguments.deed == "inventory" else access
    json.dump(asyncio.run(deed(arguments)), sys.stdout)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    deeds = parser.add_subparsers(dest="deed", required=True)
    deeds.add_parser("inventory").add_argument("reads", type=int)
    for name in ("read", "write"):
        deed = deeds.add_parser(name)
        deed.add_argument("epc")
        deed.add_argument("bank", type=int)
        deed.add_argument("offset", type=int)
        deed.add_argument("words" if name == "read" else "data", type=int if name == "read" else str)
    return parser.parse_args()


async def inventory(arguments: argparse.Namespace) -> dict[str, Any]:
    epcs: set[str] = set()
    reads = 0
    began = ended = used = 0.0
    async with Reader(arguments.host, arguments.port) as reader:
        stream = reader.inventory(duration=30.0)
        async with contextlib.aclosing(stream):
            async for tag in stream:
                if not began:
                    began, used = time.perf_counter(), time.process_time()
                if reads < TOLD:
                    epcs.add(tag.epc_hex)
                reads += 1
                if reads >= arguments.reads:
                    ended, used = time.perf_counter(), time.process_time() - used
                    break
        dropped = sum(
            value
            for name, value in vars(reader.client).items()
            if "dropped" in name and isinstance(value, int)
        )
    return {
        "epcs": sorted(epcs),
        "reads": reads,
        "seconds": ended - began,
        "processor_seconds": used,
        "dropped": dropped,
    }


async def access(arguments: argparse.Namespace) -> dict[str, Any]:
    async with Reader(arguments.host, arguments.port) as reader:
        if arguments.deed == "read":
            done = await reader.read_memory(
                bank=arguments.bank,
                word_pointer=arguments.offset,
                word_count=arguments.words,
                target_epc=arguments.epc,
            )
        else:
            done = await reader.write_memory(
                bank=arguments.bank,
                word_pointer=arguments.offset,
                data=arguments.data,
                target_epc=arguments.epc,
            )
    return {
        "epc": done.epc_hex,
        "result": done.status,
        "data": None if done.data is None else done.data.hex(),
        "words": done.words_written,
    }


if __name__ == "__main__":
    main()
