"""Tables and their CSV: the result's numbers, in the unit of the switch, with where they come from in every row."""

import csv
import io
import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from analysis.types import SeenReading, SegmentationComparison
from dashboard import views
from dashboard.charts import tables
from dashboard.glossary import UNITS, Units
from dashboard.variants import TITLES
from tests.dashboard import made

AWKWARD = ["##ing", ",", '"', "a\nb", "a\r\nb", ";", "'", "=1+1", "NA", "", " lead", "é漢🙂", "\t", '","']


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_csv_keeps_every_token() -> None:
    table = pd.DataFrame({"position": range(len(AWKWARD)), "token": AWKWARD})
    rows = read_csv(views.csv(table, made.PROVENANCE))
    assert [row["token"] for row in rows] == AWKWARD
    assert [int(row["position"]) for row in rows] == list(range(len(AWKWARD)))


def test_a_csv_says_in_every_row_where_it_comes_from() -> None:
    table = pd.DataFrame({"token": ["a", "b"], "p": np.array([0.1, 1e-9], np.float32)})
    before = datetime.now(UTC)
    rows = read_csv(views.csv(table, made.PROVENANCE))
    assert len(rows) == 2
    for row in rows:
        assert list(row) == ["token", "p", "model", "revision", "dtype", "versions", "exported_utc"]
        assert row["model"] == made.PROVENANCE.spec
        assert row["revision"] == made.PROVENANCE.revision
        assert row["dtype"] == "float32"
        assert row["versions"] == "pretext 0.1.0 torch 2.13.0"
        at = datetime.fromisoformat(row["exported_utc"])
        assert at.tzinfo is not None
        assert before - timedelta(seconds=1) <= at <= datetime.now(UTC)
    assert [np.float32(row["p"]) for row in rows] == table["p"].tolist()


def test_an_export_leaves_the_table_as_it_was() -> None:
    table = pd.DataFrame({"token": ["a"]})
    views.csv(table, made.PROVENANCE)
    assert list(table.columns) == ["token"]


@pytest.fixture(params=["notebook", "awkward tokens", "k = 1", "a pair"])
def reading(request: pytest.FixtureRequest, notebook_reading: SeenReading) -> SeenReading:
    return {
        "notebook": notebook_reading,
        "awkward tokens": made.reading(["##ing", ",", '"', "[UNK]", "[MASK]", "[SEP]"]),
        "k = 1": made.reading(k=1),
        "a pair": made.reading(["a", "b", "c"], second_from=1),
    }[request.param]


@pytest.mark.parametrize("units", UNITS)
def test_the_table_of_positions(reading: SeenReading, units: Units) -> None:
    table, encoded, statistics = tables.positions(reading, units), reading.encoded, reading.statistics
    unit, factor = ("nats", math.log(2)) if units == "nats" else ("bits", 1.0)
    assert table["position"].tolist() == list(range(len(encoded)))
    assert table["token"].tolist() == list(encoded.tokens)
    assert table["id"].tolist() == encoded.ids.tolist()
    assert table["segment"].tolist() == ["AB"[segment] for segment in encoded.segment_ids]
    assert table["counts"].tolist() == (~encoded.outside).tolist()
    assert table["rank"].tolist() == statistics.rank.tolist()
    np.testing.assert_array_equal(table["p of the token"].to_numpy(np.float32), statistics.p_observed)
    for name, bits in (("surprisal", statistics.surprisal_bits), ("entropy", statistics.entropy_bits)):
        np.testing.assert_allclose(table[f"{name} ({unit})"], bits * factor, rtol=1e-6)
    places = min(3, statistics.top_p.shape[1])
    assert [column for column in table if column.startswith("prediction")] == [
        f"prediction {place}" for place in range(1, places + 1)
    ]
    for place in range(places):
        assert table[f"prediction {place + 1}"].tolist() == [words[place] for words in reading.top_tokens]
        np.testing.assert_array_equal(table[f"p {place + 1}"].to_numpy(np.float32), statistics.top_p[:, place])
    rows = read_csv(views.csv(table, reading.provenance))
    assert [row["token"] for row in rows] == list(encoded.tokens)


def test_the_tensors_are_those_the_model_got(notebook_pair: SegmentationComparison) -> None:
    table = tables.variant_tensors(notebook_pair)
    assert list(dict.fromkeys(table["variant"])) == [TITLES[variant.name].title for variant in notebook_pair.variants]
    for variant in notebook_pair.variants:
        rows, encoded = table[table["variant"] == TITLES[variant.name].title], variant.encoded
        assert rows["position"].tolist() == list(range(len(encoded)))
        assert rows["token"].tolist() == list(encoded.tokens)
        for column, tensor in (
            ("input_ids", encoded.ids),
            ("token_type_ids", encoded.segment_ids),
            ("attention_mask", encoded.attention_mask),
        ):
            assert rows[column].tolist() == tensor.tolist()
