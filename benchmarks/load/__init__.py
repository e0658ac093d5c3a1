"""How long visitors wait for a page of the running dashboard when they are one, ten or thirty."""
