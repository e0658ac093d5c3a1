"""BLiMP, the benchmark of linguistic minimal pairs."""

from analysis.batch.suites.pairs import BAD, GOOD, TEXT_SCORES, good_and_bad
from analysis.batch.suites.rates import pair_report
from analysis.batch.suites.suite import Rule, Suite

BLIMP = Suite(
    name="blimp",
    title="BLiMP",
    says="67 paradigms of 1,000 minimal pairs of English syntax, morphology and semantics",
    source="Warstadt et al. 2020, github.com/alexwarstadt/blimp",
    licence="CC-BY 4.0",
    columns=((GOOD, BAD, "UID", "linguistics_term", "field"),),
    # BabyLM's filtered files have the same columns and another rule: it comes by name.
    recognises=lambda _names: False,
    sides=("good", "bad"),
    sides_of=good_and_bad,
    scores=TEXT_SCORES,
    own=("pll-sum",),
    rule=Rule("accuracy", "share of pairs with score(good) > score(bad), a tie as wrong", mean_over="UID"),
    report=pair_report,
    groups=("UID", "linguistics_term", "field"),
    spelled={"syntax/semantics": "syntax_semantics"},
)
