"""Texts that the tests share: the notebook's, and awkward ones."""

from hypothesis import strategies as st

SENTENCE_A = (
    "After Abraham Lincoln won the November 1860 presidential [MASK] on an anti-slavery platform, an initial seven "
    "slave states declared their secession from the country to form the Confederacy."
)
SENTENCE_B = (
    "War broke out in April 1861 when secessionist forces [MASK] Fort Sumter in South Carolina, just over a month "
    "after Lincoln's inauguration."
)
NOTEBOOK = f"{SENTENCE_A} {SENTENCE_B}"

AWKWARD = {
    "one token": "a",
    "one word of pieces": "antidisestablishmentarianism",
    "emoji": "I 🙂 you 👨‍👩‍👧‍👦!",
    "right to left": "the word שלום means peace, مرحبا means hello",
    "right-to-left override": "abc \u202edef\u202c ghi",
    "combining marks": "cafe\u0301 nai\u0308ve Z\u0351\u036b\u0343algo",
    "typed [MASK]": "Paris is the capital of [MASK].",
    "typed [SEP]": "She opened the door. [SEP] The room was dark.",
    "typed [CLS]": "[CLS] She opened the door.",
    "typed [PAD]": "She [PAD] [PAD] opened the door.",
    "typed [UNK]": "She opened the [UNK].",
    "all typed": "[CLS] a [MASK] b [SEP] c [PAD] d [UNK]",
    "unknown script": "ไทย is not ᚠᛇᚻ",
    "control characters": "She\x00 opened\x07 the\tdoor\r\nnow",
    "only punctuation": "?!... -- ;",
    "no spaces": "東京は日本の首都です",
}

scripts = st.sampled_from(
    ["a-z", "é", "ß", "Ж", "ש", "م", "あ", "漢", "ไ", "🙂", "\u0301", "\u202e", "\x00", "[MASK]", "[SEP]"]
)
plain_words = st.sampled_from("the cat dog sat on mat room was dark she opened door 1860 Lincoln's".split())
words = st.one_of(plain_words, scripts, st.text(max_size=6))
texts = st.lists(words, min_size=1, max_size=12).map(" ".join)
"""Texts of ordinary words with anything in between; some of them can't be read."""
