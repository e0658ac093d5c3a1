"""The text as a strip: of each token the layer at which the last layer's answer settles."""

from dataclasses import replace
from typing import Any

import numpy as np

from analysis.measures import TokenMeasure
from analysis.types import Floats, Ints, LayerReading, SeenReading, TokenStatistics
from dashboard.drawing.palette import Palette
from dashboard.drawing.strip import strip
from dashboard.glossary import SETTLES, Units


def settling_strip(found: LayerReading, palette: Palette, units: Units) -> dict[str, Any]:
    """Chips for the strip component; a position that has not been read is blank."""
    length = len(found.encoded)
    settles = np.full(length, np.nan)
    at = found.positions[found.known]
    settles[at] = found.settles_at[found.known]
    measured = TokenMeasure("settles", "settles_at", "", "max", lambda _reading: settles, of_token=False, whole=True)
    scale = replace(SETTLES, high=found.n_layers)
    drawn = strip(_last(found), "", palette, units, measured_as=(measured, scale))
    drawn["legend"] |= {"name": f"{SETTLES.name}, {found.kind}", "high": str(found.n_layers)}
    for chip, position in zip(drawn["tokens"], drawn["at"], strict=True):
        if np.isnan(settles[position]):
            chip["guess"] = ""
    return drawn


def _last(found: LayerReading) -> SeenReading:
    """What the last layer says, as the strip takes a reading: its best guesses, at all positions."""
    length, k = len(found.encoded), found.top_p.shape[2]

    def spread(values: Floats | Ints) -> Any:
        kind = values.dtype
        every = np.full((length, *values.shape[2:]), np.nan if kind.kind == "f" else 0, kind)
        every[found.positions] = values[-1]
        return every

    tokens = [("",) * k] * length
    for column, position in enumerate(found.positions.tolist()):
        tokens[position] = found.top_tokens[-1][column]
    numbers = (found.p_observed, found.surprisal_bits, found.entropy_bits, found.rank, found.top_ids, found.top_p)
    return SeenReading(
        encoded=found.encoded,
        statistics=TokenStatistics(
            *map(spread, numbers), np.empty((length, 0), np.float32), np.empty((length, 0), np.int32)
        ),
        top_tokens=tuple(tokens),
        n_vocabulary=found.n_vocabulary,
        nsp=None,
        windows=(),
        notices=found.notices,
        provenance=found.provenance,
    )
