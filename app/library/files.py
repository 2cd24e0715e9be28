"""Folders of YAML → one immutable Library. Every reference is checked here, so nothing later meets an unknown id."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from app.errors import ContentError
from app.library import taxonomy
from app.library.documents import Document, Entry, read
from app.library.schema import Example, KnowledgeCard, Law, PlatformRule, Script, SeedDocument, Technique
from app.library.taxonomy import Taxonomy
from app.records import Source

LAW = "law:"  # how the keys of the law registry begin among sources

E = TypeVar("E", bound=Entry)


@dataclass(frozen=True, slots=True)
class Library:
    """Everything the program knows that is not a lexicon, a rule or a model."""

    taxonomy: Taxonomy
    scripts: Mapping[str, Script]
    techniques: Mapping[str, Technique]
    examples: Mapping[str, Example]
    cards: Mapping[str, KnowledgeCard]
    laws: Mapping[str, Law]
    sources: Mapping[str, Source]
    platform_rules: Mapping[str, PlatformRule] = field(default_factory=dict)

    def sources_of(self, keys: Iterable[str]) -> tuple[Source, ...]:
        """Return what is known of the given registry keys."""
        return tuple(source for key in keys if (source := find_source(self.sources, key)))


def find_source(sources: Mapping[str, Source], key: str) -> Source | None:
    """Look a key up; a statement key such as seed:S3-07 is shown as its document seed:003."""
    if key in sources:
        return sources[key]
    if key.startswith("seed:S") and (document := sources.get(f"seed:00{key[6:7]}")):
        return Source(key, document.title, document.as_of)
    return None


def load(content: Path) -> Library:
    """Read scripts_library/ and knowledge/ below `content`. Raises ContentError naming file, line and field."""
    knowledge, scripts = content / "knowledge", content / "scripts_library"
    terms = taxonomy.load(knowledge / "taxonomy.yaml")
    registry = read(knowledge / "laws.yaml")
    laws = registry.entries("laws", Law)
    rules = registry.entries("platform_rules", PlatformRule)
    sources = _sources(laws, rules, read(knowledge / "sources.yaml"))
    check = _Checker(terms, sources)
    library = Library(
        taxonomy=terms,
        scripts=_collect(script_files(scripts), "scripts", Script, check.script),
        techniques=_collect(sorted((scripts / "techniques").glob("*.yaml")), "techniques", Technique, check.technique),
        examples=_collect([scripts / "examples_315.yaml"], "examples", Example, check.example),
        cards=_collect(sorted((knowledge / "cards").glob("*.yaml")), "cards", KnowledgeCard, check.card),
        laws={law.key: law for law in laws},
        sources=sources,
        platform_rules={rule.key: rule for rule in rules},
    )
    if not library.scripts:
        raise ContentError("话术库是空的", scripts)
    return library


def script_files(folder: Path) -> list[Path]:
    """Return the script files: every YAML below the folder except techniques/ and the 315 examples."""
    return sorted(p for p in folder.rglob("*.yaml") if p.parent.name != "techniques" and p.parent != folder)


def _sources(laws: list[Law], rules: list[PlatformRule], seeds: Document) -> dict[str, Source]:
    found = {f"law:{law.key}": Source(f"law:{law.key}", f"{law.name} {law.article}", law.checked_at) for law in laws}
    for rule in rules:
        found[f"plat:{rule.key}"] = Source(f"plat:{rule.key}", f"{rule.platform} {rule.name}", rule.checked_at)
    for seed in seeds.entries("sources", SeedDocument):
        found[seed.key] = Source(seed.key, seed.title)
    return found


def _collect(
    paths: Iterable[Path], key: str, model: type[E], check: Callable[[E], Iterable[tuple[str, str]]]
) -> dict[str, E]:
    """Read `key` of every file; an unknown reference or a second use of an id raises ContentError at its line."""
    found: dict[str, E] = {}
    for path in paths:
        document = read(path)
        for i, entry in enumerate(document.entries(key, model)):
            ident = str(entry.id)  # type: ignore[attr-defined]
            if ident in found:
                raise ContentError(f"编号 {ident} 重复", path, document.line((key, i)), "id")
            for name, message in check(entry):
                raise ContentError(f"{message}(条目 {ident})", path, document.line((key, i, name)), name)
            found[ident] = entry
    return found


class _Checker:
    """Yields (field, message) for every reference that does not exist."""

    def __init__(self, terms: Taxonomy, sources: Mapping[str, Source]) -> None:
        self._terms = terms
        self._sources = sources

    def script(self, entry: Script) -> Iterable[tuple[str, str]]:
        yield from self._known("types", entry.types, self._terms.types)
        yield from self._known("techniques", entry.techniques, self._terms.techniques)
        yield from self._known("stage", [entry.stage], self._terms.stages)
        yield from self._known("risks", entry.risks, self._terms.risks)
        yield from self._registered(entry.sources)

    def technique(self, entry: Technique) -> Iterable[tuple[str, str]]:
        yield from self._known("id", [entry.id], self._terms.techniques)
        yield from self._known("combine_with", [c.technique for c in entry.combine_with], self._terms.techniques)
        yield from self._registered(entry.sources)

    def example(self, entry: Example) -> Iterable[tuple[str, str]]:
        yield from self._known("types", entry.types, self._terms.types)
        yield from self._known("risks", entry.risks, self._terms.risks)
        yield from self._registered(entry.sources)

    def card(self, entry: KnowledgeCard) -> Iterable[tuple[str, str]]:
        yield from self._known("types", entry.types, self._terms.types)
        yield from self._known("risks", entry.risks, self._terms.risks)
        yield from self._known("severity", entry.severity, self._terms.severity)
        yield from self._registered(entry.sources)

    def _known(self, field: str, ids: Iterable[str], terms: Mapping[str, object]) -> Iterable[tuple[str, str]]:
        return [(field, f"词表里没有 {ident}") for ident in ids if ident not in terms]

    def _registered(self, keys: Iterable[str]) -> Iterable[tuple[str, str]]:
        return [("sources", f"来源登记表里没有 {key}") for key in keys if find_source(self._sources, key) is None]


def check_script(entry: Script, library: Library) -> list[tuple[str, str]]:
    """Return (field, message) for every reference of a trainer's script that does not exist or may not be quoted."""
    return [*_Checker(library.taxonomy, library.sources).script(entry), *_unfit(entry.sources, library.laws)]


def _unfit(sources: Iterable[str], laws: Mapping[str, Law]) -> Iterable[tuple[str, str]]:
    """Return (field, message) for every article a reply to a customer may not rest on."""
    for key in sources:
        law = laws.get(key.removeprefix(LAW)) if key.startswith(LAW) else None
        if law is not None and not law.verified:
            yield "sources", f"{key} 还没有核实，不能作为对客话术的依据"
        if law is not None and law.status != "in_force":
            yield "sources", f"{key} 已修改或废止"
