"""What a browser would show of a Streamlit app, made of the app's messages, and the messages that it would send back.

Streamlit's own protocol: the app sends ``ForwardMsg``, each with the place that its element takes (``delta_path``: the
number of a container, then indices of children), and is told by ``BackMsg`` which fields have changed. At the end of a
run whatever the run did not draw again goes, of a fragment's run only what lies inside the fragment.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from benchmarks.load.acts import Said

_GENERATED_ID = re.compile(r"\$\$ID-[^-]+-(.*)", re.DOTALL)
"""Of a widget or a container: a hash, then the key that its app gave it."""

_MARKUP = re.compile(r"\\(.)|\*\*|\N{WORD JOINER}")
"""What the app adds to a sentence so that Markdown shows it: escapes, emphasis, and joiners that part what it knows."""

_DONE = {ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY}
_STOP, _READ_ON = ".work.stop", ".work.go"
"""How the keys of two buttons end: one stands there while a page is being read, the other where the rest waits."""

Place = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """An element or a block (``kind`` is "block") with the run and the fragment that drew it."""

    kind: str
    key: str
    id: str
    message: Any
    run: str
    fragment: str


class Screen:
    """One visit's screen; ``at_rest`` once a run has ended and nothing is being read any more."""

    def __init__(self) -> None:
        self.nodes: dict[Place, Node] = {}
        self.pages: dict[str, str] = {}
        self.page_hash = ""
        self.at_rest = False
        self.failed = ""
        self._run = ""
        self._age = 2
        self._runs = 0
        self._kept: dict[str, tuple[ForwardMsg, int]] = {}

    def take(self, message: ForwardMsg) -> None:
        """Show what a message brings. KeyError if it names one by its hash that was not kept."""
        match message.WhichOneof("type"):
            case "ref_hash":
                known, _ = self._kept[message.ref_hash]
                self._kept[message.ref_hash] = known, self._runs
                self._delta(known, message)
            case "delta":
                if message.metadata.cacheable:
                    self._kept[message.hash] = message, self._runs
                self._delta(message, message)
            case "new_session":
                self._run, self.at_rest = message.metadata.run.script_run_id, False
                self.page_hash = message.new_session.page_script_hash
                self._age = message.new_session.config.max_cached_message_age
            case "navigation":
                self.pages = {each.url_pathname: each.page_script_hash for each in message.navigation.app_pages}
            case "script_finished":
                self._finish(message)
            case _:
                pass

    def _delta(self, content: ForwardMsg, came: ForwardMsg) -> None:
        """Put an element or a block in its place; ``came`` says where, ``content`` may be an older message."""
        place, delta = tuple(came.metadata.delta_path), content.delta
        match delta.WhichOneof("type"):
            case "add_block":
                there, kind, inner = self.nodes.get(place), "block", delta.add_block
                if there is not None and there.kind != kind:
                    self._drop(place)
            case "new_element":
                kind = delta.new_element.WhichOneof("type")
                inner = getattr(delta.new_element, kind)
                self._drop(place)
            case _:
                # Something that goes away by itself, as the words "Reading".
                return
        id_ = getattr(inner, "id", "")
        found = _GENERATED_ID.fullmatch(id_)
        self.nodes[place] = Node(kind, found[1] if found else "", id_, inner, self._run, delta.fragment_id)

    def _drop(self, place: Place) -> None:
        for each in [each for each in self.nodes if each[: len(place)] == place]:
            del self.nodes[each]

    def _finish(self, message: ForwardMsg) -> None:
        if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            self.failed = "The app could not be compiled."
        if message.script_finished not in _DONE:
            # Another run follows at once.
            return
        fragments = set(message.metadata.run.fragment_ids)
        for place in [place for place, node in self.nodes.items() if node.run != self._run]:
            if not fragments or self._inside(place, fragments):
                self._drop(place)
        self._runs += 1
        self._kept = {hash_: each for hash_, each in self._kept.items() if self._runs - each[1] <= self._age}
        self.at_rest = self.node(_STOP) is None

    def _inside(self, place: Place, fragments: set[str]) -> bool:
        around = (self.nodes.get(place[:length]) for length in range(1, len(place) + 1))
        return any(node is not None and node.fragment in fragments for node in around)

    # --- what stands there ---

    def node(self, key: str) -> Node | None:
        """The element or block whose key ends so; None where there is none."""
        return next((node for node in self.nodes.values() if node.key and node.key.endswith(key)), None)

    @property
    def waits(self) -> Node | None:
        """The button that reads the rest, where a page waits to be asked for it."""
        return self.node(_READ_ON)

    def says(self, page: str) -> Said:
        """What a page says by now."""
        answers = [place for place, node in self.nodes.items() if node.key == f"{page}.answer"]
        inside = [self.nodes[place].message for at in answers for place in self._under(at, "markdown")]
        metrics = [self.nodes[place].message for place in self._under((0,), "metric")]
        return Said(
            " ".join(read(each.body) for each in inside),
            tuple(" ".join(filter(None, map(read, (each.label, each.body, each.delta)))) for each in metrics),
        )

    def complaints(self) -> list[str]:
        """What is wrong, as it stands on the screen: exceptions and errors."""
        alerts = [node.message for node in self.nodes.values() if node.kind == "alert"]
        raised = [f"{node.message.type}: {node.message.message}" for node in self._of("exception")]
        said = [read(each.body) for each in alerts if each.format == Alert.ERROR]
        return [*([self.failed] if self.failed else []), *raised, *said]

    def _of(self, kind: str) -> Iterator[Node]:
        return (node for node in self.nodes.values() if node.kind == kind)

    def _under(self, place: Place, kind: str) -> list[Place]:
        """Places of the elements of a kind below a place, from top to bottom."""
        return sorted(at for at, node in self.nodes.items() if node.kind == kind and at[: len(place)] == place)

    # --- what is sent back ---

    def typed(self, texts: Mapping[str, str]) -> BackMsg:
        """The message that fields, by their keys, hold other texts. KeyError if one does not stand there.

        A field that is not named stays as the app has it.
        """
        by_key = {node.key: node for node in self.nodes.values() if node.key}
        return self._back(*(WidgetState(id=by_key[key].id, string_value=text) for key, text in texts.items()))

    def clicked(self, button: Node) -> BackMsg:
        """The message that a button was clicked."""
        message = self._back(WidgetState(id=button.id, trigger_value=True))
        message.rerun_script.fragment_id = button.fragment
        return message

    def opened(self, url_path: str | None = None) -> BackMsg:
        """The message that a page is wanted: None for the app as it opens, or a path, which of the first page is "".

        KeyError if there is no such page.
        """
        message = self._back()
        message.rerun_script.page_script_hash = "" if url_path is None else self.pages[url_path]
        return message

    def _back(self, *widgets: WidgetState) -> BackMsg:
        message = BackMsg()
        state = message.rerun_script
        state.page_script_hash = self.page_hash
        state.widget_states.widgets.extend(widgets)
        state.cached_message_hashes.extend(self._kept)
        state.context_info.timezone, state.context_info.locale = "UTC", "en"
        state.context_info.color_scheme = "light"
        self.at_rest = False
        return message


def read(markdown: str) -> str:
    """A sentence as one reads it on the screen."""
    return " ".join(_MARKUP.sub(lambda found: found[1] or "", markdown).split())
