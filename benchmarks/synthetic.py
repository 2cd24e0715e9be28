"""A library of any size for speed measurements: shipped scripts, phrasings recombined. Says nothing of quality."""

import random
from collections.abc import Iterator, Mapping

from app.library.schema import Script


def scripts(shipped: Mapping[str, Script], count: int, seed: int = 7) -> Iterator[Script]:
    """Yield `count` scripts with ids bench-000000 …, each shaped like a shipped one, with 8 recombined phrasings."""
    chance = random.Random(seed)
    models = list(shipped.values())
    texts = [p.text for s in models for p in s.phrasings]
    halves = [(t[: len(t) // 2], t[len(t) // 2 :]) for t in texts if len(t) >= 4]
    for number in range(count):
        model = models[number % len(models)]
        phrasings = [{"text": chance.choice(halves)[0] + chance.choice(halves)[1]} for _ in range(8)]
        yield Script.model_validate(
            {
                **model.model_dump(),
                "id": f"bench-{number:06d}",
                "phrasings": phrasings,
            }
        )


def messages(shipped: Mapping[str, Script], count: int = 400, seed: int = 11) -> list[str]:
    """Return customer messages to ask with: phrasings of the shipped library, shuffled."""
    texts = [p.text for s in shipped.values() for p in s.phrasings]
    random.Random(seed).shuffle(texts)
    return texts[:count]
