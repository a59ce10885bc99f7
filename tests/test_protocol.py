"""The ODD page says what the code says.

A page that has fallen behind is brought up to date with
`pytest tests/test_protocol.py --accept`.
"""

import re
from pathlib import Path
from typing import Any

import pytest

from simulation.protocol import refreshed
from simulation.scenario import parameters

PAGE = Path(__file__).parents[1] / "simulation" / "README.md"


def test_the_tables_are_those_of_the_code(request):
    text = PAGE.read_text(encoding="utf-8")
    if request.config.getoption("--accept"):
        text = refreshed(text)
        PAGE.write_text(text, encoding="utf-8")
    assert text == refreshed(text)


def test_the_page_has_the_elements_of_the_protocol():
    """Grimm et al. 2020: purpose to submodels, seven in this order."""
    text = PAGE.read_text(encoding="utf-8")
    heads = re.findall(r"^## (\d)\. (\w+)", text, re.MULTILINE)
    assert [int(number) for number, _ in heads[:7]] == list(range(1, 8))
    assert heads[0][1] == "Purpose"
    assert heads[6][1] == "Submodels"


def test_the_page_names_every_parameter():
    text = PAGE.read_text(encoding="utf-8")
    own = [p.path for p in parameters() if not p.path.startswith(("levers", "shocks"))]
    assert not [path for path in own if f"`{path}`" not in text]


def test_the_python_example_runs(capsys):
    text = PAGE.read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    found: dict[str, Any] = {}
    exec(example, found)
    assert found["model"].customers.agg("trust", min) >= 0.33
    assert len(found["watch"].get_model_vars_dataframe()) == 8
    assert "'active'" in capsys.readouterr().out


def test_a_table_nobody_makes_is_refused():
    with pytest.raises(KeyError):
        refreshed("<!-- table: nonsense -->\n<!-- end -->")
