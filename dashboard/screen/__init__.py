"""A page in the browser: the only part that runs Streamlit, beside ``streamlit_app.py``."""
