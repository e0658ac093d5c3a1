"""Results to figures: pure functions, nothing of streamlit here."""
