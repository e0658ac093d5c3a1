"""What is promised of bad days and bad input names its tests; the scripts that ask tell what they don't know."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.audit import told
from tests.faults import FAULTS, Outcomes, lines

ROOT = Path(__file__).parents[1]


def test_every_test_that_a_promise_names_is_there() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text)
    assert len(named) > 20
    for path, name in [*named, *(fault.test.split("::") for fault in FAULTS)]:
        assert re.search(rf"^def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE), f"{path}::{name}"
    for row in re.findall(r"^\| (?!promise|-)(.+) \|$", text, re.MULTILINE):
        assert "`tests/" in row.rpartition(" | ")[2], row


def test_a_fault_is_as_promised_where_its_tests_passed() -> None:
    outcomes = Outcomes()
    outcomes.passed = [f"{fault.test}[a case]" for fault in FAULTS[1:]]
    outcomes.failed = {f"{FAULTS[2].test}[another case]": "why"}
    found = lines(outcomes)
    assert [so for _, so in found] == [False, True, False, *[True] * (len(FAULTS) - 3)]
    assert found[0][0].endswith(f"-> NOT SO: see {FAULTS[0].test}"), "a test that was not run shows nothing"
    assert found[1][0] == f"{FAULTS[1].done} -> {FAULTS[1].gives}"


SOUND = {"name": "torch", "version": "2.0", "vulns": []}
BAD = {"name": "numpy", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}
OWN = {"name": "pretext", "skip_reason": "not on the index"}


@pytest.mark.parametrize(
    ("answer", "sentence", "status"),
    [
        ("", "out of reach, so nothing is known", 2),
        ("Connection refused", "out of reach", 2),
        (json.dumps({"dependencies": []}), "out of reach", 2),
        (json.dumps({"dependencies": [OWN]}), "out of reach", 2),
        (json.dumps({"dependencies": [SOUND]}), "None found in 1 packages.", 0),
        (json.dumps({"dependencies": [SOUND, OWN]}), "pretext: not asked, not on the index", 0),
        (json.dumps({"dependencies": [SOUND, BAD]}), "numpy 1.0: PYSEC-1, mended in 1.1", 1),
    ],
)
def test_an_audit_says_none_only_where_somebody_was_asked(answer: str, sentence: str, status: int) -> None:
    said, found = told(answer)
    assert sentence in said
    assert found == status


def test_an_audit_without_a_network_says_so(tmp_path: Path) -> None:
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": "/dev/null"}
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "audit.py"],
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path), **nowhere},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout == (
        "The service that lists vulnerabilities is out of reach, so nothing is known: try again online.\n"
    )
