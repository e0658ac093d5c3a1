"""Texts to start from: the notebook's, and a few that show something at one click."""

from dataclasses import dataclass

NOTEBOOK_A = (
    "After Abraham Lincoln won the November 1860 presidential [MASK] on an anti-slavery platform, an initial seven "
    "slave states declared their secession from the country to form the Confederacy."
)
NOTEBOOK_B = (
    "War broke out in April 1861 when secessionist forces [MASK] Fort Sumter in South Carolina, just over a month "
    "after Lincoln's inauguration."
)
NOTEBOOK = f"{NOTEBOOK_A} {NOTEBOOK_B}"


@dataclass(frozen=True, slots=True)
class Example:
    """One or two texts under a short title, and words to try in the first gap."""

    title: str
    text_a: str
    text_b: str | None = None
    candidates: tuple[str, ...] = ()


TOKENS = (
    Example("The notebook's text", NOTEBOOK),
    Example("A garden-path sentence", "The old man the boat while the young [MASK] on the shore."),
    Example("A pair of sentences", "She opened the door.", "The room was [MASK] and smelled of dust."),
)
FILL = (
    Example(
        "The notebook's text",
        NOTEBOOK,
        candidates=("election", "primaries", "convention", "nomination", "general election"),
    ),
    Example(
        "Two gaps side by side",
        "He was born in [MASK] [MASK], California.",
        candidates=("san", "new", "los", "palo", "san jose"),
    ),
    Example(
        "A pair of sentences",
        "The king died without an heir.",
        "His [MASK] fought over the [MASK].",
        candidates=("brothers", "sons", "nobles", "three brothers"),
    ),
)
PAIRS = (
    Example("The notebook's pair", NOTEBOOK_A, NOTEBOOK_B),
    Example("A pair that does not follow", NOTEBOOK_A, "Mix the flour with the butter until the dough is smooth."),
    Example(
        "Question and answer",
        "How long does sunlight take to reach us?",
        "It takes a little over eight minutes.",
    ),
)
COMPARE = (
    Example(
        "Other people",
        "The old man sat by the sea and watched the boats.",
        "The young woman sat by the sea and watched the boats.",
    ),
    Example(
        "Singular and plural", "The key to the cabinets is on the table.", "The keys to the cabinets are on the table."
    ),
    Example("A negation", "The door was open and we went in.", "The door was not open and we went home."),
)
STORY = (
    "The cat sat by the stove and watched the door. It had not been fed since the morning. At noon a key turned in the "
    "lock. The old woman came in with a basket of fish. She put it on the table and took off her coat. When she turned "
    "round, the basket was empty."
)
PASSAGE = (
    "The human heart beats about a hundred thousand times a day. With each beat it pushes blood into the arteries. "
    "These vessels carry oxygen to every tissue of the body. Veins bring the blood back to the heart. Stock prices "
    "fell sharply on Monday after the bank raised its rates. Many investors had expected the decision."
)
SPLITS = (
    Example("A small story", STORY),
    Example("Two subjects in one text", PASSAGE),
    Example("The notebook's text", NOTEBOOK),
)
SENTENCES = (
    Example("A small story", STORY.replace(". ", ".\n")),
    Example("Two subjects in one text", PASSAGE.replace(". ", ".\n")),
)
