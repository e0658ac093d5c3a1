"""The server that ``make run`` starts: ``streamlit run serve.py``, which serves ``streamlit_app.py``."""

from starlette.middleware import Middleware
from starlette.routing import Route
from streamlit.starlette import App

from analysis import memory
from analysis.errors import InputError
from analysis.hosting import in_force
from dashboard.screen.kept_files import KeptFiles
from dashboard.screen.server import OwnOrigin, ready, starting

# Before other threads than this one have asked for memory: how many arenas there may be is settled then.
memory.keep_few_arenas()

try:
    in_force()
except InputError as error:
    raise SystemExit(str(error)) from None

app = App(
    "streamlit_app.py",
    middleware=[Middleware(OwnOrigin), Middleware(KeptFiles)],
    routes=[Route("/ready", ready)],
    lifespan=starting,
)
