"""What the page asks the model, what a click may choose, and what its snippet prints."""

from collections.abc import Sequence

from analysis.choices import AS_GIVEN, BASELINES, MARGIN_TARGET, chosen
from analysis.questions import Influence, Question, Text
from dashboard.about import About
from dashboard.page import Results
from dashboard.view import ViewState

CURVES = (
    "Whether a map can be believed (Petsiuk et al. 2018): words are masked in its order, the most supporting first, "
    "and put back in that order into the text with all of them masked. Where the map is right the target falls with "
    "the first words and is back with the first. The area is the mean height of a curve that is scaled to 1 with no "
    "word masked and 0 with all of them; random orders stand beside it."
)
TOKEN, NSP = "token", MARGIN_TARGET
"""The two kinds of target."""
OCCLUSION, GRADIENTS, EVERY = "occlusion", "gradients", "every"
"""The names of the page's questions."""


def questions(view: ViewState, _about: About) -> dict[str, Question]:
    """Both maps of one target, each with its curves; the random orders once; the matrix where somebody asks for it."""
    target, segmentation = _target(view), _segmentation(view)
    shuffles, seed = view.number("shuffles"), view.number("seed")
    found: dict[str, Question] = {
        OCCLUSION: Influence(view.text, target, segmentation=segmentation, curves=True, shuffles=shuffles, seed=seed),
        GRADIENTS: Influence(
            view.text,
            target,
            "gradients",
            view.number("steps"),
            chosen("baseline", view.name("baseline"), BASELINES),
            segmentation,
            curves=True,
            shuffles=0,
        ),
    }
    if view.flag("every"):
        found[EVERY] = Influence(view.text, target, segmentation=segmentation, every=True)
    return found


def positions(view: ViewState, results: Results) -> range:
    """The positions that can be the target."""
    found = results.get(OCCLUSION)
    return range(0 if found is None or of_pair(view) else len(found.encoded))


def of_pair(view: ViewState) -> bool:
    """Whether the target is the next-sentence margin."""
    return view.name("target") == NSP


def can_be_of_pair(_texts: Sequence[Text], about: About) -> bool:
    """Whether the model has a second head to ask."""
    return "nsp" not in about.lacks


def can_be_segmented(texts: Sequence[Text], about: About) -> bool:
    """Whether there is a pair to be handed over otherwise."""
    return can_be_of_pair(texts, about) and any(text.text_b is not None for text in texts)


def prints(view: ViewState) -> list[str]:
    """The target, both maps, their agreement and their areas."""
    lines = [
        'print(f"the target: {occlusion.value_nats:.3f} nats {occlusion.token}".rstrip())',
        "for number in occlusion.order:",
        "    by = [each.influence_nats[number] for each in (occlusion, gradients)]",
        '    print(f"{occlusion.words[number].text}: {by[0]:+.3f}, {by[1]:+.3f} nats")',
        "agree = rank_correlation(occlusion.influence_nats, gradients.influence_nats)",
        'print(f"rank correlation {agree:.2f}, residual {gradients.path.residual_nats:.2g} nats")',
        "# The areas of deletion, where less is better, and of insertion.",
        "for found in (occlusion, gradients):",
        "    deletion, insertion = found.curves.deletion_area, found.curves.insertion_area",
        '    print(f"{found.method}: areas {deletion:.2f}, {insertion:.2f}")',
    ]
    if view.flag("every"):
        lines += ["", 'print(f"positions by words: {every.every.influence_nats.shape}")']
    return lines


def _target(view: ViewState) -> str:
    if of_pair(view):
        return NSP
    position, word = view.option("position"), view.name("word").strip()
    return f"{position if isinstance(position, int) else ''}{f'={word}' if word else ''}"


def _segmentation(view: ViewState) -> str:
    return view.name("segmentation") if of_pair(view) and view.text.text_b is not None else AS_GIVEN
