"""Everything that must hold for the shipped content before it goes out: `kefu library check`."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from app.errors import ContentError
from app.library import coverage
from app.library.coverage import Coverage
from app.library.documents import Entry, read
from app.library.files import LAW, Library, check_script
from app.library.review import Lint, Reviewer, filled
from app.library.schema import Script
from app.library.similar import Similarity

_FURTHER = ("stages.yaml", "reply_elements.yaml", "sla.yaml", "plan.yaml")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to put right: where, and what."""

    place: str
    message: str


@dataclass(frozen=True, slots=True)
class Minimum:
    """How many scripts each type, technique, stage and emotion level needs at least."""

    types: int = 6
    techniques: int = 25
    stages: int = 1
    levels: int = 1


@dataclass(frozen=True, slots=True)
class Report:
    """What was found; `counts` maps a title to names with numbers, `later` counts statements' carriers still owed."""

    problems: tuple[Problem, ...]
    counts: Mapping[str, Mapping[str, int]]
    later: int

    @property
    def ok(self) -> bool:
        """Whether nothing needs putting right."""
        return not self.problems

    def text(self) -> str:
        """Return the report for people."""
        lines = [f"{p.place}: {p.message}" for p in self.problems]
        for title, counts in self.counts.items():
            lines.append(f"{title}  " + "、".join(f"{name} {number}" for name, number in counts.items()))
        lines.append(f"留待以后的承载  {self.later}")
        lines.append("内容检查通过" if self.ok else f"内容有 {len(self.problems)} 处问题")
        return "\n".join(lines)


class Banned(Entry):
    """An outdated or wrong citation of knowledge/laws.yaml: a pattern, why it is wrong, and what to cite instead."""

    pattern: str
    why: str
    instead: str


def inspect(library: Library, lint: Lint, content: Path, minimum: Minimum = Minimum()) -> Report:
    """Return what is wrong with the content below `content`, which `library` was loaded from; `lint` judges texts."""
    knowledge = content / "knowledge"
    problems = [*_scripts(library, lint), *_sent(library, lint), *_laws(library)]
    problems += _numbers(library, minimum)
    later = 0
    try:
        problems += _banned(library, knowledge)
        covered = Coverage.load(knowledge, library)
        problems += _covered(covered, library)
        later = covered.later
    except ContentError as error:
        problems.append(Problem(str(error.path), str(error)))
    return Report(tuple(problems), _counts(library), later)


def _scripts(library: Library, lint: Lint) -> Iterator[Problem]:
    check = partial(check_script, library=library)
    reviewer = Reviewer(Similarity(library.scripts), lint, check, strict=True)
    for script in library.scripts.values():
        for remark in reviewer.review(script):
            yield Problem(f"话术 {script.id} {remark.field}", remark.message)


def _sent(library: Library, lint: Lint) -> Iterator[Problem]:
    """Right answers and model replies are held to the same rules as scripts."""
    texts = [(f"正确示范 {e.id}", e.right) for e in library.examples.values()]
    texts += [(f"技巧 {t.id} good_example", t.good_example.reply) for t in library.techniques.values()]
    for place, text in texts:
        found = {f"{f.rule_id}“{f.text}”：{f.message}" for version in filled(text) for f in lint(version)}
        yield from (Problem(place, message) for message in sorted(found))


def _laws(library: Library) -> Iterator[Problem]:
    """Every article named is in the registry; that scripts name only fit ones is checked with the scripts."""
    for place, keys in _cited(library):
        unknown = [k for k in keys if k.startswith(LAW) and k.removeprefix(LAW) not in library.laws]
        yield from (Problem(place, f"法条登记表里没有 {key}") for key in unknown)


def _cited(library: Library) -> list[tuple[str, Sequence[str]]]:
    return [
        *((f"话术 {s.id}", s.sources) for s in library.scripts.values()),
        *((f"知识卡 {c.id}", c.sources) for c in library.cards.values()),
        *((f"正确示范 {e.id}", e.sources) for e in library.examples.values()),
        *((f"技巧 {t.id}", t.sources) for t in library.techniques.values()),
    ]


def _banned(library: Library, knowledge: Path) -> Iterator[Problem]:
    banned = read(knowledge / "laws.yaml").entries("banned_names", Banned)
    patterns = [(re.compile(b.pattern), b) for b in banned]
    for place, text in [*_written(library), *_further(knowledge)]:
        for pattern, entry in patterns:
            if found := pattern.search(text):
                yield Problem(place, f"“{found[0]}”不能再用：{entry.why}改用 {entry.instead}")


def _written(library: Library) -> Iterator[tuple[str, str]]:
    """What the product says itself; customers' words, scenes and wrong examples may say anything."""
    for s in library.scripts.values():
        yield f"话术 {s.id}", "\n".join((s.title, s.use_when, s.avoid_when, s.reply, s.avoid.reason))
    for e in library.examples.values():
        yield f"正确示范 {e.id}", "\n".join((e.right, e.why, e.action))
    for t in library.techniques.values():
        lists = (*t.when, *t.not_when, *t.steps, *t.frames, *(c.how for c in t.combine_with))
        model = (t.good_example.reply, t.good_example.why, t.bad_example.why)
        yield f"技巧 {t.id}", "\n".join((t.definition, t.purpose, *lists, *model))
    for c in library.cards.values():
        yield f"知识卡 {c.id}", f"{c.title}\n{c.text}"


def _further(knowledge: Path) -> Iterator[tuple[str, str]]:
    for name in _FURTHER:
        path = knowledge / name
        if path.exists():
            yield f"knowledge/{name}", "\n".join(_texts(read(path).data))
    for path, rule in coverage.rules(knowledge):
        said = {key: rule.get(key) for key in ("message", "reason", "replacements")}
        yield f"knowledge/compliance/{path.name} {rule.get('id')}", "\n".join(_texts(said))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _numbers(library: Library, minimum: Minimum) -> Iterator[Problem]:
    needed = zip(
        _counts(library).items(), (minimum.types, minimum.techniques, minimum.stages, minimum.levels), strict=True
    )
    for (title, counts), least in needed:
        for name, number in counts.items():
            if number < least:
                yield Problem(f"{title} {name}", f"只有 {number} 条话术，至少要 {least} 条")


def _counts(library: Library) -> dict[str, dict[str, int]]:
    terms, scripts = library.taxonomy, list(library.scripts.values())
    return {
        "类型": _tally(terms.types, (t for s in scripts for t in s.types)),
        "技巧": _tally(terms.techniques, (t for s in scripts for t in s.techniques)),
        "步骤": _tally(terms.stages, (s.stage for s in scripts)),
        "情绪": _tally(map(str, terms.levels), (str(level) for s in scripts for level in _levels(s))),
    }


def _levels(script: Script) -> range:
    return range(script.intensity[0], script.intensity[1] + 1)


def _tally(names: Iterable[str], used: Iterable[str]) -> dict[str, int]:
    counts = Counter(used)
    return {name: counts[name] for name in names}


def _covered(covered: Coverage, library: Library) -> Iterator[Problem]:
    for ident, message in covered.problems():
        yield Problem(f"knowledge/coverage.yaml {ident}", message)
    for place, keys in _cited(library):
        for key in covered.unknown_seeds(keys):
            yield Problem(place, f"{key} 不在 knowledge/coverage.yaml 里")
