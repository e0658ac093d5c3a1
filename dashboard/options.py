"""The options that several pages offer."""

import re
from collections.abc import Mapping

from analysis.choices import BY_SCRIPT, DEFAULT_K, DEFAULT_MASKING, LANGUAGES, MASKINGS, READINGS
from analysis.limits import LARGEST_K, LARGEST_SEED, MAX_PASSAGES
from analysis.texts.sentences import language_for
from dashboard import glossary, second_head
from dashboard.page import Choice, Count, Switch, Words

READING = Choice(
    name="reading",
    label="Reading",
    default="hidden",
    allowed=READINGS,
    help=f"**seen**: {glossary.SEEN_READING}\n\n**hidden**: {glossary.HIDDEN_READING}",
    shows=True,
)
MASKING = Choice(
    name="masking",
    label="What the hidden reading hides",
    default=DEFAULT_MASKING,
    allowed=MASKINGS,
    names=glossary.MASKING_NAMES,
    style="radio",
    help=glossary.MASKING_HELP,
    shows=True,
    place="folded",
)
K = Count(
    name="k",
    label="Predictions per position",
    default=DEFAULT_K,
    least=1,
    most=LARGEST_K,
    help="How many of the most probable tokens are listed. On Tokens all of the vocabulary at one position stands "
    "below its figures.",
    shows=True,
    place="folded",
)
FIT = Switch(name="fit", label="Fit colours to this text", help=glossary.FIT_HELP, shows=True, place="folded")
LANGUAGE = Choice(
    name="language",
    label="Language of the sentence rules",
    default=BY_SCRIPT,
    allowed=(BY_SCRIPT, *LANGUAGES),
    names={BY_SCRIPT: "by the text's script", **LANGUAGES},
    style="list",
    help="By whose rules a text is cut into sentences: a full stop ends one in most places, but not after every "
    "language's abbreviations and ordinals (“am 3. Mai”).",
    place="folded",
)
CONTROLS_FROM = Words(
    name="controls_from",
    label="Passages of your own",
    placeholder="One passage a line",
    lines=True,
    from_file=True,
    help="What controls are drawn from instead of the passages that come with Pretext, which are English: for a text "
    f"of another language, or a model of one. One passage a line, {MAX_PASSAGES:,} at most.",
    place="folded",
)
SEED = Count(name="seed", label="Seed", default=0, most=LARGEST_SEED, place="folded")


def colour_by(measures: Mapping[str, glossary.Measure]) -> Choice:
    """What tokens are coloured by: one of these measures."""
    return Choice(
        name="measure",
        label="Colour by",
        default=glossary.ENTROPY.key,
        allowed=tuple(measures),
        names={key: measure.name for key, measure in measures.items()},
        help="\n\n".join(f"**{measure.name}**: {measure.definition}" for measure in measures.values()),
        style="list",
        shows=True,
    )


def words_typed(typed: str) -> tuple[str, ...]:
    """The words of a field, each once, as they are typed between white space, commas and semicolons."""
    return tuple(dict.fromkeys(each for each in re.split(r"[\s,;]+", typed) if each))


def controls(default: int, most: int) -> Count:
    """How many controls there are."""
    help = second_head.CONTROLS
    return Count(name="controls", label="Controls", default=default, most=most, help=help, place="folded")


def cut_by(language: str, text: str, cuts: str = "Sentences are cut") -> str:
    """By whose rules the sentences of a text are cut, in a sentence; ``cuts`` says what does, where somebody has to."""
    name, by_script = LANGUAGES[language_for(language, text)], " (by its script)" if language == BY_SCRIPT else ""
    return f"{cuts} by the rules for {name}{by_script}: choose another under Options."
