"""The facts as one page: how many hold, both kinds of customers drawn, each number."""

from collections.abc import Sequence
from pathlib import Path

from analysis.facts import WORLDS, Finding
from analysis.provenance import origin
from analysis.section import Cell, Picture, Section, Table
from analysis.tables.facts import aims, band_text, headline, measured_text

from .page import Page, publish

PICTURES = {
    "formation": "Mean satisfaction by quality and by expectation: dots are real "
    "customers, lines simulated ones.",
    "loyalty": "Complaints, and leaving, by satisfaction.",
    "satisfaction": "Shares of the ten scores in the baseline and three industries.",
    "tenure": "Share of two cohorts still there over twelve years.",
}
READING = (
    "The same three questions, from 1 to 10, are put to simulated customers in the "
    "middle of a run: those who lived an episode in the year before. Quality is the "
    "judgement they would have formed by the quality lived alone, expectation what "
    "they expected of the same episodes. Leniency, and half of the noise, are common "
    "to the three answers of a person (Assumption).",
    "The left tail is thin: real surveys hold 1 to 12 % whose answer is 1 to 3, the "
    "baseline half a percent. Perception is a mean of single episodes here, and who is "
    "served badly again and again leaves; real customers may have no other choice.",
    "Buying again is an intention in the survey and an act in the model. The order is "
    "comparable, the size is not.",
)


def write_page(
    found: Sequence[Finding], runs: int, customers: int, folder: Path
) -> Path:
    """Write the page into a folder where the pictures are; return its path.

    Raises
    ------
    StudyError
        The folder cannot be written.
    """
    failing = [each for each in found if not each.holds]
    sections = [
        Section(
            "Real customers beside simulated ones",
            READING,
            pictures=[Picture(f"figures/{k}.svg", alt) for k, alt in PICTURES.items()],
        ),
        Section("What fails, and why", tables=[_why(failing)]),
        Section("Every fact", tables=[_all(found)]),
        Section("The worlds they are measured in", tables=[_worlds()]),
    ]
    page = Page(
        "is the model right",
        "What is known of customers",
        "The answer",
        f"{headline(found)} {aims(found)} Measured in {runs} worlds of "
        f"{customers:,} customers.",
        None,
        sections,
    )
    return publish(page, folder, origin()["groundswell"])


def _why(failing: Sequence[Finding]) -> Table:
    rows = [
        (each.fact.claim, measured_text(each), band_text(each), each.why)
        for each in failing
    ]
    return Table("Facts outside their band", ("", "measured", "band", "why"), rows)


def _all(found: Sequence[Finding]) -> Table:
    rows = [
        (
            each.fact.claim,
            Cell("holds" if each.holds else "fails", is_sure=not each.holds),
            measured_text(each),
            band_text(each),
            Cell(each.fact.how, each.fact.source),
        )
        for each in found
    ]
    return Table(
        "Measured, beside the band of the source",
        ("", "", "measured, 95 %", "band", "how, and from where"),
        rows,
    )


def _worlds() -> Table:
    rows = [
        (world.name, world.text, "; ".join(world.settings)) for world in WORLDS.values()
    ]
    return Table(
        "Settings on top of a shipped scenario", ("", "what", "settings"), rows
    )
