"""Every named score against its published definition, computed plainly on a tiny random BERT."""

from pathlib import Path

import numpy as np
import pytest

from analysis.batch.requests import work_off
from analysis.batch.scores import SCORES, Side, read, together
from analysis.errors import InputError
from analysis.models.bundle import ModelBundle
from analysis.models.store import load_bundle
from tests.analysis.checkpoints import without_nsp
from tests.analysis.oracle import Plain
from tests.batch import plain as published

TEXTS = (
    "The cat sat on the mat.",
    "the dog opened the door, room 1!",
    "A lynx was dark.",
    "She sat",
    "Zebra  xylophones on , mat",
)
NEAR = 1e-5


def score(bundle: ModelBundle, name: str, *sides: Side) -> list[float | None]:
    (found,) = work_off(bundle, [SCORES[name].of(bundle, [read(bundle, side) for side in sides])])
    if isinstance(found, Exception):
        raise found
    return [each.value for each in found]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    ("name", "terms", "fold"),
    [
        ("pll-sum", published.pll, np.sum),
        ("pll-mean", published.pll, np.mean),
        ("pll-word-l2r", published.pll_word_l2r, np.sum),
        ("seen-mean", published.aul, np.mean),
    ],
)
def test_a_text_scores_as_published(
    tiny: ModelBundle, tiny_plain: Plain, text: str, name: str, terms: object, fold: object
) -> None:
    (found,) = score(tiny, name, Side(text))
    assert found == pytest.approx(fold(terms(tiny_plain, text)), abs=NEAR)  # type: ignore[operator]


@pytest.mark.parametrize("completion", ["the mat was dark.", " the mat was dark.", "ark.", "."])
def test_of_a_completion_the_tokens_that_end_in_it_count(tiny: ModelBundle, tiny_plain: Plain, completion: str) -> None:
    """A piece that the completion begins inside of counts, too: it ends in it."""
    text = "She opened the door on the mat was dark."
    start = len(text) - len(completion)
    (found,) = score(tiny, "pll-sum", Side(text, start=start))
    assert found == pytest.approx(sum(published.pll(tiny_plain, text, completion)), abs=NEAR)
    assert found != pytest.approx(sum(published.pll(tiny_plain, text)), abs=0.1)


PAIRS = [
    ("The cat sat on the mat.", "The dog sat on the mat."),
    ("The lynx was dark", "The cat was dark, she was"),
    ("the cat sat", "on the mat , the cat sat dark"),
    ("THE CAT opened", "the dog opened"),
]


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_crows_sums_over_the_shared_tokens(tiny: ModelBundle, tiny_plain: Plain, a: str, b: str) -> None:
    first, second = published.crows(tiny_plain, a, b, "equal")
    assert len(first) == len(second) > 0
    assert score(tiny, "crows-shared-sum", Side(a), Side(b)) == pytest.approx([sum(first), sum(second)], abs=NEAR)


@pytest.mark.parametrize(("a", "b"), [*PAIRS[:2], PAIRS[3]])
def test_bias_bench_averages_over_the_differing_tokens(tiny: ModelBundle, tiny_plain: Plain, a: str, b: str) -> None:
    first, second = published.crows(tiny_plain, a, b, "diff")
    expected = [np.mean(first), np.mean(second)]
    assert score(tiny, "crows-diff-mean", Side(a), Side(b)) == pytest.approx(expected, abs=NEAR)


def test_bias_bench_skips_a_pair_with_an_empty_span(tiny: ModelBundle) -> None:
    sides = Side("the cat sat"), Side("on the mat , the cat sat dark")
    assert score(tiny, "crows-diff-mean", *sides) == [None, None]
    assert None not in score(tiny, "crows-shared-sum", *sides)


def test_capitals_are_as_the_tokenizer_takes_them(tiny: ModelBundle) -> None:
    """The published code lower-cases for uncased models, whose tokenizer does so itself."""
    lower = score(tiny, "crows-shared-sum", Side("the cat sat"), Side("the dog sat"))
    assert score(tiny, "crows-shared-sum", Side("The CAT sat"), Side("The Dog SAT")) == lower


