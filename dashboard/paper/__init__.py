"""What leaves the screen: links, session files, snippets, reports; made without Streamlit."""
