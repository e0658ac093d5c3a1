"""Compare: two inputs, two segmentations or two models side by side, on aligned tokens."""

from dataclasses import replace

from analysis.limits import LARGEST_K, MAX_SPEC_CHARS, MAX_TEXT_CHARS
from analysis.questions import Compare
from dashboard import glossary
from dashboard.about import About
from dashboard.glossary import DELTA_ENTROPY, DELTA_SURPRISAL, ENTROPY, JS, MARGIN, TOKEN_MEASURES
from dashboard.options import FIT, LANGUAGE, MASKING, READING, K, colour_by
from dashboard.page import Choice, Count, Example, Page, Pick, Texts, Words
from dashboard.pages.compare.words import SEEN_COMPARISON
from dashboard.view import Value, ViewState

TEXTS, CUTS, MODELS = "Two texts", "Two segmentations", "Two models"
"""The three ways in."""
NOT_CUT = 0
_COLOURS = {key: measure for key, measure in TOKEN_MEASURES.items() if not measure.diverging}
"""What the tokens are coloured by: what is no difference itself."""


class _Cut(Count):
    """The code point at which the one text of both sides is cut for a side; None where each side has its own."""

    def check(self, value: Value) -> Value:
        return None if value is None else super().check(value)

    def said(self, value: Value) -> str:
        return "not cut" if value == NOT_CUT else f"character {value}"


def _questions(view: ViewState, about: About) -> dict[str, Compare]:
    a, b = view.texts
    k = min(LARGEST_K, about.n_vocabulary)
    return {"compare": Compare(a, b, view.name("reading"), view.name("masking"), k)}


def _models(view: ViewState) -> tuple[str, ...]:
    other = view.name("model_b") if view.name("mode") == MODELS else ""
    return (view.model, other) if other not in ("", view.model) else (view.model,)


def _prints(view: ViewState) -> list[str]:
    if len(_models(view)) == 1:
        return [*_SCORED, *_BY_TOKEN]
    return [
        *_SCORED,
        "if isinstance(compare, WordComparison):",
        *(f"    {line}" for line in _BY_WORD),
        "else:",
        *(f"    {line}" for line in _BY_TOKEN),
    ]


_SCORED = (
    "if compare.pll_nats is not None:",
    '    print("pseudo-log-likelihood of A and of B (nats):", *compare.pll_nats)',
)
_BY_TOKEN = (
    "a, b = compare.a.encoded.tokens, compare.b.encoded.tokens",
    "for n, (i, j) in enumerate(zip(compare.index_a, compare.index_b)):",
    '    pair = f"{a[i] if i >= 0 else None} | {b[j] if j >= 0 else None}"',
    "    js = compare.divergence.js_bits[n]",
    '    print(f"{pair}: {compare.kinds[n]}, JS {js:.3f} bits")',
    "    moved = [token for token in compare.mover_tokens[n][:3] if token]",
    '    print("  moved most:", *moved or ["nothing"])',
)
_BY_WORD = (
    'print("bits per character of A and of B:", *compare.bits_per_character)',
    "for i, change in zip(compare.index_a, compare.delta_surprisal_bits):",
    '    word = compare.words_a[i].text if i >= 0 else "only in B"',
    '    print(f"{word}: B - A {change:+.2f} bits")',
)

PAGE = Page(
    key="compare",
    title="Compare",
    icon=":material/compare_arrows:",
    group="Side by side",
    tip="Two texts, two segmentations or two models side by side on aligned tokens.",
    asks="What changes between A and B?",
    texts=Texts(
        kind="sides", placeholders=("Type or paste a text", "Leave it empty for a lone text"), edits=True, gaps=True
    ),
    examples=(
        Example(
            "Other people",
            "The old man sat by the sea and watched the boats.",
            "The young woman sat by the sea and watched the boats.",
        ),
        Example(
            "Singular and plural",
            "The key to the cabinets is on the table.",
            "The keys to the cabinets are on the table.",
        ),
        Example("A negation", "The door was open and we went in.", "The door was not open and we went home."),
    ),
    options=(
        Choice(name="mode", label="Compare", default=TEXTS, allowed=(TEXTS, CUTS, MODELS), place="none"),
        Words(name="text", label="Text", placeholder="Type or paste a text", lines=True, place="none"),
        _Cut(name="cut_a", label="A is cut at", most=MAX_TEXT_CHARS, place="none"),
        _Cut(name="cut_b", label="B is cut at", most=MAX_TEXT_CHARS, place="none"),
        Words(
            name="model_b",
            label="The model that reads B",
            most_chars=MAX_SPEC_CHARS,
            help="A is read by the model of the sidebar. Type any Hugging Face id, id@revision, or a folder.",
            place="none",
        ),
        replace(READING, shows=False),
        colour_by(_COLOURS),
        replace(MASKING, shows=False),
        K,
        replace(FIT, label="Fit colours to these texts"),
        replace(LANGUAGE, shows=True),
        Pick(
            name="pair",
            label="Pair shown (from 0)",
            among=lambda _view, results: range(len(results.get("compare") or ())),
        ),
    ),
    needs="mlm",
    questions=_questions,
    models=_models,
    prints=_prints,
    measures=(JS, DELTA_ENTROPY, DELTA_SURPRISAL, ENTROPY, MARGIN),
    notes=(("seen reading", SEEN_COMPARISON), ("hidden reading", glossary.HIDDEN_READING)),
)
