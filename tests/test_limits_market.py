"""Limits of a market: tenure, reviews, surveys, repair and diffusion (C6 to C13).

Each world is a scenario, nothing else; each expected number is derived in the
docstring. Where the limit was published for another form, it is restated for ours.
"""

import numpy as np
import pytest
from scipy import stats

from simulation.core.perception import moved
from tests.limits import (
    SURE,
    assert_mean,
    assert_share,
    lived,
    plain,
    watched,
)

WEEK = 7 / 30.4375
"""In months."""
NOTHING_HAPPENS = {"chance_per_week": 0}


# Tenure, C6


def test_tenure_is_geometric_where_all_are_alike():
    """K = 0, no walk-out, no contagion: P(T = t) = (1 − w)^(t − 1) w a week.

    h = .2 a month is w = 1 − .8^.23 = .0500 a week. Chi-square over 60 weeks.
    """
    settings = plain(
        20_000,
        60,
        use=NOTHING_HAPPENS,
        leaving={"hazard_min": 0.2, "hazard_max": 0.2},
    )
    left = lived(settings).weekly()["left"]
    week = 1 - 0.8**WEEK
    expected = 20_000 * week * (1 - week) ** np.arange(60)
    table = [*left, 20_000 - left.sum()], [*expected, 20_000 - expected.sum()]
    found = stats.chisquare(*table)
    print(f"chi-square {found.statistic:.1f} of 60, p {found.pvalue:.3f}")
    assert found.pvalue > 0.001


def test_frailty_makes_retention_rise_with_tenure():
    """Gamma frailty of shape a, mean 1: S(t) = (1 + H t / a)^−a, a = .7.

    In place of the Beta law of chances: the same idea for hazards. H is −ln(1 − h)
    a month; after 12, 24 and 48 months at h = .0529: .631, .480 and .337, as the
    regular cohort of Fader & Hardie has .631, .468 and .326.
    """
    settings = plain(
        20_000,
        209,
        use=NOTHING_HAPPENS,
        leaving={"hazard_min": 0.0529, "hazard_max": 0.0529, "frailty_shape": 0.7},
    )
    alive = lived(settings).weekly()["active"]
    hazard = -np.log(1 - 0.0529)
    for weeks in (52, 104, 208):
        expected = (1 + hazard * weeks * WEEK / 0.7) ** -0.7
        assert_share(alive[weeks - 1], 20_000, expected)


def test_grievances_that_do_not_overlap_add_up():
    """Leaving by walk-out: 1 − (1 − w)^G, G the grievance of one failure.

    G = 1 − s / .3; failures come once in 500 weeks and fade within six, so that
    nearly nobody meets two. w = .9.
    """
    settings = plain(
        20_000,
        40,
        use={"chance_per_week": 0.002, "failure_chance": 1},
        journey={"failure_mean": 0.1, "failure_sd": 0.05},
        recovery={"grievance_half_life_weeks": 1, "complaint_intercept": -50},
        leaving={"stated_walk_out": 0.9, "intention_to_action": 1},
    )
    seen = watched(settings)
    early = seen.episodes.week < 25
    grievance = np.maximum(1 - seen.episodes.satisfaction[early] / 0.3, 0)
    left = seen.weeks.stage_after[-1, seen.episodes.person[early]] == 2
    expected = 1 - 0.1 ** grievance.astype(float)
    assert_mean(left - expected, 0.0)


def test_stock_settles_where_leaving_and_returning_balance():
    """Active share w_b / (w_b + w), with weekly chances w of .05 and w_b of .03.

    A lost customer returns with chance b P a tick; P stays at .6 since nothing is
    lived. b = .2 a month is .05 a week, times .6.
    """
    settings = plain(
        20_000,
        120,
        use=NOTHING_HAPPENS,
        perception={"category_norm": 0.6},
        leaving={"hazard_min": 0.2, "hazard_max": 0.2},
        joining={"return_chance": 0.2},
    )
    leave = 1 - 0.8**WEEK
    back = (1 - 0.8**WEEK) * 0.6
    assert_share(lived(settings).weekly()["active"][-1], 20_000, back / (back + leave))


