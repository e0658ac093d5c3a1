"""From a folder to a bundle: which heads are real, what the bundle says of itself, whose code is never run."""

import hashlib
import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from analysis import InputError, ModelBundle, ModelError, compare_segmentations, load_bundle, read_seen
from analysis.models import store
from analysis.models.checkpoint import BUNDLED_FOLDER
from tests.analysis import checkpoints
from tests.analysis.oracle import Plain
from tests.analysis.plain_words import assert_plain_sentence
from tests.analysis.weights import tensors_of

Checkpoint = Callable[[str], ModelBundle]

HEADS = [
    # checkpoint, masked-LM head real, next-sentence head real, what the second head means
    ("tiny_bert", True, True, "next sentence"),
    ("hub_layout", True, True, "next sentence"),
    ("wide_head", True, True, "next sentence"),
    ("without_nsp", True, False, "next sentence"),
    ("without_pooler", True, False, "next sentence"),
    ("without_classifier", True, False, "next sentence"),
    ("without_mlm", False, True, "next sentence"),
    ("tiny_albert", True, True, "sentence order"),
    ("tiny_roberta", True, False, "next sentence"),
    ("tiny_distilbert", True, False, "next sentence"),
    ("tiny_modernbert", True, False, "next sentence"),
    ("tiny_electra", True, False, "next sentence"),
    ("tiny_fnet", True, True, "next sentence"),
]


@pytest.mark.parametrize(("name", "mlm", "nsp", "meaning"), HEADS, ids=[row[0] for row in HEADS])
def test_a_head_is_real_when_its_weights_came(
    checkpoint: Checkpoint, name: str, mlm: bool, nsp: bool, meaning: str
) -> None:
    bundle = checkpoint(name)
    assert (bundle.mlm.real, bundle.nsp.real, bundle.nsp_meaning) == (mlm, nsp, meaning)
    for head in (bundle.mlm, bundle.nsp):
        assert head.real == (head.why_absent is None)
        assert head.real or str(head.why_absent).endswith(".")


def test_an_absent_next_sentence_head_is_never_used(checkpoint: Checkpoint) -> None:
    for name in ("without_nsp", "without_pooler", "without_classifier", "tiny_roberta"):
        bundle = checkpoint(name)
        assert read_seen(bundle, "a cat", "a dog").nsp is None
        with pytest.raises(InputError) as caught:
            compare_segmentations(bundle, "a cat", "a dog")
        assert_plain_sentence(caught.value)


def test_an_absent_masked_lm_head_is_never_used(checkpoint: Checkpoint) -> None:
    bundle = checkpoint("without_mlm")
    assert compare_segmentations(bundle, "the cat sat", "the dog").variants
    with pytest.raises(InputError) as caught:
        read_seen(bundle, "the cat")
    assert_plain_sentence(caught.value)


def test_the_hub_s_layout_has_equal_weights(checkpoint: Checkpoint) -> None:
    """LayerNorm.gamma and .beta, a position_ids buffer and a tied decoder that is not stored."""
    ours, plain = (tensors_of(checkpoint(name).model) for name in ("hub_layout", "tiny_bert"))
    assert ours.keys() == plain.keys()
    assert all(torch.equal(ours[key], plain[key]) for key in plain)


def test_the_decoder_is_tied_to_the_embeddings(checkpoint: Checkpoint) -> None:
    model = checkpoint("hub_layout").model
    assert model.cls.predictions.decoder.weight is model.bert.embeddings.word_embeddings.weight


def test_half_precision_is_loaded_as_single(bundled: ModelBundle) -> None:
    stored = checkpoints.read_weights(BUNDLED_FOLDER)
    assert {tensor.dtype for tensor in stored.values()} == {torch.float16}
    assert {parameter.dtype for parameter in bundled.model.parameters()} == {torch.float32}
    assert not bundled.model.training


def test_what_the_bundled_model_says_of_itself(bundled: ModelBundle) -> None:
    assert (bundled.spec, bundled.architecture) == ("bundled", "BertForPreTraining")
    assert (bundled.max_tokens, bundled.n_vocabulary) == (512, 30_522)
    head = bundled.n_vocabulary * bundled.n_hidden
    assert bundled.n_bytes == 4 * (bundled.n_parameters + head), "the head's matrix is held twice"
    assert bundled.outside_ids == (0, 101, 102, 103)
    assert (bundled.uses_mask, bundled.on_pairs) == (True, True)
    assert (bundled.pad_id, bundled.unk_id) == (0, 100)
    assert bundled.uses_segment_ids


