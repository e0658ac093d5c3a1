"""The style sheets of the strips, once for the screen and for paper.

Their colours and faces are Streamlit's theme variables (``--st-*``), which a report sets for itself.
"""

from pathlib import Path
from typing import Literal

from dashboard.sections import StripKind

_HERE = Path(__file__).parent


def style(kind: StripKind | Literal["png"]) -> str:
    """The style sheet of one kind of strip, or of the button that saves one."""
    return "\n".join((_HERE / f"{name}.css").read_text(encoding="utf-8") for name in ("shared", kind))