@pytest.mark.slow
def test_a_lost_contact_multiplies_the_hazard():
    """Without fading, the log hazard rises by ln 1.8 a lost contact.

    A Poisson regression on the number of contacts lost recovers it within four
    standard errors.
    """
    from analysis.measures import hazard_slopes, leaves

    settings = plain(
        20_000,
        40,
        use=NOTHING_HAPPENS,
        network={"kind": "random", "degree": 4},
        leaving={
            "hazard_min": 0.01,
            "hazard_max": 0.01,
            "pull_hazard_ratio": 1.8,
            "pull_half_life_weeks": 520,
        },
    )
    seen = watched(settings)
    at_risk, left = leaves(seen)
    pull, gone = seen.weeks.pull[at_risk].astype(float), left[at_risk]
    (slope,) = hazard_slopes(gone, (pull,))
    error = 1 / np.sqrt(gone.sum() * pull[gone].var())
    print(f"{slope:.4f} for {np.log(1.8):.4f}, error {error:.4f}")
    assert slope == pytest.approx(np.log(1.8), abs=SURE * error + 0.005)


# Reviews, C7

CUTS = (0.2, 0.4, 0.6, 0.8)


def reviewed(posting):
    """Stars of all episodes, and of those posted, in a world of mixed quality."""
    settings = plain(
        4000,
        25,
        use={"quality_mean": 0.6, "quality_sd": 0.2, "failure_chance": 0.1},
        reviews={
            "posting": posting,
            "prior_reviews": 0.001,
            "half_life_weeks": np.inf,
        },
    )
    seen = watched(settings)
    stars = np.digitize(seen.episodes.satisfaction, CUTS, right=True)
    private = np.bincount(stars, minlength=5)
    public = [seen.weekly[f"reviews_{star}_star"].sum() for star in range(1, 6)]
    return private, np.array(public), seen.weekly["rating"][-1]


@pytest.mark.parametrize("posting", [(0.36, 0.2, 0.11, 0.09, 0.17), (0.2,) * 5])
def test_posted_stars_are_the_private_ones_times_who_posts(posting):
    """f_k = π_k ψ_k / Σ; the public mean is Σ k f_k; equal ψ leave f = π."""
    private, public, rating = reviewed(posting)
    expected = private * np.array(posting)
    for star in range(5):
        assert_share(public[star], private[star], posting[star])
    found = stats.chisquare(public, expected * public.sum() / expected.sum())
    assert found.pvalue > 0.001
    shares = expected / expected.sum()
    k = np.arange(1, 6)
    spread = np.sqrt(shares @ k**2 - (shares @ k) ** 2)
    assert rating == pytest.approx(
        shares @ k, abs=SURE * spread / np.sqrt(public.sum())
    )


# Surveys, C8

SHARES = [0.02, 0.02, 0.02, 0.03, 0.06, 0.09, 0.16, 0.22, 0.18, 0.20]


def surveyed(**survey):
    """A market whose perceptions are known and never move, asked for a year."""
    settings = plain(
        20_000,
        52,
        use=NOTHING_HAPPENS,
        market={"satisfaction_distribution": SHARES},
        survey={"sample_share": 0.9, "window_weeks": 52, **survey},
    )
    model = lived(settings)
    perception = model.people.mind.perception.astype(float)
    score = np.floor(10 * perception + 0.5)
    sign = (score >= 9).astype(int) - (score <= 6)
    return model.weekly(), perception, sign


def test_a_tilted_response_biases_the_score_by_the_closed_form():
    """NPS = 100 Σ sgn r / Σ r over people, r = r₀ e^(u₁|x| + u₂x)."""
    weekly, perception, sign = surveyed(
        response_base=0.1, extremity=0.8, positivity=0.4
    )
    x = np.where(perception >= 0.6, (perception - 0.6) / 0.4, (perception - 0.6) / 0.6)
    response = 0.1 * np.exp(0.8 * np.abs(x) + 0.4 * x)
    expected = 100 * (sign @ response) / response.sum()
    answers = weekly["responses"].sum()
    found = weekly["measured_nps"][-1]
    print(f"measured {found:.2f} for {expected:.2f}, true {100 * sign.mean():.2f}")
    assert found == pytest.approx(expected, abs=SURE * 100 / np.sqrt(answers))
    assert expected > 100 * sign.mean() + 10


