"""What the page asks, of which position, and how a snippet prints the answers."""

from collections.abc import Mapping

from analysis.choices import DEFAULT_MASKING, MASKINGS, READINGS, chosen
from analysis.questions import Layers, Patch, Text
from dashboard.about import About
from dashboard.glossary import ENTROPY, KL_TO_LAST, RANK, SURPRISAL
from dashboard.options import words_typed
from dashboard.page import Results
from dashboard.texts import NOTEBOOK
from dashboard.view import ViewState

GROUNDS = {measure.key: measure for measure in (ENTROPY, SURPRISAL, RANK, KL_TO_LAST)}
"""What the cells of the grid can be coloured by."""
_K = 5
"""Predictions per cell: what a cell says when it is pointed at."""
_MASK = "[MASK]"


def questions(view: ViewState, about: About) -> Mapping[str, Layers | Patch]:
    """The chosen position, which takes a moment, then every one, then the patches of a second text."""
    reading, k = chosen("reading", view.name("reading"), READINGS), min(_K, about.n_vocabulary)
    # What is hidden changes nothing where nothing is.
    masking = chosen("masking", view.name("masking"), MASKINGS) if reading == "hidden" else DEFAULT_MASKING
    where, follow = _place(view, about), followed(view, about)
    asked: dict[str, Layers | Patch] = {
        "followed": Layers(view.text, reading, masking, **where, follow=follow, k=k),
        "layers": Layers(view.text, reading, masking, k=k),
    }
    if view.name("beside").strip():
        position = view.option("position")
        target = view.name("target") or ("" if position is None else str(position))
        asked["patch"] = Patch(view.text, Text(view.name("beside"), view.text.text_b), target)
    return asked


def followed(view: ViewState, about: About) -> tuple[str, ...]:
    """The words to follow: those that are typed, or in the notebook's text its own."""
    its_own = view.text.text_b is None and view.text.text_a.replace(about.mask_token, _MASK) == NOTEBOOK
    return words_typed(view.name("follow")) or (about.expected if its_own else ())


def positions(_view: ViewState, results: Results) -> range:
    """The positions that can be looked at."""
    found = results.get("layers") or results.get("followed")
    return range(0 if found is None else len(found.encoded))


def prints(view: ViewState) -> list[str]:
    """The ranks of what is followed after every layer, where every position settles, the margins, the patches."""
    return [*_OF_LAYERS, *(_OF_PATCHES if view.name("beside").strip() else ())]


_OF_LAYERS = (
    "line = followed.followed",
    "answer = followed.top_tokens[-1][0][0]",
    'print(f"position {line.position}: {answer}, first after layer {followed.first_at[0]}")',
    'print(f"  and from layer {followed.settles_at[0]} on")',
    'print(f"  entropy by layer: {followed.entropy_bits[:, 0].round(2).tolist()} bits")',
    'print(f"  KL to the last layer: {followed.kl_bits[:, 0].round(2).tolist()} bits")',
    "for token, ranks, p in zip(line.tokens, line.rank.T, line.p.T):",
    '    print(f"  {token}: rank {ranks.tolist()}, p = {p[-1]:.4f} in the end")',
    "",
    "for position, layer in zip(layers.positions, layers.settles_at):",
    '    print(f"{layers.encoded.tokens[position]}: settles at layer {layer}")',
    "if layers.z is not None:",
    '    print(f"margin by layer: {layers.margin_nats.round(2).tolist()} nats")',
)
_OF_PATCHES = (
    "",
    'print(f"from A to B: {patch.difference_nats:+.2f} nats")',
    "for layer, position in enumerate(patch.peaks):",
    "    effect = patch.effect_nats[layer, position]",
    '    print(f"after layer {layer}: position {position}, {effect:+.2f} nats")',
)


def _place(view: ViewState, about: About) -> dict[str, int]:
    """The position that is chosen, or else one that was edited, the first [MASK], the first token."""
    position, text = view.option("position"), view.text
    if isinstance(position, int):
        return {"position": position}
    if text.edits:
        return {"position": text.edits[0][0]}
    has_mask = any(about.mask_token in each for each in (text.text_a, text.text_b) if each is not None)
    return {"mask": 1} if has_mask else {"position": 1}
