"""Phase 6, between what people tell and what they take in: news from elsewhere.

News is a message nobody tells: it is believed through trust, moves what a believed
message moves and may be passed on like one. Only weeks with news run this.
"""

from ..columns import Array, Tally, fixed
from ..jit import Word, kernel, part
from ..parameters import World
from ..randomness import Stream, fold, uniform
from .hear import believing, note


@kernel
def inform(world: World, start: Word, stop: Word, tally: Array) -> None:
    """Let the news of this tick reach the people of rows start to stop."""
    ids, keys = world.people.traits.id, world.week.keys
    for row in range(world.shocks.news_chance.size):
        chance = world.shocks.news_chance[row]
        if chance > 0:
            for i in range(start, stop):
                if uniform(keys[Stream.NEWS_HEAR, row], ids[i]) < chance:
                    learn(world, row, i, tally)


@part
def learn(world: World, row: int, i: int, tally: Array) -> None:
    """Let person i hear one piece of news, always bad, and believe it or not.

    It is about one touchpoint of those it may be about, drawn for each hearer.
    """
    people, shocks, keys = world.people, world.shocks, world.week.keys
    inbox, voice, who = people.inbox, people.voice, people.traits.id[i]
    tally[Tally.NEWS_HEARD] += 1
    tally[Tally.MESSAGES_NEGATIVE] += 1
    if uniform(keys[Stream.NEWS_BELIEVE, row], who) >= believing(world, i, False):
        return
    tally[Tally.NEWS_BELIEVED] += 1
    luck = uniform(keys[Stream.NEWS_ABOUT, row], who)
    k = shocks.news_about[row, int(luck * shocks.n_about[row])]
    value = shocks.news_value[row]
    is_first = inbox.positive[i] + inbox.negative[i] == 0
    note(world, i, k, fixed(value), 1, False, tally)
    pick = fold(keys[Stream.NEWS_PICK, row], who)
    if is_first or pick < inbox.pick[i]:
        inbox.pick[i] = pick
        voice.heard_touchpoint[i] = k
        voice.heard_value[i] = value
        voice.heard_hops[i] = 0
