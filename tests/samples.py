"""Entries that tests start from."""

from app.library.schema import Script
from app.records import Analysis, Emotion, Label, Severity


def script(ident: str, reply: str = "", **fields: object) -> Script:
    """Return a valid script; `fields` replace what it holds."""
    base: dict[str, object] = {
        "id": ident,
        "title": f"标题{ident}"[:24],
        "types": ["logistics.delay"],
        "techniques": ["empathy"],
        "stage": "propose",
        "intensity": [1, 3],
        "severity_limit": "important",
        "use_when": "超过发货时间",
        "avoid_when": "已出库",
        "phrasings": ["三天了还没发货", "怎么还不发"],
        "reply": reply or "让您久等了,{deadline}前我把发货时间发给您。",
        "avoid": {"text": "再等等吧", "reason": "没有时间"},
        "sources": ["seed:S4-06"],
    }
    return Script.model_validate(base | fields)


def analysis(*, carried: bool = False) -> Analysis:
    """Return how an angry message about a late parcel is read."""
    emotion = Emotion(3, "愤怒", 0.7, "angry", "steady")
    topic, severity = Label("logistics.delay", "发货与配送延迟", 0.9), Severity("general", "一般投诉", (), 30, 24)
    return Analysis(True, (topic,), (), emotion, (), severity, "vent", topic_from_history=carried)
