"""Checkpoints with anything in their configuration and in the header of their weights: they load, or are refused."""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import PretextError
from analysis.models.store import ModelStore
from tests.analysis.checkpoints import change_json
from tests.analysis.plain_words import assert_plain_sentence

_CONFIG = (
    "model_type", "architectures", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
    "vocab_size", "max_position_embeddings", "type_vocab_size", "hidden_act", "pad_token_id", "layer_norm_eps",
    "is_decoder", "dtype", "torch_dtype", "tie_word_embeddings", "quantization_config", "auto_map", "rope_scaling",
)  # fmt: skip
_numbers = st.integers(-(2**70), 2**70) | st.sampled_from([0, -1, 1, 2, 2**31, 10**9]) | st.floats()
_values = st.recursive(
    st.none() | st.booleans() | _numbers | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_entries = st.fixed_dictionaries(
    {},
    optional={
        "dtype": st.sampled_from(["F32", "F16", "I64", "BOOL", "F8_E4M3", "X"]) | _values,
        "shape": st.lists(_numbers, max_size=4) | _values,
        "data_offsets": st.lists(_numbers, min_size=2, max_size=2) | _values,
    },
)


def check(tiny_folder: Path, harm: Any) -> None:
    """A copy that was harmed is loaded, or refused in a sentence."""
    with tempfile.TemporaryDirectory() as base:
        folder = shutil.copytree(tiny_folder, Path(base) / "own")
        harm(folder)
        try:
            ModelStore().get(str(folder))
        except PretextError as refused:
            assert_plain_sentence(refused)


@given(st.dictionaries(st.sampled_from(_CONFIG) | st.text(max_size=8), _values, min_size=1, max_size=3))
def test_no_configuration_raises_anything_else(tiny_folder: Path, changes: dict[str, Any]) -> None:
    check(tiny_folder, lambda folder: change_json(folder, "config.json", changes))


@given(st.data())
@settings(max_examples=40)
def test_no_header_raises_anything_else(tiny_folder: Path, data: st.DataObject) -> None:
    def harm(folder: Path) -> None:
        weights = folder / "model.safetensors"
        whole = weights.read_bytes()
        length = int.from_bytes(whole[:8], "little")
        header, rest = json.loads(whole[8 : 8 + length]), whole[8 + length :]
        for name in data.draw(st.lists(st.sampled_from(sorted(header)), min_size=1, max_size=3)):
            own = data.draw(_entries | _values)
            header[name] = header[name] | own if isinstance(own, dict) and data.draw(st.booleans()) else own
        content = json.dumps(header).encode(errors="replace")
        said = data.draw(st.sampled_from([len(content)]) | st.integers(0, 2**64 - 1))
        weights.write_bytes(said.to_bytes(8, "little") + content + rest)

    check(tiny_folder, harm)
