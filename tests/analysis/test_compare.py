"""Two readings side by side against the same done by hand, and what must hold of a divergence."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from analysis import InputError, Text, export, load_bundle, read_hidden, read_seen, score
from analysis.choices import MASKINGS, READINGS, Masking, ReadingKind
from analysis.kernels.distributions import divergence
from analysis.limits import HEAD_ROWS
from analysis.models.bundle import ModelBundle
from analysis.questions import Compare
from analysis.tasks import compare, in_step
from analysis.tasks.compare import COMPARE, compare_inputs
from analysis.types import Comparison, Divergence, HiddenReading, WordComparison
from tests.analysis.command_line import Run, answer_of, assert_refused
from tests.analysis.engine_spy import watched_engine
from tests.analysis.hidden_oracle import Sheet
from tests.analysis.oracle import Plain
from tests.analysis.plain_words import assert_plain_sentence
from tests.analysis.stand_ins import assert_rejects
from tests.analysis.task_rules import check_chunks

LOGITS = st.lists(st.floats(-30, 30, width=32), min_size=3, max_size=3)


def rows(*values: list[float]) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32)


def exact(a: list[float], b: list[float]) -> tuple[float, float, float]:
    """JS and both KLs in bits, as they are defined, in float64."""
    p, q = (np.exp(np.array(x) - max(x)) for x in (a, b))
    p, q = p / p.sum(), q / q.sum()
    m = (p + q) / 2

    def kl(x: np.ndarray, y: np.ndarray) -> float:
        return float(sum(u * math.log2(u / v) for u, v in zip(x, y, strict=True) if u > 0))

    return (kl(p, m) + kl(q, m)) / 2, kl(p, q), kl(q, p)


# --- the divergence ---


@given(LOGITS, LOGITS)
def test_it_is_as_defined(a: list[float], b: list[float]) -> None:
    found = divergence(rows(a), rows(b), 3)
    js, kl_ab, kl_ba = exact(a, b)
    assert found.js_bits[0] == pytest.approx(js, abs=1e-6)
    assert found.kl_ab_bits[0] == pytest.approx(kl_ab, rel=1e-5, abs=1e-5)
    assert found.kl_ba_bits[0] == pytest.approx(kl_ba, rel=1e-5, abs=1e-5)


def assert_is_a_divergence(measure: Callable[[torch.Tensor, torch.Tensor], np.ndarray]) -> None:
    a, b = rows([3, 1, -2, 0.5]), rows([0, 2, 1, -1])
    assert measure(a, a)[0] == 0, "of equal inputs it is 0"
    assert measure(rows([90, -90]), rows([-90, 90]))[0] == pytest.approx(1, abs=1e-6), "of disjoint ones 1 bit"
    assert measure(a, b)[0] == measure(b, a)[0], "it is symmetric"
    assert measure(a + 7, b)[0] == pytest.approx(measure(a, b)[0], abs=1e-6), "a constant added changes nothing"
    assert 0 < measure(a, b)[0] < 1


def test_of_equal_0_of_disjoint_1_symmetric_and_blind_to_a_constant() -> None:
    assert_is_a_divergence(lambda a, b: divergence(a, b, 1).js_bits)


def test_the_bugs_of_others_are_rejected() -> None:
    def jeffreys(a: torch.Tensor, b: torch.Tensor) -> np.ndarray:
        found = divergence(a, b, 1)
        return found.kl_ab_bits + found.kl_ba_bits

    def on_raw_logits(a: torch.Tensor, b: torch.Tensor) -> np.ndarray:
        return divergence(a.exp().log1p(), b.exp().log1p(), 1).js_bits

    def one_way(a: torch.Tensor, b: torch.Tensor) -> np.ndarray:
        return divergence(a, b, 1).kl_ab_bits

    def nats(a: torch.Tensor, b: torch.Tensor) -> np.ndarray:
        return divergence(a, b, 1).js_bits * np.float32(math.log(2))

    for stand_in in (jeffreys, on_raw_logits, one_way, nats):
        assert_rejects(assert_is_a_divergence, stand_in)


def test_parts_and_rest_sum_to_it_and_the_largest_come_first() -> None:
    torch.manual_seed(0)
    a, b = torch.randn(HEAD_ROWS, 5_000) * 3, torch.randn(HEAD_ROWS, 5_000) * 3
    found = divergence(a, b, 10)
    sums = found.mover_js_bits.astype("f8").sum(1) + found.js_rest_bits
    np.testing.assert_allclose(sums, found.js_bits, rtol=0, atol=1e-6)
    p, q = (torch.softmax(x.double(), -1).numpy() for x in (a, b))
    m = (p + q) / 2
    parts = (p * np.log2(p / m) + q * np.log2(q / m)) / 2
    np.testing.assert_allclose(found.js_bits, parts.sum(1), rtol=0, atol=1e-6)
    np.testing.assert_array_equal(found.mover_ids, np.argsort(-parts, axis=1, kind="stable")[:, :10])
    np.testing.assert_allclose(found.mover_js_bits, np.sort(parts)[:, ::-1][:, :10], rtol=1e-4)
    np.testing.assert_allclose(found.mover_p_a, np.take_along_axis(p, found.mover_ids, 1), rtol=1e-5)
    np.testing.assert_allclose(found.mover_p_b, np.take_along_axis(q, found.mover_ids, 1), rtol=1e-5)


def test_nearly_equal_distributions_keep_their_digits() -> None:
    a = torch.randn(1, 1_000, generator=torch.Generator().manual_seed(1))
    b = a.clone()
    b[0, 3] += 0.01
    js, *_ = exact(a[0].tolist(), b[0].tolist())
    assert divergence(a, b, 1).js_bits[0] == pytest.approx(js, rel=2e-3)


# --- comparisons ---

SIDES = {
    "two texts": (Text("the cats sat on a mat"), Text("the zebra sat on a dog mat")),
    "two pairs": (Text("the cat", "a dog sat"), Text("the cats", "a mat sat")),
    "two segmentations": (Text("the cat sat on a mat"), Text("the cat", "sat on a mat")),
    "two cuts": (Text("the cat", "sat on a mat"), Text("the cat sat", "on a mat")),
    "a text and its edit": (Text("the cats sat"), Text("the cats sat", None, ((2, 30),))),
    "a masked token": (Text("the cats sat"), Text("the cats sat", None, ((3, 4),))),
    "nothing in common": (Text("cat"), Text("zebra dogs")),
    "a typed [MASK]": (Text("the [MASK] sat"), Text("the cat [MASK] sat")),
}


def by_hand(plain: Plain, given: Text, reading: ReadingKind, masking: Masking) -> np.ndarray:
    """Logits [T, V] of one side, each row of an input of its own where its token is hidden."""
    sheet = Sheet.of(plain, given.text_a, given.text_b, given.edits)
    return (sheet.answer() if reading == "seen" else sheet.hidden_answer(masking)).logits


def assert_compares(found: Comparison, plain: Plain, a: Text, b: Text, reading: ReadingKind, masking: Masking) -> None:
    logits_a, logits_b = (by_hand(plain, side, reading, masking) for side in (a, b))
    for pair, (i, j) in enumerate(zip(found.index_a.tolist(), found.index_b.tolist(), strict=True)):
        if i < 0 or j < 0:
            assert np.isnan(found.divergence.js_bits[pair])
            assert np.isnan(found.delta_entropy_bits[pair])
            continue
        js, kl_ab, kl_ba = exact(logits_a[i].tolist(), logits_b[j].tolist())
        assert found.divergence.js_bits[pair] == pytest.approx(js, abs=2e-6)
        assert found.divergence.kl_ab_bits[pair] == pytest.approx(kl_ab, rel=1e-3, abs=2e-5)
        assert found.divergence.kl_ba_bits[pair] == pytest.approx(kl_ba, rel=1e-3, abs=2e-5)


@pytest.mark.parametrize("reading", ["seen", "hidden"])
@pytest.mark.parametrize(("a", "b"), SIDES.values(), ids=SIDES)
def test_every_pair_is_what_plain_transformers_give(
    tiny: ModelBundle, tiny_plain: Plain, a: Text, b: Text, reading: ReadingKind
) -> None:
    found = compare_inputs(tiny, a, b, reading=reading, k=5)
    assert isinstance(found, Comparison)
    assert found.complete
    assert_compares(found, tiny_plain, a, b, reading, "word_l2r")
    stand_in = compare_inputs(tiny, a, Text(b.text_a, b.text_b), reading=reading, k=5)
    if b.edits and isinstance(stand_in, Comparison):
        assert_rejects(assert_compares, stand_in, tiny_plain, a, b, reading, "word_l2r")


@pytest.mark.parametrize("masking", MASKINGS)
def test_the_masking_is_the_one_asked_for(tiny: ModelBundle, tiny_plain: Plain, masking: Masking) -> None:
    a, b = Text("the zebra sat"), Text("a zebras sat")
    found = compare_inputs(tiny, a, b, masking=masking)
    assert isinstance(found, Comparison)
    assert_compares(found, tiny_plain, a, b, "hidden", masking)


@pytest.mark.parametrize("name", ["two texts", "two pairs", "a text and its edit"])
def test_the_sides_are_the_readings_themselves(tiny: ModelBundle, name: str) -> None:
    a, b = SIDES[name]
    seen = compare_inputs(tiny, a, b, reading="seen", k=5)
    hidden = compare_inputs(tiny, a, b, reading="hidden", masking="word", k=5)
    for side, one, other in ((a, seen.a, hidden.a), (b, seen.b, hidden.b)):
        assert isinstance(other, HiddenReading)
        for found, alone in (
            (one, read_seen(tiny, side.text_a, side.text_b, k=5, edits=side.edits)),
            (other, read_hidden(tiny, side.text_a, side.text_b, masking="word", k=5, edits=side.edits)),
        ):
            np.testing.assert_allclose(found.statistics.entropy_bits, alone.statistics.entropy_bits, atol=1e-5)
            np.testing.assert_allclose(found.statistics.p_observed, alone.statistics.p_observed, atol=1e-6)
            np.testing.assert_array_equal(found.statistics.rank, alone.statistics.rank)
            assert found.top_tokens == alone.top_tokens
        assert one.nsp is not None
        assert other.seen.nsp is not None
        assert one.nsp.margin_nats == pytest.approx(other.seen.nsp.margin_nats, abs=1e-5)
        assert one.nsp.lone_segment == (side.text_b is None)


def test_differences_are_b_minus_a_and_each_side_s_own(tiny: ModelBundle) -> None:
    found = compare_inputs(tiny, *SIDES["two texts"], reading="seen", k=5)
    assert isinstance(found, Comparison)
    a, b = found.a.statistics, found.b.statistics
    for pair, (i, j) in enumerate(zip(found.index_a.tolist(), found.index_b.tolist(), strict=True)):
        if i >= 0 and j >= 0:
            assert found.delta_entropy_bits[pair] == b.entropy_bits[j] - a.entropy_bits[i]
            assert found.delta_surprisal_bits[pair] == b.surprisal_bits[j] - a.surprisal_bits[i]
            assert found.topk_overlap[pair] == pytest.approx(len({*a.top_ids[i]} & {*b.top_ids[j]}) / 5)
        assert found.rank_a[pair] == (a.rank[i] if i >= 0 else 0)
        assert found.rank_b[pair] == (b.rank[j] if j >= 0 else 0)
    assert set(found.kinds) == {"match", "substitution", "insertion"}
    mirrored = compare_inputs(tiny, *SIDES["two texts"][::-1], reading="seen", k=5)
    assert isinstance(mirrored, Comparison)
    np.testing.assert_array_equal(mirrored.divergence.js_bits, found.divergence.js_bits)
    np.testing.assert_allclose(mirrored.divergence.kl_ab_bits, found.divergence.kl_ba_bits, atol=1e-6)


@pytest.mark.parametrize("reading", ["seen", "hidden"])
def test_equal_inputs_do_not_differ_at_all(bundled: ModelBundle, reading: ReadingKind) -> None:
    side = Text("The cat sat on the mat.", "It purred.")
    found = compare_inputs(bundled, side, side, reading=reading)
    assert isinstance(found, Comparison)
    assert (found.divergence.js_bits == 0).all()
    assert (found.divergence.kl_ab_bits == 0).all()
    assert (found.topk_overlap == 1).all()
    assert set(found.kinds) == {"match"}


def test_one_pass_reads_both_sides_and_the_head_runs_on_each_row_once(tiny: ModelBundle) -> None:
    with watched_engine() as calls:
        found = compare_inputs(tiny, Text("the cats sat on a mat"), Text("the dog sat on a mat"), reading="seen")
    assert [len(inputs) for inputs in calls.inputs] == [2]
    assert sum(calls.mlm) == len(found.a.encoded) + len(found.b.encoded)


def most_waiting(first: ModelBundle, second: ModelBundle, reading: ReadingKind, monkeypatch: pytest.MonkeyPatch) -> int:
    """The largest number of rows that waited for their other side."""
    most, take = [0], in_step._InStep.take

    def counted(step: in_step._InStep, side: int, logits: torch.Tensor, start: int) -> None:
        take(step, side, logits, start)
        most.append(len(step._waiting))

    monkeypatch.setattr(in_step._InStep, "take", counted)
    a, b = Text("cat dog " * 28), Text("dog cat " * 27)
    compare_inputs(first, a, b, other=second, reading=reading)
    return max(most)


def test_no_more_logits_wait_than_a_chunk_has(
    tiny: ModelBundle, checkpoint: Callable[[str], ModelBundle], sibling: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert most_waiting(tiny, tiny, "seen", monkeypatch) <= HEAD_ROWS
    monkeypatch.setattr(compare, "HEAD_PRODUCT_ROWS", 8)
    for other in (load_bundle(str(sibling)), checkpoint("tiny_electra")):
        first = tiny if other.architecture == tiny.architecture else other
        for reading in ("seen", "hidden"):
            assert 0 < most_waiting(first, other, reading, monkeypatch) <= 8


# --- two models ---


@pytest.fixture(scope="module")
def sibling(tmp_path_factory: pytest.TempPathFactory, tiny_folder: Path) -> Path:
    """Another model with the same vocabulary: the same checkpoint with other numbers in it."""
    import shutil

    from safetensors.torch import load_file, save_file

    folder = tmp_path_factory.mktemp("sibling") / "model"
    shutil.copytree(tiny_folder, folder)
    (weights,) = folder.glob("*.safetensors")
    torch.manual_seed(5)
    changed = {name: each + 0.1 * torch.randn_like(each) for name, each in load_file(weights).items()}
    save_file(changed, weights, metadata={"format": "pt"})
    return folder


@pytest.mark.parametrize("reading", ["seen", "hidden"])
def test_two_models_with_one_vocabulary(
    tiny: ModelBundle, tiny_plain: Plain, sibling: Path, reading: ReadingKind
) -> None:
    side = Text("the cats sat on a mat", "a zebra")
    other = load_bundle(str(sibling))
    found = compare_inputs(tiny, side, side, other=other, reading=reading)
    assert isinstance(found, Comparison)
    assert found.a.provenance.revision != found.b.provenance.revision
    logits_a, logits_b = (by_hand(each, side, reading, "word_l2r") for each in (tiny_plain, Plain.load(sibling)))
    wanted = [exact(x.tolist(), y.tolist())[0] for x, y in zip(logits_a, logits_b, strict=True)]
    np.testing.assert_allclose(found.divergence.js_bits, wanted, rtol=0, atol=2e-6)
    assert min(wanted) > 1e-3
    seen = found.b.seen if isinstance(found.b, HiddenReading) else found.b
    assert seen.nsp is not None
    assert seen.nsp.margin_nats == pytest.approx(read_seen(other, side.text_a, side.text_b).nsp.margin_nats, abs=1e-5)


def test_what_has_come_of_two_slow_models_is_never_taken_for_the_whole(
    tiny: ModelBundle, sibling: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A seen reading is one thing, of which no part is shown; of a hidden one the pairs that have come are."""
    monkeypatch.setattr(compare, "HEAD_PRODUCT_ROWS", 2)
    models = (tiny, load_bundle(str(sibling)))
    for reading in ("seen", "hidden"):
        question = Compare(Text("the cats sat on", "a mat"), Text("the zebra sat"), reading, k=3)
        check_chunks(COMPARE, models, question, COMPARE.answer(models, question))
        plan = COMPARE.plan(models, question)
        parts = [COMPARE.read(models, plan, chunk) for chunk in COMPARE.chunks(models, plan, 1)]
        assert len(parts) > 4
        shown = [count for count in range(len(parts)) if COMPARE.assemble(models, plan, parts[:count]) is not None]
        assert shown == ([] if reading == "seen" else list(range(2, len(parts))))


