"""Every task of the registry, by the same rules: a new one needs an example here and nothing else."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from analysis import (
    InputError,
    ModelBundle,
    Scores,
    ask,
    compare_inputs,
    compare_segmentations,
    fill_masks,
    find_influence,
    load_bundle,
    pair_matrix,
    patch_states,
    percentile,
    read_attention,
    read_distribution,
    read_hidden,
    read_layers,
    read_maskings,
    read_seen,
    score,
    score_candidates,
    sweep_splits,
)
from analysis.choices import MASKINGS
from analysis.questions import (
    Attention,
    Compare,
    Contest,
    Distribution,
    Fill,
    Influence,
    Layers,
    Pairs,
    Patch,
    Percentile,
    Read,
    Score,
    Segmentations,
    Splits,
    Table,
    Text,
    Tour,
)
from analysis.tasks import TASKS, task_of
from tests.analysis import task_rules
from tests.analysis.command_line import Run, answer_of
from tests.analysis.plain_words import assert_plain_sentence
from tests.analysis.stand_ins import assert_rejects

Models = tuple[ModelBundle, ...]


@dataclass(frozen=True)
class Example:
    """A question, the public function that asks it, and the models that both are asked of, by name."""

    question: Any
    call: Callable[..., object] | None = None
    models: tuple[str, ...] = ("tiny_bert",)
    needs: str = ""
    """The checkpoint without its head, where that is not the one of the other examples."""


LONG = "the zebra cats sat on the mat, she [MASK] opened doors ไ was dark! " * 4
STORY = "The cat sat on the mat. The dog was dark! She opened the door."
LINES = ("The cat sat.", "The dog was dark!", "She opened the door.", "A mat.")
PASSAGES = (
    "the room was dark and the dog sat on the mat. she opened the door.",
    "a cat sat on the dark mat, and on it",
)


def scores(*of_what: Any, **how: Any) -> Scores:
    readings = read_maskings(*of_what, **how)
    return Scores(readings, tuple(map(score, readings)))


EXAMPLES: dict[str, dict[str, Example]] = {
    "read": {
        "seen": Example(
            Read(Text("the cats sat", "a [MASK] dog", ((2, 7),)), k=4, watch=("dog", "##s")),
            lambda bundle: read_seen(bundle, "the cats sat", "a [MASK] dog", edits=[(2, 7)], k=4, watch=["dog", "##s"]),
        ),
        "hidden": Example(
            Read(Text("the zebras sat", "a dog", ((3, 9),)), "word", 3, ("cat",)),
            lambda bundle: read_hidden(
                bundle, "the zebras sat", "a dog", masking="word", k=3, edits=[(3, 9)], watch=["cat"]
            ),
        ),
        "hidden in windows": Example(
            Read(Text(LONG, in_windows=True), "word_l2r", 2),
            lambda bundle: read_hidden(bundle, LONG, k=2, in_windows=True),
        ),
    },
    "distribution": {
        "hidden in windows": Example(
            Distribution(Text(LONG, in_windows=True), 70, masking="word"),
            lambda bundle: read_distribution(bundle, LONG, position=70, masking="word", in_windows=True),
        ),
        "seen, in a pair": Example(
            Distribution(Text("the cats sat", "a [MASK] dog", ((2, 7),)), 6, "seen"),
            lambda bundle: read_distribution(
                bundle, "the cats sat", "a [MASK] dog", position=6, reading="seen", edits=[(2, 7)]
            ),
        ),
    },
    "pll": {
        "a pair": Example(
            Score(Text("the zebras sat", "a [MASK] dog")),
            lambda bundle: scores(bundle, "the zebras sat", "a [MASK] dog", maskings=["word_l2r"], k=1),
        ),
        "three maskings": Example(
            Score(Text("the zebras sat", edits=((1, 14),)), MASKINGS, 3, ("dog",)),
            lambda bundle: scores(bundle, "the zebras sat", edits=[(1, 14)], k=3, watch=["dog"]),
        ),
    },
    "fill": {
        "every order": Example(
            Fill(Text("the [MASK] sat [MASK]", "a [MASK]"), k=3, beam=3),
            lambda bundle: fill_masks(bundle, "the [MASK] sat [MASK]", "a [MASK]", k=3, beam=3),
        ),
        "one order": Example(
            Fill(Text("the cat sat", edits=((2, 4),)), ("confident",)),
            lambda bundle: fill_masks(bundle, "the cat sat", orders=["confident"], edits=[(2, 4)]),
        ),
    },
    "candidates": {
        "words of any length": Example(
            Contest(Text("the [MASK] sat [MASK]"), ("dog", "zoo", "##s", "opened the door"), 2, "dog", True),
            lambda bundle: score_candidates(
                bundle,
                "the [MASK] sat [MASK]",
                candidates=["dog", "zoo", "##s", "opened the door"],
                mask=2,
                any_length=True,
            ),
        ),
        "a reference that joins": Example(
            Contest(Text("the [MASK]", "a cat", ((2, 4),)), ("dog", "zoo"), reference="cat"),
            lambda bundle: score_candidates(
                bundle, "the [MASK]", "a cat", candidates=["cat", "dog", "zoo"], edits=[(2, 4)]
            ),
        ),
    },
    "nsp": {
        "a pair": Example(
            Segmentations(Text("the cat sat", "she opened the door")),
            lambda bundle: compare_segmentations(bundle, "the cat sat", "she opened the door"),
        ),
        "no room for a wrong boundary": Example(
            Segmentations(Text("the", "dog")), lambda bundle: compare_segmentations(bundle, "the", "dog")
        ),
    },
    "splits": {
        "words with controls": Example(
            Splits(STORY, "word", controls=2, seed=3),
            lambda bundle: sweep_splits(bundle, STORY, unit="word", controls=2, seed=3),
        ),
        "adjacent sentences by hand": Example(
            Splits(STORY, context="adjacent", controls=0, sentence_starts=(4, 12)),
            lambda bundle: sweep_splits(bundle, STORY, context="adjacent", controls=0, sentence_starts=[4, 12]),
        ),
        "between tokens, in German, beside passages of one's own": Example(
            Splits(STORY, "token", "adjacent", 2, language="de", controls_from=PASSAGES),
            lambda bundle: sweep_splits(
                bundle, STORY, unit="token", context="adjacent", controls=2, language="de", controls_from=PASSAGES
            ),
        ),
    },
    "pairs": {
        "with controls": Example(
            Pairs(LINES, 3, 1), lambda bundle: pair_matrix(bundle, list(LINES), controls=3, seed=1)
        ),
        "two without": Example(Pairs(LINES[:2], 0), lambda bundle: pair_matrix(bundle, LINES[:2], controls=0)),
        "beside passages of one's own": Example(
            Pairs(LINES, 2, language="de", controls_from=PASSAGES),
            lambda bundle: pair_matrix(bundle, LINES, controls=2, language="de", controls_from=PASSAGES),
        ),
    },
    "percentile": {
        "with controls": Example(
            Percentile(Text("the cat sat", "she opened the door"), 3, 1),
            lambda bundle: percentile(bundle, "the cat sat", "she opened the door", controls=3, seed=1),
        ),
        "an edited pair": Example(Percentile(Text("the cat sat", "a dog", ((2, 14),)), 2)),
        "beside passages of one's own": Example(
            Percentile(Text("the cat sat", "a dog"), 1, language="de", controls_from=PASSAGES),
            lambda bundle: percentile(
                bundle, "the cat sat", "a dog", controls=1, language="de", controls_from=list(PASSAGES)
            ),
        ),
    },
    "compare": {
        "hidden": Example(
            Compare(Text("the cats sat on", "a mat"), Text("the zebra sat", "a mat", ((7, 7),)), masking="word", k=3),
            lambda bundle: compare_inputs(
                bundle,
                Text("the cats sat on", "a mat"),
                Text("the zebra sat", "a mat", ((7, 7),)),
                masking="word",
                k=3,
            ),
        ),
        "two models": Example(
            Compare(Text("the cats sat", edits=((1, 14),)), Text("the dog sat on"), "seen"),
            lambda bundle, other: compare_inputs(
                bundle, Text("the cats sat", edits=((1, 14),)), Text("the dog sat on"), other=other, reading="seen"
            ),
            ("tiny_bert", "tiny_albert"),
        ),
        "two vocabularies": Example(
            Compare(Text("the zebra sat"), Text("the cats sat")),
            lambda bundle, other: compare_inputs(bundle, Text("the zebra sat"), Text("the cats sat"), other=other),
            ("tiny_bert", "tiny_roberta"),
        ),
    },
    "layers": {
        "one position, hidden": Example(
            Layers(Text("the zebras sat", "a dog", ((3, 9),)), "hidden", "word", 2, follow=("cat", "##s"), k=3),
            lambda bundle: read_layers(
                bundle,
                "the zebras sat",
                "a dog",
                reading="hidden",
                masking="word",
                position=2,
                follow=["cat", "##s"],
                k=3,
                edits=[(3, 9)],
            ),
        ),
        "one mask": Example(
            Layers(Text("the [MASK] sat [MASK]"), mask=2, k=1),
            lambda bundle: read_layers(bundle, "the [MASK] sat [MASK]", mask=2, k=1),
        ),
        "every position, seen": Example(
            Layers(Text("the cats sat", "a [MASK] dog", ((2, 7),)), k=4),
            lambda bundle: read_layers(bundle, "the cats sat", "a [MASK] dog", edits=[(2, 7)], k=4),
        ),
        "every position, hidden, of a model without a second head": Example(
            Layers(Text("the cats sat on"), "hidden", "token", k=2),
            lambda bundle: read_layers(bundle, "the cats sat on", reading="hidden", masking="token", k=2),
            ("tiny_roberta",),
        ),
    },
    "attention": {
        "the head that the rule picks": Example(
            Attention(Text("the zebras sat on [MASK]")),
            lambda bundle: read_attention(bundle, "the zebras sat on [MASK]"),
        ),
        "a head, of an edited pair": Example(
            Attention(Text("the cats sat", "a [MASK] dog", ((2, 7),)), 2, 1),
            lambda bundle: read_attention(bundle, "the cats sat", "a [MASK] dog", edits=[(2, 7)], layer=2, head=1),
        ),
        "an average": Example(
            Attention(Text("the cats sat"), 1, average=True),
            lambda bundle: read_attention(bundle, "the cats sat", layer=1, average=True),
            ("tiny_roberta",),
        ),
    },
    "patch": {
        "at the first gap": Example(
            Patch(Text("the cats sat [MASK]"), Text("the dogs sat [MASK]", edits=((3, 9),))),
            lambda bundle: patch_states(
                bundle, Text("the cats sat [MASK]"), Text("the dogs sat [MASK]", edits=((3, 9),))
            ),
        ),
        "a token in a pair": Example(
            Patch(Text("the cat sat", "a [MASK]"), Text("the dog sat", "a [MASK]"), "3=dog"),
            lambda bundle: patch_states(
                bundle, Text("the cat sat", "a [MASK]"), Text("the dog sat", "a [MASK]"), target="3=dog"
            ),
        ),
        "the margin": Example(
            Patch(Text("the cat sat", "a dog"), Text("the cat sat", "a mat"), "nsp"),
            lambda bundle: patch_states(
                bundle, Text("the cat sat", "a dog"), Text("the cat sat", "a mat"), target="nsp"
            ),
        ),
    },
    "table": {
        "minimal pairs, one of them a tie, one damaged": Example(
            Table(
                "sentence_good,sentence_bad,group\nthe cat sat,the cats sat,one\na dog sat,a dog sat,two\nthe cat\n"
                "the dogs sat on,the dog sat on,two\n"
            )
        ),
        "labelled pairs": Example(
            Table("text_a\ttext_b\tlabel\nthe cat sat\ta dog sat\t1\nthe dog\tthe mat\t0\na cat\tshe opened\t0"),
            needs="without_nsp",
        ),
        "texts, measured twice": Example(
            Table("the cat sat\nthe zebra sat\n\x07\na dog", measures=("seen", "pll"), masking="word"),
            models=("tiny_roberta",),
        ),
        "columns that somebody names": Example(
            Table('{"x": "the cats", "y": "a [MASK] dog"}\n{"x": "the cat"', columns=("text=y",)),
        ),
        "pairs": Example(
            Table("text_a,text_b\nthe cat sat,a dog sat\nthe dog,the mat", suite="plain", measures=("nsp",)),
            needs="without_nsp",
        ),
    },
    "influence": {
        "the first [MASK], with curves": Example(
            Influence(Text("the [MASK] sat on the mats", "a dog", ((3, 5),)), curves=True, shuffles=2, seed=3),
            lambda bundle: find_influence(
                bundle, "the [MASK] sat on the mats", "a dog", edits=[(3, 5)], curves=True, shuffles=2, seed=3
            ),
        ),
        "a token by gradients": Example(
            Influence(Text("the cats sat on the mat"), "2=dog", "gradients", 8, "zero", curves=True, shuffles=0),
            lambda bundle: find_influence(
                bundle,
                "the cats sat on the mat",
                target="2=dog",
                method="gradients",
                steps=8,
                baseline="zero",
                curves=True,
                shuffles=0,
            ),
        ),
        "of every position, too": Example(
            Influence(Text("the zebras sat [MASK]", "a dog!"), "1", every=True),
            lambda bundle: find_influence(bundle, "the zebras sat [MASK]", "a dog!", target="1", every=True),
            ("tiny_roberta",),
        ),
        "the margin of a wrong segmentation": Example(
            Influence(Text("the cats sat", "a dog", ((1, 5),)), "nsp", "gradients", 6, segmentation="swapped"),
            lambda bundle: find_influence(
                bundle,
                "the cats sat",
                "a dog",
                target="nsp",
                method="gradients",
                steps=6,
                segmentation="swapped",
                edits=[(1, 5)],
            ),
            needs="without_nsp",
        ),
    },
}

NEEDS = {
    **dict.fromkeys(
        ("read", "distribution", "pll", "fill", "candidates", "compare", "layers", "influence", "table"), "without_mlm"
    ),
    **dict.fromkeys(("nsp", "splits", "pairs", "percentile"), "without_nsp"),
    "patch": "without_mlm",
    "patch, the margin": "without_nsp",
}
"""The checkpoint that lacks the head that a task reads, or one example of it; what is not here does with either."""

LACKING = {"without_mlm": "masked-LM", "without_nsp": "next-sentence"}
"""How a refusal names the head that each of them lacks."""

IN_ONE_PIECE = {"attention", "distribution", "model"}
"""What is read in one chunk, however short chunks are."""


def of_all_tasks() -> dict[tuple[str, str], Example]:
    """The examples by task and name. A question without fields is its own example; the bundled model answers it."""
    asked_nothing = {
        name: {"as it is": Example(entry.question(), models=("bundled",))}
        for name, entry in TASKS.items()
        if not fields(entry.question)
    }
    examples = asked_nothing | EXAMPLES
    return {(name, case): example for name in TASKS for case, example in examples.get(name, {}).items()}


ALL = of_all_tasks()
FIRST = {name: example for (name, _), example in reversed(ALL.items())}
every_example = pytest.mark.parametrize("example", ALL.values(), ids=[f"{name}, {case}" for name, case in ALL])


def examples_of(name: str) -> list[Example]:
    return [example for (task, _), example in ALL.items() if task == name]


@pytest.fixture(scope="session")
def models_of(checkpoint: Callable[[str], ModelBundle]) -> Callable[[Example], Models]:
    def models(example: Example) -> Models:
        return tuple(load_bundle(name) if name == "bundled" else checkpoint(name) for name in example.models)

    return models


ModelsOf = Callable[[Example], Models]


@pytest.fixture(scope="session")
def answer_to(models_of: ModelsOf) -> Callable[[Example], Any]:
    """What an example comes to, asked once for all tests of this file."""
    known: dict[int, Any] = {}

    def answer(example: Example) -> Any:
        if id(example) not in known:
            known[id(example)] = ask(models_of(example), example.question)
        return known[id(example)]

    return answer


AnswerTo = Callable[[Example], Any]


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_what_the_registry_says_and_has_examples(name: str) -> None:
    examples = examples_of(name)
    assert examples, f"the task '{name}' has no example: add one to EXAMPLES"
    for example in examples:
        assert TASKS[name].question is type(example.question)
        task_rules.check_question(example.question)


@every_example
def test_its_answer_can_t_be_changed_and_is_json_whose_numbers_name_their_units(
    answer_to: AnswerTo, example: Example
) -> None:
    whole = answer_to(example)
    task_rules.check_read_only(whole)
    task_rules.check_json(task_of(example.question), whole)


@every_example
def test_its_parts_are_the_whole_and_none_of_them_is_taken_for_it(
    models_of: ModelsOf, answer_to: AnswerTo, example: Example
) -> None:
    task, models, whole = task_of(example.question), models_of(example), answer_to(example)
    task_rules.check_chunks(task, models, example.question, whole)
    task_rules.check_progress(task, models, example.question, whole)


def test_what_a_tour_published_is_the_reader_s_own(bundled: ModelBundle) -> None:
    first, again = (ask(bundled, Tour()).steps[1].published for _ in range(2))
    first["shape"].append(0)
    assert again["shape"] == [1, 62, 30522]


@pytest.mark.parametrize("name", FIRST)
def test_it_is_asked_of_as_many_models_as_it_takes(models_of: ModelsOf, answer_to: AnswerTo, name: str) -> None:
    models, question = models_of(FIRST[name]), FIRST[name].question
    task_rules.assert_same(ask(list(models), question), answer_to(FIRST[name]))
    for count in {0, 2, 3} - ({2} if name == "compare" else set()):
        with pytest.raises(InputError, match=f"and {count} came: give one model") as caught:
            ask(models * count, question)
        assert_plain_sentence(caught.value)


def test_what_can_be_cut_is_cut(models_of: ModelsOf) -> None:
    """Or the rules of parts would hold of nothing."""
    cut = set()
    for (name, _), example in ALL.items():
        task, models = task_of(example.question), models_of(example)
        if len(task.chunks(models, task.plan(models, example.question), 1)) > 1:
            cut.add(name)
    assert cut == set(TASKS) - IN_ONE_PIECE


WITH_FIELDS = {name: example for name, example in FIRST.items() if fields(example.question)}


@pytest.mark.parametrize("example", WITH_FIELDS.values(), ids=WITH_FIELDS)
def test_its_plan_refuses_in_words_what_can_t_be(models_of: ModelsOf, example: Example) -> None:
    task, models = task_of(example.question), models_of(example)
    for field in fields(example.question):
        for question in task_rules.spoiled(example.question, field.name):
            task_rules.assert_refused(task, models, question)


@pytest.mark.parametrize("name", FIRST)
def test_its_plan_refuses_a_model_without_its_head(
    models_of: ModelsOf, checkpoint: Callable[[str], ModelBundle], name: str
) -> None:
    for (_, case), example in ((key, each) for key, each in ALL.items() if key[0] == name):
        task, models = task_of(example.question), models_of(example)
        for which, lacking in product(range(len(models)), LACKING):
            asked = (*models[:which], checkpoint(lacking), *models[which + 1 :])
            if (example.needs or NEEDS.get(f"{name}, {case}", NEEDS.get(name))) == lacking:
                task_rules.assert_refused(task, asked, example.question, LACKING[lacking])
            else:
                assert task.answer(asked, example.question) is not None


CALLED = {f"{name}, {case}": example for (name, case), example in ALL.items() if example.call is not None}


@pytest.mark.parametrize("example", CALLED.values(), ids=CALLED)
def test_the_public_function_asks_the_same(models_of: ModelsOf, answer_to: AnswerTo, example: Example) -> None:
    assert example.call is not None
    task_rules.assert_same(answer_to(example), example.call(*models_of(example)))


def test_one_model_needs_no_list(models_of: ModelsOf, answer_to: AnswerTo) -> None:
    example = FIRST["read"]
    task_rules.assert_same(ask(*models_of(example), example.question), answer_to(example))


SAID = {f"{name}, {case}": (name, each) for (name, case), each in ALL.items() if task_rules.can_be_said(each.question)}


@pytest.mark.parametrize(("name", "example"), SAID.values(), ids=SAID)
def test_its_command_prints_the_same(
    run: Run, models_of: ModelsOf, answer_to: AnswerTo, tmp_path: Path, name: str, example: Example
) -> None:
    models = models_of(example)
    specs = [word for flag, each in zip(("--model", "--model-b"), models, strict=False) for word in (flag, each.spec)]
    printed = answer_of(run(name, *specs, *task_rules.arguments_of(example.question, tmp_path)))
    exported = task_of(example.question).export(answer_to(example))
    assert task_rules.without_the_moment(printed) == task_rules.without_the_moment(exported)


def test_every_command_is_run() -> None:
    assert {name for name, _ in SAID.values()} == set(FIRST)


# --- tasks that break the rules ---


def test_tasks_that_break_a_rule_are_rejected(models_of: ModelsOf) -> None:
    example = EXAMPLES["pairs"]["with controls"]
    task, models, question = task_of(example.question), models_of(example), example.question
    whole = task.answer(models, question)

    def changed(**parts: Any) -> Any:
        return replace(task, **parts)

    def export(**more: object) -> Any:
        return changed(export=lambda result: {**task.export(result), **more})

    for broken in (export(margin=1.0), export(left=float("nan")), export(names=("a", "b")), export(counts=[{"x": 1}])):
        assert_rejects(task_rules.check_json, broken, whole)

    def backwards(models: Models, plan: Any, parts: Any) -> Any:
        return task.assemble(models, plan, parts[::-1])

    def never_less(models: Models, plan: Any, parts: Any) -> Any:
        return task.answer(models, question) if parts else None

    def only_the_first(models: Models, plan: Any, chunk: tuple[int, int]) -> Any:
        return task.read(models, plan, (chunk[0], chunk[0] + 1))

    for broken in (changed(assemble=backwards), changed(assemble=never_less), changed(read=only_the_first)):
        assert_rejects(task_rules.check_chunks, broken, models, question, broken.answer(models, question))

    def reads_before(models: Models, bad: Any) -> Any:
        task.answer(models, question)
        return task.plan(models, bad)

    bad = replace(question, controls=-1)
    task_rules.assert_refused(task, models, bad)
    assert_rejects(task_rules.assert_refused, changed(plan=reads_before), models, bad)
