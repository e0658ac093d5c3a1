"""From a spec to a loaded model, and the only call of it."""
