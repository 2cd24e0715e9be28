"""Disguises people use to get a forbidden phrase past a filter. A test tool, kept apart from the normaliser on purpose.

Whoever wrote this had not read `app/text/normalise.py`, `app/compliance/views.py` or their tables, and nothing here
imports them: a generator that shares the tables of what it tests only proves that a table equals itself. Keep it so;
when a new trick turns up in real drafts, add it here first and see whether the linter notices.

Every transform is `(text, rng) -> text`, takes the forbidden phrase alone (`disguise` puts it back into its sentence),
and returns the phrase unchanged when it finds nothing to work on. The same seed gives the same disguise.
"""

import unicodedata
from collections.abc import Callable
from functools import cache
from random import Random

from opencc import OpenCC
from pypinyin import Style, lazy_pinyin

from tests import obfuscator_marks as marks
from tests.obfuscator_marks import TABLES, change_every, change_one, is_han

Transform = Callable[[str, Random], str]


def _word(text: str, rng: Random, table: dict[str, list[str]]) -> str:
    """Swap one of the longest words of the table that the phrase contains."""
    found = sorted((word for word in table if word in text), key=len, reverse=True)
    found = [word for word in found if len(word) == len(found[0])]
    if not found:
        return text
    word = rng.choice(found)
    return text.replace(word, rng.choice(table[word]), 1)


# Other writing for the same sound.


def pinyin_one(text: str, rng: Random) -> str:
    """加wei信: the pinyin of one character."""
    return change_one(text, rng, is_han, lambda char: lazy_pinyin(char)[0])


def pinyin_tone(text: str, rng: Random) -> str:
    """加wēi信 or 加wei1信: the pinyin of one character with its tone."""
    style = rng.choice([Style.TONE, Style.TONE3])
    return change_one(text, rng, is_han, lambda char: lazy_pinyin(char, style=style)[0])


def pinyin_all(text: str, rng: Random) -> str:
    """jia wei xin: the whole phrase in pinyin, spaced or run together."""
    return rng.choice(["", " "]).join(lazy_pinyin(text))


def initial_one(text: str, rng: Random) -> str:
    """加w信: the first letter of one character's pinyin."""
    return change_one(text, rng, is_han, lambda char: _case(lazy_pinyin(char)[0][0], rng))


def initials_two(text: str, rng: Random) -> str:
    """加wx: the first letters of two neighbouring characters."""
    places = [at for at in range(len(text) - 1) if is_han(text[at]) and is_han(text[at + 1])]
    if not places:
        return text
    at = rng.choice(places)
    letters = "".join(_case(sound[0], rng) for sound in lazy_pinyin(text[at : at + 2]))
    return text[:at] + letters + text[at + 2 :]


def _case(letter: str, rng: Random) -> str:
    return letter.upper() if rng.random() < 0.3 else letter


@cache
def _same_sound() -> dict[str, str]:
    """The everyday characters (first level of GB 2312), which a keyboard offers first, by toneless pinyin."""
    sounds: dict[str, str] = {}
    for row in range(0xB0, 0xD8):
        for cell in range(0xA1, 0xFF):
            char = bytes([row, cell]).decode("gb2312", errors="ignore")
            if char:
                sound = lazy_pinyin(char)[0]
                sounds[sound] = sounds.get(sound, "") + char
    return sounds


def _homophone(char: str, rng: Random) -> str:
    others = _same_sound().get(lazy_pinyin(char)[0], "").replace(char, "")
    return rng.choice(others) if others else char


def homophone_one(text: str, rng: Random) -> str:
    """加威信: one character swapped for an everyday one that sounds the same, tone aside."""
    return change_one(text, rng, is_han, lambda char: _homophone(char, rng))


def homophone_two(text: str, rng: Random) -> str:
    """加威芯: two characters swapped for ones that sound the same."""
    places = [index for index, char in enumerate(text) if is_han(char)]
    chars = list(text)
    for at in rng.sample(places, min(2, len(places))):
        chars[at] = _homophone(chars[at], rng)
    return "".join(chars)


# Other writing for the same look.


@cache
def _converter(name: str) -> OpenCC:
    return OpenCC(name)


def traditional(text: str, rng: Random) -> str:
    """加微信 as written in Taiwan or Hong Kong: 聯繫電話, 轉賬."""
    return str(_converter(rng.choice(["s2t", "s2tw", "s2hk"])).convert(text))


def look_alike(text: str, rng: Random) -> str:
    """加薇信: a character with a part more, less or changed."""
    return change_one(
        text, rng, TABLES["look_alikes"].__contains__, lambda char: rng.choice(TABLES["look_alikes"][char])
    )


def split_one(text: str, rng: Random) -> str:
    """女子评: one character taken apart."""
    return change_one(text, rng, TABLES["splits"].__contains__, lambda char: rng.choice(TABLES["splits"][char]))


def split_all(text: str, rng: Random) -> str:
    """Every character that can be taken apart is."""
    return change_every(text, lambda char: rng.choice(TABLES["splits"][char]) if char in TABLES["splits"] else char)


@cache
def _same_print() -> dict[str, str]:
    """Kangxi radicals and compatibility ideographs by the character they print like."""
    forms: dict[str, str] = dict(TABLES["simplified_radicals"])
    for code in (*range(0x2F00, 0x2FD6), *range(0xF900, 0xFADA)):
        forms[unicodedata.normalize("NFKC", chr(code))] = chr(code)
    return forms


