"""The same work over the rows of a file: tables in, tables out, packs of rows through the model together."""
