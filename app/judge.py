"""The `kefu judge` command: sheets for blind readers of suggestions, and their marks as figures."""

import argparse
from collections.abc import Sequence
from datetime import datetime

from app import parts
from app.assist.slots import SlotValues
from app.errors import InvalidInput
from app.library.documents import read
from app.records import Context, Message
from app.settings import Settings
from app.text.encoder import StaticEncoder
from app.text.normalise import normalise
from app.training import judging
from app.training.judging import Case, Systems
from app.training.retrieval import Alone
from app.wiring import Copilot

SHOWN, DEPTH = 3, 12  # replies, and the scripts they are taken from: one without a value for a slot is passed over
MOMENT = (2026, 11, 20, 14, 30)  # the clock of every sheet, so that two runs can be compared


def run(options: argparse.Namespace, config: Settings) -> int:
    """Write the sheets or print the figures; returns the exit status."""
    if options.action == "report":
        print(judging.report(options.folder))
        return 0
    rubrics = config.content_dir / "knowledge" / "rubrics"
    found = judging.cases(rubrics)
    if unknown := set(options.author or ()) - found.keys():
        raise InvalidInput(f"没有作者 {'、'.join(sorted(unknown))}；有的是 {'、'.join(found)}")
    chosen = {name: group for name, group in found.items() if name in (options.author or found)}
    copilot = Copilot.open(config)
    try:
        replies = judging.write_sheets(chosen, _systems(copilot, config), options.folder)
    except OSError as error:
        raise InvalidInput(f"文件无法写入：{error}") from error
    finally:
        copilot.close()
    print(f"{sum(map(len, chosen.values()))} 题、{replies} 条回复写入 {options.folder}")
    return 0


def _systems(copilot: Copilot, config: Settings) -> Systems:
    """Return the product and what it is compared with: each search alone, and an apology that fits everything."""
    now = datetime(*MOMENT, tzinfo=config.zone)
    generic = str(read(config.content_dir / "knowledge" / "generic.yaml").data["reply"])

    def product(case: Case) -> Sequence[str]:
        return [s.text for s in copilot.assist(Message(case.message, now, case.turns)).suggestions]

    values = SlotValues(config, Context(), now, "general")
    scripts = list(copilot.library.scripts.values())
    encoder = StaticEncoder.load(config.content_dir / "index" / "encoder")
    alone = Alone(scripts, parts.tokens(config.content_dir), encoder)

    def filled(order: Sequence[int]) -> list[str]:
        replies = (values.fill(scripts[i].reply) for i in order)
        return [reply[0] for reply in replies if reply][:SHOWN]

    return {
        "product": product,
        "BM25": lambda case: filled(alone.by_words(normalise(case.message).text, DEPTH)),
        "encoder": lambda case: filled(alone.by_meaning(normalise(case.message).text, DEPTH)),
        "generic": lambda _: [generic],
    }
