"""What every error must look like to a person: one plain sentence that says what to do."""

import re
import traceback

from analysis import InputError, ModelError

_CLASS_NAME = re.compile(r"\b[A-Z][a-z]+[A-Z]\w*(Error|Config|Exception|Model|Tokenizer)\b|\bErrno\b|Traceback")
_ABSOLUTE_PATH = re.compile(r"(?<![\w.:/])(/|~/|[A-Z]:\\)\w")
_QUOTED = re.compile(r"'[^']*'")  # what the person typed may be given back
_APOLOGY = re.compile(r"\b(oops|sorry|please|unfortunately|something went wrong|unexpected)\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?](?= [A-Z])")
_VERBS = (
    "accept add ask check choose connect correct delete fetch fill follow give leave mend name open paste put read "
    "save say set shorten try type update write"
)
_ADVICE = re.compile(rf"[:,] (it needs|{'|'.join(_VERBS.split())})\b")


def assert_plain_sentence(error: BaseException | str) -> None:
    """One sentence: no path, no traceback, no name of a class, no apology, a full stop, and what to do."""
    if isinstance(error, BaseException):
        assert type(error) in {InputError, ModelError}, "".join(traceback.format_exception(error))
    sentence = str(error)
    assert sentence.endswith("."), sentence
    assert not _SENTENCE_END.search(_QUOTED.sub("''", sentence).replace("...", "")), sentence
    assert sentence.isprintable(), ascii(sentence)
    assert len(sentence) <= 300, sentence
    assert not _CLASS_NAME.search(sentence), sentence
    assert not _ABSOLUTE_PATH.search(_QUOTED.sub("''", sentence)), sentence
    assert not _APOLOGY.search(sentence), sentence
    assert sentence[0].isupper() or re.match(r"['-]|k = |bf16 ", sentence), sentence
    assert _ADVICE.search(sentence), sentence
