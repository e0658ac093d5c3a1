"""WinoGrande: a sentence with a gap, two names or things that could fill it, one of them right."""

from analysis.batch.cells import text_in
from analysis.batch.recipe import Values
from analysis.batch.scores import Side
from analysis.batch.suites.pairs import TEXT_SCORES
from analysis.batch.suites.rates import pair_report
from analysis.batch.suites.suite import Alternatives, Rule, Suite, has
from analysis.errors import InputError, quoted

_BLANK = "_"


def filled(values: Values) -> tuple[Alternatives, ...]:
    """The sentence with the right option and with the wrong one."""
    sentence, answer = text_in(values, "sentence"), str(values.get("answer") or "")
    if sentence.count(_BLANK) != 1:
        raise InputError("The sentence has no one gap, written _: write one where the options go.")
    if answer not in {"1", "2"}:
        raise InputError(f"The answer '{quoted(answer)}' came: write 1 or 2, the number of the right option.")
    options = [text_in(values, "option1"), text_in(values, "option2")]
    right, wrong = options if answer == "1" else options[::-1]
    return tuple((Side(sentence.replace(_BLANK, option)),) for option in (right, wrong))


WINOGRANDE = Suite(
    name="winogrande",
    title="WinoGrande",
    says="sentences whose gap common sense fills with one of two options",
    source="Sakaguchi et al. 2020, github.com/allenai/winogrande",
    licence="CC-BY",
    columns=(("sentence", "option1", "option2", "answer"),),
    recognises=has("sentence", "option1", "option2"),
    sides=("right", "wrong"),
    sides_of=filled,
    scores=TEXT_SCORES,
    own=("pll-sum",),
    rule=Rule("accuracy", "share of sentences that score higher with the right option, a tie as wrong"),
    report=pair_report,
)