def test_a_response_that_is_equal_for_all_is_unbiased():
    weekly, _, sign = surveyed(response_base=0.3, extremity=0, positivity=0)
    answers = weekly["responses"].sum()
    assert weekly["measured_nps"][-1] == pytest.approx(
        100 * sign.mean(), abs=SURE * 100 / np.sqrt(answers)
    )


def test_a_census_has_no_blind_spot():
    """Everybody asked, everybody answers: measured and true are the same number."""
    weekly, _, sign = surveyed(
        sample_share=1, response_base=1, extremity=0, positivity=0, window_weeks=1
    )
    assert weekly["measured_nps"][-1] == pytest.approx(100 * sign.mean(), abs=1e-12)
    assert weekly["blind_spot"][-1] == pytest.approx(0, abs=1e-12)


# Averaging others' opinions, C9: shown with the rule alone, as no phase does only it


def test_averaging_ends_in_the_weighted_consensus():
    """Lazy DeGroot, x ← x + ½ (W x − x): Σ dᵢ xᵢ / Σ dᵢ, at the second eigenvalue.

    A ring of nine with three chords; W the mean over contacts.
    """
    ties = np.zeros((9, 9))
    for i, j in [*((i, (i + 1) % 9) for i in range(9)), (0, 4), (1, 5), (2, 7)]:
        ties[i, j] = ties[j, i] = 1
    degree = ties.sum(axis=1)
    weights = ties / degree[:, None]
    opinion = np.linspace(0, 1, 9)
    consensus = degree @ opinion / degree.sum()
    rate = np.sort(np.abs(np.linalg.eigvals((np.eye(9) + weights) / 2)))[-2]
    errors = []
    for _ in range(60):
        means = weights @ opinion
        opinion = np.array(
            [moved(x, mean, 0.5) for x, mean in zip(opinion, means, strict=True)]
        )
        errors.append(np.abs(opinion - consensus).max())
    assert errors[-1] / errors[-2] == pytest.approx(rate, abs=1e-3)
    assert errors[-1] < errors[0] * rate**50
    stubborn = np.linspace(0, 1, 9)
    settled = np.linalg.solve(np.eye(9) - 0.6 * weights, 0.4 * stubborn)
    for _ in range(200):
        means = weights @ opinion
        opinion = np.array(
            [moved(x, mean, 0.6) for x, mean in zip(stubborn, means, strict=True)]
        )
    np.testing.assert_allclose(opinion, settled, atol=1e-10)


# Diffusion, C10


def test_adoption_by_everybody_who_meets_everybody_follows_bass():
    """F′ = F + (1 − F)(1 − (1 − p) e^(−qF)), p = .03, q = .38 a week.

    Advertising wins with p a week; each adopter reaches .76 others a week in the
    mean (degree × reach), a Poisson number to each hearer, all believed; one story
    wins with ½, and E[½^N] = e^(−.76 F / 2). Means of 50 runs of 2,000 people.
    """
    settings = plain(
        2000,
        10,
        use={"quality_mean": 0.98, "quality_sd": 0.005},
        market={"share_active": 0},
        network={"kind": "complete", "degree": 10},
        word_of_mouth={
            "talk_base": 1,
            "reach": 0.076,
            "believe_positive_distrusted": 1,
            "believe_positive_trusted": 1,
        },
        joining={
            "advertising_chance": 1 - 0.97 ** (1 / WEEK),
            "steepness": 200,
            "outside_option": 0,
            "message_effect": 0.5,
            "rating_effect": 0,
        },
    )
    paths = np.array([lived(settings, seed).weekly()["active"] for seed in range(50)])
    share = 0.0
    for week in range(10):
        share += (1 - share) * (1 - 0.97 * np.exp(-0.38 * share))
        if week + 1 in (1, 5, 6, 8, 10):
            assert_mean(paths[:, week] / 2000, share, extra=1 / 2000)