@pytest.mark.parametrize("name", ["tiny_roberta", "tiny_modernbert", "tiny_albert", "tiny_electra"])
@pytest.mark.parametrize("reading", ["seen", "hidden"])
def test_other_architectures_with_themselves(
    checkpoint: Callable[[str], ModelBundle], checkpoint_folder: Callable[[str], Path], name: str, reading: ReadingKind
) -> None:
    bundle, plain = checkpoint(name), Plain.load(checkpoint_folder(name), two_heads=name == "tiny_albert")
    a, b = Text("the cat sat"), Text("the dogs sat on")
    found = compare_inputs(bundle, a, b, reading=reading)
    assert isinstance(found, Comparison)
    assert_compares(found, plain, a, b, reading, "word_l2r")


@pytest.mark.parametrize("reading", ["seen", "hidden"])
def test_different_vocabularies_are_compared_by_word(
    tiny: ModelBundle, checkpoint: Callable[[str], ModelBundle], reading: ReadingKind
) -> None:
    other = checkpoint("tiny_roberta")
    side = Text("the zebra sat")
    found = compare_inputs(tiny, side, side, other=other, reading=reading)
    assert isinstance(found, WordComparison)
    assert [found.words_a[i].text for i in found.index_a] == ["the", "zebra", "sat"]
    assert_plain_sentence(found.why)
    for reading_of_side, sums, per_character in (
        (found.a, found.surprisal_a_bits, found.bits_per_character[0]),
        (found.b, found.surprisal_b_bits, found.bits_per_character[1]),
    ):
        bits = reading_of_side.statistics.surprisal_bits[~reading_of_side.encoded.outside]
        assert sums.sum() == pytest.approx(bits.sum(), rel=1e-5)
        assert per_character == pytest.approx(bits.sum() / len("the zebra sat"), rel=1e-5)
    np.testing.assert_allclose(found.delta_surprisal_bits, found.surprisal_b_bits - found.surprisal_a_bits)


