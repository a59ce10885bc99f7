"""A comparison to be watched: one world of each scenario, small enough for a page.

Of the first seed, with at most `MOST_PEOPLE` people, who stand as in the studio. Kept
in the study's folder, so that a report made again shows the same bytes.
"""

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from simulation.scenario import Scenario, changed
from simulation.scene import FULL, GONE, PROSPECT, SHOWN, Frame, Scene, Seen

from .errors import StudyError
from .files import replacing
from .layout import place
from .outcomes import Array
from .study import Study

NAME = "replay.json"
MOST_PEOPLE = 2000
MOST_FRAMES = 105
"""Of a longer run, weeks evenly apart."""
MOST_WORLDS = 4
WATCHED = np.uint8(Seen.SPOKE | Seen.REVIEWED | Seen.BELIEVED)
"""What is seen of a person, besides what they think."""
WHOLE = 2**16 - 1


def replay(study: Study) -> dict[str, Any] | None:
    """Return the replay of a study, from its folder, or lived if none is there.

    Returns
    -------
    dict or None
        As `lived` returns it.

    Raises
    ------
    StudyError
        The folder cannot be written, or what is there cannot be read.
    """
    path = study.folder / NAME
    try:
        if path.is_file():
            kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return kept
        found = lived(study.scenarios, min(study.manifest["seeds"]))
        if found is not None:
            with replacing(path) as hidden:
                hidden.write_text(json.dumps(found) + "\n", encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no JSON"
        raise StudyError(
            f"{path}: cannot be kept or read ({reason}); remove it, or make room"
        ) from None
    return found


def lived(scenarios: Mapping[str, Scenario], seed: int) -> dict[str, Any] | None:
    """Return the replay of scenarios; the first is the base.

    Returns
    -------
    dict or None
        people, ties (how many), weeks (of each frame), `bytes` (what a byte of
        perception means), worlds (label, name, customers by frame), and `packed`:
        base64 of deflated bytes. These are little-endian: uint16 x of all people,
        then y, the disc of radius 1 stretched over 0 to 65535; uint16 first ends of
        the ties, then second ones; then of each world what a person thinks over the
        frames, person by person, and what was seen of each likewise; of later worlds
        both XOR those of the first. None where a market or its ties are in a file, or
        where markets differ in size.
    """
    small = [_small(each) for each in scenarios.values()][:MOST_WORLDS]
    scenes = [Scene(each, seed=seed) for each in small if each is not None]
    if len(scenes) < len(small) or len({each.n_customers for each in scenes}) > 1:
        return None
    films = [_film(scene) for scene in scenes]
    points, ties = place(scenes[0].ties.start, scenes[0].ties.target)
    corner = np.round((points.T + 1) / 2 * WHOLE)
    packed = [part.astype("<u2").tobytes() for part in (corner, ties.T)]
    first = _columns(films[0])
    for film in films:
        columns = _columns(film)
        told = columns if film is films[0] else columns ^ first
        packed.append(told.tobytes())
    active = SHOWN.index("active")
    return {
        "people": scenes[0].n_customers,
        "ties": len(ties),
        "weeks": [frame.week for frame in films[0]],
        "bytes": {"full": FULL, "prospect": PROSPECT, "gone": GONE},
        "worlds": [
            {
                "label": label,
                "name": scenario.name,
                "active": [int(frame.numbers[active]) for frame in film],
            }
            for (label, scenario), film in zip(scenarios.items(), films, strict=False)
        ],
        "packed": base64.b64encode(zlib.compress(b"".join(packed), 9)).decode(),
    }


def _small(scenario: Scenario) -> Scenario | None:
    """Return a scenario with few people; None if files say who they are."""
    if scenario.market.customers_file or scenario.network.file:
        return None
    n = min(scenario.market.customers, MOST_PEOPLE)
    return changed(scenario, [("market.customers", n)])


def _film(scene: Scene) -> list[Frame]:
    """Return the start, and weeks evenly apart up to the end."""
    film = [scene.frame()]
    while not scene.is_over:
        film.append(scene.live())
    return film[:: -(-len(film) // MOST_FRAMES)]


def _columns(film: Sequence[Frame]) -> Array:
    """Return what is thought and seen, shape (2, n_people, n_frames)."""
    thought = [frame.perception for frame in film]
    seen = [frame.seen & WATCHED for frame in film]
    return np.array([thought, seen], np.uint8).transpose(0, 2, 1).copy()