def test_the_bundled_revision_is_the_digest_of_the_weights(bundled: ModelBundle) -> None:
    digest = hashlib.sha256((BUNDLED_FOLDER / "model.safetensors").read_bytes()).hexdigest()
    assert bundled.revision == store.bundled_revision() == f"sha256:{digest}"
    provenance = bundled.provenance()
    assert provenance.revision == bundled.revision
    assert provenance.short_revision == digest[:10]
    assert provenance.label == f"bundled @ {digest[:10]}"
    assert dict(provenance.versions)["torch"].partition("+")[0] == torch.__version__.partition("+")[0]


def test_other_weights_have_another_revision(checkpoint_folder: Callable[[str], Path], tmp_path: Path) -> None:
    copy = shutil.copytree(checkpoint_folder("tiny_bert"), tmp_path / "copy")
    before = load_bundle(str(checkpoint_folder("tiny_bert"))).revision
    assert load_bundle(str(copy)).revision == before
    changed = shutil.copytree(copy, tmp_path / "changed")
    checkpoints.change_weights(
        changed, lambda w: {k: v * 2 if k == "cls.predictions.bias" else v for k, v in w.items()}
    )
    assert load_bundle(str(changed)).revision != before


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        ("tokenizer_config.json", {"model_max_length": 32}),
        ("config.json", {"layer_norm_eps": 1e-5}),
        ("tokenizer.json", {"version": "1.0", "truncation": None, "padding": None}),
    ],
)
def test_every_file_that_numbers_depend_on_is_in_the_revision(
    checkpoint_folder: Callable[[str], Path], tmp_path: Path, file: str, changes: dict[str, object]
) -> None:
    """Also when a loaded folder is changed under the same name."""
    folder = shutil.copytree(checkpoint_folder("tiny_bert"), tmp_path / "copy")
    before = load_bundle(str(folder))
    content = json.loads((folder / file).read_text(encoding="utf-8"))
    (folder / file).write_text(json.dumps({**content, **changes}, indent=1), encoding="utf-8")
    after = load_bundle(str(folder))
    assert after is not before
    assert after.revision != before.revision


def test_what_is_only_said_of_a_model_is_not_in_its_revision(
    checkpoint_folder: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = shutil.copytree(checkpoint_folder("tiny_bert"), tmp_path / "copy")
    (folder / "README.md").write_text("---\nlicense: mit\n---\n", encoding="utf-8")
    assert load_bundle(str(folder)).revision == load_bundle(str(checkpoint_folder("tiny_bert"))).revision


def test_limits_of_the_architectures(checkpoint: Checkpoint) -> None:
    for name, max_tokens, segments, columns in (
        ("tiny_bert", 64, True, 74),
        ("wide_head", 64, True, 128),
        ("tiny_roberta", 64, False, 264),  # 66 positions, of which the padding's number and one before are not used
        ("tiny_distilbert", 64, False, 74),
        ("tiny_albert", 64, True, 74),
        ("tiny_modernbert", 64, False, 74),
    ):
        bundle = checkpoint(name)
        assert (bundle.max_tokens, bundle.uses_segment_ids, bundle.n_vocabulary) == (max_tokens, segments, columns)


def test_roberta_s_limit_holds_without_the_tokenizer_s(
    checkpoint_folder: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = shutil.copytree(checkpoint_folder("tiny_roberta"), tmp_path / "roberta")
    checkpoints.change_json(folder, "tokenizer_config.json", {"model_max_length": 1000})
    bundle = load_bundle(str(folder))
    assert bundle.max_tokens == 64
    assert len(read_seen(bundle, "a" * 62, k=1).encoded) == 64


def test_a_tokenizer_that_does_not_list_segment_ids_does_not_take_them_away(
    checkpoint_folder: Callable[[str], Path], tmp_path: Path
) -> None:
    """Many a BERT comes with a tokenizer of no particular class, which lists two of the three inputs."""
    folder = shutil.copytree(checkpoint_folder("tiny_bert"), tmp_path / "generic")
    checkpoints.change_json(folder, "tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast"})
    compared = compare_segmentations(load_bundle(str(folder)), "the cat sat", "the dog")
    assert "token_type_ids" not in load_bundle(str(folder)).tokenizer.model_input_names
    assert compared["separator_only"].nsp.margin_nats != pytest.approx(compared["correct"].nsp.margin_nats, abs=1e-3)


def test_a_column_beyond_the_tokenizer_has_a_name(checkpoint: Checkpoint) -> None:
    bundle = checkpoint("wide_head")
    assert len(bundle.tokenizer) == 74
    assert bundle.tokens_of([73, 74, 127]) == ("##z", "<74>", "<127>")
    reading = read_seen(bundle, "the cat", k=128)
    assert {f"<{i}>" for i in range(74, 128)} <= set(reading.top_tokens[1])


def test_equal_vocabularies_have_equal_hashes(checkpoint: Checkpoint) -> None:
    hashes = {name: checkpoint(name).vocabulary_hash for name in ("tiny_bert", "tiny_albert", "tiny_roberta")}
    assert hashes["tiny_bert"] == hashes["tiny_albert"] != hashes["tiny_roberta"]


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        (None, None),
        ("---\nlicense: apache-2.0\nlanguage: en\n---\n# A model\n", "apache-2.0"),
        ("---\nlanguage: en\n---\nlicense: none of the header's\n", None),
        ("# A model without a header\n", None),
        ("---\nsummary: one\u2028license: mit\nlicense: apache-2.0\n---\n", "apache-2.0"),  # no end of a line
    ],
)
def test_the_licence_is_the_card_s(tiny_folder: Path, tmp_path: Path, card: str | None, licence: str | None) -> None:
    folder = shutil.copytree(tiny_folder, tmp_path / "carded")
    if card is not None:
        (folder / "README.md").write_text(card, encoding="utf-8")
    assert load_bundle(str(folder)).licence == licence


