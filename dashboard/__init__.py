"""Everything that imports streamlit, and everything that draws."""
