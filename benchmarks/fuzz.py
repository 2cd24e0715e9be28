"""Hammer what reads a draft with texts nobody would send: `python -m benchmarks.fuzz --seconds 60 --seed 1`.

Reports the worst time of each part, with the kind and length of the text, and every exception with the text behind it.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import cycle
from random import Random
from time import perf_counter

from app.compliance.lint import Linter
from app.compliance.patterns import compiled
from app.compliance.rewrite import Rewriter
from app.compliance.rules import load
from app.errors import ContentError
from app.records import Draft
from app.settings import shipped_content
from app.text.literals import requirements
from app.text.normalise import normalise
from tests.obfuscator import TRANSFORMS, harmless

NOW = datetime.fromisoformat("2026-11-23T15:07:00+08:00")
LONGEST = 4_000  # characters; the check refuses longer drafts
Maker = Callable[[Random], str]
# What a trainer might write into a rule: repeats in repeats, alternatives that overlap, gaps upon gaps.
ATOMS = (
    "公",
    "规定",
    ".",
    "[一-龥]",
    "(?:微|微信)",
    "<6>",
    "<<12>>",
    r"\d",
    "(?:a|a)",
    "[^。]",
    "<you>",
    "x",
    r"\b",
    "$",
    "^",
)
REPEATS = ("", "+", "*", "?", "{2,9}", "{0,99}", "+?", "*?", "{99}", "{9,}")


@dataclass
class Worst:
    """The slowest call of one part."""

    seconds: float = 0.0
    kind: str = ""
    text: str = ""
    calls: int = 0

    def note(self, seconds: float, kind: str, text: str) -> None:
        """Count a call and keep it when it is the slowest."""
        self.calls += 1
        if seconds > self.seconds:
            self.seconds, self.kind, self.text = seconds, kind, text


@dataclass
class Report:
    """Worst times by part, and what went wrong: part, kind of text, text, exception."""

    worst: dict[str, Worst] = field(default_factory=dict)
    failures: list[tuple[str, str, str, str]] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """Yield the report as read by people."""
        for part, worst in self.worst.items():
            shown = f"{worst.text[:40]!r}{'…' if len(worst.text) > 40 else ''}"
            where = f"{worst.kind}, {len(worst.text)} characters: {shown}"
            yield f"{part}: {worst.calls} calls, worst {worst.seconds * 1000:.1f} ms ({where})"
        yield f"{len(self.failures)} failures"
        yield from (f"{part} on {kind}: {error}: {text!r}" for part, kind, text, error in self.failures)


class Fuzz:
    """Works on one linter; what it makes is repeatable for a seed, how far it gets is up to the clock."""

    def __init__(self, linter: Linter, rewriter: Rewriter) -> None:
        self._linter, self._rewriter, self._book = linter, rewriter, linter.book
        self._said = [e.text for r in self._book.rules for e in (*r.rule.examples.bad, *r.rule.examples.good)]
        self._report = Report()

    def run(self, seconds: float, seed: int = 0) -> Report:
        """Fuzz for so long and return what was seen."""
        rng, end = Random(seed), perf_counter() + seconds
        makers: dict[str, Maker] = {
            "unicode": _unicode, "mixed": self._mixed, "long": self._long, "monotonous": _monotonous,
        }  # fmt: skip
        for kind, make in cycle(makers.items()):
            self._draft(kind, make(rng))
            self._pattern(_pattern(rng), self._mixed(rng))
            if perf_counter() > end:
                break
        return self._report

    def _mixed(self, rng: Random) -> str:
        """Sentences of the rules cut up, disguised, decorated and joined."""
        return "".join(self._piece(rng) for _ in range(rng.randint(1, 5)))

    def _piece(self, rng: Random) -> str:
        said = rng.choice(self._said)
        at = rng.randrange(len(said))
        piece = said[at : at + rng.randint(1, 30)]
        for _ in range(rng.randint(0, 2)):
            piece = rng.choice((*TRANSFORMS, harmless))(piece, rng)
        return piece + rng.choice(("", "", ",", "。", "\n", " ", "~", "{name}"))

    def _long(self, rng: Random) -> str:
        text = ""
        while len(text) < LONGEST:
            text += self._mixed(rng)
        return text[:LONGEST]

    def _draft(self, kind: str, text: str) -> None:
        draft = Draft(text, NOW)
        self._timed("normalise", kind, text, lambda: normalise(text))
        self._timed("views", kind, text, lambda: self._book.denoiser.views(text))
        self._timed("findings", kind, text, lambda: self._checked(draft))
        self._timed("rewrite", kind, text, lambda: self._rewritten(draft))

    def _checked(self, draft: Draft) -> None:
        for found in self._linter.findings(draft, complaint=True):
            if not found.text or draft.text[found.start : found.end] != found.text:
                raise AssertionError(f"{found.rule_id} points at {found.start}-{found.end}")

    def _rewritten(self, draft: Draft) -> None:
        findings = self._linter.findings(draft, complaint=True)
        self._rewriter.rewrite(draft, findings, self._linter, "今天18:00", "小林")

    def _pattern(self, source: str, text: str) -> None:
        """A refused pattern is fine; one that is taken must be read and run in no time."""
        self._timed("rule pattern", source, text, lambda: self._tried(source, text))

    def _tried(self, source: str, text: str) -> None:
        try:
            pattern = compiled([source], self._book.words)[0].prove()
        except ContentError:
            return
        requirements(pattern.source)
        list(pattern.spans((text * 9).encode("utf-8", "replace")))

    def _timed(self, part: str, kind: str, text: str, call: Callable[[], object]) -> None:
        start = perf_counter()
        try:
            call()
        except Exception as error:  # whatever it is, it is what is sought
            self._report.failures.append((part, kind, text, repr(error)))
        self._report.worst.setdefault(part, Worst()).note(perf_counter() - start, kind, text)


def _unicode(rng: Random) -> str:
    """Any code points, lone surrogates included, from one or two neighbourhoods as scripts are."""
    planes = [rng.choice((0, 0x300, 0x2000, 0x4E00, 0xD800, 0xFE00, 0x1F300, 0xE0000, 0x10FF00)) for _ in range(2)]
    codes = (min(rng.choice(planes) + rng.randrange(0x200), 0x10FFFF) for _ in range(rng.randint(0, 300)))
    return "".join(map(chr, codes))


def _monotonous(rng: Random) -> str:
    """One short unit over and over: what makes a careless expression go back and forth."""
    alphabet = "公微加信不退好评a1x n.,。、~…-/ \n\u200b([{<《“\"'“❤💰亻言力口丶嗯哈*|"
    unit = "".join(rng.choice(alphabet) for _ in range(rng.randint(1, 6)))
    return (unit * LONGEST)[: LONGEST - 1] + rng.choice(alphabet)


def _pattern(rng: Random, depth: int = 3) -> str:
    parts = []
    for _ in range(rng.randint(1, 3)):
        inner = f"({_pattern(rng, depth - 1)})" if depth and rng.random() < 0.5 else rng.choice(ATOMS)
        parts.append(inner + rng.choice(REPEATS))
    return rng.choice(("", "|")).join(parts)


def main() -> None:
    """Fuzz and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    knowledge = shipped_content() / "knowledge"
    linter = Linter(load(knowledge / "compliance", knowledge / "taxonomy.yaml"))
    for line in Fuzz(linter, Rewriter.load(knowledge)).run(options.seconds, options.seed).lines():
        print(line)


if __name__ == "__main__":
    main()
