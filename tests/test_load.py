"""The load generator's own arithmetic and honesty; nothing here looks at how long a page takes."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from analysis.errors import InputError
from analysis.models.bundle import ModelBundle
from analysis.models.checkpoint import BUNDLED_FOLDER
from benchmarks import page
from benchmarks.load import cli, figures
from benchmarks.load.acts import Act, Asked, Checked, Said
from benchmarks.load.expected import Expectations, compared
from benchmarks.load.figures import Load, Use, as_json, check, percentile
from benchmarks.load.screen import Screen, read
from benchmarks.load.server import FLAGS, running
from benchmarks.load.visitor import OTHERS, SHARES, Visitor, fetch
from benchmarks.texts import stretches
from dashboard.pages import PAGES
from tests.analysis.oracle import Plain

ROOT = Path(__file__).parents[1]

TINY_APP = """
import streamlit as st

text = st.text_area("Text", "one two three", key="tiny.text_a")
with st.container(key="tiny.answer"):
    st.markdown(f"It has **{len(text.split())}** words \\\\[all\\\\].")
st.metric("Letters", len(text), "of A", delta_color="off")
st.markdown("the same at every run " * 2_000)
if len(text.split()) == 5:
    st.error("Five are too many\\\\.")


@st.fragment
def part():
    if st.button("Read the rest", key="tiny.work.go"):
        st.caption("All of it.")
    elif len(text.split()) == 4:
        st.caption("To be read.")


