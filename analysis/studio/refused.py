"""What the page is told where a request is not met."""


class RefusedError(ValueError):
    """A request that is not met; one line says why, and `status` says it to HTTP."""

    def __init__(self, line: str, status: int = 400) -> None:
        """Keep the line on one line."""
        super().__init__(" ".join(line.split()))
        self.status = status
