"""Words on their own: the pieces of a candidate, the id of a token or of a word to follow."""

from analysis.errors import InputError, quoted
from analysis.models.bundle import ModelBundle
from analysis.texts.encoding import tokenised
from analysis.texts.text import check_text
from analysis.types import CONTINUES_WORD, STARTS_WORD, TEMPLATE, Encoded

_PIECES_SHOWN = 8


def pieces(bundle: ModelBundle, candidate: str, *, after_space: bool, called: str = "candidate") -> tuple[int, ...]:
    """Ids of a candidate for one place: as whole words, or as the one continuation that it names (``##x``).

    ``after_space`` says whether white space stands before the place, which some tokenizers count into the word;
    ``called`` is what an error calls it. InputError if it is blank, holds a special token, or the model has no pieces
    for it.
    """
    check_text(candidate, f"A {called}")
    named = quoted(candidate)
    known = bundle.tokenizer.convert_tokens_to_ids(candidate) if candidate.startswith(CONTINUES_WORD) else None
    if known is not None and known != bundle.unk_id:
        return (int(known),)
    if known is not None:
        raise InputError(f"'{named}' is no piece of this model's vocabulary: type a word, or a piece it has.")
    encoded = tokenised(bundle, f" {candidate}" if after_space else candidate, name=f"The {called} '{named}'")
    own = encoded.sequence != TEMPLATE
    if encoded.outside[own].any():
        raise InputError(f"The {called} '{named}' holds a special token: type the words that could stand there.")
    if encoded.unknown[own].any():
        raise InputError(f"The model has no pieces for the {called} '{named}': choose another word.")
    return tuple(encoded.ids[own].tolist())


def after_space(encoded: Encoded, position: int) -> bool:
    """Whether white space stands before the token of a position, which some tokenizers count into the word."""
    text = encoded.text_b if encoded.sequence[position] == 1 else encoded.text_a
    return (text or "")[: encoded.span[position, 0]][-1:].isspace()


def has_pieces(bundle: ModelBundle, words: str) -> bool:
    """Whether the vocabulary has more for these words than nothing or single letters, as one of another script has."""
    try:
        tokens = bundle.tokens_of(pieces(bundle, words, after_space=True))
    except InputError:
        return False
    letters = (token.removeprefix(CONTINUES_WORD).lstrip(STARTS_WORD) for token in tokens)
    return len(words) == 1 or any(len(each) > 1 for each in letters)


def is_one_piece(bundle: ModelBundle, word: str) -> bool:
    """Whether a word can be followed."""
    try:
        id_to_follow(bundle, word)
    except InputError:
        return False
    return True


def reads(bundle: ModelBundle, *texts: str) -> bool:
    """Whether the vocabulary has pieces for most of some texts: not where they come out as [UNK], or as nothing."""
    unknown = known = 0
    for text in texts:
        try:
            encoded = tokenised(bundle, text, in_windows=True)
        except InputError:
            continue
        unknown += int(encoded.unknown.sum())
        known += int((~encoded.unknown & (encoded.sequence != TEMPLATE)).sum())
    return known > unknown


def id_to_follow(bundle: ModelBundle, word: str) -> int:
    """The id of a word of one piece, typed as in a text or as the vocabulary writes it.

    InputError if it is blank, a special token, unknown, or of several pieces.
    """
    ids = pieces(bundle, word, after_space=True, called="word to follow")
    if len(ids) > 1:
        shown = " ".join(bundle.tokens_of(ids[:_PIECES_SHOWN])) + (" …" if len(ids) > _PIECES_SHOWN else "")
        raise InputError(f"'{quoted(word)}' has {len(ids)} pieces here ({shown}): follow one of them.")
    return ids[0]


def id_of(bundle: ModelBundle, token: str) -> int:
    """The id of one token as the vocabulary writes it (``##er``, ``election``); InputError if it has no such token."""
    # Half a character can't be handed to the tokenizer.
    whole = bool(token.strip()) and token.isprintable()
    id_ = bundle.tokenizer.convert_tokens_to_ids(token) if whole else None
    if id_ is None or (id_ == bundle.unk_id and token != bundle.unk):
        raise InputError(f"'{quoted(token)}' is no single token of this model's vocabulary: name one that it has.")
    return int(id_)
