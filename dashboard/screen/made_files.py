"""Files that are made when somebody presses a button, until they have been fetched.

Streamlit throws such a file away when two runs have ended since it was made, of whichever visits, and what a button
would make when one run ends while its page is being drawn anew. Thirty visitors without a pause end three runs in a
second or more, so a browser far away may ask too late. Here it looks for what nobody needs more rarely.
"""

import threading
import time

from streamlit.runtime.media_file_manager import MediaFileManager

_SECONDS = 10.0
"""The shortest time between two looks, so the shortest that a file lies: the first look marks it, the next takes it."""


def keep_until_fetched(manager: MediaFileManager) -> None:
    """Let a manager throw nothing away sooner."""
    look, one = manager.remove_orphaned_files, threading.Lock()
    looked = float("-inf")

    def look_rarely() -> None:
        nonlocal looked
        with one:
            if time.monotonic() - looked < _SECONDS:
                return
            looked = time.monotonic()
        look()

    manager.remove_orphaned_files = look_rarely
