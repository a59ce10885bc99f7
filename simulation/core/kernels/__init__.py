"""The loops: one file a phase of the week, each over a range of rows."""
