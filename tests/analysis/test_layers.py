"""Both heads after every layer, beside plain transformers: ``output_hidden_states`` put through its own heads."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from analysis import InputError, LayerReading, ModelBundle, ask, load_bundle, read_hidden, read_layers, read_seen
from analysis.choices import MASKINGS, Masking
from analysis.kernels import bert, rows
from analysis.kernels.distributions import StatisticsReducer
from analysis.kernels.layers import LayersReducer
from analysis.models import inside
from analysis.questions import Layers, Text
from analysis.tasks import task_of
from analysis.texts.encoding import tokenised
from analysis.types import Edit, TokenStatistics
from tests.analysis.hidden_oracle import Sheet
from tests.analysis.oracle import Answer, Plain, assert_statistics_agree
from tests.analysis.plain_words import assert_plain_sentence
from tests.analysis.stand_ins import assert_rejects
from tests.analysis.task_rules import assert_same

NEAR = 1e-5
Case = tuple[str, str | None, tuple[Edit, ...]]
CASES: dict[str, Case] = {
    "one word": ("the", None, ()),
    "masks": ("the [MASK] sat on the mat, and [MASK] opened doors", None, ()),
    "a pair": ("the zebras sat", "a [MASK] dog was dark!", ()),
    "an unknown word and an edit": ("the ไ cats", None, ((3, 7),)),
}


@pytest.fixture(scope="module", params=["tiny_bert", "tiny_roberta", "bundled"])
def both(request: pytest.FixtureRequest, checkpoint_folder: Callable[..., Path]) -> tuple[ModelBundle, Plain]:
    name = request.param
    folder = Path("analysis/bundled") if name == "bundled" else checkpoint_folder(name)
    plain = Plain.load(folder, two_heads=name != "tiny_roberta")
    return load_bundle(name if name == "bundled" else str(folder)), plain


def in_words_of(bundle: ModelBundle, case: Case) -> Case:
    """A case with the model's own mask token."""
    text_a, text_b, edits = case
    text_a, text_b = (
        None if text is None else text.replace("[MASK]", bundle.tokenizer.mask_token) for text in (text_a, text_b)
    )
    return text_a or "", text_b, edits


@pytest.fixture(autouse=True, params=["numpy", "torch"])
def _exponentials_by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "FASTER", {torch.get_num_threads(): request.param})


class ByLayer:
    """The plain answers of every layer to some ids: masked-LM logits [L + 1, T, V], the second head's [L + 1, 2]."""

    def __init__(self, sheet: Sheet, ids: list[int]) -> None:
        model: Any = sheet.plain.model
        tensors = {"input_ids": torch.tensor([ids])}
        tensors["attention_mask"] = torch.ones_like(tensors["input_ids"])
        if sheet.segment_ids is not None:
            tensors["token_type_ids"] = torch.tensor([sheet.segment_ids])
        with torch.no_grad():
            states = model(**tensors, output_hidden_states=True).hidden_states
            if hasattr(model, "cls"):
                logits = [model.cls(state, model.bert.pooler(state)) for state in states]
                self.z = np.stack([z[0].double().numpy() for _, z in logits])
                self.logits = np.stack([each[0].double().numpy() for each, _ in logits])
            else:
                self.z = None
                self.logits = np.stack([model.lm_head(state)[0].double().numpy() for state in states])


def expected(sheet: Sheet, masking: Masking | None) -> ByLayer:
    """The seen rows, or each position of C with its token hidden by hand."""
    seen = ByLayer(sheet, sheet.ids)
    if masking is not None:
        for position in sheet.counted:
            hidden = ByLayer(sheet, sheet.with_masks(sheet.hidden_with(position, masking)))
            seen.logits[:, position] = hidden.logits[:, position]
    return seen


