"""The options that several pages offer."""

from collections.abc import Mapping

from analysis.choices import DEFAULT_K, DEFAULT_MASKING, MASKINGS, READINGS
from analysis.limits import LARGEST_K, LARGEST_SEED
from dashboard import glossary, second_head
from dashboard.page import Choice, Count, Switch

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


def controls(default: int, most: int) -> Count:
    """How many controls there are."""
    help = second_head.CONTROLS
    return Count(name="controls", label="Controls", default=default, most=most, help=help, place="folded")