# --- bad input, and the command line ---


def test_a_refusal_names_the_side(tiny: ModelBundle, checkpoint: Callable[[str], ModelBundle]) -> None:
    for a, b, said in (
        (Text(" "), Text("x"), "Input A: The text is only white space"),
        (Text("the cat"), Text("the", ""), "Input B: Text B is empty"),
        (Text("the cat " * 400), Text("the"), "Input A: This text has"),
        (Text("the cat"), Text("the", None, ((9, 3),)), "Input B: An edit of position 9"),
    ):
        for other in (tiny, checkpoint("tiny_roberta")):
            with pytest.raises(InputError) as refused:
                compare_inputs(tiny, a, b, other=other)
            assert str(refused.value).startswith(said)
            assert_plain_sentence(refused.value)


def test_the_layout_of_a_comparison(run: Run, tiny: ModelBundle) -> None:
    answer = answer_of(run("compare", "the cats sat", "the dog sat on", "--reading", "seen", "-k", "3"))
    found = compare_inputs(tiny, Text("the cats sat"), Text("the dog sat on"), reading="seen", k=3)
    assert isinstance(found, Comparison)
    assert set(answer) == {"schema", "a", "b", "pll_a_nats", "pll_b_nats", "delta_pll_nats", "pairs", "nsp"}
    assert answer["pll_a_nats"] is answer["pll_b_nats"] is answer["delta_pll_nats"] is None, "nothing was hidden"
    assert set(answer["pairs"][0]) == {
        *("index_a", "index_b", "kind", "js_bits", "kl_ab_bits", "kl_ba_bits", "delta_entropy_bits"),
        *("delta_surprisal_bits", "rank_a", "rank_b", "topk_overlap", "js_rest_bits", "movers"),
    }
    assert [pair["kind"] for pair in answer["pairs"]] == list(found.kinds)
    for pair, js in zip(answer["pairs"], found.divergence.js_bits, strict=True):
        assert pair["js_bits"] == (None if np.isnan(js) else pytest.approx(float(js), abs=1e-6))
        assert (pair["index_b"] is None) == (pair["kind"] == "deletion")
        parts = sum(each["js_bits"] for each in pair["movers"])
        if pair["js_bits"] is not None:
            assert parts + pair["js_rest_bits"] == pytest.approx(pair["js_bits"], abs=1e-6)
    assert answer["a"]["reading"] == answer["b"]["reading"] == "seen"
    assert answer["nsp"]["delta_margin_nats"] == pytest.approx(
        answer["nsp"]["b"]["margin_nats"] - answer["nsp"]["a"]["margin_nats"], abs=1e-5
    )


