"""What the comparison adds to the logits: the effects, the wrong boundary, what each variant changes."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import InputError, ModelBundle, compare_segmentations
from analysis.tasks import segmentations as nsp
from analysis.tasks.segmentations import VARIANT_NAMES, middle_cut
from analysis.texts.encoding import encode
from analysis.types import Effects

margins = st.floats(-50, 50)


@pytest.fixture
def effects_of(tiny: ModelBundle, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Effects]:
    """The effects that come of given margins, the model's answer being a stub."""

    def effects(m_00: float, m_10: float, m_01: float, m_11: float) -> Effects:
        by_name = {"one_segment": m_00, "separator_only": m_10, "segment_ids_only": m_01, "correct": m_11}
        z = np.array([[by_name.get(name, 0.0) + 3, 3] for name in VARIANT_NAMES])
        monkeypatch.setattr(nsp, "forward", lambda *_args, **_options: z)
        return compare_segmentations(tiny, "the cat sat", "the dog sat").effects

    return effects


def test_effects_by_hand(effects_of: Callable[..., Effects]) -> None:
    for m_00, m_10, m_01, m_11, separator, segment_ids, together, interaction in (
        (0, 0, 0, 0, 0, 0, 0, 0),
        (1, 4, 2, 9, 5, 3, 8, 4),  # 1/2[3 + 7], 1/2[1 + 5], 9 - 1, 9 - 4 - 2 + 1
        (0, 2, 0, 2, 2, 0, 2, 0),  # the separator alone
        (0, 0, 3, 3, 0, 3, 3, 0),  # the segment ids alone
        (0, 0, 0, 6, 3, 3, 6, 6),  # only both together
        (5, -1, 2, -4, -6, -3, -9, 0),  # both harm, and add up
    ):
        assert effects_of(m_00, m_10, m_01, m_11) == Effects(separator, segment_ids, together, interaction)


@given(m_00=margins, m_10=margins, m_01=margins, m_11=margins)
def test_the_two_effects_are_the_whole(
    effects_of: Callable[..., Effects], m_00: float, m_10: float, m_01: float, m_11: float
) -> None:
    effects = effects_of(m_00, m_10, m_01, m_11)
    assert effects.separator_nats + effects.segment_ids_nats == pytest.approx(effects.together_nats, abs=1e-9)
    assert effects.together_nats == pytest.approx(m_11 - m_00, abs=1e-9)
    assert effects.interaction_nats == pytest.approx((m_11 - m_01) - (m_10 - m_00), abs=1e-9)


def test_the_effects_are_those_of_the_variants(bundled: ModelBundle) -> None:
    compared = compare_segmentations(bundled, "She opened the door.", "The room was dark.")
    m_00, m_10, m_01, m_11 = (compared[name].nsp.margin_nats for name in VARIANT_NAMES[:4])
    effects = compared.effects
    assert effects.together_nats == m_11 - m_00
    assert effects.separator_nats == ((m_10 - m_00) + (m_11 - m_01)) / 2
    assert effects.segment_ids_nats == ((m_01 - m_00) + (m_11 - m_10)) / 2
    assert effects.interaction_nats == m_11 - m_10 - m_01 + m_00


def test_the_wrong_boundary_is_where_the_rule_says(tiny: ModelBundle) -> None:
    for text_a, text_b, cut in (
        ("the cat sat on", "the dog", 2),  # the middle of A
        ("the cat", "the dog sat on the mat", 2 + 3),  # the middle of B, counted after A
        ("the cat", "the dog", 1),  # equally long: A
        ("the cat sat", "a", 1),  # 1 and 2 are equally near 1.5: the earlier
        ("zebra sat", "the", 5),  # z ##e ##b ##r ##a: after the word, not in its middle
        ("the door.", "a", 1),  # no boundary before the full stop
        ("abcdef", "the dog", 3),  # the longer is one word: between its pieces
        ("the  cat\n\tsat on", "a", 2),  # any white space is a boundary
        ("abc", "de", 1),  # no white space anywhere: between pieces, the earlier of two
        ("the", "dog cat", 1 + 1),
        ("the", "dog", None),  # no boundary at all
    ):
        assert middle_cut(encode(tiny, text_a, text_b)) == cut


def test_a_pair_without_room_for_a_wrong_boundary_says_so(tiny: ModelBundle) -> None:
    compared = compare_segmentations(tiny, "the", "dog")
    assert [variant.name for variant in compared.variants] == list(VARIANT_NAMES[:-1])
    assert [name for name, _why in compared.left_out] == ["wrong_boundary"]
    assert compared.left_out[0][1].endswith(".")
    with pytest.raises(KeyError):
        compared["wrong_boundary"]


def test_a_variant_keeps_the_tokens_with_their_ids(tiny: ModelBundle) -> None:
    for variant in compare_segmentations(tiny, "the cat sat", "zebra [MASK] was dark").variants:
        encoded = variant.encoded
        assert encoded.tokens == tiny.tokens_of(encoded.ids)
        assert encoded.outside.tolist() == [token in {"[CLS]", "[SEP]", "[MASK]"} for token in encoded.tokens]
        lengths = {len(encoded.segment_ids), len(encoded.attention_mask), len(encoded.sequence), len(encoded.span)}
        assert lengths == {len(encoded)}


def test_a_model_without_the_head_is_refused(checkpoint: Callable[[str], ModelBundle]) -> None:
    with pytest.raises(InputError, match="next-sentence classifier"):
        compare_segmentations(checkpoint("without_nsp"), "the cat", "the dog")
