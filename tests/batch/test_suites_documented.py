"""docs/suites.md says of every score and suite what the code says."""

from pathlib import Path

import pytest

from analysis.batch.scores import SCORES
from analysis.batch.suites import SUITES

TEXT = (Path(__file__).parents[2] / "docs" / "suites.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SCORES)
def test_a_score_is_documented(name: str) -> None:
    score = SCORES[name]
    assert f"| `{name}` | {score.says} | {score.source} | {score.unit} | {score.bounds} |" in TEXT


@pytest.mark.parametrize("name", SUITES)
def test_a_suite_is_documented(name: str) -> None:
    suite = SUITES[name]
    section = TEXT.split(f"### {suite.title} (`{name}`)\n")[1].split("\n### ")[0]
    for said in (suite.source, suite.licence, suite.rule.says, *(f"`{score}`" for score in suite.scores)):
        assert said in section
    assert all(f"`{column}`" in section for columns in suite.columns for column in columns)
