"""What the variants of a pair are called on screen, and what differs in each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VariantTitle:
    """A variant's name on screen and one sentence about what was done to the correct pair."""

    title: str
    meaning: str


TITLES = {
    "one_segment": VariantTitle("one segment", "No middle [SEP], all segment ids 0: one running text."),
    "separator_only": VariantTitle("separator only", "The middle [SEP] is there, but all segment ids are 0."),
    "segment_ids_only": VariantTitle(
        "segment ids only", "Segment ids are right, but the middle [SEP] is missing (so B stands one place earlier)."
    ),
    "correct": VariantTitle("correct pair", "[CLS] A [SEP] B [SEP] with segment ids 0 and 1, as in pre-training."),
    "swapped": VariantTitle("swapped", "B first, then A: does the head mind the order?"),
    "flipped_ids": VariantTitle("flipped ids", "The correct pair with every segment id exchanged, 1 before 0."),
    "ids_as_mask": VariantTitle(
        "ids as mask", "Segment ids handed over as the attention mask, a known slip: A is hidden, and all ids are 0."
    ),
    "wrong_boundary": VariantTitle("wrong boundary", "The cut is moved into the middle of the longer text."),
}