def check(found: LayerReading, sheet: Sheet, by_layer: ByLayer) -> None:
    """Every number of a reading against the plain answers."""
    at, last = found.positions, by_layer.logits[-1, found.positions]
    log_last = Answer(np.empty(0, int), last, None).log_p
    assert found.n_layers + 1 == len(by_layer.logits)
    for layer, logits in enumerate(by_layer.logits):
        answer = Answer(np.array(sheet.ids)[at], logits[at], None)
        nothing = np.empty((len(at), 0))
        statistics = TokenStatistics(
            *(each[layer] for each in (found.p_observed, found.surprisal_bits, found.entropy_bits, found.rank)),
            *(each[layer] for each in (found.top_ids, found.top_p)),
            nothing,
            nothing,
        )
        assert_statistics_agree(statistics, answer)
        kl = (np.exp(log_last) * (log_last - answer.log_p)).sum(-1) / np.log(2)
        np.testing.assert_allclose(found.kl_bits[layer], kl, rtol=1e-5, atol=1e-5)
    assert (found.kl_bits[-1] == 0).all()
    assert (found.z is None) == (by_layer.z is None)
    if found.z is not None:
        np.testing.assert_allclose(found.z, by_layer.z, rtol=0, atol=NEAR)


@pytest.mark.parametrize("masking", [None, *MASKINGS])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_layer_is_that_of_plain_transformers(
    both: tuple[ModelBundle, Plain], case: Case, masking: Masking | None
) -> None:
    bundle, plain = both
    if bundle.spec == "bundled" and masking not in {None, "word_l2r"}:
        pytest.skip("the tiny ones have every masking")
    text_a, text_b, edits = in_words_of(bundle, case)
    edits = tuple((at, id_) for at, id_ in edits if at < len(tokenised(bundle, text_a, text_b)) - 1)
    reads: dict[str, Any] = {"reading": "seen"} if masking is None else {"reading": "hidden", "masking": masking}
    found = read_layers(bundle, text_a, text_b, k=4, edits=edits, **reads)
    sheet = Sheet.of(plain, text_a, text_b, edits)
    check(found, sheet, expected(sheet, masking))
    assert found.masking == masking
    assert found.top_tokens[0][0] == bundle.tokens_of(found.top_ids[0, 0])


def test_the_last_layer_is_the_models_output(both: tuple[ModelBundle, Plain]) -> None:
    bundle, _ = both
    text_a, text_b, _ = in_words_of(bundle, CASES["a pair"])
    seen, found = read_seen(bundle, text_a, text_b, k=3), read_layers(bundle, text_a, text_b, k=3)
    for name in ("p_observed", "surprisal_bits", "entropy_bits", "top_p"):
        np.testing.assert_allclose(getattr(found, name)[-1], getattr(seen.statistics, name), rtol=NEAR, atol=NEAR)
    np.testing.assert_array_equal(found.top_ids[-1], seen.statistics.top_ids)
    np.testing.assert_array_equal(found.rank[-1], seen.statistics.rank)
    assert (found.margin_nats is None) == (seen.nsp is None)
    if found.margin_nats is not None and seen.nsp is not None:
        assert found.margin_nats[-1] == pytest.approx(seen.nsp.margin_nats, abs=NEAR)
    hidden = read_hidden(bundle, text_a, text_b, masking="word", k=3)
    found = read_layers(bundle, text_a, text_b, reading="hidden", masking="word", k=3)
    np.testing.assert_allclose(found.surprisal_bits[-1], hidden.statistics.surprisal_bits, rtol=NEAR, atol=NEAR)
    np.testing.assert_array_equal(found.top_ids[-1], hidden.statistics.top_ids)


@pytest.mark.parametrize("reading", ["seen", "hidden"])
def test_one_position_is_its_column_of_all(both: tuple[ModelBundle, Plain], reading: Any) -> None:
    bundle, _ = both
    text_a, text_b, _ = in_words_of(bundle, CASES["a pair"])
    every = read_layers(bundle, text_a, text_b, reading=reading, k=3)
    assert every.followed is None
    for position in range(len(every.encoded)):
        one = read_layers(bundle, text_a, text_b, reading=reading, k=3, position=position)
        for name in ("entropy_bits", "surprisal_bits", "kl_bits", "top_p"):
            column = getattr(every, name)[:, position : position + 1]
            np.testing.assert_allclose(getattr(one, name), column, rtol=NEAR, atol=5 * NEAR)
        np.testing.assert_array_equal(one.top_ids[:, 0], every.top_ids[:, position])
        assert one.settles_at.tolist() == [every.settles_at[position]]
        assert (one.z is None) == (every.z is None)


