"""What is said beside a comparison of two readings."""

SEEN_COMPARISON = (
    "In the seen reading each side sees its own word, so where a word was replaced the predictions differ because of "
    "that alone. The hidden reading asks what the rest of the text makes of the place."
)
SAME_WHEN_HIDDEN = (
    "A divergence of 0 under a replaced token: nothing but that token differs, so with it hidden both sides are the "
    "same input. The seen reading tells them apart."
)
