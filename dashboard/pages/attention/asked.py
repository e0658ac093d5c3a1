"""What the page asks the model, which head and which token it shows, and what its snippet prints."""

from collections.abc import Sequence

import numpy as np

from analysis.questions import Attention, Text
from analysis.types import AttentionWeights, Encoded, Floats
from dashboard.about import About
from dashboard.page import Results
from dashboard.view import Value, ViewState

AUTO, AVERAGE = 0, -1
"""In the place of a layer or a head: the one that the rule picks; in the place of a head: the average over all."""

BETWEEN = {"all": "all", "a_a": "A to A", "a_b": "A to B", "b_a": "B to A", "b_b": "B to B"}
"""Which tokens of a pair look at which."""


def questions(view: ViewState, about: About) -> dict[str, Attention]:
    """One layer's weights; a layer that this model has not is none."""
    layer = view.number("layer")
    return {"attention": Attention(view.text, layer if 1 <= layer <= about.n_layers else None)}


def positions(_view: ViewState, results: Results) -> range:
    """The positions that can be looked at."""
    found: AttentionWeights | None = results.get("attention")
    return range(0 if found is None else len(found.encoded))


def layers(view: ViewState, results: Results) -> dict[Value, str]:
    """The layers that there are, the most telling head's first."""
    found: AttentionWeights | None = results.get("attention")
    if found is None:
        return {}
    picked = f"{found.summaries.telling()[0]}, most telling"
    return {AUTO: picked, **{each: str(each) for each in range(1, found.n_layers + 1)}}


def heads(_view: ViewState, results: Results) -> dict[Value, str]:
    """The heads of the layer that is shown, the most telling one first, their average last."""
    found: AttentionWeights | None = results.get("attention")
    if found is None:
        return {}
    picked = f"{found.summaries.telling(found.layer)[1]}, most telling"
    return {AUTO: picked, **{each: str(each) for each in range(1, found.n_heads + 1)}, AVERAGE: "average of all"}


def of_pairs(texts: Sequence[Text], _about: About) -> bool:
    """Whether there are two segments."""
    return any(text.text_b is not None for text in texts)


def shown(view: ViewState, found: AttentionWeights) -> AttentionWeights:
    """The result with the head shown that the view asks for."""
    head = view.number("head")
    if head == AVERAGE:
        return found.showing(None)
    return found.showing(head if 1 <= head <= found.n_heads else found.summaries.telling(found.layer)[1])


def chosen_position(view: ViewState, encoded: Encoded) -> int:
    """The view's position when it lies in the text, else the first [MASK], else the first token that counts."""
    position = view.option("position")
    if isinstance(position, int) and 0 <= position < len(encoded):
        return position
    return int((encoded.masked if encoded.masked.any() else ~encoded.outside).argmax())


def filtered(view: ViewState, found: AttentionWeights) -> Floats:
    """The weights that are shown, float32 [T, T]: 0 where the pair filter leaves them out, and never rescaled."""
    between, weights = between_of(view, found), found.shown
    if between == "all":
        return weights
    queries, keys = (found.encoded.stands_with == "ab".index(side) for side in between.split("_"))
    return np.where(queries[:, None] & keys[None], weights, np.float32(0))


def between_of(view: ViewState, found: AttentionWeights) -> str:
    """The pair filter, where there is a pair."""
    return view.name("between") if found.encoded.text_b is not None else "all"


def named(found: AttentionWeights) -> str:
    """The head that is shown, in words: "Layer 3, head 5"."""
    return f"Layer {found.layer}, {'average over heads' if found.head is None else f'head {found.head}'}"


def prints(view: ViewState) -> list[str]:
    """The head that is shown in numbers, and what the chosen token looks at."""
    head = view.number("head")
    showing = {AUTO: "attention", AVERAGE: "attention.showing(None)"}.get(head, f"attention.showing({head})")
    first = (
        "encoded = shown.encoded",
        "position = (encoded.masked if encoded.masked.any() else ~encoded.outside).argmax()",
    )
    position = view.option("position")
    return [
        f"shown = {showing}",
        "print(f\"layer {shown.layer}, head {shown.head or 'average'}\")",
        'print(f"mean entropy {shown.in_numbers.entropy_bits[0, 0]:.2f} bits")',
        'print(f"to the previous token {shown.in_numbers.share_previous[0, 0]:.3f}")',
        'print(f"to [SEP] {shown.in_numbers.share_sep[0, 0]:.3f}")',
        "",
        *((f"position = {position}",) if isinstance(position, int) else first),
        "tokens, weights = shown.encoded.tokens, shown.shown",
        'print(f"position {position}, {tokens[position]}, looks at")',
        "for key in weights[position].argsort()[::-1][:10]:",
        '    print(f"  position {key}, {tokens[key]}: {weights[position, key]:.3f}")',
    ]
