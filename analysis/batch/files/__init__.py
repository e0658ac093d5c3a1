"""Files of rows in every format, whatever is in them: bounded, streamed, and each fault one sentence."""
