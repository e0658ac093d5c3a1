"""The words of the page Batch: what rows can be, what is measured of them, what rates mean."""

SUITES = {
    "pairs": "minimal pairs",
    "nsp": "labelled pairs",
    "blimp": "BLiMP",
    "babylm-2025": "BabyLM 2025",
    "zorro": "Zorro",
    "winogrande": "WinoGrande",
    "ettinger": "Ettinger's diagnostics",
    "lama": "LAMA",
    "crows-pairs": "CrowS-Pairs",
    "stereoset": "StereoSet",
}
"""What rows can be, by the names of suites."""

SCORES = {
    "pll-word-l2r": "PLL, word-l2r",
    "pll-sum": "PLL, original",
    "pll-mean": "mean of the PLL, original",
    "seen-mean": "mean of the seen reading (AUL)",
}
"""Scores of minimal pairs by their names."""

MEASURES = {
    "seen": "seen reading",
    "pll": "pseudo-log-likelihood",
    "nsp": "next sentence",
    "candidates": "candidates",
    "compare": "comparison",
}
"""Measures of plain rows by their names."""

ACCURACY = (
    "The share of minimal pairs whose first sentence, the good one, has the larger score. A tie, two equal scores, is "
    "left out of it, and counts as one half where that is said."
)
AUC = (
    "How often a pair that follows has a larger margin than one that does not, ties one half, over all such two "
    "(Mann-Whitney): 0.5 is chance."
)
BOOTSTRAP = (
    "Percentile bootstrap over rows (Efron 1979), seeded: the middle 95 % of the values of tables of as many rows that "
    "are drawn from these with replacement. Of a dozen rows it is wide, and a little too narrow still."
)
ROC = (
    "Of every threshold of the margin, the share of pairs labelled as not following that lie above it (across), and "
    "the share of those labelled as following (up)."
)
