"""Tables and their CSV: the result's numbers, in the unit of the switch, with where they come from in every row."""

import codecs
import csv
import io
import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from analysis import read_distribution, read_maskings, score
from analysis.choices import MASKINGS
from analysis.models.bundle import ModelBundle
from analysis.types import HiddenReading, SeenReading, SentenceScore
from dashboard.drawing import tables
from dashboard.glossary import SCORE_NAMES, Units
from dashboard.printed import large_text
from dashboard.screen.saved import now
from tests.dashboard import made
from tests.dashboard.measured import known_of

MADE = "2026-01-02T03:04:05+00:00"
AWKWARD = ["##ing", ",", '"', "a\nb", "a\r\nb", ";", "'", "=1+1", "NA", "", " lead", "é漢🙂", "\t", '","']


def read_csv(text: str) -> list[dict[str, str]]:
    """As UTF-8 with the mark by which Excel knows it."""
    content = text.encode()
    assert content.startswith(codecs.BOM_UTF8)
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_a_csv_keeps_every_token() -> None:
    table = pd.DataFrame({"position": range(len(AWKWARD)), "token": AWKWARD})
    rows = read_csv(tables.csv(table, made.PROVENANCE, MADE))
    assert [row["token"] for row in rows] == [f"'{each}" if each in {"=1+1", "\t"} else each for each in AWKWARD]
    assert [int(row["position"]) for row in rows] == list(range(len(AWKWARD)))


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_of_a_csv_is_run_by_a_spreadsheet(first: str) -> None:
    """Neither a token, nor a column that is called by what somebody typed; numbers below zero stay numbers."""
    text = f"{first}cmd|' /C calc'!A0"
    table = pd.DataFrame({"token": [text, "a"], text: [-1.5, 2.0], "mixed": [-1, text]})
    content = tables.csv(table, made.PROVENANCE, MADE).removeprefix("\ufeff")
    header, *cells = list(csv.reader(io.StringIO(content, newline="")))
    assert header[1] == f"'{text}"
    assert [row[0] for row in cells] == [f"'{text}", "a"]
    assert [row[1] for row in cells] == ["-1.5", "2.0"]
    assert [row[2] for row in cells] == ["-1", f"'{text}"]


def test_a_csv_says_in_every_row_where_it_comes_from() -> None:
    table = pd.DataFrame({"token": ["a", "b"], "p": np.array([0.1, 1e-9], np.float32)})
    rows = read_csv(tables.csv(table, made.PROVENANCE, MADE))
    assert len(rows) == 2
    for row in rows:
        assert list(row) == ["token", "p", "model", "revision", "dtype", "versions", "exported_utc"]
        assert list(row.values())[2:] == [
            made.PROVENANCE.spec,
            made.PROVENANCE.revision,
            "float32",
            "pretext 0.1.0 torch 2.13.0",
            MADE,
        ]
    assert [np.float32(row["p"]) for row in rows] == table["p"].tolist()
    assert list(table.columns) == ["token", "p"], "the table stays as it was"


def test_the_moment_of_an_export_is_now_in_utc() -> None:
    before = datetime.now(UTC)
    at = datetime.fromisoformat(now())
    assert at.utcoffset() == timedelta(0)
    assert before - timedelta(seconds=1) <= at <= datetime.now(UTC)


@pytest.fixture(params=["notebook, hidden", "awkward tokens", "k = 1", "a pair", "a pair, hidden"])
def reading(request: pytest.FixtureRequest, notebook_hidden: HiddenReading) -> SeenReading | HiddenReading:
    return {
        "notebook, hidden": notebook_hidden,
        "awkward tokens": made.reading(["##ing", ",", '"', "[UNK]", "[MASK]", "[SEP]"]),
        "k = 1": made.reading(k=1),
        "a pair": made.reading(["a", "b", "c"], second_from=1),
        "a pair, hidden": made.hidden(made.reading(["a", "b", "c"], second_from=1), masking="token"),
    }[request.param]


