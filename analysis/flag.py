"""How a command line asks for a field of a question."""

from dataclasses import MISSING, dataclass, field
from typing import Any, Literal

from analysis import choices

FlagKind = Literal["texts", "sides", "text", "lines", "file", "words", "name", "number", "switch"]
"""What a flag takes: a text with what may stand beside it, one of two such texts, one text, a file of lines, a file as
it is, words, one name, a number, nothing."""


@dataclass(frozen=True, slots=True)
class Flag:
    """How a command line asks for a field.

    ``name`` is ``--masking``, nothing for what comes without a name; ``metavar`` stands for the value in the help;
    ``allowed`` are the names that may be given; what is ``repeated`` may be given several times, once for each value.
    Of a text, ``pair`` says whether it is a pair already, or a second segment may be given, ``edits`` and ``windows``
    whether its tokens may be edited, and whether it may be read in windows; of a side, ``own_model`` says whether
    another model may read it.
    """

    kind: FlagKind
    help: str
    name: str = ""
    metavar: str = ""
    allowed: tuple[str, ...] = ()
    repeated: bool = False
    pair: bool = False
    edits: bool = True
    windows: bool = False
    own_model: bool = False


def asked(kind: FlagKind, help: str, name: str = "", metavar: str = "", *, default: Any = MISSING, **more: Any) -> Any:
    """A field, and how a command line asks for it."""
    return field(default=default, metadata={"flag": Flag(kind, help, name, metavar, **more)})


def asked_language() -> Any:
    """The field for the language of sentence rules: a code of ``choices.LANGUAGES``, or its script decides."""
    help = f"the language by whose rules sentences are cut, {', '.join(choices.LANGUAGES)}; or script, which decides"
    return asked("name", help, "--language", "CODE", default=choices.BY_SCRIPT)


def asked_passages() -> Any:
    """The field for passages of one's own that controls are drawn from."""
    help = "passages to draw controls from instead of those that come with Pretext: a file, one passage a line"
    return asked("lines", help, "--controls-from", "FILE", default=())
