"""What must hold for the labelled messages: `kefu library check` reports what does not."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from app.analysis.conversation import NEVER_COMPLAINTS
from app.library.documents import read
from app.library.files import Library
from app.library.inspection import Problem
from app.library.similar import Postings, bare
from app.text.privacy import mask
from app.training.corpus import Labelled, from_utterances

ALIKE = 0.85  # character pairs shared by messages of different authors: nobody writes the same twice by chance
SHORTEST = 13  # characters: short questions are everybody's


def problems(knowledge: Path, library: Library) -> list[Problem]:
    """Return every message that repeats another, carries what looks like personal data, or contradicts itself.

    An unknown label, an empty text or a second use of an id raises ContentError with file and line.
    """
    texts = from_utterances(knowledge / "utterances", library)
    invented = tuple(str(word) for word in read(knowledge / "split.yaml").items("invented"))
    return [*_repeated(texts), *(p for text in texts for p in _amiss(text, invented))]


def _repeated(texts: Sequence[Labelled]) -> Iterator[Problem]:
    long = [(t.group, t.text) for t in texts if len(bare(t.text)) >= SHORTEST]
    index = Postings(long)
    for author, text in long:
        for near in index.near(text, ALIKE):
            if near.id > author:
                yield Problem(f"{author} / {near.id}", f"几乎是同一句：{text} / {near.text}")


def _amiss(text: Labelled, invented: tuple[str, ...]) -> Iterator[Problem]:
    if mask(text.text) != text.text and not any(word in text.text for word in invented):
        yield Problem(text.group, f"像是个人信息，请改成一看就是编的：{text.text}")
    if text.complaint and text.types and text.types[0] in NEVER_COMPLAINTS:
        yield Problem(text.group, f"{text.types[0]} 不是投诉：{text.text}")
    if text.level == 0 and text.kind in ("angry", "threatening"):
        yield Problem(text.group, f"情绪 0 与 {text.kind} 矛盾：{text.text}")
    if text.level is not None and text.level >= 3 and text.kind in ("calm", "grateful"):
        yield Problem(text.group, f"情绪 {text.level} 与 {text.kind} 矛盾：{text.text}")
