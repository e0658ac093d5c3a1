"""Where sentences begin, in any language, with white space behind their ends or none; where a text can be cut."""

import time
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analysis import InputError
from analysis.choices import BY_SCRIPT, LANGUAGES
from analysis.texts.scripts import language_of, main_script
from analysis.texts.sentences import cut_places, language_for, sentences
from tests.analysis.plain_words import assert_plain_sentence
from tests.analysis.texts import NOTEBOOK, SENTENCE_A, SENTENCE_B, texts


def pieces(text: str, language: str = BY_SCRIPT) -> list[str]:
    return [text[start:end] for start, end in sentences(text, language)]


def test_sentences() -> None:
    for text, expected in (
        (NOTEBOOK, [SENTENCE_A, SENTENCE_B]),
        ("She opened the door. The room was dark.", ["She opened the door.", "The room was dark."]),
        ("Dr. Smith came. He left.", ["Dr. Smith came.", "He left."]),
        ("  One.\n\nTwo.  ", ["One.", "Two."]),
        ("No end", ["No end"]),
        ("🙂🙂 Yes. 🙂 No.", ["🙂🙂 Yes.", "🙂 No."]),
        ("", []),
        (" \n ", []),
    ):
        assert pieces(text) == expected


# --- without white space ---


def test_an_end_needs_no_white_space_behind_it() -> None:
    for text, expected in (
        ("She opened the door.The room was dark.", ["She opened the door.", "The room was dark."]),
        ("Yes!No?Maybe.", ["Yes!", "No?", "Maybe."]),
        ('He said "Go."She went.', ['He said "Go."', "She went."]),
        ("It ended.[1]Next it began.", ["It ended.[1]", "Next it began."]),
        ("Wait...What?", ["Wait...", "What?"]),
        ("Она открыла дверь.Комната была тёмной.", ["Она открыла дверь.", "Комната была тёмной."]),
        ("他打开了门。房间很暗。她很害怕。", ["他打开了门。", "房间很暗。", "她很害怕。"]),
        ("彼はドアを開けた。部屋は暗かった。", ["彼はドアを開けた。", "部屋は暗かった。"]),
        ("उसने दरवाजा खोला।कमरा अंधेरा था।", ["उसने दरवाजा खोला।", "कमरा अंधेरा था।"]),
        ("فتح الباب.كانت الغرفة مظلمة.", ["فتح الباب.", "كانت الغرفة مظلمة."]),
        ("看 https://a.cn/?Q 吧。他走了。", ["看 https://a.cn/?Q 吧。", "他走了。"]),
    ):
        assert pieces(text) == expected


def test_what_is_written_like_an_end_and_may_be_none(subtests: pytest.Subtests) -> None:
    for text in [
        "The U.S.A.The end",
        "It is 3.5 m long",
        "It was 3.5.Then more",
        "Things, e.g.This and i.e.That",
        "Look at https://Example.Com/A.B now",
        "Write to John.Doe@Mail.Com now",
        "We use Node.Js now",
        "See Example.Com now",
        "Open file.Txt now",
        "Call Foo.Bar() now",
        "J.K.Rowling wrote it",
        "Mr.Smith came in",
        "Vitamin C.The next",
        "It began at 5 p.m.He left",
        "See https://a.com/?Q=1!And more",
    ]:
        with subtests.test(text=text):
            assert pieces(text) == [text]


# --- languages ---


def test_the_script_says_the_language_first() -> None:
    for text, language in {
        "She opened the door.": "en",
        "Sie öffnete die Tür.": "en",
        "他打开了门。": "zh",
        "彼はドアを開けた。": "ja",
        "東京へ行く": "ja",
        "“の”是日语里的一个很常用的助词": "zh",
        "그는 문을 열었다.": "ko",
        "فتح الباب": "ar",
        "उसने दरवाजा खोला": "hi",
        "Она открыла дверь": "ru",
        "Άνοιξε την πόρτα": "el",
        "היא פתחה את הדלת": "he",
        "เขาเปิดประตู": "th",
        "ሰላም ነው": "am",
        "Նա բացեց դուռը": "hy",
        "12 + 3 🙂": "en",
        "": "en",
        "the word שלום means peace": "en",
        "ＦＵＬＬ ＷＩＤＴＨ": "en",
    }.items():
        assert (text, language_of(text)) == (text, language)


def test_the_rules_of_a_language() -> None:
    german = "Am 3. Mai kam er. Es regnete."
    assert pieces(german, "de") == ["Am 3. Mai kam er.", "Es regnete."]
    assert pieces(german) == ["Am 3.", "Mai kam er.", "Es regnete."], "as English has it"
    assert pieces("Άνοιξε; Ναι.") == ["Άνοιξε;", "Ναι."]
    assert pieces("He left; she stayed.") == ["He left; she stayed."]


def test_a_language_that_is_not_known_is_refused() -> None:
    for code in ("xx", "", "english", "EN"):
        with pytest.raises(InputError, match=f"The language '{code}' came: choose script, am, ar, bg") as caught:
            language_for(code, "One. Two.")
        assert_plain_sentence(caught.value)


def test_every_script_that_is_known_stands_for_a_language_that_is() -> None:
    for letter in "aЖωבبअあカ漢한กअবਅઅஅఅಅഅမአԱ":
        assert language_of(letter) in LANGUAGES
        assert main_script(letter)


@given(
    text=st.text(
        st.sampled_from("A. b\u00a0\u0085\u2003\u2028\u202f\u3000\x1c\t\r\n1é🙂(\"'!。漢の？।अב"), max_size=14
    ),
    language=st.sampled_from((BY_SCRIPT, *LANGUAGES)),
)
@example("He chose plan B\u00a0. It went well.", "en")
def test_any_white_space_may_stand_before_a_full_stop(text: str, language: str) -> None:
    assert "".join("".join(pieces(text, language)).split()) == "".join(text.split())


@given(text=texts, language=st.sampled_from((BY_SCRIPT, *LANGUAGES)))
def test_sentences_cover_the_text(text: str, language: str) -> None:
    spans = sentences(text, language)
    assert "".join("".join(pieces(text, language)).split()) == "".join(text.split())
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
    assert all(piece and piece == piece.strip() for piece in pieces(text, language))


# --- places ---


def test_where_a_text_can_be_cut() -> None:
    for text, expected in (
        ("", []),
        ("One", []),
        (" One two", ["two"]),
        ("door.The room", ["The", "room"]),
        ("他打开。暗 a", ["打开", "开。", "暗 a", "a"]),
        ("ประตู ห้อง", ["ร", "ะ", "ต", "ห้อง", "อง", "ง"]),
        ("a 3月", ["3月", "月"]),
    ):
        places = cut_places(text)
        assert len(places) == len(expected)
        assert all(text[at:].startswith(begins) for at, begins in zip(places, expected, strict=True))


def test_a_long_text_without_white_space_takes_a_moment() -> None:
    text = "他打开了门。房间很暗!Yes." * 7_000
    begin = time.perf_counter()
    assert len(cut_places(text)) > 60_000
    assert time.perf_counter() - begin < 10
