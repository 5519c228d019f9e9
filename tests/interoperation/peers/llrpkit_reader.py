"""llrpkit's emulated reader, for our client. Run in llrpkit's environment alone.

It says its port and the EPCs in its field in one line, and ends with its standard input.
"""

# pyright: basic, reportMissingImports=false

from __future__ import annotations

import asyncio
import json
import sys

from llrpkit.emulator import LLRPEmulator


async def main() -> None:
    async with LLRPEmulator(reads_per_sec=1_000.0) as emulator:
        facts = {"port": emulator.port, "epcs": sorted(tag.epc.hex() for tag in emulator.tags)}
        sys.stdout.write(json.dumps(facts) + "\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
