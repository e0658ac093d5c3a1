"""Drawing pairs and lone segments, and grouping them into batches."""

import random
from collections import Counter
from collections.abc import Callable

import pytest

from training.examples import (
    IS_NEXT,
    LENGTHS,
    MAX_SEGMENT_TOKENS,
    NO_LABEL,
    NOT_NEXT,
    Document,
    Example,
    assemble,
    draw_batches,
    draw_examples,
    pack,
)
from training.schedule import rate_at, share_at
from training.vocabulary import Vocabulary

SENTENCES = 40
FIRST_WORD = 1000


def tell_tale_documents() -> list[Document]:
    """20 documents whose token ids say where they are from: 1000 + 100 * document + sentence."""
    rng = random.Random(0)
    return [
        [[FIRST_WORD + 100 * document + sentence] * rng.randint(4, 20) for sentence in range(SENTENCES)]
        for document in range(20)
    ]


def place(token: int) -> tuple[int, int]:
    return divmod(token - FIRST_WORD, 100)


def segments(example: Example, vocabulary: Vocabulary) -> tuple[list[int], list[int]]:
    words = [
        (token, segment)
        for token, segment in zip(example.input_ids, example.token_type_ids, strict=True)
        if token not in vocabulary.never_chosen
    ]
    return [token for token, segment in words if segment == 0], [token for token, segment in words if segment == 1]


def check_segment_ids(
    build: Callable[[list[int], list[int], int, Vocabulary], Example], vocabulary: Vocabulary
) -> None:
    pair = build([7, 8], [9], IS_NEXT, vocabulary)
    assert pair.input_ids == (vocabulary.cls_id, 7, 8, vocabulary.sep_id, 9, vocabulary.sep_id)
    assert pair.token_type_ids == (0, 0, 0, 0, 1, 1)
    lone = build([7, 8], [], NO_LABEL, vocabulary)
    assert lone.input_ids == (vocabulary.cls_id, 7, 8, vocabulary.sep_id)
    assert lone.token_type_ids == (0, 0, 0, 0)


def without_segment_ids(a: list[int], b: list[int], label: int, vocabulary: Vocabulary) -> Example:
    """Bug: a pair without segment ids, as the notebook's lesson has it."""
    pair = assemble(a, b, label, vocabulary)
    return Example(pair.input_ids, (0,) * len(pair.input_ids), label)


def test_segment_ids(vocabulary: Vocabulary) -> None:
    check_segment_ids(assemble, vocabulary)


def test_the_check_rejects_missing_segment_ids(vocabulary: Vocabulary) -> None:
    with pytest.raises(AssertionError):
        check_segment_ids(without_segment_ids, vocabulary)


def test_labels_say_where_b_is_from(vocabulary: Vocabulary) -> None:
    for example in draw_examples(tell_tale_documents(), vocabulary, random.Random(1)):
        a, b = segments(example, vocabulary)
        document, last = place(a[-1])
        assert {place(token)[0] for token in a} == {document}
        if example.label == NO_LABEL:
            assert not b
        elif example.label == IS_NEXT:
            assert place(b[0]) == (document, last + 1)
        else:
            assert {place(token)[0] for token in b} != {document}


def test_segments_are_whole_sentences_in_order(vocabulary: Vocabulary) -> None:
    documents = tell_tale_documents()
    for example in draw_examples(documents, vocabulary, random.Random(2)):
        for segment in filter(None, segments(example, vocabulary)):
            document, first = place(segment[0])
            _, last = place(segment[-1])
            whole = [token for sentence in documents[document][first : last + 1] for token in sentence]
            assert segment == whole


def test_every_document_begins_at_its_first_sentence_once(vocabulary: Vocabulary) -> None:
    firsts: Counter[int] = Counter()
    for example in draw_examples(tell_tale_documents(), vocabulary, random.Random(3)):
        document, sentence = place(segments(example, vocabulary)[0][0])
        firsts[document] += sentence == 0
    assert firsts == Counter(dict.fromkeys(range(20), 1))


def test_shares_of_the_kinds(vocabulary: Vocabulary) -> None:
    rng = random.Random(4)
    examples = [example for _ in range(30) for example in draw_examples(tell_tale_documents(), vocabulary, rng)]
    counts = Counter(example.label for example in examples)
    pairs = counts[IS_NEXT] + counts[NOT_NEXT]
    assert counts[NO_LABEL] / len(examples) == pytest.approx(0.1, abs=0.02)
    assert counts[IS_NEXT] / pairs == pytest.approx(0.5, abs=0.03)
    assert max(len(example.input_ids) for example in examples) <= max(LENGTHS) + 3


def test_long_sentences_stay_within_the_positions(vocabulary: Vocabulary) -> None:
    documents = [[[FIRST_WORD + document] * 400] * 3 for document in range(3)]
    lengths = {len(example.input_ids) for example in draw_examples(documents, vocabulary, random.Random(0))}
    assert max(lengths) == 2 * MAX_SEGMENT_TOKENS + 3


def test_a_seed_decides_everything(vocabulary: Vocabulary) -> None:
    def drawn(seed: int) -> list[list[Example]]:
        rng = random.Random(seed)
        return list(draw_batches(draw_examples(tell_tale_documents(), vocabulary, rng), 512, rng))

    assert drawn(5) == drawn(5)
    assert drawn(5) != drawn(6)


def test_batches_keep_to_the_budget_and_lose_nothing(vocabulary: Vocabulary) -> None:
    rng = random.Random(7)
    examples = [example for _ in range(5) for example in draw_examples(tell_tale_documents(), vocabulary, rng)]
    assert len(examples) > 1024
    batches = list(draw_batches(examples, 512, rng))
    assert all(len(batch) * max(len(example.input_ids) for example in batch) <= 512 for batch in batches)
    assert Counter(example for batch in batches for example in batch) == Counter(examples)


def test_an_example_beyond_the_budget_is_a_batch_of_its_own(vocabulary: Vocabulary) -> None:
    short, long = (assemble([7] * words, (), NO_LABEL, vocabulary) for words in (2, 50))
    assert list(pack([short, short, long, short], 8)) == [[short, short], [long], [short]]


@pytest.mark.parametrize(
    ("step", "expected"),
    [(0, 0.1), (25, 0.85355339059), (50, 0.5), (99, 0.02)],
)
def test_rate(step: int, expected: float) -> None:
    assert rate_at(step, 100, 1.0, 10) == pytest.approx(expected, abs=1e-9)


def test_share_of_chosen_tokens() -> None:
    assert [share_at(step, 10, 0.25) for step in range(10)] == [0.25] * 7 + [0.15] * 3
