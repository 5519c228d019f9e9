"""sllurp as a client of a reader that is not its own. Run in sllurp's environment alone.

sllurp's packages lack its commands (``sllurp.verb``), so the library is used directly.
"""

# pyright: basic, reportMissingImports=false

from __future__ import annotations

import argparse
import json
import logging
import sys
import threading
import time
from typing import Any

from sllurp.llrp import (
    C1G2Read,
    C1G2TargetTag,
    C1G2Write,
    LLRPReaderClient,
    LLRPReaderConfig,
    LLRPReaderState,
)

TOLD = 1_000  # reads whose EPCs are told: a measurement of millions should not measure a set


def main() -> None:
    arguments = read_arguments()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    config = LLRPReaderConfig(
        {
            "antennas": [0],
            "tx_power": 0,
            "report_every_n_tags": 1,
            "tag_content_selector": {
                "EnableROSpecID": True,
                "EnableSpecIndex": False,
                "EnableInventoryParameterSpecID": False,
                "EnableAntennaID": True,
                "EnableChannelIndex": False,
                "EnablePeakRSSI": True,
                "EnableFirstSeenTimestamp": True,
                "EnableLastSeenTimestamp": True,
                "EnableTagSeenCount": True,
                "EnableAccessSpecID": True,
            },
        }
    )
    client = LLRPReaderClient(arguments.host, arguments.port, config)
    done = threading.Event()
    client.add_disconnected_callback(lambda _: done.set())
    answer = (
        inventory(client, done, arguments)
        if arguments.deed == "inventory"
        else access(client, done, arguments)
    )
    json.dump(answer, sys.stdout)


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


def inventory(client: Any, done: threading.Event, arguments: argparse.Namespace) -> dict[str, Any]:
    epcs: set[str] = set()
    reads = 0
    began = ended = used = 0.0

    def heard(_: Any, tags: list[dict[str, Any]]) -> None:
        nonlocal reads, began, ended, used
        if ended:
            return  # the rest comes while it disconnects
        if not began:
            began, used = time.perf_counter(), time.process_time()
        if reads < TOLD:
            epcs.update(epc_of(tag) for tag in tags)
        reads += len(tags)
        if reads >= arguments.reads:
            ended, used = time.perf_counter(), time.process_time() - used
            done.set()

    client.add_tag_report_callback(heard)
    client.connect()
    done.wait(30)
    LLRPReaderClient.disconnect_all_readers(timeout_per_reader=5)  # by force if it must be
    return {"epcs": sorted(epcs), "reads": reads, "seconds": ended - began, "processor_seconds": used}


def access(client: Any, done: threading.Event, arguments: argparse.Namespace) -> dict[str, Any]:
    target = C1G2TargetTag(MB=1, Pointer=32, TagMask="f" * len(arguments.epc), TagData=arguments.epc)
    if arguments.deed == "read":
        spec = C1G2Read(MB=arguments.bank, WordPtr=arguments.offset, WordCount=arguments.words)
    else:
        data = bytes.fromhex(arguments.data)
        spec = C1G2Write(
            MB=arguments.bank, WordPtr=arguments.offset, WriteDataWordCount=len(data) // 2, WriteData=data
        )
    found: dict[str, Any] = {}

    def heard(_: Any, tags: list[dict[str, Any]]) -> None:
        for tag in tags:
            result = next((value for name, value in tag.items() if name.endswith("OpSpecResult")), None)
            if result is not None and not done.is_set():
                read = result.get("ReadData")
                found.update(
                    epc=epc_of(tag),
                    result=result["Result"],
                    data=None if read is None else bytes(read).hex(),
                    words=result.get("NumWordsWritten"),
                )
                done.set()

    client.add_tag_report_callback(heard)
    client.add_state_callback(
        LLRPReaderState.STATE_INVENTORYING,
        lambda *_: client.start_access_spec(spec, target, stop_after_count=1),
    )
    client.connect()
    done.wait(30)
    LLRPReaderClient.disconnect_all_readers(timeout_per_reader=5)  # by force if it must be
    return found


def epc_of(tag: dict[str, Any]) -> str:
    epc: bytes = tag["EPC"]
    return epc.decode()


if __name__ == "__main__":
    main()