@pytest.mark.parametrize("word", ["mat", "lynx", "dark", "mats"])
@pytest.mark.parametrize("context", ["The cat was BLANK.", "BLANK sat on the mat", "she sat, BLANK, on the mat"])
def test_stereoset_averages_probabilities_piece_by_piece(
    tiny: ModelBundle, tiny_plain: Plain, context: str, word: str
) -> None:
    expected = published.stereoset_word(tiny_plain, context, context.replace("BLANK", word))
    found = score(tiny, "stereoset-mean-p", Side(context.replace("BLANK", "[MASK]"), word=word))
    assert found == pytest.approx([expected], abs=1e-6)


def test_the_mean_of_probabilities_is_no_mean_of_logarithms(tiny: ModelBundle, tiny_plain: Plain) -> None:
    """bias-bench's docstring says log, its code does not."""
    context, word = "The cat was BLANK.", "lynx"
    pieces = tiny_plain.tokenizer.encode(word, add_special_tokens=False)
    assert len(pieces) > 1
    p = []
    for number, piece in enumerate(pieces):
        before = tiny_plain.tokenizer.decode(pieces[:number])
        ids = published.ids_of(tiny_plain, context.replace("BLANK", f"{before}[MASK]"))
        p.append(published.log_p(tiny_plain, ids, ids.index(tiny.mask_id), piece))
    (found,) = score(tiny, "stereoset-mean-p", Side("The cat was [MASK].", word=word))
    assert found == pytest.approx(np.mean(np.exp(p)), abs=1e-6)
    assert found != pytest.approx(np.exp(np.mean(p)), rel=0.01)


def test_the_margin_is_of_the_pair_with_its_segments(tiny: ModelBundle, tiny_plain: Plain) -> None:
    a, b = "The cat sat.", "She opened the door."
    found = score(tiny, "isnext-margin", Side(a, second=b))
    assert found == pytest.approx([published.margin(tiny_plain, a, b)], abs=NEAR)
    assert found != pytest.approx([published.margin(tiny_plain, b, a)], abs=0.01)


def test_a_model_without_the_head_says_so(tmp_path: Path) -> None:
    bundle = load_bundle(str(without_nsp(tmp_path / "bert")))
    with pytest.raises(InputError, match="choose a model that has it"):
        score(bundle, "isnext-margin", Side("the cat", second="the dog"))


@pytest.mark.parametrize("word", ["cat", "mat", "dark", "x"])
def test_p_and_rank_at_the_first_gap(tiny: ModelBundle, tiny_plain: Plain, word: str) -> None:
    text = "The [MASK] sat on the [MASK]"
    (found,) = work_off(tiny, [SCORES["p-at-k"].of(tiny, [read(tiny, Side(text, word=word))])])
    p, rank = published.at_mask(tiny_plain, text, word)
    assert not isinstance(found, Exception)
    assert found[0].value == pytest.approx(p, abs=1e-6)
    assert found[0].rank == rank


def test_a_word_of_several_pieces_is_not_ranked(tiny: ModelBundle) -> None:
    (found,) = work_off(tiny, [SCORES["p-at-k"].of(tiny, [read(tiny, Side("the [MASK]", word="lynx"))])])
    assert not isinstance(found, Exception)
    assert found[0].value is None
    assert "'lynx' has 4 pieces" in str(found[0].why)


def test_what_cannot_be_scored_is_one_sentence(tiny: ModelBundle) -> None:
    with pytest.raises(InputError, match="has no \\[MASK\\]"):
        read(tiny, Side("the cat", word="cat"))
    with pytest.raises(InputError, match="keeps nothing of what is to be scored"):
        read(tiny, Side("the cat \u200b", start=8))


def test_every_score_is_defined() -> None:
    for name, each in SCORES.items():
        assert name == each.name
        assert each.says and each.source and each.unit and each.bounds
        assert each.unit != "nats" or each.column.endswith("_nats")


def test_generators_go_in_step(tiny: ModelBundle) -> None:
    """Equal requests of several scores are answered once, because they are made at the same time."""
    given = [read(tiny, Side("The cat sat."))]
    work = together([SCORES["pll-sum"].of(tiny, given), SCORES["pll-mean"].of(tiny, given)])
    requests = next(work)
    assert len(requests) == 2 * len(given[0].scored)
    assert len({each.key for each in requests}) == len(given[0].scored)
    (found,) = work_off(tiny, [together([SCORES["pll-sum"].of(tiny, given), SCORES["pll-mean"].of(tiny, given)])])
    assert not isinstance(found, Exception)
    assert found[0][0].value == pytest.approx((found[1][0].value or 0) * 4)
