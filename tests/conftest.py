"""Options of the test-suite."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--accept",
        action="store_true",
        help="write the golden numbers anew; say so under 'Results change'",
    )
