"""What is put between characters or around them to hide a word: symbols, brackets, breaks, markup, doubled characters.

Every step says which positions of a cleaned text to drop. None asks what the words mean: a draft reads on without its
noise, and a finding needs a rule that then objects.
"""

import re
from collections.abc import Callable

HAN = "\u3400-\u9fff"
LETTER = f"{HAN}a-z"
Step = Callable[[str], set[int]]
_WORD = re.compile(f"[{LETTER}\\d]")
# Symbols nobody writes inside a word; punctuation that has a use there counts only between single Chinese characters.
_SYMBOLS = re.compile(
    rf"(?<=[{LETTER}])(?:[^\w\s,。!?;:、()\[\]{{}}【】《》<>\"'“”‘’「」『』/.…—+~-]{{1,4}}|(?<=[{HAN}])(?:[/.+_'丶-]|--|\.\.|__)(?=[{HAN}])|(?<=[{HAN}])[嗯呃](?=[{HAN}]))(?=[{LETTER}\d])"
)
_WRAPPED = re.compile(rf"[(\[【<{{〔|*]([{LETTER}])[)\]】>}}〕|*]")
# One quoted character inside a clause is a disguise, unless someone is quoted or told what to press; 《家》 is a book.
_OPEN, _CLOSED = "“\"「『《‘'", "”\"」』》’'"
_TOLD = "说叫骂喊念读是为点选按打填写发回用看把个本了的"
_QUOTED = re.compile(
    rf"(?:[{_OPEN}][^\n][{_CLOSED}]){{2,}}|(?<![{_TOLD}])[{_OPEN}](?<!《)[{HAN}][{_CLOSED}](?=[{HAN}])(?!字|键|这|那|也|都)"
)
_READING = re.compile(rf"(?<=[{HAN}])\([a-zāáǎàēéěèīíǐìōóǒòūúǔùüǘǚǜ ]{{1,24}}\)")
_SPACED = re.compile(rf"(?<![{LETTER}])[{LETTER}](?:([^{LETTER}\d、。!?\n]{{1,2}})[{LETTER}])(?:\1[{LETTER}])+")
# The same mark before and after a single character, in mid-sentence; some characters do stand alone between commas.
_ALONE = "亲在好嗯哦是对有行啊呀哈您唉哎喂嘿来看能会可不没你我他她的了吧呢吗"
_MARKED_OFF = re.compile(
    rf"(?<=[{LETTER}])([,。!?;:、…—~'\"/·.\n-]{{1,2}})(?:(?:[{LETTER}]\1){{2,}}|[^{_ALONE}\W\d_]\1)(?=[{LETTER}])"
)
_SPACED_DIGITS = re.compile(r"(?<!\d)\d([ .·_*-])\d(?:\1\d){2,}(?!\d)")
_SPACE = re.compile(rf"(?<=[{HAN}]) (?=[a-z])|(?<=[a-z]) (?=[{HAN}])|(?<=[{HAN}]) (?=[{HAN}])")
_MARK = re.compile(r"[^\w\s,。!?;:~…]")
_FILLERS = frozenset("_丶嗯呃")
_DOUBLED = re.compile(rf"(?:([{HAN}])\1){{2,}}")
# An opening tag counts with its closing one: <v><x> and [v][x] are letters in brackets.
_MARKUP = re.compile(
    r"<([a-z]{1,6})(?: [^<>\n]{0,60})?>(?=[^<>\n]{0,40}</\1>)"
    r"|\[([a-z]{1,6})(?:=[^\[\]\n]{0,30})?\](?=[^\[\]\n]{0,40}\[/\2\])"
    r"|</[a-z]{1,6}>|\[/[a-z]{1,6}\]|<(?:br|hr|p|img)(?: [^<>\n]{0,60})?/?>"
)


def markup(text: str) -> set[int]:
    """Tags of a web page or a forum around a character."""
    return _dropped(_MARKUP, text) if "<" in text or "[" in text else set()


def _dropped(pattern: re.Pattern[str], text: str) -> set[int]:
    return {i for m in pattern.finditer(text) for i in range(*m.span())}


def _less_words(pattern: re.Pattern[str], text: str) -> set[int]:
    return {i for i in _dropped(pattern, text) if not _WORD.match(text[i])}


def _quotes(text: str) -> set[int]:
    marks = _dropped(_QUOTED, text)
    return {i for i in marks if text[i] in _OPEN or text[i] in _CLOSED}


def _doubles(text: str) -> set[int]:
    """Every other character where each is written twice: 加加微微信信."""
    return {i for m in _DOUBLED.finditer(text) for i in range(m.start(), m.end(), 2)}


_ALWAYS: tuple[Step, ...] = (
    lambda text: _less_words(_MARKED_OFF, text),
    lambda text: _less_words(_SPACED, text),
    lambda text: _less_words(_SPACED_DIGITS, text),
    lambda text: _dropped(_SPACE, text) if " " in text else set(),
    _doubles,
)
_MARKED: tuple[Step, ...] = (
    lambda text: _dropped(_READING, text),
    lambda text: _less_words(_WRAPPED, text),
    _quotes,
    lambda text: _less_words(_MARKED_OFF, text),
    lambda text: _dropped(_SYMBOLS, text),
    *_ALWAYS[1:],
)


def steps(text: str) -> tuple[Step, ...]:
    """Return what to do to a text, in order: most drafts hold no mark but commas and stops."""
    return _MARKED if _MARK.search(text) or not _FILLERS.isdisjoint(text) else _ALWAYS