part()
"""


# --- the screen ---


def message(**fields: object) -> ForwardMsg:
    return ForwardMsg(**fields)


def drawn(place: tuple[int, ...], *, fragment: str = "", hash_: str = "", **element: object) -> ForwardMsg:
    made = ForwardMsg(hash=hash_, delta={"new_element": element, "fragment_id": fragment})
    made.metadata.delta_path.extend(place)
    made.metadata.cacheable = bool(hash_)
    return made


def block(place: tuple[int, ...], key: str = "", fragment: str = "") -> ForwardMsg:
    made = ForwardMsg(delta={"add_block": {"id": f"$$ID-1f-{key}" if key else ""}, "fragment_id": fragment})
    made.metadata.delta_path.extend(place)
    return made


def begun(run: str) -> ForwardMsg:
    made = ForwardMsg(new_session={"page_script_hash": "here", "config": {"max_cached_message_age": 2}})
    made.metadata.run.script_run_id = run
    return made


def ended(*fragments: str, status: int = ForwardMsg.FINISHED_SUCCESSFULLY) -> ForwardMsg:
    made = ForwardMsg(script_finished=status)
    made.metadata.run.fragment_ids.extend(fragments)
    return made


def after(*messages: ForwardMsg) -> Screen:
    screen = Screen()
    for each in messages:
        screen.take(each)
    return screen


def text(body: str) -> dict[str, object]:
    return {"markdown": {"body": body}}


ANSWERED = (begun("1"), block((0, 0), "tokens.answer"), drawn((0, 0, 0), **text("**old**")), drawn((0, 1), **text("x")))


def test_an_answer_stands_until_another_run_has_replaced_it_and_what_that_left_out_goes_at_its_end() -> None:
    screen = after(*ANSWERED, ended(), begun("2"), block((0, 0), "tokens.answer"))
    assert screen.says("tokens") == Said("old")
    assert not screen.at_rest
    screen.take(drawn((0, 0, 0), **text("new")))
    assert screen.says("tokens") == Said("new")
    assert (0, 1) in screen.nodes
    screen.take(ended())
    assert screen.at_rest
    assert (0, 1) not in screen.nodes


def test_an_answer_that_is_not_drawn_again_goes_with_its_run() -> None:
    assert after(*ANSWERED, ended(), begun("2"), ended()).says("tokens") == Said("")


def test_the_run_of_a_fragment_clears_nothing_outside_it() -> None:
    inside = (block((0, 2), fragment="f"), drawn((0, 2, 0), fragment="f", **text("a")))
    nested = (block((0, 2, 1), fragment="g"), drawn((0, 2, 1, 0), fragment="g", **text("b")))
    screen = after(*ANSWERED, *inside, *nested, ended(), begun("2"), block((0, 2), fragment="f"), ended("f"))
    assert set(screen.nodes) == {(0, 0), (0, 0, 0), (0, 1), (0, 2)}


def test_an_element_in_the_place_of_a_block_takes_all_of_it_away() -> None:
    assert set(after(*ANSWERED, drawn((0, 0), empty={})).nodes) == {(0, 0), (0, 1)}


def test_a_page_that_is_still_being_read_or_runs_again_is_not_at_rest() -> None:
    stop = {"button": {"id": "$$ID-1f-tokens.work.stop"}}
    assert not after(*ANSWERED, drawn((0, 2), **stop), ended()).at_rest
    assert not after(*ANSWERED, ended(status=ForwardMsg.FINISHED_EARLY_FOR_RERUN)).at_rest
    assert after(*ANSWERED, ended("f", status=ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)).at_rest


def test_a_message_named_by_its_hash_is_the_one_that_came_before_in_a_place_of_its_own() -> None:
    again = ForwardMsg(ref_hash="h")
    again.metadata.delta_path.extend((0, 7))
    screen = after(begun("1"), drawn((0, 5), hash_="h", metric={"label": "N", "body": "3"}), ended(), begun("2"), again)
    assert list(screen.opened().rerun_script.cached_message_hashes) == ["h"]
    screen.take(ended())
    assert screen.says("tokens").numbers == ("N 3",)
    assert list(screen.nodes) == [(0, 7)]
    for _ in range(2):
        screen.take(ended())
    assert not screen.opened().rerun_script.cached_message_hashes
    with pytest.raises(KeyError):
        screen.take(again)


def test_what_is_wrong_on_the_screen_is_found() -> None:
    error, calm = ({"alert": {"body": r"Too long\.", "format": kind}} for kind in (Alert.ERROR, Alert.INFO))
    raised = {"exception": {"type": "ValueError", "message": "no"}}
    screen = after(*ANSWERED, drawn((0, 3), **error), drawn((0, 4), **calm), drawn((0, 5), **raised), ended())
    assert screen.complaints() == ["ValueError: no", "Too long."]
    assert after(*ANSWERED, ended(status=ForwardMsg.FINISHED_WITH_COMPILE_ERROR)).complaints()


def test_a_field_a_button_and_a_page_that_are_not_there_can_not_be_used() -> None:
    with pytest.raises(KeyError):
        after(*ANSWERED).typed({"tokens.text_a": "x"})
    with pytest.raises(KeyError):
        after(*ANSWERED).opened("fill")


def test_a_sentence_is_read_without_its_markup() -> None:
    assert read("At \\[MASK\\] **a \\* b** (1\\_0:\N{WORD JOINER}/) ") == "At [MASK] a * b (1_0:/)"


# --- a real app ---


def until_rest(screen: Screen, socket: ClientConnection) -> None:
    while not screen.at_rest:
        screen.take(ForwardMsg.FromString(socket.recv(timeout=60, decode=False)))


def test_a_real_app_is_opened_typed_into_and_clicked(tmp_path: Path) -> None:
    script = tmp_path / "tiny.py"
    script.write_text(TINY_APP)
    with running(str(script), "/_stcore/health") as server:
        assert fetch(server.address) > 1e5
        assert server.memory_mb > 10
        assert server.processor_seconds > 0
        where = f"{server.address.replace('http', 'ws')}/_stcore/stream"
        with connect(where, origin=server.address, subprotocols=["streamlit"], max_size=None, proxy=None) as socket:
            screen = Screen()
            socket.send(screen.opened().SerializeToString())
            until_rest(screen, socket)
            assert screen.says("tiny") == Said("It has 3 words [all].", ("Letters 13 of A",))
            change = screen.typed({"tiny.text_a": "a b c d"})
            assert len(change.rerun_script.cached_message_hashes) == 1
            socket.send(change.SerializeToString())
            until_rest(screen, socket)
            assert screen.says("tiny") == Said("It has 4 words [all].", ("Letters 7 of A",))
            assert any(getattr(node.message, "body", "").startswith("the same") for node in screen.nodes.values())
            assert screen.waits is not None
            socket.send(screen.clicked(screen.waits).SerializeToString())
            until_rest(screen, socket)
            captions = [getattr(node.message, "body", "") for node in screen.nodes.values()]
            assert "All of it." in captions
            assert "To be read." not in captions
            assert screen.complaints() == []
            socket.send(screen.typed({"tiny.text_a": "a b c d e"}).SerializeToString())
            until_rest(screen, socket)
            assert screen.complaints() == ["Five are too many."]
        assert server.tracebacks == 0


def test_the_server_is_started_as_make_run_does() -> None:
    recipe = re.search(r"^run: .*\n(?:\t.*\n)+", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe is not None
    words = shlex.split(recipe[0].partition("streamlit run ")[2].replace("\\\n", " "))
    assert words == ["serve.py", "--server.address", "127.0.0.1", "--server.port", "$$PORT", *FLAGS, "$(ARGS)"]


# --- what is expected ---


@pytest.mark.parametrize(
    ("shown", "expected", "verdict"),
    [
        ("margin +6.68 nats", "margin +6.68 nats", "same"),
        ("margin +6.68 nats", "margin +6.69 nats", "last digit"),
        ("margin +6.68 nats", "margin +6.70 nats", "wrong"),
        ("margin −0.01 nats", "margin +0.01 nats", "wrong"),
        ("0.010", "0.01", "wrong"),
        ("names 43 % of the 58", "names 44 % of the 58", "last digit"),
        ("names 43 % of the 58", "names 43 % of the 57", "wrong"),
        ("says election (22 %)", "says campaign (22 %)", "wrong"),
        ("799 to 1", "800 to 1", "last digit"),
        ("1 − 2e−6", "1 − 3e−6", "last digit"),
        ("1 − 2e−6", "1 − 2e−5", "wrong"),
        ("p 9.9e−5", "p 1.0e−4", "last digit"),
        ("Residual of the gradients 1.1e-06 nats", "Residual of the gradients 3.1e-06 nats", "same"),
        ("", "margin +6.68 nats", "wrong"),
    ],
)
def test_what_is_shown_is_compared_to_the_last_digit(shown: str, expected: str, verdict: str) -> None:
    assert compared(Said(shown), Said(expected)) == verdict
    assert compared(Said("a", ("1", shown)), Said("a", ("1", expected))) == verdict


def test_a_number_that_is_missing_is_wrong() -> None:
    assert compared(Said("a", ("1",)), Said("a", ("1", "2"))) == "wrong"


def test_the_margin_that_is_expected_is_that_of_plain_transformers(bundled: ModelBundle) -> None:
    a, b = "The door was open.", "We went in and sat down."
    typed = (("next_sentence.text_a", a), ("next_sentence.text_b", b))
    said = Expectations(bundled).of(Asked("next_sentence", typed))
    z = Plain.load(BUNDLED_FOLDER).answer(a, b).z
    assert z is not None
    margin = f"{float(z[0] - z[1]):+.2f} nats".replace("-", "−")
    assert f"margin {margin}," in said.answer


def test_what_is_expected_of_a_text_is_another_thing_of_another_text(bundled: ModelBundle) -> None:
    expectations = Expectations(bundled)
    one, other = (
        expectations.of(Asked("fill", (("tokens.text_a", each),)))
        for each in ("He was born in [MASK].", "She has two [MASK].")
    )
    assert one.answer
    assert compared(one, other) == "wrong"


# --- figures ---


def act(kind: str = "text", seconds: float = 1.0, page: str = "tokens", **more: object) -> Act:
    answers = ((seconds / 4, "partial"), (seconds / 2, "right"))
    made = Act(kind, page, Asked(page), 0.0, seconds, answers, Said("right", ("N 3.14 nats",)))  # type: ignore[arg-type]
    return replace(made, **more)


def load(*acts: Act, seconds: float = 10.0, expected: Said | None = None, tracebacks: int = 0) -> Load:
    right = expected or Said("right", ("N 3.14 nats",))
    checked = tuple(check(each, lambda _: right, compared) for each in acts)
    return Load(2, "class", seconds, 0.0, checked, Use(600, 700, 650, 2.0, 6.0, 1.0), tracebacks)


def test_percentiles_are_those_of_the_nearest_rank() -> None:
    values = [float(each) for each in range(20, 0, -1)]
    assert percentile(values, 0.5) == 10
    assert percentile(values, 0.95) == 19
    assert percentile([3.0], 0.95) == percentile([3.0], 0.5) == 3
    assert percentile([1.0, 9.0], 0.5) == 1
    assert percentile([], 0.5) is None


def test_rates_and_times_are_those_counted_by_hand() -> None:
    made = load(act(seconds=1), act(seconds=3, page="fill"), act("page", 8), act("first page", 4))
    assert made.texts_per_second == 0.2
    assert made.processor_seconds_per_text == 3.0
    # What ends after the time is no part of its rate.
    assert load(act(seconds=1), act(seconds=11)).texts_per_second == 0.1
    kept = as_json(made)
    by_kind = {each["kind"]: each for each in kept["acts"]}
    assert list(by_kind) == ["first page", "page change", "changed text", "– on tokens", "– on fill"]
    assert by_kind["changed text"]["at_rest_seconds"] == {"p50": 1, "p95": 3, "all": [1, 3]}
    # The answer that stays, not the one of the first parts.
    assert by_kind["changed text"]["answer_seconds"]["p95"] == 1.5
    assert made.fine


def test_a_wrong_value_is_counted_and_what_failed_is_no_time() -> None:
    wrong = load(act(), act(said=Said("right", ("N 3.41 nats",))))
    assert [each.act.said.numbers for each in wrong.wrong] == [("N 3.41 nats",)]
    assert as_json(wrong)["wrong"][0]["numbers"] == ("N 3.41 nats",)
    assert not wrong.fine
    failed = load(act(), act(errors=("It ended.",), seconds=99))
    assert failed.errors == ["tokens, changed text: It ended."]
    assert not failed.fine
    assert [each.act.finished for each in failed.of("text")] == [1.0]
    assert load(act(), expected=Said("right", ("N 3.15 nats",))).fine
    assert not load(act(), tracebacks=1).fine


def test_a_load_without_a_changed_text_has_no_rate_to_divide_by() -> None:
    assert as_json(load(act("first page")))["server_processor_seconds_per_text"] is None


# --- the visitor ---


def test_every_page_that_takes_a_text_is_visited_in_its_share() -> None:
    takes = [key for key, each in PAGES.items() if each.texts.kind not in {"none", "table"}]
    assert sorted([*SHARES, *OTHERS]) == sorted(takes)
    visitor = Visitor("", (1, 3), iter(()), Random(1))
    chosen = [visitor._chosen() for _ in range(4_000)]
    for key, share in SHARES.items():
        assert chosen.count(key) / len(chosen) == pytest.approx(share, abs=0.03)
    assert set(chosen) == set(takes)


def test_texts_are_distinct_and_about_sixty_tokens(bundled: ModelBundle) -> None:
    texts = stretches(*cli._WORDS)
    assert len(set(texts)) == len(texts) > 3_000
    lengths = [len(bundled.tokenizer.tokenize(each)) for each in texts[::20]]
    assert 50 < sum(lengths) / len(lengths) < 70


# --- the command ---


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    try:
        status = cli.main(arguments)
    except SystemExit as ended:
        status = ended.code
    assert status == 2
    complaint = capsys.readouterr().err
    assert complaint.count("\n") == 1
    return complaint


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--visitors", "0"], "whole number of 1 or more"),
        (["--visitors", "1,,3"], "whole number of 1 or more"),
        (["--visitors", "2000"], "1,000 is the most"),
        (["--seconds", "no"], "whole number of 1 or more"),
        (["--seconds", "100000"], "a day is the most"),
        (["--think", "slow"], "invalid choice"),
        (["--visitors", "1000", "--seconds", "1000"], "take fewer or shorter"),
        (["--visitors", "1", "--json", "/no/such/folder/x.json"], "can't be written"),
    ],
)
def test_bad_input_is_one_sentence(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert says in refused(arguments, capsys)


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Load]]:
    """What the next loads come to, in place of a server with visitors."""
    coming: list[Load] = []
    monkeypatch.setattr(cli, "_load", lambda *_: coming.pop(0))
    yield coming


def test_a_run_in_which_one_load_showed_a_wrong_number_exits_1(
    stand_in: list[Load], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "load.json"
    stand_in += [load(act()), load(act(said=Said("left")))]
    assert cli.main(["--visitors", "1,2", "--json", str(file)]) == 1
    assert "wrong on tokens" in capsys.readouterr().out
    kept = json.loads(file.read_text())
    assert [len(each["wrong"]) for each in kept["loads"]] == [0, 1]
    assert {"streamlit", "websockets", "torch"} <= set(kept["versions"])
    stand_in += [load(act())]
    assert cli.main(["--visitors", "1"]) == 0


def test_a_saved_load_becomes_a_section_of_the_page(stand_in: list[Load], tmp_path: Path) -> None:
    file = tmp_path / "load.json"
    stand_in += [load(act(seconds=2))]
    cli.main(["--visitors", "2", "--json", str(file)])
    written = page.page([], [figures.read(file)])
    assert "| 2 | class | changed text | 1 | 1.00 s | 1.00 s | 2.00 s | 2.00 s |" in written
    assert "| 2 | class | 0.10 | 6.00 | 600 MB | 700 MB | 650 MB | 0 | 0 | 0 |" in written
    assert page.page([]).endswith("None yet.\n")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"loads": 1}'])
def test_a_file_of_something_else_is_no_load(tmp_path: Path, content: str) -> None:
    file = tmp_path / "other.json"
    file.write_text(content)
    with pytest.raises(InputError, match="holds no load"):
        figures.read(file)
    with pytest.raises(InputError, match="can't be read"):
        figures.read(tmp_path / "missing.json")


def test_an_act_that_failed_is_not_asked_of_the_model() -> None:
    failed = check(act(errors=("It ended.",)), lambda _: pytest.fail("asked"), compared)
    assert failed == Checked(act(errors=("It ended.",)), None)
