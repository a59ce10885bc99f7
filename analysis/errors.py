"""What can go wrong in a foreseen way, each said in one line."""


class InputError(ValueError):
    """A wish that cannot be met as it is; one line says why and what to do."""


class StudyError(RuntimeError):
    """A study that could not go on; one line says what is on disk all the same."""
