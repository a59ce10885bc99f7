"""The numbers that kernels read: per tick, in shares, grouped like the scenario.

Sections carry the names and the order of the scenario's. Whoever fills them
(`simulation.scenario`) has already turned weeks, months, percent and money into
these units; no kernel converts anything.
"""

from typing import NamedTuple

from .columns import Array, Customers, Relation, Ties


class Journey(NamedTuple):
    """The touchpoints, in journey order; arrays of shape (n_touchpoints,)."""

    phase: Array
    """int8: 0 pre-sales, 1 sales, 2 post-sales."""
    department: Array
    """int8: index of the department."""
    chance: Array
    """float64: chance per tick that an active customer lives it (post-sales)."""
    quality_mean: Array
    quality_sd: Array
    failure_chance: Array
    weight: Array
    """float64: how much of the learning rate an episode here has."""
    failure_mean: float
    failure_sd: float
    handoff_failure_chance: float


class Perception(NamedTuple):
    """Expectation and perception (evidence, disconfirmation)."""

    memory_limit: float
    promise_weight: float
    """Per tick, at trust 1."""
    message_weight: float
    rating_weight: float
    norm_drift: float
    """Per tick."""
    assimilation: float
    disconfirmation: float
    tolerance: float
    loss_aversion: float
    learning_rate: float


class Trust(NamedTuple):
    """How trust moves; all are shares of the distance per event."""

    gain: float
    loss: float
    message_gain: float
    message_loss: float


class Recovery(NamedTuple):
    """Grievance, complaint, follow-up and repair."""

    severe_below: float
    grievance_keep: float
    """Share of a grievance left after one tick."""
    complaint_intercept: float
    complaint_slope: float
    complaint_delay: int
    """Ticks."""
    voice_when_asked: float
    repair_chance: float
    repair_strength: float
    repeat_within: int
    """Ticks."""
    case_life: int
    """Ticks after which a failure is too old to be repaired."""
    habit_share: float
    """Share of sufferers the firm follows up without any lever."""
    habit_delay: int
    """Ticks."""
    contact_fatigue: float
    asked_keep: float
    """Share of having been asked that is left after one tick."""


class WordOfMouth(NamedTuple):
    """Who tells, who hears, who believes."""

    neutral: float
    talk_base: float
    talk_slope: float
    talk_curvature: float
    negative_ratio: float
    trust_in_talk: float
    retell: float
    reach: float
    reach_negative: float
    meetings: float
    """People met while a story is fresh, whatever the tick."""
    contact_weight: float
    """Weight of the tie between any two people of a complete network, else 0."""
    hearings: float
    believe_positive_distrusted: float
    believe_positive_trusted: float
    believe_negative_distrusted: float
    believe_negative_trusted: float


class Reviews(NamedTuple):
    """Posting and reading."""

    posting: Array
    """float64, shape (5,): chance to post after an episode of 1 to 5 stars."""
    read_active: float
    """Per tick."""
    read_prospect: float
    """Per tick."""


class Leaving(NamedTuple):
    """The hazard of leaving."""

    hazard_min: float
    """Monthly chance."""
    hazard_max: float
    """Monthly chance."""
    steepness: float
    midpoint: float
    months_per_tick: float
    trust_effect: float
    pull_effect: float
    """ln of the hazard ratio of one recently lost contact."""
    pull_keep: float
    """Share of the pull left after one tick."""
    asked_effect: float
    """ln of the hazard ratio of having just been asked."""
    walk_out: float
    """−ln(1 − walk-out chance) times the share of a grievance that fades a tick."""
    referral_hazard_ratio: float


class Joining(NamedTuple):
    """Considering, joining, returning."""

    consider_chance: float
    """Per tick."""
    advertising_chance: float
    """Per tick."""
    steepness: float
    outside_option: float
    message_effect: float
    negative_message_effect: float
    rating_effect: float
    return_chance: float
    """Per tick, at perception 1."""


class Adoption(NamedTuple):
    """Adoption by signals; no part of `Numbers`, as only its own kernel reads it."""

    strong_chance: float
    weak_chance: float
    """Per meeting."""
    negative_ratio: float
    disappointed_share: float
    advertising_chance: float
    """Of this tick."""


class Survey(NamedTuple):
    """Who is asked, who answers, what they score."""

    sample_share: float
    """Per tick."""
    response_base: float
    extremity: float
    positivity: float
    noise_sd: float
    politeness: float


class Numbers(NamedTuple):
    """All sections."""

    journey: Journey
    perception: Perception
    trust: Trust
    recovery: Recovery
    word_of_mouth: WordOfMouth
    reviews: Reviews
    leaving: Leaving
    joining: Joining
    survey: Survey
    upsell_chance: Array
    """float64, shape (MAX_LEVERS + 1,): per good-episode contact; last = habit."""


