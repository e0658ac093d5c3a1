"""A bad day, by script: ``python -m tests.faults`` runs the tests of what goes wrong, and says what each gives."""

import sys
from typing import NamedTuple

import pytest


class Fault(NamedTuple):
    """What is done, what it gives, and the test that does it."""

    done: str
    gives: str
    test: str


FAULTS = (
    Fault(
        "a model's folder is deleted or damaged while it is in use",
        "one sentence on every page, the text kept, and another model can be chosen",
        "tests/dashboard/test_gone_models.py::test_a_folder_that_is_harmed_while_in_use",
    ),
    Fault(
        "the disk is full while a table is written",
        "one sentence, nothing half written, and --resume goes on",
        "tests/batch/test_run.py::test_a_full_disk_leaves_nothing_half_written",
    ),
    Fault(
        "the disk is full while an answer is printed into a file",
        "one sentence and exit status 2",
        "tests/analysis/test_cli.py::test_a_disk_without_room",
    ),
    Fault(
        "the disk is full while a model is put into the cache",
        "one sentence",
        "tests/analysis/test_hub.py::test_a_cache_that_can_t_be_written",
    ),
    Fault(
        "the hub goes away in the middle of a fetch",
        "one sentence",
        "tests/analysis/test_hub.py::test_a_hub_that_goes_away_half_way",
    ),
    Fault(
        "a worker of a batch is killed",
        "one sentence, what is done is kept, and --resume ends with the same bytes",
        "tests/batch/test_killed.py::test_two_workers_killed_interrupted_and_one_of_them_killed",
    ),
    Fault(
        "a browser is gone in the middle of the longest contest",
        "the next visitor is served within 3 s, and 2 s later nothing is computed",
        "tests/dashboard/test_leaving.py::test_the_next_visitor_is_served_and_nothing_goes_on",
    ),
    Fault(
        "the server is killed while it computes, and started again",
        "the same link is answered, without a traceback",
        "tests/dashboard/test_leaving.py::test_a_server_that_is_killed_and_started_again_answers_the_same_link",
    ),
)


class Outcomes:
    """Notes which tests passed, and what those that did not said."""

    def __init__(self) -> None:
        self.passed: list[str] = []
        self.failed: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A hook of pytest."""
        if report.failed:
            self.failed[report.nodeid] = report.longreprtext
        elif report.when == "call" and report.passed:
            self.passed.append(report.nodeid)


def lines(outcomes: Outcomes) -> list[tuple[str, bool]]:
    """A line for each fault, and whether it gives what is promised: a test of it passed, and none failed."""
    found = []
    for fault in FAULTS:
        bad = [node for node in outcomes.failed if node.startswith(fault.test)]
        seen = any(node.startswith(fault.test) for node in outcomes.passed)
        so = seen and not bad
        found.append((f"{fault.done} -> {fault.gives if so else f'NOT SO: see {fault.test}'}", so))
    return found


def main() -> int:
    """Run them all; exit status 1 if one is not as promised."""
    outcomes = Outcomes()
    pytest.main(["-o", "addopts=", "-p", "no:terminal", *(fault.test for fault in FAULTS)], plugins=[outcomes])
    told = lines(outcomes)
    sys.stdout.write("".join(f"{line}\n" for line, _ in told))
    sys.stdout.write("".join(f"\n{node}\n{why}\n" for node, why in outcomes.failed.items()))
    return 0 if all(so for _, so in told) else 1


if __name__ == "__main__":
    sys.exit(main())
