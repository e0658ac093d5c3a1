"""The Model page: its facts are the loaded model's, and no head is called real that is not."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from analysis import Describe, ModelFacts, ask, load_bundle
from analysis.models.checkpoint import BUNDLED_FOLDER
from dashboard.drawing.palette import palette
from dashboard.glossary import MARGIN, TOKEN_MEASURES
from dashboard.page import Look, Results
from dashboard.pages.model import PAGE
from dashboard.sections import Card, Code, Folded, Section, Sentence, Table, Waiting
from dashboard.view import ViewState

VIEW = PAGE.check(ViewState("model", "bundled"))


def facts(spec: str = "bundled") -> ModelFacts:
    return ask(load_bundle(spec), Describe())


def results(found: ModelFacts) -> Results:
    return Results({"model": found}, frozenset({"model"}), questions={"model": Describe()})


def shown(found: ModelFacts) -> list[Section]:
    return list(PAGE.sections(VIEW, results(found), Look(palette("light"))))


def sentences(found: ModelFacts) -> list[str]:
    return [section.text for section in shown(found) if isinstance(section, Sentence)]


def table(found: ModelFacts) -> dict[str, str]:
    (section,) = [section for section in shown(found) if isinstance(section, Table) and section.name == "model"]
    return dict(section.make().to_numpy().tolist())


def test_the_facts_of_the_bundled_model() -> None:
    found = facts()
    said = table(found)
    assert said["Architecture"] == "BertForPreTraining"
    assert said["Layers × hidden size"] == "6 × 384"
    assert said["Parameters"] == "22.9 million"
    assert said["Weights in memory"].endswith(" MB, float32")
    assert said["Arithmetic"] == "fp32: as asked for"
    assert all(each.library in said["Products by"] for each in found.kernels)
    assert "384 to 30,522" in said["Products by"]
    assert said["Longest input"] == "512 tokens with the special ones"
    assert said["Vocabulary"] == "30,522 columns of the head, 30,522 entries of the tokenizer"
    assert said["Licence"].startswith("Apache-2.0")
    assert Code(f"bundled @ {found.provenance.revision}", language=None) in shown(found)
    card = (BUNDLED_FOLDER / "README.md").read_text(encoding="utf-8")
    assert Folded("Model card", (Card(card),), "card") in shown(found)


def test_what_a_model_can_t_do_is_named_with_its_reason(checkpoint_folder: Callable[..., Path]) -> None:
    whole, roberta, fnet = facts(), *(facts(str(checkpoint_folder(name))) for name in ("tiny_roberta", "tiny_fnet"))
    assert {each.name for each in whole.abilities if each.why_not is None} == {each.name for each in whole.abilities}
    lacks = {each.name: str(each.why_not) for each in roberta.abilities if each.why_not is not None}
    assert lacks.keys() == {"second head", "segment ids"}
    assert lacks["second head"] == roberta.nsp.why_absent
    inside = {"layers", "attention", "gradients"}
    without = {"attention mask", "each head on some rows only"} | inside
    assert {each.name for each in fnet.abilities if each.why_not} == without
    for found in (whole, roberta, fnet):
        (section,) = [each for each in shown(found) if isinstance(each, Table) and each.name == "abilities"]
        assert section.make().to_numpy().tolist() == [
            [each.name, "no" if each.why_not else "yes", each.why_not or ""] for each in found.abilities
        ]


def test_every_measure_of_a_token_is_defined() -> None:
    said = sentences(facts())
    for measure in (*TOKEN_MEASURES.values(), MARGIN):
        assert any(each.startswith(measure.name) and each.endswith(measure.definition) for each in said)


@pytest.mark.parametrize(
    ("maker", "mlm", "nsp"),
    [("tiny_bert", True, True), ("tiny_roberta", True, False), ("without_mlm", False, True)],
)
def test_only_real_heads_are_called_real(
    maker: str, mlm: bool, nsp: bool, checkpoint_folder: Callable[..., Path]
) -> None:
    found = facts(str(checkpoint_folder(maker)))
    said = sentences(found)
    for name, real, head in (("Masked-language modelling", mlm, found.mlm), ("Next sentence", nsp, found.nsp)):
        (line,) = [each for each in said if each.startswith(f"{name}: ")]
        assert line.startswith(f"{name}: its weights came with the checkpoint") == real
        assert (line == f"{name}: {head.why_absent}") == (not real)
    assert table(found)["Licence"] == "not stated by the checkpoint"
    assert not any(isinstance(section, Folded) for section in shown(found)), "its card is not ours to show"


def test_a_head_of_sentence_order_is_called_one(checkpoint_folder: Callable[..., Path]) -> None:
    assert any("trained on: sentence order" in each for each in sentences(facts(str(checkpoint_folder("tiny_albert")))))


def test_what_is_said_of_the_arithmetic() -> None:
    exact, half = facts(), ask(replace(load_bundle("bundled"), dtype="bf16"), Describe())
    assert any("They equal those of plain transformers" in each for each in sentences(exact))
    assert any("In float32 they equal those of plain transformers" in each for each in sentences(half))
    assert "bfloat16" in table(half)["Weights in memory"]


def test_nothing_is_said_before_it_is_known() -> None:
    assert list(PAGE.sections(VIEW, Results({}), Look(palette("light")))) == [Waiting()]
    assert PAGE.exports(VIEW, Results({}, questions={"model": Describe()})) == {}


def test_what_is_exported_are_the_facts() -> None:
    found = facts()
    exported = PAGE.exports(VIEW, results(found))["model"]
    assert exported == json.loads(json.dumps(exported))
    assert exported["weights_bytes"] == found.weights_bytes
    assert exported["mlm"] == {"why_absent": None}
    assert "card" not in exported


def test_the_snippet_says_which_heads_are_real(
    checkpoint_folder: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    found = facts()
    exec("\n".join(PAGE.prints(VIEW)), {"model": found})
    said = capsys.readouterr().out
    assert found.provenance.revision in said
    assert said.count("its weights came with the checkpoint") == 2
    found = facts(str(checkpoint_folder("tiny_roberta")))
    exec("\n".join(PAGE.prints(VIEW)), {"model": found})
    assert f"next-sentence head: {found.nsp.why_absent}" in capsys.readouterr().out