class Outreach(NamedTuple):
    """What levers do beyond the episode: repair, reach out, ask; a row a lever."""

    repair_chance_shift: Array
    repair_strength_shift: Array
    reply_delay: Array
    """int32: ticks until a complaint is answered; -1 leaves it as it is."""
    planned_chance: Array
    """float64: chance per tick that a covered customer is contacted unasked."""
    stirring: Array
    """float64: what such a contact adds to the hazard, as a share of a month's;
    -1 where the contact asks how things went instead."""
    attempt_chance: Array
    """float64: chance per tick to try to win a covered lost customer back."""
    win_chance: Array
    """float64: chance that one try succeeds, at perception 1."""
    praise_factor: Array
    """float64: multiplies the chance that a promoter tells of a good episode."""
    answer_chance: Array
    """float64: chance that a bad review is answered."""
    sample_factor: Array
    response_factor: Array
    tilt_factor: Array
    """float64: multiplies how much more those of strong opinions respond."""
    politeness_factor: Array
    piece: Array
    """int8: a `Piece`."""


class Levers(NamedTuple):
    """The levers in force this tick, one row a lever, MAX_LEVERS rows.

    A lever of strength 0, not yet begun or past its end has a row that changes
    nothing: shifts 0, factors 1, contact chance 0.
    """

    n: Array
    """int64, shape (1,): rows in use."""
    audience: Array
    """int8: an `Audience`."""
    segment: Array
    """int8: which segment, for Audience.SEGMENT."""
    coverage: Array
    """float64: share of the audience."""
    coverage_key: Array
    """uint64: keys the stable subset."""
    hub_degree: Array
    """int32: ties from which a person is a hub."""
    is_on: Array
    """uint8: in force this tick, with a strength above 0."""
    quality_shift: Array
    """float64, shape (MAX_LEVERS, n_touchpoints)."""
    sd_factor: Array
    """float64, shape (MAX_LEVERS, n_touchpoints)."""
    failure_factor: Array
    """float64, shape (MAX_LEVERS, n_touchpoints)."""
    handoff_factor: Array
    pressure_factor: Array
    fit_factor: Array
    promise: Array
    """float64, shape (MAX_LEVERS, n_touchpoints): what the covered are promised."""
    promise_share: Array
    """float64: how far the covered hear the lever's promise instead of the firm's."""
    contact_chance: Array
    """float64: chance that a covered customer is followed up."""
    contact_occasion: Array
    """int8: an `Occasion`."""
    contact_delay: Array
    """int32: ticks."""
    misfit_factor: Array
    """float64: multiplies a fit below 0."""
    trust_gain_factor: Array
    detection_chance: Array
    """float64: chance that a failure is removed before it is felt."""
    trust_lift: Array
    """float64, shape (MAX_LEVERS, n_touchpoints): share of the distance to full
    trust that an episode closes."""
    information_weight: Array
    """float64, shape (MAX_LEVERS, n_touchpoints): weight of what is told there."""
    outreach: Outreach


class Shocks(NamedTuple):
    """What befalls the firm this tick: 0 where nothing does."""

    failure: Array
    """float64, shape (n_touchpoints,): added to the chance that an episode fails."""
    handoff: Array
    """float64, shape (n_touchpoints,): added to the chance that a hand-off into the
    touchpoint fails."""
    news_chance: Array
    """float64, shape (MAX_SHOCKS,): chance of everybody to hear the news."""
    news_value: Array
    """float64, shape (MAX_SHOCKS,): the satisfaction that it tells of."""
    news_about: Array
    """int8, shape (MAX_SHOCKS, n_touchpoints): the touchpoints that it may be about,
    first those."""
    n_about: Array
    """int64, shape (MAX_SHOCKS,): how many those are."""


class Week(NamedTuple):
    """What is the same for everybody this tick."""

    tick: int
    """1, 2, … since the start of the warm-up."""
    keys: Array
    """uint64, shape (N_STREAMS, N_SLOTS): this tick's draws."""
    traits_keys: Array
    """uint64, same shape: the draws of a person alone."""
    promise: Array
    """float64, shape (n_touchpoints,): the firm's promise."""
    pressure_sd: float
    """Added to every sd under sales pressure this tick."""
    new_since: int
    """Customers who joined at or after this tick are new (Audience.NEW)."""
    last_warm_up_tick: int
    """Who became a customer by then and never left has stayed."""
    rating: Array
    """float64, shape (2,): the review site's shrunk mean as a share, and its weight
    n / (n + prior), both brought up to date after the reviews of the tick."""
    told: Array
    """int64, shape (N_TALLY,): the tick's tally so far, over all people."""


class Start(NamedTuple):
    """How people are drawn before the first tick."""

    share_active: float
    segment_below: Array
    """float64, shape (n_segments,): cumulated shares."""
    fit_sd: float
    leniency_sd: float
    frailty_table: Array
    """float64: see `randomness.frailty_table`; shape (1,) where all are alike."""
    trust_mean: float
    trust_sd: float
    norm: float
    reliance: float
    expectation_sd: float
    prior_evidence: float
    promise: Array
    """float64, shape (n_touchpoints,)."""
    satisfaction_below: Array
    """float64, shape (10,): cumulated shares of the scores 1 to 10 among active
    customers; shape (1,) where perception starts at what is expected."""
    tenure_ticks: float
    """Mean time since joining of active customers."""


class World(NamedTuple):
    """Everything a kernel may read or write."""

    people: Customers
    others: Relation
    """How those stand with the firm whose leaving is noticed: the people themselves,
    except where the same people of another world are listened to."""
    ties: Ties
    numbers: Numbers
    levers: Levers
    shocks: Shocks
    week: Week
    quality_table: Array
    """float64: Beta quantiles, see `randomness.beta_table`."""
