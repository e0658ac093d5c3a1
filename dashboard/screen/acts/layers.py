"""Layers: words that the model can't follow are left out and said."""

from dashboard.screen import follow
from dashboard.screen.acts import Acts

ACTS = Acts(tidied=follow.tidied, below_options=follow.say_what_is_not_followed)
