"""Small pieces of page that Streamlit has no element for (Components v2, their own shadow root each).

Every string from Python is set as text (``textContent``), so nothing a user types can become markup. The scripts lie
beside the modules, the style sheets in ``dashboard.drawing.styles``, and both are registered inline, once, when the
module is imported.
"""

from pathlib import Path

_HERE = Path(__file__).parent


def source(*names: str) -> str:
    """The text of scripts that lie in this folder, one after the other."""
    return "\n".join((_HERE / name).read_text(encoding="utf-8") for name in names)