def test_a_sharded_checkpoint_is_whole(tiny_folder: Path, tiny: ModelBundle, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_folder, tmp_path / "sharded")
    Plain.load(tiny_folder).model.save_pretrained(folder, max_shard_size="20KB")
    (folder / "model.safetensors").unlink(missing_ok=True)
    assert len(list(folder.glob("model-*-of-*.safetensors"))) > 1
    sharded = load_bundle(str(folder))
    assert sharded.nsp.real
    before, after = (read_seen(bundle, "the cat sat").statistics for bundle in (tiny, sharded))
    assert before.surprisal_bits.tobytes() == after.surprisal_bits.tobytes()


class Bomb:
    """What a pickle can do to whoever opens it: here it only leaves a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.target,)


def test_a_pickle_is_never_opened(tiny_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_folder, tmp_path / "pickled")
    (folder / "model.safetensors").unlink()
    crater = tmp_path / "crater"
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Bomb(crater)))
    with pytest.raises(ModelError, match="safetensors") as caught:
        load_bundle(str(folder))
    assert_plain_sentence(caught.value)
    assert not crater.exists()
    pickle.loads((folder / "pytorch_model.bin").read_bytes())
    assert crater.exists(), "the bomb must be a live one"


def test_a_checkpoint_s_own_code_is_never_run(tiny_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_folder, tmp_path / "coded")
    crater = tmp_path / "crater"
    (folder / "evil.py").write_text(
        f"from pathlib import Path\nPath({str(crater)!r}).touch()\n"
        "from transformers import BertConfig as C, BertForPreTraining as M, BertTokenizerFast as T\n",
        encoding="utf-8",
    )
    classes = {"AutoConfig": "evil.C", "AutoModelForPreTraining": "evil.M", "AutoModelForMaskedLM": "evil.M"}
    checkpoints.change_json(folder, "config.json", {"auto_map": classes})
    checkpoints.change_json(folder, "tokenizer_config.json", {"auto_map": {"AutoTokenizer": ["evil.T", "evil.T"]}})
    assert load_bundle(str(folder)).architecture == "BertForPreTraining"
    checkpoints.change_json(folder, "config.json", {"model_type": "evil"})
    shutil.copytree(folder, tmp_path / "unknown")
    with pytest.raises(ModelError) as caught:
        load_bundle(str(tmp_path / "unknown"))
    assert_plain_sentence(caught.value)
    assert not crater.exists()


def test_the_default_comes_from_the_environment(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PRETEXT_MODEL", raising=False)
    assert store.default_spec() == "bundled"
    assert load_bundle() is load_bundle("bundled")
    monkeypatch.setenv("PRETEXT_MODEL", f" {tiny_folder} ")
    assert load_bundle().n_vocabulary == 74
    monkeypatch.setenv("PRETEXT_MODEL", "")
    assert store.default_spec() == "bundled"


def test_the_bundled_files_are_a_checkpoint_for_anyone() -> None:
    config = json.loads((BUNDLED_FOLDER / "config.json").read_text(encoding="utf-8"))
    assert config["architectures"] == ["BertForPreTraining"]
    assert config["model_type"] == "bert"
