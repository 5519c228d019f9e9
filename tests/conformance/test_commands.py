"""The commands that answer in JSON lines, held against the published vectors as a program would use them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from suyuan.api.cli import main

SUYUAN = str(Path(sys.executable).parent / "suyuan")


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


def suyuan(*arguments: str, given: str = "") -> Said:
    """The command line in this process: to read its modules anew takes longer than what is asked of it."""
    out, err = TextIOWrapper(BytesIO(), "utf-8"), TextIOWrapper(BytesIO(), "utf-8")
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "stdin", TextIOWrapper(BytesIO(given.encode()), "utf-8"))
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
    return Said(int(ended.value.code or 0), _told(out), _told(err))


def _told(stream: TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def program(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """The same as a program of its own."""
    return subprocess.run(
        [SUYUAN, *arguments], input=given, capture_output=True, text=True, timeout=120, check=False
    )


def answers(command: str, questions: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    done = suyuan("gs1", command, "--jsonl", given=lines)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def rows(shared: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (shared / "gs1" / f"{name}.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.shared
def test_gs1_data_are_judged_as_by_the_reference(shared: Path) -> None:
    asked = rows(shared, "engine_random_2000")
    told = answers("check", ({"kind": row["kind"], "input": row["input"]} for row in asked))
    assert [answer["ok"] for answer in told] == [row["ok"] for row in asked]
    for row, answer in zip(asked, told, strict=True):
        assert answer["canonical_dl"] == row["canonical_dl"], row
        assert answer["raw"] == row["raw"] if "raw" in row else answer["ai"] == row["ai"], row
        assert bool(answer["err"]) == (not row["ok"]), row


@pytest.mark.shared
def test_contents_are_judged_as_by_the_reference(shared: Path) -> None:
    asked = [row for row in rows(shared, "gs1dict_linters") if row["linter"] != "_stubs"]
    told = answers("lint", ({"linter": row["linter"], "value": row["value"]} for row in asked))
    assert [answer["ok"] for answer in told] == [row["ok"] for row in asked]


@pytest.mark.shared
def test_links_are_decompressed_and_compressed(shared: Path) -> None:
    asked = [row for row in rows(shared, "dl_compression") if row["consensus"]]
    plain = answers("decompress", ({"input": row["compressed"]} for row in asked))
    assert all(answer["ok"] for answer in plain)
    small = answers("compress", ({"input": answer["output"]} for answer in plain))
    again = answers("decompress", ({"input": answer["output"]} for answer in small))
    assert again == plain


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("no json", "Line 2 is not JSON"),
        ("[1]", "Line 2 is no JSON object"),
        ('{"kind": "dl"}', "Line 2 has no text input"),
        ('{"kind": "qr", "input": ""}', "There is no kind qr"),
        ('"' + "x" * (1 << 20) + '"', "Line 2 is longer than 1048576 bytes"),
    ],
)
def test_a_line_that_is_none_is_named_after_what_came_before_it_was_answered(line: str, said: str) -> None:
    good = '{"kind": "ai", "input": "(10)A"}\n'
    done = suyuan("gs1", "check", "--jsonl", given=good + line + "\n")
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stdout.splitlines()) == 1


def test_a_program_answers_line_by_line_as_the_command_line_here() -> None:
    asked = ("gs1", "check", "--jsonl")
    given = '{"kind": "ai", "input": "(10)A"}\n{"kind": "ai", "input": "(01)1"}\n'
    done, here = program(*asked, given=given), suyuan(*asked, given=given)
    assert (done.returncode, done.stdout, done.stderr) == (here.returncode, here.stdout, here.stderr)
    assert len(done.stdout.splitlines()) == 2


def test_what_people_type_is_told_in_sentences_and_by_the_exit_status() -> None:
    good = program("gs1", "check", "(01)09506000134352(10)ABC", "]d2010950600013435210A1")
    assert good.returncode == 0
    assert good.stdout.count("valid\n") == 2
    bad = suyuan("gs1", "check", "https://example.cn/01/09506000134353")
    assert bad.returncode == 1
    assert "2 would be right" in bad.stdout
    assert suyuan("gs1", "check").returncode == 2
    assert suyuan("gs1", "lint", "csum", "95060001343528").returncode == 0
    damaged = program("gs1", "decompress", "https://id.gs1.org/AQnYUc1gmkIXDU-iunQQQQQQQ")
    assert damaged.returncode == 2
    assert "damaged" in damaged.stderr


@pytest.mark.shared
def test_documents_are_judged_and_hashed_a_line_each(shared: Path) -> None:
    epcis = shared / "epcis"
    wrong = epcis / "openepcis/2.0/EPCIS/JSON/Capture/Invalid/Combination_of_multiple_invalid_fields.json"
    right = epcis / "event-hash/examples/persistentDisposition.jsonld"
    done = suyuan("epcis", "validate", "--jsonl", str(right), str(wrong))
    assert done.returncode == 1
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert first == {"file": str(right), "ok": True, "errors": []}
    assert (second["file"], second["ok"]) == (str(wrong), False)
    assert second["errors"][0]["at"] == "/epcisBody/eventList/0/bizStep"
    hashed = suyuan("epcis", "hash", "--jsonl", str(right)).stdout.splitlines()
    expected = right.with_suffix(".hashes").read_text("utf-8").split()
    assert [json.loads(line)["hash"] for line in hashed] == expected
    assert [json.loads(line)["index"] for line in hashed] == list(range(len(expected)))


@pytest.mark.shared
def test_a_document_is_the_same_in_the_other_rendering(shared: Path, tmp_path: Path) -> None:
    source = shared / "epcis" / "event-hash/examples/persistentDisposition.jsonld"
    for to in ("xml", "xml12", "json"):
        done = suyuan("epcis", "convert", "--to", to, "--epc-format", "Always_GS1_Digital_Link", str(source))
        assert (done.returncode, done.stderr) == (0, "")
        assert "urn:epc:" not in done.stdout
        written = tmp_path / f"converted.{to[:4].rstrip('1')}"
        written.write_text(done.stdout, "utf-8")
        assert suyuan("epcis", "hash", str(written)).stdout == suyuan("epcis", "hash", str(source)).stdout


@pytest.mark.shared
def test_what_a_rendering_has_no_room_for_is_said_and_is_no_success(shared: Path) -> None:
    source = (
        shared / "epcis" / "openepcis/2.0/EPCIS/JSON/Capture/Invalid/ObjectEvent_with_invalid_action.json"
    )
    done = suyuan("epcis", "convert", "--to", "xml12", str(source))
    assert (done.returncode, done.stdout) == (1, "")
    assert "/epcisBody/eventList/0/action" in done.stderr
    assert suyuan("epcis", "convert", "--to", "yaml", str(source)).returncode == 2
