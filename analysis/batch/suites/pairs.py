"""Plain minimal pairs: a good sentence and a bad one, with groups of one's own."""

from analysis.batch.cells import text_in
from analysis.batch.recipe import Values
from analysis.batch.scores import Side
from analysis.batch.suites.rates import pair_report
from analysis.batch.suites.suite import Alternatives, Rule, Suite, has

TEXT_SCORES = ("pll-sum", "pll-mean", "pll-word-l2r", "seen-mean")
"""Scores of any two texts."""
CROWS_SCORES = ("crows-shared-sum", "crows-diff-mean")
"""Scores of two texts that compare their tokens."""
GOOD, BAD = "sentence_good", "sentence_bad"


def good_and_bad(values: Values) -> tuple[Alternatives, ...]:
    """The two sentences of a row."""
    return ((Side(text_in(values, GOOD)),), (Side(text_in(values, BAD)),))


PAIRS = Suite(
    name="pairs",
    title="minimal pairs",
    says="whether a model scores the good sentence of a pair above the bad one",
    source="any file with these columns",
    licence="the file's own",
    columns=((GOOD, BAD), (GOOD, BAD, "group")),
    recognises=has(GOOD, BAD),
    sides=("good", "bad"),
    sides_of=good_and_bad,
    scores=(*TEXT_SCORES, *CROWS_SCORES),
    own=("pll-word-l2r",),
    rule=Rule("accuracy", "share of pairs with score(good) > score(bad), among those without a tie", tie=None),
    report=pair_report,
    groups=("group", "UID", "linguistics_term", "field"),
    spelled={"syntax/semantics": "syntax_semantics"},
)
