"""The pages, in the order of the navigation; the first is the one that opens."""

from dashboard.page import Page
from dashboard.pages import (
    attention,
    batch,
    compare,
    fill,
    influence,
    layers,
    model,
    next_sentence,
    pairs,
    splits,
    tokens,
    tour,
)

PAGES: dict[str, Page] = {
    module.PAGE.key: module.PAGE
    for module in (
        *(tokens, fill, layers, attention, influence),
        *(next_sentence, splits, pairs, compare, batch, tour, model),
    )
}