def test_what_is_followed(both: tuple[ModelBundle, Plain]) -> None:
    bundle, plain = both
    text_a, text_b, _ = in_words_of(bundle, CASES["a pair"])
    sheet = Sheet.of(plain, text_a, text_b)
    mask = sheet.ids.index(sheet.mask_id)
    asked = int(bundle.tokenizer.convert_tokens_to_ids(bundle.tokenizer.tokenize(" cat")[0]))
    for position in (2, mask):
        found = read_layers(bundle, text_a, text_b, position=position, follow=[asked], k=2)
        followed, rows = found.followed, ByLayer(sheet, sheet.ids).logits[:, position]
        assert followed is not None
        assert followed.position == position
        own = [] if position == mask else [sheet.ids[position]]
        first = [*found.top_ids[::-1, 0, 0].tolist(), *own, asked]
        assert followed.ids.tolist() == list(dict.fromkeys(first))
        assert followed.tokens == bundle.tokens_of(followed.ids)
        log_p = Answer(np.empty(0, int), rows, None).log_p[:, followed.ids]
        np.testing.assert_allclose(followed.log_p_nats, log_p, rtol=0, atol=2e-4)
        np.testing.assert_allclose(followed.p, np.exp(log_p), rtol=0, atol=NEAR)
        for column, id_ in enumerate(followed.ids.tolist()):
            surely = 1 + (rows > rows[:, [id_]] + 1e-4).sum(-1)
            perhaps = (rows > rows[:, [id_]] - 1e-4).sum(-1)
            assert (surely <= followed.rank[:, column]).all()
            assert (followed.rank[:, column] <= perhaps).all()
    assert read_layers(bundle, text_a, text_b, mask=1, k=1).positions.tolist() == [mask]


def test_settling_and_coming_first() -> None:
    tops = np.array([[5, 7, 1, 4], [2, 7, 3, 4], [5, 8, 1, 4], [5, 9, 2, 4]], np.int32)[:, :, None]
    found = reading_with(tops)
    assert found.settles_at.tolist() == [2, 3, 3, 0]
    assert found.first_at.tolist() == [0, 3, 3, 0]
    assert replace(found, known=np.array([True, False, True, True])).settles_at.tolist() == [2, -1, 3, 0]


def reading_with(top_ids: np.ndarray) -> LayerReading:
    """A reading of which only what comes first matters."""
    nothing: Any = np.zeros(top_ids.shape[:2], np.float32)
    n, some = top_ids.shape[1], object()
    rest: dict[str, Any] = dict.fromkeys(("encoded", "notices", "provenance", "followed", "z"), some)
    numbers = dict.fromkeys(("entropy_bits", "p_observed", "surprisal_bits", "rank", "kl_bits", "top_p"), nothing)
    return LayerReading(
        **rest,
        **numbers,
        kind="seen",
        masking=None,
        positions=np.arange(n, dtype=np.int32),
        known=np.ones(n, bool),
        n_vocabulary=10,
        top_ids=top_ids,
        top_tokens=(),
        meaning="next sentence",
    )


def test_the_distance_is_exact_where_distributions_nearly_agree() -> None:
    random = np.random.default_rng(0)
    last = random.normal(0, 3, 30_522)
    last[7] = 25
    near = np.stack([last + random.normal(0, size, last.size) for size in (1, 1e-2, 1e-3, 0)])
    logits = torch.from_numpy(near).float()
    by_hand = Answer(np.empty(0, int), logits.double().numpy(), None).log_p
    reducer = LayersReducer(np.array([3]), 4, 2, last.size)
    reducer(logits.clone(), 0)
    statistics, kl = reducer.result()
    expected = (np.exp(by_hand[-1]) * (by_hand[-1] - by_hand)).sum(-1) / np.log(2)
    np.testing.assert_allclose(kl[0], expected, rtol=1e-4, atol=3e-7)
    assert kl[0, -1] == 0
    assert (kl >= 0).all()
    alone = StatisticsReducer(np.full(4, 3), 2, last.size)
    alone(logits.clone(), 0)
    np.testing.assert_array_equal(statistics.entropy_bits, alone.result().entropy_bits)


