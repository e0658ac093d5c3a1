"""The recipes of the next-sentence head beyond its one answer: wrong segmentations, and many B for one A."""

from collections.abc import Sequence

import numpy as np

from analysis.batch.cells import listed_in, text_in
from analysis.batch.readings import BASE, counts
from analysis.batch.recipe import Column, Recipe, Scored, Settings, Values
from analysis.batch.requests import Margin, Work
from analysis.errors import InputError, quoted
from analysis.models.bundle import ModelBundle
from analysis.questions import Segmentations, Text
from analysis.tasks.contest import check_candidates
from analysis.tasks.segmentations import SEGMENTATIONS, VARIANT_NAMES, next_sentence
from analysis.texts.encoding import encode

LABEL = "{label}"
"""What stands in a template for a candidate."""
_EFFECTS = ("separator", "segment_ids", "together", "interaction")


def segmentations_recipe(_settings: Settings) -> Recipe:
    """The margin of a pair segmented rightly and wrongly, and the 2 x 2 effects."""

    def score(bundle: ModelBundle, values: Values) -> Work[Scored]:
        question = Segmentations(Text(text_in(values, "text_a"), text_in(values, "text_b")))
        plan = SEGMENTATIONS.plan((bundle,), question)
        z = yield [Margin(encoded) for encoded in plan.inputs.values()]
        found = SEGMENTATIONS.assemble((bundle,), plan, [np.stack(z)])
        scored = counts(plan.correct)
        if found is not None:
            scored |= {f"margin_{each.name}_nats": each.nsp.margin_nats for each in found.variants}
            scored |= {f"effect_{name}_nats": getattr(found.effects, f"{name}_nats") for name in _EFFECTS}
            scored["segmentations_left_out"] = " ".join(why for _, why in found.left_out) or None
        return Scored(scored)

    columns = (
        *(
            Column(f"margin_{name}_nats", "float64", f"margin of the pair handed over as {name}")
            for name in VARIANT_NAMES
        ),
        *(Column(f"effect_{name}_nats", "float64", f"of separator and segment ids: {name}") for name in _EFFECTS),
        Column("segmentations_left_out", "string", "why a margin is missing"),
    )
    return Recipe("segmentations", ("text_a", "text_b"), (*BASE, *columns), score, head="nsp")


def nsp_candidates_recipe(settings: Settings) -> Recipe:
    """Which of many B follows one A, with and without what a neutral A says of each.

    A row's candidates, or the settings' labels, are put into the template, if there is one (Sun et al. 2022). The
    neutral A is a text that says nothing: its margin for a B is how readily the head takes that B after anything. What
    is left after it is taken off is a log-odds ratio: how much more this A speaks for B than nothing does. That is
    Zhao et al.'s (2021) calibration with an input without content, and Holtzman et al.'s (2021) PMI-DC, carried over
    from probabilities of words to the margin of a pair. The margins of several neutral A are averaged.
    """
    template, neutral = settings.template, settings.neutral
    if template is not None and LABEL not in template:
        raise InputError(f"The template '{quoted(template)}' has no {LABEL}: put it where each candidate is to stand.")

    def score(bundle: ModelBundle, values: Values) -> Work[Scored]:
        text_a = text_in(values, "text_a")
        has_own = values.get("candidates") is not None or not settings.labels
        labels = check_candidates(listed_in(values, "candidates") if has_own else settings.labels)
        texts = labels if template is None else tuple(template.replace(LABEL, each) for each in labels)
        asked = [encode(bundle, a, b) for a in (text_a, *neutral) for b in texts]
        z: Sequence[np.ndarray] = yield [Margin(each) for each in asked]
        found = [next_sentence(each, bundle.nsp_meaning, lone_segment=False) for each in z[: len(texts)]]
        margins = np.array([float(each[0]) - float(each[1]) for each in z]).reshape(-1, len(texts))
        scored = {
            "nsp_candidate": labels,
            "nsp_candidate_margin_nats": margins[0].tolist(),
            "nsp_candidate_p_is_next": [each.p_is_next for each in found],
            "nsp_candidate_best": labels[int(margins[0].argmax())],
        }
        if neutral:
            of_neutral = margins[1:].mean(axis=0)
            less = margins[0] - of_neutral
            scored |= {
                "nsp_candidate_neutral_margin_nats": of_neutral.tolist(),
                "nsp_candidate_less_neutral_nats": less.tolist(),
                "nsp_candidate_best_less_neutral": labels[int(less.argmax())],
            }
        return Scored(scored)

    source = "Zhao et al. 2021; Holtzman et al. 2021"
    said = " and ".join(f"'{quoted(each)}'" for each in neutral) or "none"
    columns = (
        Column(
            "nsp_candidate",
            "list<string>",
            "the candidates" + (f", each in '{quoted(template or '')}'" * bool(template)),
        ),
        Column("nsp_candidate_margin_nats", "list<float64>", "the margin of A and each of them"),
        Column("nsp_candidate_p_is_next", "list<float64>", "P(IsNext), its logistic"),
        Column("nsp_candidate_best", "string", "the one with the largest margin, the first of equal ones"),
        Column(
            "nsp_candidate_neutral_margin_nats", "list<float64>", f"each one's margin after a neutral A: {said}", source
        ),
        Column(
            "nsp_candidate_less_neutral_nats",
            "list<float64>",
            "the margin less the neutral one: a log-odds ratio",
            source,
        ),
        Column(
            "nsp_candidate_best_less_neutral", "string", "the one with the largest of those, the first of equal ones"
        ),
    )
    return Recipe("nsp-candidates", ("text_a", "candidates"), columns, score, head="nsp")