@pytest.mark.parametrize("units", ["usual", "nats"])
def test_the_table_of_positions(reading: SeenReading | HiddenReading, units: Units) -> None:
    table, encoded, statistics = tables.positions(reading, units), reading.encoded, reading.statistics
    unit, factor = ("nats", math.log(2)) if units == "nats" else ("bits", 1.0)
    assert table["position"].tolist() == list(range(len(encoded)))
    assert table["token"].tolist() == list(encoded.tokens)
    assert table["id"].tolist() == encoded.ids.tolist()
    assert table["segment"].tolist() == ["AB"[segment] for segment in encoded.segment_ids]
    assert table["counts"].tolist() == (~encoded.outside).tolist()
    assert table["rank"].tolist() == statistics.rank.tolist()
    assert table["rank"].dtype == np.int32, "as whole numbers"
    for measured in known_of(reading).values():
        column, by = (f"{measured.name} ({unit})", factor) if measured.unit else (measured.name, 1.0)
        np.testing.assert_allclose(table[column], measured.values(reading) * by, rtol=1e-6)
    places = min(3, statistics.top_p.shape[1])
    assert [column for column in table if column.startswith("prediction")] == [
        f"prediction {place}" for place in range(1, places + 1)
    ]
    for place in range(places):
        assert table[f"prediction {place + 1}"].tolist() == [words[place] for words in reading.top_tokens]
        np.testing.assert_array_equal(table[f"p {place + 1}"].to_numpy(np.float32), statistics.top_p[:, place])
    if not isinstance(reading, HiddenReading):
        assert not any(column.startswith(("copy gap", "masking")) for column in table)
        return
    assert set(table["masking"]) == {reading.masking}


LOGPS = (-1, -2.5, -0.25), (-1, -12, -0.25), (-1, -14, -0.25), (-1, -12, -0.5)
SCORES = {
    "made": [made.score(masking, logp) for masking, logp in zip(MASKINGS, LOGPS, strict=True)],
    "a made pair": [made.score(masking, pair=True) for masking in MASKINGS],
}


@pytest.fixture(scope="session", params=[*SCORES, "a text", "a pair"])
def scores(request: pytest.FixtureRequest, bundled: ModelBundle) -> list[SentenceScore]:
    texts = {"a text": ("Fort Sumter, unquestionably.", None), "a pair": ("She opened the door.", "It was dark.")}
    if request.param in SCORES:
        return SCORES[request.param]
    return [score(reading) for reading in read_maskings(bundled, *texts[request.param], maskings=MASKINGS)]


def number(printed: str) -> float:
    return float(printed.replace("−", "-").replace(",", ""))


@pytest.mark.parametrize("units", ["usual", "bits"])
def test_the_table_of_scores(scores: list[SentenceScore], units: Units) -> None:
    table = tables.scores(scores, units)
    unit, factor = ("bits", 1 / math.log(2)) if units == "bits" else ("nats", 1.0)
    assert list(table.index) == [SCORE_NAMES[masking] for masking in MASKINGS]
    parts = [f"A given B ({unit})", f"B given A ({unit})"] if scores[0].pll_b_nats is not None else []
    assert list(table.columns) == [
        f"PLL ({unit})",
        *parts,
        "pseudo-perplexity per token",
        "per word",
        "bits per character",
    ]
    for each, (_, row) in zip(scores, table.iterrows(), strict=True):
        pll = float(np.nansum(each.logp_nats))
        assert number(row[f"PLL ({unit})"]) == pytest.approx(pll * factor, abs=0.0051)
        assert "-" not in row[f"PLL ({unit})"], "the minus is a real one"
        assert number(row["pseudo-perplexity per token"]) == pytest.approx(math.exp(-pll / each.n_tokens), abs=0.0051)
        # Three digits of what is scientific.
        digits = 6e-3 if "e" in row["per word"] else 1e-4
        assert number(row["per word"]) == pytest.approx(math.exp(-pll / each.n_words), rel=digits, abs=0.0051)
        bits = -pll / math.log(2) / each.n_characters
        assert number(row["bits per character"]) == pytest.approx(bits, abs=0.00051)
        if parts:
            both = [number(row[part]) for part in parts]
            assert both == pytest.approx([each.pll_a_nats * factor, each.pll_b_nats * factor], abs=0.0051)


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (0.0, "0.00"),
        (-12.345, "−12.35"),
        (99_999.0, "99,999.00"),
        (100_000.0, "1.00e5"),
        (4_226_525_342_768.0, "4.23e12"),
        (1.5e300, "1.50e300"),
        (-(10.0**7), "−1.00e7"),
        (math.inf, "∞"),
    ],
)
def test_a_number_of_any_size_stays_short(value: float, printed: str) -> None:
    assert large_text(value) == printed
    assert len(printed) <= 9