# Rumours, C11


def rumours(retell):
    """Few stories among 20,000 people of a random network of eight ties each."""
    settings = plain(
        20_000,
        150,
        use={"chance_per_week": 0.0005},
        network={"kind": "random", "degree": 8},
        word_of_mouth={
            "talk_base": 1,
            "reach": 0.25,
            "reach_negative": 0.25,
            "believe_positive_distrusted": 1,
            "believe_positive_trusted": 1,
            "believe_negative_distrusted": 1,
            "believe_negative_trusted": 1,
            "retell": retell,
        },
    )
    weekly = lived(settings).weekly()
    return weekly["stories"].sum(), weekly["retold"].sum()


@pytest.mark.parametrize("retell", [0.1, 0.2, 0.3])
def test_rumours_below_the_threshold_have_the_branching_size(retell):
    """A story is told 1 + φ⟨k⟩ / (1 − φκ) times, φ = reach × retell.

    Passing on goes by person, and a story can come back: κ = ⟨k²⟩/⟨k⟩ = 9 on a
    random network of mean degree 8, where one pass an edge and no return has κ = 8.
    Threshold φ = 1/9. φ = .025, .05, .075: 1.258, 1.727 and 2.846 tellings.
    """
    stories, retold = rumours(retell)
    phi = 0.25 * retell
    expected = 1 + 8 * phi / (1 - 9 * phi)
    own = stories - retold
    found = stories / own
    spread = 4 * np.sqrt(expected**3 / own)
    print(f"φ {phi}: {found:.3f} for {expected:.3f}, ± {spread:.3f}")
    assert found == pytest.approx(expected, abs=spread + 0.01)


def test_rumours_above_the_threshold_go_on_by_themselves():
    """φ = .15 > 1/9: what is told is nearly all retold, and never dies."""
    stories, retold = rumours(0.6)
    assert retold / stories > 0.99


# Repair, C12


@pytest.mark.parametrize(("complain", "call"), [(0.4, 0.5), (0.0, 1.0), (0.7, 0.0)])
def test_repairs_reach_those_who_speak(complain, call):
    """Repaired share of severe failures: r (c + (1 − c) F φ), r = .7, φ = .6."""
    odds = complain / (1 - complain)
    settings = plain(
        10_000,
        100,
        use={"chance_per_week": 0.01, "failure_chance": 1},
        journey={"failure_mean": 0.05, "failure_sd": 0.01},
        firm={"follow_up_share": call, "follow_up_delay_weeks": 0},
        recovery={
            "complaint_intercept": np.log(odds) if odds else -50,
            "complaint_slope": 0,
            "complaint_delay_weeks": 0,
            "repair_chance": 0.7,
            "voice_when_asked": 0.6,
        },
    )
    weekly = lived(settings).weekly()
    expected = 0.7 * (complain + (1 - complain) * call * 0.6)
    assert_share(weekly["repaired"].sum(), weekly["severe"].sum(), expected)


def test_a_journey_is_flawless_as_often_as_all_its_parts():
    """Six touchpoints of 95 %: .95⁶ = .735 of the journeys have no failure."""
    settings = plain(20_000, 1)
    names = "abcdef"
    points = [
        {
            "name": name,
            "phase": "post_sales",
            "department": "operations",
            "chance_per_week": 1,
            "quality_mean": 0.9,
            "quality_sd": 0.01,
            "failure_chance": 0.05,
        }
        for name in names
    ]
    tree = settings.plain()
    tree["journey"].update(touchpoints=points, failure_mean=0.1, failure_sd=0.01)
    seen = watched(type(settings).model_validate(tree))
    failed = np.bincount(seen.episodes.person, seen.episodes.experience < 0.5)
    assert_share((failed == 0).sum(), failed.size, 0.95**6)