def compatibility_forms(text: str, _rng: Random) -> str:
    """Kangxi radicals and compatibility ideographs that print like the character: ⾦ for 金."""
    return change_every(text, lambda char: _same_print().get(char, char))


def full_width(text: str, _rng: Random) -> str:
    """ＶＸ１２３: letters and digits in full width."""
    return change_every(text, lambda char: chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char)


def cyrillic_greek(text: str, _rng: Random) -> str:
    """Letters that look Latin and are not: ԛԛ, νх."""
    return change_every(text, lambda char: TABLES["letters"].get(char, char))


def styled_letters(text: str, rng: Random) -> str:
    """𝐕𝐗, 🅥🅧, ⓥⓧ, ⱽˣ: letters and digits of another alphabet block."""
    bases = rng.choice(
        [(0x1D400, 0x1D41A), (0x1D5D4, 0x1D5EE), (0x24B6, 0x24D0), (0x1F170, 0x1F170), (0x1D670, 0x1D68A)]
    )
    return change_every(text, lambda char: _styled(char, *bases))


def _styled(char: str, upper: int, lower: int) -> str:
    if "A" <= char <= "Z":
        return chr(upper + ord(char) - ord("A"))
    return chr(lower + ord(char) - ord("a")) if "a" <= char <= "z" else char


def digits(text: str, rng: Random) -> str:
    """①③⑧, 一三八, 壹叁捌, 幺三八, 𝟏𝟑𝟖: the same digits in another dress."""
    forms = rng.choice(TABLES["digits"])
    return change_every(text, lambda char: forms[int(char)] if char in "0123456789" else char)


def keycaps(text: str, rng: Random) -> str:
    """1️⃣3️⃣8️⃣: keycap digits, with or without the variation selector."""
    cap = rng.choice(["\ufe0f\u20e3", "\u20e3"])
    return change_every(text, lambda char: char + cap if char in "0123456789" else char)


# Other words.


def emoji_words(text: str, rng: Random) -> str:
    """给💰, 五⭐好评: a picture for a word."""
    return _word(text, rng, TABLES["emoji_words"])


def english(text: str, rng: Random) -> str:
    """加WeChat, 给money: an English word for a Chinese one."""
    return _word(text, rng, TABLES["english"])


def slang(text: str, rng: Random) -> str:
    """加绿泡泡, 小额打款走zfb: what the trade calls it."""
    return _word(text, rng, TABLES["slang"])


# Other order.


def swapped(text: str, rng: Random) -> str:
    """加信微: two neighbouring characters change places."""
    if len(text) < 2:
        return text
    at = rng.randrange(len(text) - 1)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def reversed_phrase(text: str, _rng: Random) -> str:
    """信微加: the phrase from its end."""
    return text[::-1]


def overridden(text: str, _rng: Random) -> str:
    """The phrase backwards inside a right-to-left override: it prints forwards."""
    return "\u202e" + text[::-1] + "\u202c"


def two_at_once(text: str, rng: Random) -> str:
    """Two visible tricks on top of each other, as the persistent do."""
    tricks = [marks.spaces, marks.symbols, marks.brackets, marks.repeats]
    first, second = rng.sample([*tricks, traditional, homophone_one, pinyin_one, look_alike], 2)
    return second(first(text, rng), rng)


_SOUNDS = (pinyin_one, pinyin_tone, pinyin_all, initial_one, initials_two, homophone_one, homophone_two)
_LOOKS = (
    traditional,
    look_alike,
    split_one,
    split_all,
    compatibility_forms,
    full_width,
    cyrillic_greek,
    styled_letters,
)
_WORDS = (digits, keycaps, emoji_words, english, slang, swapped, reversed_phrase, overridden, two_at_once)
TRANSFORMS: tuple[Transform, ...] = (*marks.TRANSFORMS, *_SOUNDS, *_LOOKS, *_WORDS)


def disguise(sentence: str, phrase: str, transform: Transform, seed: int) -> str | None:
    """The sentence with its phrase disguised; None when the transform has nothing to change in it."""
    changed = transform(phrase, Random(f"{transform.__name__}/{sentence}/{seed}"))
    return sentence.replace(phrase, changed, 1) if changed != phrase else None


# Additions that hide nothing.

_BORDERS = "，。！？；,!?;\n"


def add_greeting(text: str, rng: Random) -> str:
    """A greeting before the draft."""
    greeting: str = rng.choice(TABLES["greetings"])
    return greeting + text


def add_ending(text: str, rng: Random) -> str:
    """A tilde, an exclamation mark or a smile after the draft."""
    return text + rng.choice(["~", "～", "!", "！", "！！", "~~", " ", "\n", "哦~", "😊", "🌹🌹", "^_^", "(^▽^)"])


def add_at_borders(text: str, rng: Random) -> str:
    """A space, an emoji or a tilde after every clause: never inside one."""
    addition = rng.choice([" ", "~", "～", "😊", "🌹", "\n", "  ", "✨"])
    return change_every(text, lambda char: char + addition if char in _BORDERS else char)


HARMLESS: tuple[Transform, ...] = (add_greeting, add_ending, add_at_borders)


def harmless(text: str, rng: Random) -> str:
    """One to three harmless additions; the meaning and the wording stay."""
    for addition in rng.sample(HARMLESS, rng.randint(1, len(HARMLESS))):
        text = addition(text, rng)
    return text
