"""The compiled core: rules, records and loops. NumPy and the compiler, nothing else.

Columns are stored in single precision and computed with in double. Two single
numbers would be combined in single precision inside a rule: multiply one by 1.0
where a rule is given nothing else. The twin in `tests/naive.py` catches a slip.
"""
