"""A family is one record: with it a model of a new kind is read with both its heads, without it with one.

FNet is the new kind: its own record is taken away.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import CONFIG_MAPPING

from analysis.models import families
from analysis.models.families import FAMILIES, Family, Parts, padded, parts_of
from analysis.models.store import load_bundle
from analysis.tasks.readings import read_seen
from analysis.tasks.segmentations import compare_segmentations
from analysis.types import Tensors
from tests.analysis.checkpoints import change_weights
from tests.analysis.oracle import Plain, assert_agrees, assert_z_agrees
from tests.analysis.stand_ins import assert_rejects

Register = Callable[[Family], None]
Folder = Callable[[str], Path]


def rows_one_by_one(
    model: Any, inputs: Sequence[Tensors], rows: Sequence[tuple[int, int]], pad_id: int, uses_segment_ids: bool
) -> torch.Tensor:
    """Without a mask the padding would be mixed into every position."""
    hidden = [model.fnet(**padded(model, [each], pad_id, uses_segment_ids)).last_hidden_state[0] for each in inputs]
    return torch.stack([hidden[number][position] for number, position in rows])


def mlm_head(model: Any, hidden: torch.Tensor) -> torch.Tensor:
    return model.cls.predictions(hidden)


def order_head(model: Any, hidden: torch.Tensor) -> torch.Tensor:
    pooler = model.fnet.pooler
    return model.cls.seq_relationship(pooler.activation(pooler.dense(hidden)))


FNET = Family(
    kinds=("fnet",),
    parts=Parts(rows_one_by_one, mlm_head, order_head),
    nsp_meaning="sentence order",
    nsp_weights=("pooler", "seq_relationship"),
    on_pairs=True,
)
NEW = {"in parts": FNET, "whole": replace(FNET, parts=None)}


UNKNOWN = tuple(family for family in FAMILIES if "fnet" not in family.kinds)


@pytest.fixture(autouse=True)
def _unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(families, "FAMILIES", UNKNOWN)


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Register:
    return lambda family: monkeypatch.setattr(families, "FAMILIES", (*UNKNOWN, family))


@pytest.fixture
def fnet(checkpoint_folder: Folder, tmp_path: Path) -> Path:
    """A folder that no other test has loaded: the store keeps what it was loaded as."""
    return shutil.copytree(checkpoint_folder("tiny_fnet"), tmp_path / "fnet")


def check_both_heads(folder: Path) -> None:
    bundle, plain = load_bundle(str(folder)), Plain.load(folder)
    assert (bundle.mlm.real, bundle.nsp.real, bundle.nsp_meaning) == (True, True, "sentence order")
    for texts in (("the cat sat on the mat.",), ("the cat sat", "she opened a door!"), ("a",)):
        assert_agrees(read_seen(bundle, *texts, k=9), plain.answer(*texts))
    for variant in compare_segmentations(bundle, "the cat sat.", "the dog sat on the mat.").variants:
        rows = (variant.encoded.ids, variant.encoded.segment_ids, variant.encoded.attention_mask)
        answer = variant.nsp
        expected = plain.z(*(row.tolist() for row in rows))
        assert_z_agrees((answer.logit_is_next, answer.logit_not_next), answer.margin_nats, expected)


@pytest.mark.parametrize("family", NEW.values(), ids=NEW)
def test_one_record_brings_the_second_head(register: Register, fnet: Path, family: Family) -> None:
    register(family)
    check_both_heads(fnet)
    assert parts_of(load_bundle(str(fnet)).model) is family.parts


def test_without_its_record_the_second_head_is_not_read(fnet: Path) -> None:
    assert_rejects(check_both_heads, fnet)
    bundle = load_bundle(str(fnet))
    assert bundle.mlm.real
    assert "of the kind 'fnet', which has no next-sentence head" in str(bundle.nsp.why_absent)
    assert read_seen(bundle, "the cat", "a dog").nsp is None


@pytest.mark.parametrize(
    ("lost", "mlm", "nsp"),
    [("pooler", True, False), ("seq_relationship", True, False), ("cls.predictions", False, True)],
)
def test_a_head_of_a_new_family_is_real_when_its_weights_came(
    register: Register, fnet: Path, lost: str, mlm: bool, nsp: bool
) -> None:
    register(FNET)
    change_weights(fnet, lambda weights: {key: tensor for key, tensor in weights.items() if lost not in key})
    bundle = load_bundle(str(fnet))
    assert (bundle.mlm.real, bundle.nsp.real) == (mlm, nsp)


def test_a_kind_of_model_is_in_one_record() -> None:
    kinds = [kind for family in FAMILIES for kind in family.kinds]
    assert len(kinds) == len(set(kinds))
    for family in FAMILIES:
        for kind in family.kinds:
            assert CONFIG_MAPPING[kind] in family.loader._model_mapping, kind


def check_second_head(family: Family) -> None:
    """What has parts has the second one exactly when it means something."""
    assert family.parts is None or (family.parts.nsp_logits is None) == (family.nsp_meaning is None)


def test_a_second_head_means_something() -> None:
    for family in (*FAMILIES, FNET):
        check_second_head(family)
    assert_rejects(check_second_head, replace(FNET, nsp_meaning=None))