@pytest.mark.parametrize("masking", MASKINGS)
@pytest.mark.parametrize(
    "a", [Text("the cats sat on the mat"), Text("the cats sat", "on the mat ."), Text("[MASK] sat")]
)
def test_both_sides_have_the_scores_of_their_readings(tiny: ModelBundle, masking: Masking, a: Text) -> None:
    b = Text("the dog sat on")
    found = compare_inputs(tiny, a, b, masking=masking)
    assert isinstance(found.a, HiddenReading)
    assert isinstance(found.b, HiddenReading)
    wanted, given = [score(side).pll_nats for side in (found.a, found.b)], export.comparison(found)
    by_itself = score(read_hidden(tiny, a.text_a, a.text_b, masking=masking)).pll_nats
    assert wanted[0] == pytest.approx(by_itself, abs=1e-4)
    assert list(found.pll_nats or ()) == [given["pll_a_nats"], given["pll_b_nats"]] == wanted, "to the last digit"
    assert found.delta_pll_nats == given["delta_pll_nats"] == wanted[1] - wanted[0]


@pytest.mark.parametrize("reading", READINGS)
def test_no_token_moves_between_equal_inputs(tiny: ModelBundle, reading: ReadingKind) -> None:
    found = compare_inputs(tiny, Text("the cats sat"), Text("the cats sat"), reading=reading)
    assert isinstance(found, Comparison)
    assert found.identical
    assert {token for tokens in found.mover_tokens for token in tokens} == {""}
    other = compare_inputs(tiny, Text("the cats sat"), Text("the dogs sat"), reading=reading)
    assert isinstance(other, Comparison)
    assert not other.identical
    for tokens, parts in zip(other.mover_tokens, other.divergence.mover_js_bits, strict=True):
        assert [token != "" for token in tokens] == [bool(part > 0) for part in parts]


