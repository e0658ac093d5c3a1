"""Texts that several pages start from: the notebook's, a small story, a passage on two subjects."""

from analysis.passages.notebook import NOTEBOOK_A, NOTEBOOK_B

NOTEBOOK = f"{NOTEBOOK_A} {NOTEBOOK_B}"
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

EXPECTED = ("election", "attacked")
"""What the notebook's text had where it has its two [MASK]s."""

CANDIDATES = (
    ("election", "primaries", "convention", "nomination", "general election"),
    ("san", "new", "los", "palo", "san jose"),
    ("brothers", "sons", "nobles", "three brothers"),
)
"""The words and phrases that compete for a gap in each of the examples, the notebook's text first."""
