"""The text of the notebook *How BERT is Trained*, in the two sentences that it was cut into."""

NOTEBOOK_A = (
    "After Abraham Lincoln won the November 1860 presidential [MASK] on an anti-slavery platform, an initial seven "
    "slave states declared their secession from the country to form the Confederacy."
)
NOTEBOOK_B = (
    "War broke out in April 1861 when secessionist forces [MASK] Fort Sumter in South Carolina, just over a month "
    "after Lincoln's inauguration."
)
