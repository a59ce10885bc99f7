"""What is seen first, kept from one start to the next."""

import json

import pytest

from analysis.studio import opening
from analysis.studio.api import Api
from analysis.studio.opening import MOST_KEPT, Openings, of_this_program

WISH = {
    "scenario": "baseline",
    "seed": 3,
    "customers": 200,
    "overrides": ["clock.warmup_weeks=4", "clock.weeks=10"],
}


@pytest.fixture
def openings(tmp_path):
    return Openings(tmp_path / "kept")


def test_what_is_kept_is_what_the_next_start_would_answer(openings, tmp_path):
    first = Api(tmp_path / "results", openings)
    told = first.open(WISH)
    assert openings.get(WISH) == b""
    where = first.layout(told["id"])
    kept = openings.get(WISH)
    first.close()
    again = Api(tmp_path / "results")
    about = again.open(WISH)
    head = int.from_bytes(kept[:4], "little")
    assert {**json.loads(kept[4 : 4 + head]), "id": 0} == {**about, "id": 0}
    assert kept[4 + head :] == where + again.step(about["id"], {"steps": 0})
    again.close()


def test_a_week_that_was_played_is_no_beginning(openings, tmp_path):
    api = Api(tmp_path / "results", openings)
    told = api.open(WISH)
    api.step(told["id"], {"steps": 1})
    api.layout(told["id"])
    assert openings.get(WISH) == b""
    api.close()


def test_another_request_is_not_known_and_old_ones_go(openings):
    for k in range(MOST_KEPT + 5):
        openings.keep({"seed": k}, b"kept")
    assert openings.get({"seed": -1}) == b""
    assert openings.get({"seed": MOST_KEPT + 4}) == b"kept"
    assert len(list(openings.folder.iterdir())) == MOST_KEPT


def test_nothing_is_kept_without_a_folder_or_where_none_can_be(tmp_path):
    (tmp_path / "file").touch()
    for each in (Openings(), Openings(tmp_path / "file")):
        each.keep("catalogue", b"{}")
        assert each.get("catalogue") == b""


def test_a_change_of_the_program_forgets(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    before = of_this_program()
    assert before.folder == of_this_program().folder
    monkeypatch.setattr(opening, "PARTS", ("analysis/layout.py",))
    assert of_this_program().folder != before.folder