def test_the_command_line_takes_pairs_edits_and_models(run: Run, checkpoint_folder: Callable[[str], Path]) -> None:
    answer = answer_of(run("compare", "the cat sat", "the cat", "--pair-b", "sat"))
    assert [pair["kind"] for pair in answer["pairs"]].count("insertion") == 1
    assert answer["nsp"]["a"]["lone_segment"]
    assert not answer["nsp"]["b"]["lone_segment"]
    assert answer["a"]["masking"] == "word_l2r"
    answer = answer_of(run("compare", "the cat sat", "the cat sat", "--edit-b", "2=dog"))
    assert answer["pairs"][2]["kind"] == "substitution"
    assert "edits" not in answer["a"]
    answer = answer_of(run("compare", "the zebra", "the zebra", "--model-b", str(checkpoint_folder("tiny_roberta"))))
    assert {each["kind"] for each in answer["words"]} == {"match"}
    assert set(answer["bits_per_character"]) == {"a", "b"}
    assert_refused(run("compare", "-", "-"), "stdin")


def test_a_divergence_is_read_only(tiny: ModelBundle) -> None:
    found = compare_inputs(tiny, Text("the cat"), Text("the dog"))
    assert isinstance(found, Comparison)
    assert isinstance(found.divergence, Divergence)
    with pytest.raises(ValueError, match="read-only"):
        found.divergence.js_bits[0] = 1