@pytest.mark.parametrize("pll", [-3.0, -34.0, -88.0, -2_000.0, -90_000.0])
def test_perplexities_that_nobody_could_read_out_are_scientific(pll: float) -> None:
    """exp(-PLL / W) soon has thirteen digits, and is then beyond what a number holds."""
    score = made.score(logp=(pll / 2, pll / 4, pll / 4))
    (row,) = tables.scores([score], "usual").to_dict("records")
    (full,) = tables.score_values([score], "usual").to_dict("records")
    for name in ("pseudo-perplexity per token", "per word"):
        assert row[name] == large_text(full[name])
        assert len(row[name]) <= 9
        assert ("e" in row[name]) == (100_000 <= full[name] < math.inf)
    assert number(row["PLL (nats)"]) == pll


def test_the_table_of_a_distribution_has_every_entry_once(tiny: ModelBundle) -> None:
    found = read_distribution(tiny, "the cat sat", position=2)
    table = tables.distribution(found, "usual")
    assert list(table.columns) == ["token", "id", "p", "log p (nats)", "rank"]
    assert sorted(table["id"]) == list(range(tiny.n_vocabulary))
    assert table["token"].tolist() == list(tiny.tokens_of(table["id"]))
    assert table["rank"].is_monotonic_increasing
    assert table["p"].tolist() == found.p[table["id"]].tolist()
    np.testing.assert_allclose(table["log p (nats)"], np.log(found.p[table["id"]].astype("f8")), rtol=0, atol=1e-5)
    bits = tables.distribution(found, "bits")["log p (bits)"]
    np.testing.assert_allclose(bits, table["log p (nats)"] / np.log(2), rtol=1e-6)


def test_a_parquet_is_the_csv_with_all_its_digits(tiny: ModelBundle) -> None:
    found = read_distribution(tiny, "the cat sat", position=2)
    table = tables.distribution(found, "usual")
    read = pd.read_parquet(io.BytesIO(tables.parquet(table, found.provenance, MADE)))
    assert list(read.columns) == list(read_csv(tables.csv(table, found.provenance, MADE))[0])
    assert read["p"].dtype == np.float32
    assert read["p"].tolist() == table["p"].tolist()
    assert read["token"].tolist() == table["token"].tolist()
    assert set(read["exported_utc"]) == {MADE}


@pytest.mark.parametrize("units", ["usual", "bits"])
def test_the_table_of_words(scores: list[SentenceScore], units: Units) -> None:
    table = tables.word_scores(scores, units)
    unit, factor = ("bits", 1 / math.log(2)) if units == "bits" else ("nats", 1.0)
    words = scores[0].words
    assert table["word"].tolist() == [word.text for word in words]
    assert table["segment"].tolist() == ["AB"[word.sequence] for word in words]
    assert table["pieces"].tolist() == [len(word.positions) for word in words]
    for each in scores:
        column = table[f"log p, {SCORE_NAMES[each.masking]} ({unit})"]
        want = [each.logp_nats[list(word.positions)].sum() * factor for word in words]
        np.testing.assert_allclose(column, want, rtol=1e-9)
        assert column.sum() == pytest.approx(each.pll_nats * factor), "every counted piece is in one word"