def test_more_layers_than_rows_are_handed_out_at_once() -> None:
    random = np.random.default_rng(1)
    logits = torch.from_numpy(random.normal(0, 2, (2 * 25, 300))).float()
    reducer = LayersReducer(np.array([3, 4]), 25, 2, 300)
    reducer(logits.clone(), 0)
    statistics, kl = reducer.result()
    log_p = Answer(np.empty(0, int), logits.double().numpy(), None).log_p.reshape(2, 25, 300)
    expected = (np.exp(log_p[:, -1:]) * (log_p[:, -1:] - log_p)).sum(-1) / np.log(2)
    np.testing.assert_allclose(kl, expected, rtol=1e-5, atol=1e-6)
    assert_statistics_agree(statistics, Answer(np.repeat([3, 4], 25), logits.double().numpy(), None))


@pytest.mark.parametrize("reading", ["seen", "hidden"])
def test_the_shortest_chunks_are_the_whole_and_the_first_ones_say_what_is_missing(
    tiny: ModelBundle, reading: Any
) -> None:
    question = Layers(Text("the zebra [MASK] sat on the mat", "a dog"), reading, k=2)
    task = task_of(question)
    plan = task.plan((tiny,), question)
    chunks = task.chunks((tiny,), plan, 1)
    parts = [task.read((tiny,), plan, each) for each in chunks]
    assert len(chunks) > 3
    assert_same(task.assemble((tiny,), plan, parts), ask(tiny, question))
    some = task.assemble((tiny,), plan, parts[:2])
    assert 0 < some.known.sum() < len(some.known)
    assert np.isnan(some.entropy_bits[:, ~some.known]).all()
    assert np.isnan(some.kl_bits[:, ~some.known]).all()
    assert (some.rank[:, ~some.known] == 0).all()
    assert {token for layer in some.top_tokens for token in layer[-1]} == {""} or some.known[-1]
    assert some.z is not None


def decoder_alone(model: Any, states: torch.Tensor) -> torch.Tensor:
    return bert.linear(states, model.cls.predictions.decoder)


def normalised_again(model: Any, states: torch.Tensor) -> torch.Tensor:
    return bert.mlm_logits(model, model.bert.encoder.layer[-1].output.LayerNorm(states))


@pytest.mark.parametrize("head", [decoder_alone, normalised_again])
def test_half_a_head_and_a_second_normalisation_are_rejected(
    tiny: ModelBundle, tiny_plain: Plain, monkeypatch: pytest.MonkeyPatch, head: Any
) -> None:
    text = "the [MASK] sat on the mat"
    sheet = Sheet.of(tiny_plain, text)
    check(read_layers(tiny, text, k=2), sheet, expected(sheet, None))
    parts = inside._parts(tiny)
    monkeypatch.setattr(inside, "_parts", lambda _bundle: replace(parts, mlm_logits=head))
    assert_rejects(check, read_layers(tiny, text, k=2), sheet, expected(sheet, None))


@pytest.mark.parametrize(
    ("how", "match"),
    [
        ({"position": 1, "mask": 1}, "give one of the two"),
        ({"follow": ["cat"]}, "without a place"),
        ({"mask": 3}, "has 2 \\[MASK\\]s"),
        ({"position": 99}, "positions 0 to"),
        ({"mask": 1, "follow": ["zebra cats"]}, "pieces"),
    ],
)
def test_what_can_t_be_asked(tiny: ModelBundle, how: dict[str, Any], match: str) -> None:
    with pytest.raises(InputError, match=match) as caught:
        read_layers(tiny, "the [MASK] sat [MASK]", **how)
    assert_plain_sentence(caught.value)


def test_a_model_whose_layers_are_not_known_and_a_text_in_windows_are_refused(
    tiny: ModelBundle, checkpoint: Callable[[str], ModelBundle]
) -> None:
    with pytest.raises(InputError, match="distilbert"):
        read_layers(checkpoint("tiny_distilbert"), "the cat")
    with pytest.raises(InputError, match="one input"):
        ask(tiny, Layers(Text("the cat", in_windows=True)))
