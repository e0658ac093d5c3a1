"""A reading in a few numbers: means over the positions that count."""

import numpy as np
import pytest

from analysis import ModelBundle, read_seen, summarise
from tests.analysis.texts import NOTEBOOK


def test_by_hand(tiny: ModelBundle) -> None:
    reading = read_seen(tiny, "the [MASK] ไ sat")
    at = [1, 3, 4]  # [CLS] the [MASK] [UNK] sat [SEP]
    statistics, summary = reading.statistics, summarise(reading)
    assert summary.n_counted == 3
    assert summary.mean_entropy_bits == pytest.approx(sum(float(statistics.entropy_bits[i]) for i in at) / 3)
    assert summary.mean_surprisal_bits == pytest.approx(sum(float(statistics.surprisal_bits[i]) for i in at) / 3)
    assert summary.share_rank_1 == sum(int(statistics.rank[i] == 1) for i in at) / 3
    assert summary.share_unknown == pytest.approx(1 / 3)


def test_the_template_would_change_it(bundled: ModelBundle) -> None:
    reading = read_seen(bundled, NOTEBOOK)
    assert summarise(reading).mean_entropy_bits != pytest.approx(np.mean(reading.statistics.entropy_bits), abs=1e-3)
