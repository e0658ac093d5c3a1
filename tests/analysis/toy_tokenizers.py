"""Toy tokenizers of every kind: what cuts a text into pieces, and what the template puts around it."""

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
RESIDUES = "LAGVESIKRDTPNQFYMHCWXUBZO"
"""The letters of proteins."""
WORDS = (
    "the",
    "cat",
    "dog",
    "sat",
    "on",
    "mat",
    "room",
    "was",
    "dark",
    "she",
    "opened",
    "door",
    ".",
    ",",
    "!",
    "1",
    "2",
)
TOY_VOCABULARY = (*SPECIALS, *WORDS, *LETTERS, *(f"##{letter}" for letter in LETTERS))
TOY_LIMIT = 64

_NAMES = {"unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "pad": "[PAD]", "mask": "[MASK]"}
_ENDS = {"pad": "<pad>", "unk": "<unk>", "bos": "<s>", "eos": "</s>", "mask": "<mask>"}


def wordpiece(**settings: object) -> PreTrainedTokenizerFast:
    """BERT's pieces, with its template and its segment ids."""
    tokenizer = Tokenizer(models.WordPiece(_numbered(TOY_VOCABULARY), unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return _finished(tokenizer, _NAMES, "[CLS]:0 $A:0 [SEP]:0", "[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1", **settings)


def byte_level() -> PreTrainedTokenizerFast:
    """RoBERTa's: pieces of bytes, the space counted into the word."""
    entries = [*_ENDS.values(), *sorted(pre_tokenizers.ByteLevel.alphabet()), "Ġc", "at", "Ġcat"]
    merges = [("Ġ", "c"), ("a", "t"), ("Ġc", "at")]
    tokenizer = Tokenizer(models.BPE(_numbered(entries), merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    names = {"unk": "<unk>", "cls": "<s>", "sep": "</s>", "pad": "<pad>", "mask": "<mask>"}
    return _finished(tokenizer, names, "<s> $A </s>", "<s> $A </s> </s> $B </s>")


def unigram() -> PreTrainedTokenizerFast:
    """SentencePiece's, cut at white space first."""
    tokenizer = _unigram()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    names = {"unk": "<unk>", "cls": "<s>", "sep": "</s>", "pad": "<pad>", "mask": "<mask>"}
    return _finished(tokenizer, names, "<s> $A </s>", "<s> $A </s> </s> $B </s>")


def unigram_across_words() -> PreTrainedTokenizerFast:
    """The same without a cut: to the tokenizer a whole text is one word."""
    tokenizer = _unigram()
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    names = {"unk": "<unk>", "cls": "<s>", "sep": "</s>", "pad": "<pad>", "mask": "<mask>"}
    return _finished(tokenizer, names, "<s> $A </s>", "<s> $A </s> </s> $B </s>")


def characters() -> PreTrainedTokenizerFast:
    """One piece a character, the space too."""
    tokenizer = Tokenizer(models.WordLevel(_numbered([*_NAMES.values(), *LETTERS, " ", ".", "!"]), unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    return _finished(tokenizer, _NAMES, "[CLS]:0 $A:0 [SEP]:0", "[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1")


def ends_only() -> PreTrainedTokenizerFast:
    """A template of what begins and ends a text, and no [CLS] or [SEP]."""
    return _finished(_words(), _ENDS, "<s> $A </s>", "<s> $A </s> $B </s>")


def end_only() -> PreTrainedTokenizerFast:
    """Nothing before a text, and its end after it."""
    return _finished(_words(), _ENDS, "$A </s>", "$A </s> $B </s>")


TOKENIZERS = {
    each.__name__: each
    for each in (wordpiece, byte_level, unigram, unigram_across_words, characters, ends_only, end_only)
}


def _words() -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(_numbered([*_ENDS.values(), *TOY_VOCABULARY[5:]]), unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def _unigram() -> Tokenizer:
    pieces = [*_ENDS.values(), "▁", *LETTERS, *".,!", *(f"▁{word}" for word in WORDS if len(word) > 1)]
    return Tokenizer(models.Unigram([(piece, -1.0 - 0.1 * len(piece)) for piece in pieces], unk_id=1))


def _numbered(entries: tuple[str, ...] | list[str]) -> dict[str, int]:
    return {entry: number for number, entry in enumerate(entries)}


def _finished(
    tokenizer: Tokenizer, names: dict[str, str], single: str, pair: str, **settings: object
) -> PreTrainedTokenizerFast:
    ids = [(token, tokenizer.token_to_id(token)) for token in names.values()]
    tokenizer.post_processor = processors.TemplateProcessing(single=single, pair=pair, special_tokens=ids)
    special = {f"{name}_token": token for name, token in names.items()}
    given = {"model_max_length": TOY_LIMIT, **special, **settings}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **given)
