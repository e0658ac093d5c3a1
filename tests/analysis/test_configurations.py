"""What a configuration may ask for besides its sizes: it changes no number, and nothing is fetched for it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis import ModelBundle, compare_segmentations, load_bundle, read_seen
from analysis.limits import MAX_POSITIONS
from tests.analysis.checkpoints import change_json, tiny_bert
from tests.analysis.fake_hub import FakeHub
from tests.analysis.oracle import Plain, assert_agrees

WISHES = {
    "other outputs": {"return_dict": False, "output_hidden_states": True, "output_attentions": True},
    "another way through the layers": {"chunk_size_feed_forward": 3, "use_cache": True},
    "dropout": {"hidden_dropout_prob": 0.9, "attention_probs_dropout_prob": 0.9},
    "another attention": {"attn_implementation": "eager"},
    "an attention that is not installed": {"_attn_implementation": "flash_attention_2"},
    "an attention from a repository of kernels": {"attn_implementation": "owner/kernels"},
    "the same, as it is saved": {"_attn_implementation": "owner/kernels@v1:attention"},
    "half precision": {"dtype": "float16"},
    "another class": {"architectures": ["BertForMaskedLM"]},
}


@pytest.mark.parametrize("wish", WISHES.values(), ids=WISHES)
@pytest.mark.parametrize("name", ["tiny_bert", "tiny_albert", "tiny_distilbert"])
def test_a_wish_of_the_configuration_changes_no_number(
    checkpoint_folder: Callable[[str], Path], fake_hub: FakeHub, tmp_path: Path, name: str, wish: dict[str, object]
) -> None:
    folder = shutil.copytree(checkpoint_folder(name), tmp_path / "wishing")
    change_json(folder, "config.json", wish)
    plain, wishing = load_bundle(str(checkpoint_folder(name))), load_bundle(str(folder))
    for texts in (("the cat sat",), ("the cat", "she opened the door")):
        before, after = (read_seen(bundle, *texts, k=5) for bundle in (plain, wishing))
        assert after.statistics.top_ids.tolist() == before.statistics.top_ids.tolist()
        assert after.statistics.surprisal_bits == pytest.approx(before.statistics.surprisal_bits, abs=1e-4)
        assert (after.nsp is None) == (before.nsp is None)
        if after.nsp is not None and before.nsp is not None:
            assert after.nsp.margin_nats == pytest.approx(before.nsp.margin_nats, abs=1e-4)
    assert fake_hub.requests == []


def test_the_longest_input_has_a_bound_of_ours(checkpoint_folder: Callable[[str], Path], tmp_path: Path) -> None:
    folder = shutil.copytree(checkpoint_folder("tiny_modernbert"), tmp_path / "long")
    change_json(folder, "config.json", {"max_position_embeddings": 8 * MAX_POSITIONS})
    change_json(folder, "tokenizer_config.json", {"model_max_length": 4 * MAX_POSITIONS})
    assert load_bundle(str(folder)).max_tokens == MAX_POSITIONS


def test_a_tokenizer_without_a_limit_leaves_the_model_s(
    checkpoint_folder: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = shutil.copytree(checkpoint_folder("tiny_bert"), tmp_path / "unlimited")
    change_json(folder, "tokenizer_config.json", {"model_max_length": None})
    assert load_bundle(str(folder)).max_tokens == 64


def test_a_pair_where_there_is_one_segment_only(tmp_path: Path) -> None:
    """Its tokenizer marks the second text all the same; plain transformers is then not given the marks."""
    folder = tiny_bert(tmp_path / "bert", type_vocab_size=1)
    bundle, plain = load_bundle(str(folder)), Plain.load(folder)
    batch = plain.tokenizer("the cat", "a dog", return_tensors="pt", return_token_type_ids=False)
    assert not bundle.uses_segment_ids
    assert_agrees(read_seen(bundle, "the cat", "a dog"), plain.run(**batch))
    assert compare_segmentations(bundle, "the cat", "a dog").effects.segment_ids_nats == pytest.approx(0, abs=1e-5)


def test_sizes_that_a_page_shows(bundled: ModelBundle) -> None:
    assert (bundled.n_layers, bundled.n_hidden) == (6, 384)
    assert bundled.n_parameters == pytest.approx(22.9e6, rel=0.01)


def test_the_order_head_says_so_in_every_answer(checkpoint_folder: Callable[[str], Path]) -> None:
    bundle = load_bundle(str(checkpoint_folder("tiny_albert")))
    reading, compared = read_seen(bundle, "the cat"), compare_segmentations(bundle, "the cat", "a dog")
    assert reading.nsp is not None
    assert {reading.nsp.meaning, *(variant.nsp.meaning for variant in compared.variants)} == {"sentence order"}
