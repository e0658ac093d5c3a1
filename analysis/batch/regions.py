"""The recipe of regions: runs of the row's words that are scored as one."""

import numpy as np

from analysis.batch.cells import TEXTS, encoded_of, listed_in
from analysis.batch.readings import BASE, counts
from analysis.batch.recipe import Column, Recipe, Scored, Settings, Values
from analysis.batch.requests import Predict, Work, hidden
from analysis.choices import PUNCTUATION, chosen
from analysis.models.bundle import ModelBundle
from analysis.tasks.scores import region_score
from analysis.texts.regions import regions_of


def regions_recipe(settings: Settings) -> Recipe:
    """The sums of each region, seen and hidden; nothing but the regions is read."""
    punctuation, masking = chosen("punctuation", settings.punctuation, PUNCTUATION), settings.masking

    def score(bundle: ModelBundle, values: Values) -> Work[Scored]:
        encoded = encoded_of(bundle, values)
        regions = regions_of(encoded, listed_in(values, "regions"), punctuation)
        own = sorted({at for each in regions for at in each.positions if not encoded.outside[at]})
        seen_bits, hidden_bits = (np.full(len(encoded), np.nan, np.float32) for _ in range(2))
        if own:
            (found,) = yield [Predict(encoded, tuple(own), tuple(encoded.ids[own].tolist()))]
            seen_bits[own] = found.surprisal_bits
            rows, row_of = yield from hidden(bundle, encoded, (masking,), positions=own)
            hidden_bits[own] = rows.surprisal_bits[row_of[0, own]]
        scores = [region_score(encoded, each, seen_bits, hidden_bits) for each in regions]
        return Scored(
            counts(encoded)
            | {
                "region": [each.region.text for each in scores],
                "region_n_tokens": [each.n_tokens for each in scores],
                "region_seen_surprisal_bits": [each.seen_surprisal_bits for each in scores],
                "region_seen_logp_nats": [each.seen_logp_nats for each in scores],
                "region_surprisal_bits": [each.surprisal_bits for each in scores],
                "region_logp_nats": [each.logp_nats for each in scores],
            }
        )

    columns = (
        Column("region", "list<string>", "the words of each region"),
        Column("region_n_tokens", "list<int32>", "its tokens that count"),
        Column("region_seen_surprisal_bits", "list<float64>", "sum of their surprisal, nothing hidden"),
        Column("region_seen_logp_nats", "list<float64>", "sum of their ln p, nothing hidden"),
        Column("region_surprisal_bits", "list<float64>", f"sum of their surprisal, each hidden ({masking})"),
        Column("region_logp_nats", "list<float64>", f"sum of their ln p, each hidden ({masking})"),
    )
    return Recipe("regions", (*TEXTS, "regions"), (*BASE, *columns), score)
