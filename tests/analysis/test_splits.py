"""The next-sentence head at every cut of a text: against plain calls on the two texts, with controls by hand."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from transformers import BertTokenizerFast

from analysis import InputError, ModelBundle, Splits, load_bundle, pair_matrix, percentile, sweep_splits
from analysis.choices import SplitUnit
from analysis.passages import bank
from analysis.task import WHOLE
from analysis.tasks.segmentations import chunks_of, read_nsp
from analysis.tasks.splits import SPLITS, boundaries_of, reading_order
from analysis.texts.controls import draw_controls
from analysis.texts.encoding import encode, own_pieces
from analysis.texts.sentences import sentences
from analysis.types import SplitSweep
from tests.analysis.checkpoints import TOY_VOCABULARY, tiny_bert
from tests.analysis.command_line import Run, answer_of, assert_refused
from tests.analysis.engine_spy import watched_engine
from tests.analysis.oracle import Plain
from tests.analysis.plain_words import assert_plain_sentence
from tests.analysis.stand_ins import assert_rejects
from tests.analysis.texts import AWKWARD, NOTEBOOK
from tests.analysis.toy_tokenizers import SPECIALS

CLOSE = 1e-4
STORY = "The cat sat on the mat. It purred loudly! Then it slept, and the dog barked. Nobody came."
UNUSUAL = [text for text in AWKWARD.values() if len(text.split()) > 1 and "[" not in text and len(text) < 900]


def z_of_texts(plain: Plain, text_a: str, text_b: str) -> np.ndarray:
    z = plain.answer(text_a, text_b).z
    assert z is not None
    return z


def check_cuts(z: np.ndarray, text: str, starts: list[int], plain: Plain) -> None:
    for found, at in zip(z, starts, strict=True):
        np.testing.assert_allclose(found, z_of_texts(plain, text[:at], text[at:]), rtol=0, atol=CLOSE)


def test_cuts_are_plain_calls_on_two_texts(bundled: ModelBundle, plain: Plain) -> None:
    random, checked = np.random.default_rng(0), 0
    passages = [" ".join(passage.sentences[:3]) for passage in bank()[::4]]
    for text in [NOTEBOOK, STORY, *UNUSUAL, *passages]:
        plan = SPLITS.plan((bundled,), Splits(text, "word", controls=0))
        assert plan.uncut
        numbers = random.permutation(len(plan.boundaries))[:4].tolist()
        z = read_nsp(bundled, [plan.inputs[1 + number] for number in numbers])
        starts = [plan.boundaries[number].at for number in numbers]
        check_cuts(z, text, starts, plain)
        checked += len(numbers)
    assert checked >= 60
    assert_rejects(check_cuts, z[::-1], text, starts, plain)


def test_every_word_has_its_boundary(bundled: ModelBundle) -> None:
    sweep = sweep_splits(bundled, STORY, unit="word", controls=0)
    starts = [0]
    for word in STORY.split():
        starts.append(STORY.index(word, starts[-1]) + len(word) + 1)
    assert [boundary.at for boundary in sweep.boundaries] == starts[1:-1]
    ends = [start for start, _ in sentences(STORY)][1:]
    assert [boundary.at for boundary in sweep.boundaries if boundary.sentence] == ends
    own = encode(bundled, STORY)
    spans = own.span[own.sequence == 0]
    assert [boundary.pieces for boundary in sweep.boundaries] == [int((spans[:, 0] < at).sum()) for at in starts[1:-1]]


def test_sentence_ends_are_some_of_the_words(bundled: ModelBundle) -> None:
    words, ends = (sweep_splits(bundled, STORY, unit=unit, controls=2) for unit in ("word", "sentence"))
    chosen = [number for number, boundary in enumerate(words.boundaries) if boundary.sentence]
    assert [words.boundaries[number] for number in chosen] == list(ends.boundaries)
    np.testing.assert_allclose(words.z[chosen], ends.z, rtol=0, atol=1e-5)


# --- controls ---


def check_controls(sweep: SplitSweep, bundle: ModelBundle, plain: Plain) -> None:
    """Each control is a prefix of a passage, of exactly B's length, from a sentence's start or from inside one."""
    ids = own_pieces(sweep.encoded).tolist()
    by_name = {passage.name: passage for passage in bank()}
    cls, sep = plain.tokenizer.cls_token_id, plain.tokenizer.sep_token_id
    for number, boundary in enumerate(sweep.boundaries):
        a, n_b = ids[: boundary.pieces], len(ids) - boundary.pieces
        for which, name in enumerate(sweep.controls):
            passage = by_name[name]
            if boundary.sentence:
                text = passage.text
            else:
                first = next(sentence for sentence in passage.sentences if len(sentence.split()) > 1)
                words = first.split()
                text = passage.text[passage.text.index(first) :].split(maxsplit=len(words) // 2)[-1]
            b = plain.tokenizer(text, add_special_tokens=False, truncation=True, max_length=n_b).input_ids
            assert len(b) == n_b
            first_segment = [cls, *a, sep]
            z = plain.z(
                [*first_segment, *b, sep],
                [0] * len(first_segment) + [1] * (n_b + 1),
                [1] * (len(first_segment) + n_b + 1),
            )
            np.testing.assert_allclose(sweep.control_z[number, which], z, rtol=0, atol=CLOSE)


@pytest.mark.parametrize("unit", ["sentence", "word"])
def test_controls_are_prefixes_of_passages_as_long_as_b(bundled: ModelBundle, plain: Plain, unit: SplitUnit) -> None:
    sweep = sweep_splits(bundled, STORY, unit=unit, controls=3, seed=4)
    assert len(set(sweep.controls)) == 3
    check_controls(sweep, bundled, plain)
    other = sweep_splits(bundled, STORY, unit=unit, controls=3, seed=5)
    assert_rejects(check_controls, replace(sweep, control_z=other.control_z), bundled, plain)


def test_the_seed_decides_the_controls(bundled: ModelBundle) -> None:
    one, again, other = (sweep_splits(bundled, STORY, controls=4, seed=seed) for seed in (1, 1, 2))
    assert one.controls == again.controls != other.controls
    np.testing.assert_array_equal(one.control_z, again.control_z)


def test_contrast_and_ranks(bundled: ModelBundle) -> None:
    sweep = sweep_splits(bundled, STORY, unit="word", controls=3)
    margin = sweep.z[:, 0] - sweep.z[:, 1]
    controls = sweep.control_z[:, :, 0] - sweep.control_z[:, :, 1]
    np.testing.assert_array_equal(sweep.margin_nats, margin)
    np.testing.assert_allclose(sweep.contrast_nats, margin - controls.mean(axis=1), rtol=0, atol=1e-5)
    for number, by_margin, by_contrast in sweep.sentence_ranks:
        assert sweep.boundaries[number].sentence
        assert by_margin == 1 + sum(each > margin[number] for each in margin)
        contrast = sweep.contrast_nats
        assert by_contrast == 1 + sum(each > contrast[number] for each in contrast)
    assert len(sweep.sentence_ranks) == 3
    without = sweep_splits(bundled, STORY, controls=0)
    assert without.control_z.shape == (3, 0, 2)
    assert np.isnan(without.contrast_nats).all()
    assert [rank for _, _, rank in without.sentence_ranks] == [None] * 3
    assert without.complete


def test_the_text_uncut(bundled: ModelBundle, plain: Plain) -> None:
    sweep = sweep_splits(bundled, STORY, controls=0)
    z = plain.answer(STORY).z
    assert sweep.one_segment is not None
    assert sweep.one_segment.lone_segment
    assert z is not None
    assert sweep.one_segment.margin_nats == pytest.approx(z[0] - z[1], abs=CLOSE)


# --- context, boundaries by hand ---


def test_adjacent_sentences_only(bundled: ModelBundle, plain: Plain) -> None:
    sweep = sweep_splits(bundled, STORY, context="adjacent", controls=1)
    spans = sentences(STORY)
    pairs = [(STORY[slice(*one)], STORY[slice(*other)]) for one, other in pairwise(spans)]
    for z, (a, b) in zip(sweep.z, pairs, strict=True):
        np.testing.assert_allclose(z, z_of_texts(plain, a, b), rtol=0, atol=CLOSE)


def test_a_cut_inside_a_sentence_has_its_parts_beside_it(bundled: ModelBundle, plain: Plain) -> None:
    sweep = sweep_splits(bundled, STORY, unit="word", context="adjacent", controls=0)
    number = next(i for i, boundary in enumerate(sweep.boundaries) if STORY[boundary.at :].startswith("loudly"))
    np.testing.assert_allclose(sweep.z[number], z_of_texts(plain, "It purred", "loudly!"), rtol=0, atol=CLOSE)


def test_a_text_longer_than_the_model_reads(tiny: ModelBundle) -> None:
    text = "The cat sat on the mat . " * 20
    sweep = sweep_splits(tiny, text, context="adjacent", controls=0)
    assert sweep.one_segment is None
    assert len(sweep.boundaries) == 19
    for much in (text, text * 40):
        with pytest.raises(InputError, match=r"at most 64 are read.*, or compare adjacent sentences") as caught:
            sweep_splits(tiny, much, controls=0)
        assert_plain_sentence(caught.value)


def test_a_text_that_is_too_long_only_when_cut(tiny: ModelBundle) -> None:
    with pytest.raises(InputError) as caught:
        sweep_splits(tiny, "cat " * 62, unit="word", controls=0)
    assert_plain_sentence(caught.value)
    assert "This text, cut in two, has 65 tokens" in str(caught.value)


def test_sentences_by_hand(bundled: ModelBundle) -> None:
    starts = [STORY.index("purred"), STORY.index("Nobody")]
    sweep = sweep_splits(bundled, STORY, controls=1, sentence_starts=starts)
    assert [boundary.at for boundary in sweep.boundaries] == starts
    near = boundaries_of(encode(bundled, STORY), starts)
    assert [each.at for each in near if each.sentence] == starts
    assert len(near) == len(STORY.split()) - 1


def test_settings_that_can_t_be(subtests: pytest.Subtests, bundled: ModelBundle) -> None:
    for settings, said in [
        ({"unit": "letter"}, "The unit 'letter' came: choose sentence, word or token."),
        ({"controls": -1}, "The number of controls -1 came: choose 0 to 50."),
        ({"sentence_starts": [2]}, "A sentence can't begin at character 2"),
        ({"language": "deutsch"}, "The language 'deutsch' came: choose script, am, ar"),
        ({"controls_from": ["One passage."] * 1_001}, "The number of passages 1,001 came: give 1,000 at most"),
        ({"controls_from": ["word " * 20_001]}, "The passages have 100,005 characters together; at most 100,000"),
        ({"controls_from": ["Fine.", " "]}, "Passage 2 is only white space"),
        ({"controls_from": "One text."}, "The passages came as one text, 'One text.'"),
        ({"controls_from": ["ᚠᛇᚻ ᚠ", "ᚻᛇ"], "controls": 1}, "This model has no pieces for most of your passages"),
        ({"controls_from": ["Too short."], "controls": 1}, "there are among your passages 0 passages"),
        ({"sentence_starts": []}, "This text has no boundary to cut it at"),
    ]:
        with subtests.test(settings=settings, said=said):
            with pytest.raises(InputError) as caught:
                sweep_splits(bundled, STORY, **settings)
            assert_plain_sentence(caught.value)
            assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "unit"),
    [("One", "word"), ("One sentence only.", "sentence"), ("[SEP]", "word")],
)
def test_texts_that_can_t_be_cut(bundled: ModelBundle, text: str, unit: SplitUnit) -> None:
    with pytest.raises(InputError) as caught:
        sweep_splits(bundled, text, unit=unit)
    assert_plain_sentence(caught.value)


def test_more_controls_than_long_passages(bundled: ModelBundle) -> None:
    with pytest.raises(InputError) as caught:
        draw_controls(bundled, 2, 5_000, 0)
    assert_plain_sentence(caught.value)
    assert "For 2 controls of 5,000 tokens the bank has 0 passages that are long enough" in str(caught.value)


# --- any language ---


def test_the_language_of_the_rules(bundled: ModelBundle, run: Run) -> None:
    text = "Am 3. Mai kam er. Es regnete."
    for language, found, said in (("de", [18], "de"), ("script", [6, 18], "en")):
        sweep = sweep_splits(bundled, text, controls=0, language=language)
        assert ([each.at for each in sweep.boundaries], sweep.language) == (found, said)
    answer = answer_of(run("splits", text, "--language", "de", "--controls", "0"))
    assert ([each["at"] for each in answer["boundaries"]], answer["language"]) == ([18], "de")
    assert_refused(run("splits", text, "--language", "xx"), "The language 'xx' came: choose script, am,")


@pytest.mark.parametrize(
    ("text", "drawn"),
    [(STORY, True), ("Sie kam. Es regnete.", True), ("Она пришла. Шёл дождь.", False), ("他来了。下雨了。", False)],
)
def test_english_controls_stand_beside_no_other_script(bundled: ModelBundle, text: str, drawn: bool) -> None:
    sweep = sweep_splits(bundled, text, controls=2)
    assert len(sweep.controls) == (2 if drawn else 0)
    why = [each for each in sweep.notices if each.startswith("No controls were drawn")]
    assert len(why) == (0 if drawn else 1)
    assert all("--controls-from" in each for each in why)
    assert sweep_splits(bundled, text, controls=0).notices.said == tuple(
        each for each in sweep.notices if each not in why
    )


def test_a_model_without_pieces_for_the_bank_has_no_controls(tmp_path: Path) -> None:
    """Whatever the text: beside [UNK]s nothing is a control."""
    folder = tiny_bert(tmp_path / "bert")
    entries = (*SPECIALS, *"他打开了门房间很暗她害怕。", *TOY_VOCABULARY[len(SPECIALS) + 13 :])
    han = {token if number < 18 else f"[unused{number}]": number for number, token in enumerate(entries)}
    BertTokenizerFast(vocab=han, model_max_length=64).save_pretrained(folder)
    bundle = load_bundle(str(folder))
    for text, why in (("ab cd. Ef gh.", "has no pieces for most"), ("他打开了门。房间很暗。", "in another script")):
        (said,) = [each for each in sweep_splits(bundle, text, controls=2).notices if "No controls were drawn" in each]
        assert why in said
        with pytest.raises(InputError, match=why) as caught:
            percentile(bundle, text, text)
        assert_plain_sentence(caught.value)
        assert pair_matrix(bundle, [text, text], controls=2).controls == ()
    own = ["她很害怕。她打开了门。", "房间很暗。他打开了门。"]
    assert len(sweep_splits(bundle, "他打开了门。房间很暗。", controls=2, controls_from=own).controls) == 2
    assert set(percentile(bundle, "他打开了门。", "房间很暗。", controls=2, controls_from=own).controls) <= {
        sentence for passage in own for sentence in (passage[:5], passage[5:], passage[:6], passage[6:])
    }


def test_controls_of_one_s_own(bundled: ModelBundle, plain: Plain, tmp_path: Path, run: Run) -> None:
    lines = ("The dog ran down to the river and came back wet and cold.", "Nobody knew. The house was empty by then.")
    sweep = sweep_splits(bundled, "She came. He left.", controls=2, controls_from=lines)
    assert sorted(sweep.controls) == ["your passages, line 1", "your passages, line 2"]
    beginnings = {"your passages, line 1": "The dog ran", "your passages, line 2": "Nobody knew."}
    for number, name in enumerate(sweep.controls):
        z = z_of_texts(plain, "She came.", beginnings[name])
        np.testing.assert_allclose(sweep.control_z[0, number], z, rtol=0, atol=CLOSE)
    chinese = sweep_splits(bundled, "他来了。下雨了。", controls=2, controls_from=lines)
    assert len(chinese.controls) == 2, "whoever gives them knows why"
    file = tmp_path / "passages.txt"
    file.write_text("the cat sat on the mat and was dark.\n\n the dog opened the door .\u2028the cat sat\n", "utf-8")
    answer = answer_of(run("splits", "The cat sat. The dog sat.", "--controls", "2", "--controls-from", str(file)))
    assert sorted(answer["controls"]) == ["your passages, line 1", "your passages, line 2"]


def test_a_file_of_controls_that_can_t_be_read(run: Run, tmp_path: Path) -> None:
    text, empty = "The cat sat. The dog sat.", tmp_path / "empty.txt"
    empty.write_text(" \n", "utf-8")
    assert_refused(run("splits", text, "--controls-from", str(tmp_path / "no.txt")), "The file can't be read")
    assert_refused(run("splits", text, "--controls-from", str(empty)), "holds no words")
    assert_refused(run("splits", "-", "--controls-from", "-", stdin=b"The cat sat."), "Only one of the two texts")


# --- how it is computed ---


def test_the_masked_language_head_is_never_run(bundled: ModelBundle) -> None:
    with watched_engine() as calls:
        sweep_splits(bundled, STORY, controls=2)
    assert calls.mlm == []
    assert sum(calls.nsp) == 1 + 3 * 3


def test_chunks_hold_as_many_tokens_as_they_may(bundled: ModelBundle) -> None:
    plan = SPLITS.plan((bundled,), Splits(STORY, "word", controls=2))
    chunks = chunks_of(plan.inputs, 300)
    assert [edge for chunk in chunks for edge in chunk[:1]] + [len(plan.inputs)] == [0, *(stop for _, stop in chunks)]
    assert all(sum(map(len, plan.inputs[start:stop])) <= 300 for start, stop in chunks)
    assert chunks_of(plan.inputs, 1) == tuple((number, number + 1) for number in range(len(plan.inputs)))


@pytest.mark.parametrize("unit", ["sentence", "word"])
@pytest.mark.parametrize("n", [9, 17, 30])
def test_a_sweep_under_way_covers_the_text(bundled: ModelBundle, n: int, unit: SplitUnit) -> None:
    """Sentence boundaries come first; of either kind the first few lie no further apart than they have to."""
    text = " ".join(f"Cat {number} sat down." for number in range(n))
    plan = SPLITS.plan((bundled,), Splits(text, unit, controls=1))

    def check(order: list[int]) -> None:
        assert sorted(order) == list(range(len(plan.inputs))), "everything once"
        assert order[0] == 0, "the text uncut"
        cuts = [(number - 1) // 2 for number in order[1::2]]
        assert [(number - 1) // 2 for number in order[2::2]] == cuts, "a cut has its controls with it"
        ends = [cut for cut in cuts if plan.boundaries[cut].sentence]
        assert cuts[: len(ends)] == ends
        for group in (ends, cuts[len(ends) :]):
            among = sorted(group)
            for count in range(3, len(group) + 1):
                places = sorted(among.index(cut) for cut in group[:count])
                widest = max(later - earlier for earlier, later in pairwise([*places, len(group)]))
                assert widest <= 2 * -(-len(group) // count), f"the first {count} of {len(group)}"

    check(reading_order(plan))
    assert_rejects(check, list(range(len(plan.inputs))))


@pytest.mark.parametrize("tokens", [1, 200, 700])
def test_in_whatever_parts_it_is_read_every_number_is_its_boundary_s(bundled: ModelBundle, tokens: int) -> None:
    models, question = (bundled,), Splits(STORY, "word", controls=1)
    plan, whole = SPLITS.plan(models, question), sweep_splits(bundled, STORY, unit="word", controls=1)
    chunks = SPLITS.chunks(models, plan, tokens)
    assert len(chunks) > 1
    parts = [SPLITS.read(models, plan, chunk) for chunk in chunks]
    for count in range(len(parts) + 1):
        some = SPLITS.assemble(models, plan, parts[:count])
        assert some is not None
        known = np.isfinite(some.margin_nats)
        np.testing.assert_allclose(some.margin_nats[known], whole.margin_nats[known], rtol=0, atol=1e-5)
        assert some.complete == (count == len(parts))


def test_read_in_one_part_the_inputs_stand_as_in_the_text(bundled: ModelBundle) -> None:
    """So that its last digits are those of any reading in the order of the text."""
    plan = SPLITS.plan((bundled,), Splits(STORY, "word", controls=1))
    assert SPLITS.chunks((bundled,), plan, WHOLE) == (tuple(range(len(plan.inputs))),)


def test_what_follows_from_a_sweep_that_was_stopped(bundled: ModelBundle) -> None:
    plan = SPLITS.plan((bundled,), Splits(STORY, controls=2))
    nothing, some = (
        SPLITS.assemble((bundled,), plan, parts) for parts in ([], [SPLITS.read((bundled,), plan, tuple(range(6)))])
    )
    assert nothing is not None
    assert some is not None
    assert nothing.one_segment is None
    assert nothing.sentence_ranks == ()
    assert np.isfinite(some.z).tolist() == [[True] * 2] * 2 + [[False] * 2]
    assert np.isfinite(some.control_z[:, 0, 0]).tolist() == [True, True, False]
    assert np.isnan(some.contrast_nats[1:]).all()


# --- the command line ---


def test_on_the_command_line(run: Run, tiny: ModelBundle) -> None:
    text = "The cat sat. The dog was dark! She opened the door."
    answer = answer_of(run("splits", text, "--unit", "word", "--controls", "2", "--seed", "3"))
    sweep = sweep_splits(tiny, text, unit="word", controls=2, seed=3)
    assert [each["margin_nats"] for each in answer["boundaries"]] == sweep.margin_nats.tolist()
    assert [each["contrast_nats"] for each in answer["boundaries"]] == sweep.contrast_nats.tolist()
    assert [each["control_margins_nats"] for each in answer["boundaries"]] == sweep.control_margin_nats.tolist()
    assert [each["at"] for each in answer["boundaries"]] == [boundary.at for boundary in sweep.boundaries]
    assert answer["best"] == {
        "by_margin": int(sweep.margin_nats.argmax()),
        "by_contrast": int(sweep.contrast_nats.argmax()),
    }
    assert answer["controls"] == list(sweep.controls)
    plain = answer_of(run("splits", text, "--controls", "0", "--sentence-at", "4", "--context", "adjacent"))
    assert [each["at"] for each in plain["boundaries"]] == [4]
    assert (plain["best"]["by_contrast"], plain["boundaries"][0]["contrast_nats"]) == (None, None)


def test_a_person_is_told_what_it_takes(run: Run, tiny: ModelBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("splits", "The cat sat. The dog was dark!", "--controls", "1")[2] == "", "a program is not"
    monkeypatch.setattr("analysis.cli.sys.stderr.isatty", lambda: True, raising=False)
    _, out, told = run("splits", "The cat sat. The dog was dark!", "--controls", "1")
    assert json.loads(out)["boundaries"]
    tokens = sum(map(len, SPLITS.plan((tiny,), Splits("The cat sat. The dog was dark!", controls=1)).inputs))
    assert f"3 passes of the model over {tokens} tokens, by estimate 0.0 s" in told


def test_refusals_on_the_command_line(run: Run) -> None:
    assert_refused(run("splits", "The cat. The dog.", "--seed", "-1"), "seed -1 came")
    assert_refused(run("splits", "The cat. The dog.", "--unit", "letter"), "invalid choice")


def test_a_text_without_spaces_is_told_that_it_can_be_cut_between_tokens(bundled: ModelBundle) -> None:
    with pytest.raises(InputError, match="add a second word, cut between tokens, or"):
        sweep_splits(bundled, "EVQLVESGGG", unit="word", controls=0)
    with pytest.raises(InputError, match="add a second word, or"):
        sweep_splits(bundled, "word", unit="word", controls=0)
    assert len(sweep_splits(bundled, "EVQLVESGGG", unit="token", controls=0).boundaries) > 1
