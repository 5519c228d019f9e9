"""pyllrp as a client of a reader that is not its own. Run in pyllrp's environment alone."""

# pyright: basic, reportMissingImports=false

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from typing import Any

from pyllrp.LLRPConnector import LLRPConnector
from pyllrp.pyllrp import (
    ENABLE_ROSPEC_Message,
    RO_ACCESS_REPORT_Message,
    SET_READER_CONFIG_Message,
)
from pyllrp.TagInventory import TagInventory

TOLD = 1_000  # reads whose EPCs are told: a measurement of millions should not measure a set


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("deed", choices=["inventory"])
    parser.add_argument("reads", type=int)
    arguments = parser.parse_args()
    connector = LLRPConnector()
    connector.connect(arguments.host, arguments.port)
    answer = connector.transact(SET_READER_CONFIG_Message(ResetToFactoryDefault=True))
    if not answer.success():
        sys.exit(f"SET_READER_CONFIG: {answer}")
    inventory = TagInventory(arguments.host)
    inventory.connector = connector
    wanted = arguments.reads
    answer = whole(inventory) if wanted <= TOLD else stream(connector, inventory, wanted)
    connector.disconnect()
    json.dump(answer, sys.stdout)


def whole(inventory: Any) -> dict[str, Any]:
    """One inventory as the library does it by itself: it begins, waits, ends and gathers."""
    inventory.GetTagInventory()
    epcs = {f"{tag['EPC']:024x}" for tag in inventory.tagDetail}  # it tells them as numbers
    return {"epcs": sorted(epcs), "reads": len(inventory.tagDetail), "seconds": 0.0}


def stream(connector: Any, inventory: Any, wanted: int) -> dict[str, Any]:
    """Reports as they come, for as many reads as are wanted."""
    reads = 0
    began = ended = used = 0.0
    done = threading.Event()

    def heard(_: Any, report: Any) -> None:
        nonlocal reads, began, ended, used
        if ended:
            return  # the rest comes while it disconnects
        if not began:
            began, used = time.perf_counter(), time.process_time()
        reads += len(report.getTagData())
        if reads >= wanted:
            ended, used = time.perf_counter(), time.process_time() - used
            done.set()

    inventory._prolog()
    connector.removeAllHandlers()
    connector.addHandler(RO_ACCESS_REPORT_Message, heard)
    ENABLE_ROSPEC_Message(ROSpecID=inventory.roSpecID).send(connector.readerSocket)
    connector.startListener()
    done.wait(60)
    connector.stopListener()
    return {"epcs": [], "reads": reads, "seconds": ended - began, "processor_seconds": used}


if __name__ == "__main__":
    main()
