"""Disguises that add something and leave the characters alone: half of `tests/obfuscator.py`, which says why."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import yaml

TABLES: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("obfuscator.yaml").read_text("utf-8"))


def is_han(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff"


def between(text: str, pick: Callable[[], str]) -> str:
    """Something in every gap of the phrase."""
    return text[:1] + "".join(pick() + char for char in text[1:])


def change_one(text: str, rng: Random, able: Callable[[str], bool], change: Callable[[str], str]) -> str:
    """Change one of the characters that can be changed."""
    places = [index for index, char in enumerate(text) if able(char)]
    if not places:
        return text
    at = rng.choice(places)
    return text[:at] + change(text[at]) + text[at + 1 :]


def change_every(text: str, change: Callable[[str], str]) -> str:
    return "".join(change(char) for char in text)


# What the eye does not see.


def zero_width(text: str, rng: Random) -> str:
    """加微信 with zero-width spaces, joiners, word joiners or byte order marks between the characters."""
    return between(text, lambda: rng.choice(TABLES["zero_width"]))


def soft_hyphen(text: str, _rng: Random) -> str:
    """A soft hyphen in every gap: shown only at the end of a line."""
    return between(text, lambda: "\u00ad")


def direction_marks(text: str, rng: Random) -> str:
    """Left-to-right and right-to-left marks, embeddings and isolates in the gaps."""
    return between(text, lambda: rng.choice(TABLES["direction_marks"]))


def variation_selectors(text: str, rng: Random) -> str:
    """A variation selector after every character: the glyph stays the same."""
    return change_every(text, lambda char: char + rng.choice("\ufe00\ufe01\ufe0e\ufe0f\U000e0100"))


def tag_characters(text: str, rng: Random) -> str:
    """Invisible tag letters (U+E0020…) in the gaps, as in flag emoji."""
    return between(text, lambda: chr(rng.randint(0xE0020, 0xE007E)))


def blank_letters(text: str, rng: Random) -> str:
    """Letters that print as nothing: Hangul fillers, the Mongolian vowel separator, the braille blank."""
    return between(text, lambda: rng.choice("\u3164\u115f\u1160\uffa0\u180e\u2800"))


# What the eye reads past.


def combining_marks(text: str, rng: Random) -> str:
    """Strokes, circles and accents laid over the characters: 加̶微̶信̶."""
    return change_every(text, lambda char: char + rng.choice(TABLES["combining"]))


def spaces(text: str, rng: Random) -> str:
    """加 微 信 with ASCII, ideographic, no-break or thin spaces."""
    return between(text, lambda: rng.choice(TABLES["spaces"]))


def symbols(text: str, rng: Random) -> str:
    """加*微.信: one symbol, kept through the phrase, as people type it."""
    symbol = rng.choice(TABLES["symbols"])
    return between(text, lambda: symbol)


def one_symbol(text: str, rng: Random) -> str:
    """加微/信: a symbol or space in a single gap."""
    if len(text) < 2:
        return text
    at = rng.randrange(1, len(text))
    symbol: str = rng.choice(TABLES["symbols"] + TABLES["spaces"])
    return text[:at] + symbol + text[at:]


def emoji(text: str, rng: Random) -> str:
    """加🌹微🌹信: an emoji in every gap, or in one."""
    picture, everywhere = rng.choice(TABLES["emoji"]), rng.random() < 0.5
    at = rng.randrange(1, len(text)) if len(text) > 1 else 0
    return between(text, lambda: picture) if everywhere else text[:at] + picture + text[at:]


def brackets(text: str, rng: Random) -> str:
    """加【微】信: brackets around one character."""
    opening, closing = rng.choice(TABLES["brackets"])
    return change_one(text, rng, is_han, lambda char: opening + char + closing)


def all_brackets(text: str, rng: Random) -> str:
    """【加】【微】【信】: brackets around every character."""
    opening, closing = rng.choice(TABLES["brackets"])
    return change_every(text, lambda char: opening + char + closing)


def line_breaks(text: str, rng: Random) -> str:
    """One character a line, to be read downwards."""
    line = rng.choice(["\n", "\r\n", "\n\n", " \n", "\u2028"])
    return between(text, lambda: line)


def markup(text: str, rng: Random) -> str:
    """加<b>微</b>信, a chat client's markup around one character."""
    opening, closing = rng.choice(TABLES["markup"])
    return change_one(text, rng, is_han, lambda char: opening + char + closing)


def fillers(text: str, rng: Random) -> str:
    """加那个微嗯信: a filler word in one gap."""
    if len(text) < 2:
        return text
    at = rng.randrange(1, len(text))
    filler: str = rng.choice(TABLES["fillers"])
    return text[:at] + filler + text[at:]


def repeats(text: str, rng: Random) -> str:
    """加微微微信: one character said two to four times."""
    return change_one(text, rng, is_han, lambda char: char * rng.randint(2, 4))


def all_repeats(text: str, _rng: Random) -> str:
    """加加微微信信: every character twice."""
    return change_every(text, lambda char: char * 2)


_HIDDEN = (zero_width, soft_hyphen, direction_marks, variation_selectors, tag_characters, blank_letters)
_SEEN = (combining_marks, spaces, symbols, one_symbol, emoji, brackets, all_brackets, line_breaks, markup)
_SAID = (fillers, repeats, all_repeats)
TRANSFORMS = (*_HIDDEN, *_SEEN, *_SAID)
