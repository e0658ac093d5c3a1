"""A pair among its controls: in words, and as a table."""

import numpy as np
import pandas as pd

from analysis.types import IS_NEXT, NOT_NEXT, PairPercentile
from dashboard.glossary import MARGIN, Units, share_text
from dashboard.second_head import head_words


def better_than(among: PairPercentile) -> str:
    """How many of the controls have a smaller margin, in words; nothing until all have come."""
    if not among.complete:
        return ""
    if among.percentile in (0, 1):
        return "more than all" if among.percentile else "more than none"
    return f"more than {share_text(among.percentile)}"


def control_table(among: PairPercentile, units: Units) -> pd.DataFrame:
    """One row per control: its sentence, both logits, the margin, whether the pair's own is larger."""
    z0, z1 = head_words(among.nsp.meaning).logits
    margins = among.control_margin_nats
    return pd.DataFrame(
        {
            "control": among.controls,
            z0: among.control_z[:, IS_NEXT],
            z1: among.control_z[:, NOT_NEXT],
            MARGIN.axis(units): margins * MARGIN.convert(1, units),
            "below the pair": np.less(margins, np.float32(among.nsp.margin_nats)),
        }
    )
