"""The section `network`: who knows whom."""

from typing import Literal

from pydantic import Field, model_validator

from simulation.quantity import Section, broken, quantity


class Network(Section):
    """Strong ties; weak meetings are a matter of `word_of_mouth`."""

    kind: Literal[
        "small_world",
        "scale_free",
        "communities",
        "random",
        "complete",
        "cliques",
        "none",
        "file",
    ] = Field(
        default="small_world",
        description="Shape of the network: small_world (a ring with shortcuts), "
        "scale_free (a few hubs), communities, random, complete (anybody may meet "
        "anybody), cliques (closed circles), none, or file.",
    )
    degree: float = quantity(
        10.0,
        "ties",
        "Mean number of strong ties; on a complete network, how many others a "
        "teller meets in the mean.",
        "Assumption: about ten close contacts, as in Goldenberg et al. 2001",
        (4, 20),
        le=10_000,
    )
    rewiring: float = quantity(
        0.1,
        "share",
        "small_world: share of ties that are shortcuts to anywhere.",
        "Watts & Strogatz 1998: a tenth gives short paths and keeps circles",
        (0.0, 0.5),
        le=1,
    )
    exponent: float = quantity(
        2.5,
        "exponent",
        "scale_free: exponent of the power law of the number of ties.",
        "Barabási & Albert 1999: social networks lie between 2 and 3",
        (2.1, 3.5),
        ge=1.01,
        le=10,
    )
    community_size: int = quantity(
        50,
        "people",
        "communities: people in one community.",
        "Assumption: a neighbourhood or a department",
        (20, 200),
        ge=2,
        le=1_000_000,
    )
    mixing: float = quantity(
        0.1,
        "share",
        "communities: share of ties that lead out of the community.",
        "Assumption: one tie in ten",
        (0.02, 0.5),
        le=1,
    )
    clique_size: int = quantity(
        9,
        "people",
        "cliques: people in one closed circle.",
        "Assumption: nine people, so eight ties each",
        (3, 20),
        ge=2,
        le=10_000,
    )
    file: str | None = Field(
        default=None,
        description="kind file: an edge list or GraphML; relative to the scenario "
        "file. Its nodes are the ids of the customers file; of drawn people 0, 1, … or "
        "any names. Whoever is not in it has no ties.",
    )

    @model_validator(mode="after")
    def _file_goes_with_its_kind(self) -> "Network":
        if self.kind == "file" and not self.file:
            raise broken("kind file", "'file' needs network.file; name an edge list")
        if self.kind != "file" and self.file:
            raise broken(
                "file kind",
                f"a file is not read by kind {self.kind}; use kind: file, or null",
            )
        return self
