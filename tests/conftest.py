"""Fixtures of the suite, what of it is covered, and the rule that nothing skips under SUYUAN_REQUIRE=all."""

from __future__ import annotations

import gc
import importlib.util
import os
import shutil
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar

import pytest
from coverage import Coverage
from hypothesis import HealthCheck, settings

from suyuan.readers.errors import TransientConnectionError
from suyuan.readers.virtual.pcscd import SOCKET_VARIABLE, PrivatePcscd, missing

# How long an example takes on a machine that does other things, too, says nothing about it. A law that fails
# by chance tells how to see that again.
settings.register_profile(
    "suite", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("suite")

REQUIRE_ALL = os.environ.get("SUYUAN_REQUIRE") == "all"
CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first that is there: the one without windows draws the same pages for less than half of the time."""
UNCOVERED = ("conformance", "end_to_end", "oracle", "property")
"""Folders without coverage: it makes Python half as fast, and they find what counting lines does not."""
Item = TypeVar("Item")
_PROCESSES = "COVERAGE_PROCESS_CONFIG"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """While modules are read and tests are made, of which nothing goes, the collector would look in vain."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a run of several processes, modules whose tests wait half of their time are spread among the others.

    Side by side, they leave a processor idle: in the order of the folders they were all that was left at the
    end. A module stays together, for what its tests share.
    """
    if hasattr(config, "workerinput"):
        items[:] = spread(items, lambda item: item.path, lambda path: "end_to_end" in path.parts)


def spread(
    items: Sequence[Item], module: Callable[[Item], Path], is_spread: Callable[[Path], bool]
) -> list[Item]:
    """The items by module, those of some modules evenly among the others, each kind in its own order."""
    modules = [(path, list(its)) for path, its in groupby(items, module)]
    kinds = [[its for path, its in modules if is_spread(path) is kind] for kind in (True, False)]
    placed = [((2 * number + 1) / (2 * len(kind)), its) for kind in kinds for number, its in enumerate(kind)]
    return [item for _, its in sorted(placed, key=itemgetter(0)) for item in its]


def pytest_collection_finish() -> None:
    """Modules and tests stay: the collector need not walk them in each test again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Coverage pauses, also in processes that the test starts, where other tests reach the same lines.

    These are the folders UNCOVERED, the second database system, what is measured in seconds or computes for
    seconds, and each case of an integration test but its first.
    ``SUYUAN_COVER=all`` covers every test; ``tests/run`` sets it when tests are named.
    """
    cover = Coverage.current() if hasattr(item.config, "workerinput") else None
    if cover is None or not _uncovered(item):
        return (yield)
    cover.stop()
    os.environ.pop(_PROCESSES, None)
    try:
        return (yield)
    finally:
        cover.start()  # it sets what its processes look for, too


def _uncovered(item: pytest.Item) -> bool:
    if os.environ.get("SUYUAN_COVER") == "all":
        return False
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    if folder in UNCOVERED or any(item.iter_markers("postgres")) or any(item.iter_markers("slow")):
        return True
    return folder == "integration" and isinstance(item, pytest.Function) and _is_a_further_case(item)


def _is_a_further_case(test: pytest.Function) -> bool:
    case: Any = getattr(test, "callspec", None)
    return case is not None and any(case.indices.values())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skip of any kind, not only that of :func:`absent`, fails where everything is required."""
    report = yield
    _require(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A module that skips itself, likewise."""
    report = yield
    _require(report)
    return report


def _require(report: pytest.TestReport | pytest.CollectReport) -> None:
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"SUYUAN_REQUIRE=all, but this was skipped: {report.longreprtext}"


def absent(reason: str) -> None:
    """Skip because something outside the project is not here; a failure where everything is required."""
    if REQUIRE_ALL:
        pytest.fail(f"SUYUAN_REQUIRE=all, but {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of public reference data (``../shared/data``, or ``$SUYUAN_SHARED/data``)."""
    root = Path(os.environ.get("SUYUAN_SHARED") or Path(__file__).resolve().parents[2] / "shared")
    if not (root / "data").is_dir():
        absent(f"the reference data are not at {root / 'data'}; set SUYUAN_SHARED to the folder above data/")
    return root / "data"


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the Chromium browser."""
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if path is None:
        absent("there is no Chromium browser; on Debian: apt-get install chromium fonts-noto-cjk")
    return str(path)


@pytest.fixture(scope="session")
def pcscd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivatePcscd]:
    """A real pcscd with virtual slots, of this process alone; the environment points clients to it.

    A test that stops it starts it again.
    """
    if importlib.util.find_spec("smartcard") is None:
        absent("pyscard is not installed; make test builds it where gcc, python3-dev and libpcsclite-dev are")
    lacks = missing()
    if lacks:
        absent(f"there is no virtual PC/SC reader; it needs {lacks}")
    with ExitStack() as stack:
        try:
            daemon = stack.enter_context(PrivatePcscd(tmp_path_factory.mktemp("pcscd")))
        except TransientConnectionError as error:  # a container, say, that may not make name spaces
            absent(str(error))
            raise
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv(SOCKET_VARIABLE, str(daemon.socket_path))
        yield daemon
