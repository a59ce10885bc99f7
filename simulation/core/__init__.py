"""The compiled core: rules, records and loops. NumPy and the compiler, nothing else."""
