"""Technique table, slots and composition: the reply fits, is filled in, differs from its neighbours, and is clean."""

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.assist.slots import Clock, SlotValues
from app.library.files import Library
from app.library.schema import SLOT
from app.records import Assist, Context, Message, Turn
from app.settings import load
from app.wiring import Copilot

NOBODY = Context()
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=120)
CLOCK = Clock(opens=9, closes=22)


def _assist(copilot: Copilot, text: str, now: datetime, context: Context = NOBODY, *history: Turn) -> Assist:
    return copilot.assist(Message(text, now, history, context))


@pytest.mark.parametrize(
    ("moment", "hours", "expected"),
    [
        ("2026-11-23T15:07:00+08:00", 2, "今天17:30"),
        ("2026-11-23T15:00:00+08:00", 4, "今天19:00"),
        ("2026-11-23T21:40:00+08:00", 2, "明天10:00"),
        ("2026-11-23T23:59:00+08:00", 2, "明天10:00"),
        ("2026-11-23T03:00:00+08:00", 2, "今天10:00"),
        ("2026-12-31T21:00:00+08:00", 4, "明天10:00"),
    ],
)
def test_a_promise_is_a_clock_time_in_opening_hours(moment: str, hours: int, expected: str) -> None:
    assert CLOCK.within(datetime.fromisoformat(moment), hours) == expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-23T15:07:00+08:00", "明天15:00"),
        ("2026-11-23T23:30:00+08:00", "明天21:00"),
        ("2026-11-23T03:10:00+08:00", "今天21:00"),
        ("2026-11-23T09:15:00+08:00", "今天21:00"),
        ("2026-11-23T10:20:00+08:00", "明天10:00"),
        ("2026-11-23T22:40:00+08:00", "明天21:00"),
    ],
)
def test_the_second_contact_is_within_a_day(moment: str, expected: str) -> None:
    assert CLOCK.second_contact(datetime.fromisoformat(moment), 24) == expected


@pytest.mark.parametrize(
    ("context", "text", "expected"),
    [
        (Context(), "{name}我查{order_id}", "我查您这笔订单"),
        (Context(customer_name="王女士", order_id="A1"), "{name}我查{order_id}", "王女士,我查订单A1"),
        (Context(product="{owner}"), "{product}收到", "这件商品收到"),
        (Context(product="x" * 99), "{product}收到", "这件商品收到"),
        (Context(), "给您{compensation}", None),
        (Context(compensation="10元券"), "给您{compensation}", "给您10元券"),
    ],
)
def test_slots(context: Context, text: str, expected: str | None, now: datetime) -> None:
    filled = SlotValues(load(), context, now, "general").fill(text)
    assert (filled[0] if filled else None) == (expected.replace(",", "\uff0c") if expected else None)


def test_from_major_severity_on_the_supervisor_follows_up(now: datetime) -> None:
    values = {s: SlotValues(load(), Context(), now, s).value("owner") for s in ("important", "major")}
    assert values["important"] != values["major"] == "值班主管"


def test_a_furious_customer_is_met_with_empathy_first(copilot: Copilot, now: datetime) -> None:
    answer = _assist(copilot, "三天了还没发货,你们是不是骗子!!气死我了", now)
    assert answer.technique.id == "empathy"
    assert answer.suggestions[0].technique == "empathy"


def test_a_refused_proposal_is_not_repeated(copilot: Copilot, now: datetime) -> None:
    history = (Turn("customer", "杯子收到是碎的"), Turn("agent", "非常抱歉,可以给您补偿一张券,您看可以吗"))
    answer = _assist(copilot, "不要券,谁要你的券", now, NOBODY, *history)
    assert answer.analysis.stage == "involve"
    assert answer.technique.id in ("sandwich", "guided_inquiry")


def test_suggestions_differ_and_are_clean(copilot: Copilot, library: Library, now: datetime) -> None:
    for script in list(library.scripts.values())[::9]:
        answer = _assist(copilot, script.phrasings[0].text, now)
        texts = [s.text for s in answer.suggestions]
        assert len(set(texts)) == len(texts) <= 3
        for rank, suggestion in enumerate(answer.suggestions, 1):
            assert suggestion.rank == rank
            assert suggestion.check.verdict == "pass"
            assert not SLOT.search(suggestion.text)
            assert suggestion.why


def test_most_phrasings_get_a_suggestion_of_their_type(copilot: Copilot, library: Library, now: datetime) -> None:
    asked = [(s, p) for s in library.scripts.values() for p in s.phrasings[:2] if not s.industries]
    hits = 0
    for script, phrasing in asked:
        suggestions = _assist(copilot, phrasing.text, now).suggestions
        hits += any(set(library.scripts[s.script_id].types) & set(script.types) for s in suggestions)
    assert hits / len(asked) > 0.8


@pytest.mark.parametrize(
    ("text", "card"),
    [("七天无理由退货运费谁出", "运费"), ("你们信息泄露了,骗子知道我的订单", "信息")],
)
def test_cards_belong_to_the_message(copilot: Copilot, text: str, card: str, now: datetime) -> None:
    assert any(card in c.title + c.text for c in _assist(copilot, text, now).cards)


def test_the_wrong_answer_is_shown_with_its_reason(copilot: Copilot, now: datetime) -> None:
    avoid = _assist(copilot, "你们卖假货,我要曝光!", now).avoid
    assert avoid
    assert all(a.text and a.reason for a in avoid)


def test_limit_is_kept(copilot: Copilot, now: datetime) -> None:
    assert len(copilot.assist(Message("还没发货", now, limit=1)).suggestions) <= 1
    assert copilot.assist(Message("还没发货", now, limit=0)).suggestions == ()


@given(ANY_TEXT, st.lists(st.tuples(st.sampled_from(["customer", "agent"]), ANY_TEXT), max_size=4), ANY_TEXT)
@settings(max_examples=60, deadline=None)
def test_any_conversation_is_answered_without_fault_or_leaked_slot(
    copilot: Copilot, text: str, turns: list[tuple[str, str]], name: str
) -> None:
    history = tuple(Turn("customer" if role == "customer" else "agent", said) for role, said in turns)
    context = Context(customer_name=name, order_id=name, product=name, carrier=name, compensation=name)
    answer = copilot.assist(Message(text, datetime.fromisoformat("2026-11-23T15:07:00+08:00"), history, context))
    for suggestion in answer.suggestions:
        assert not SLOT.search(suggestion.text.replace(name, "") if name else suggestion.text)
        assert suggestion.check.verdict == "pass"


def test_a_danger_named_earlier_is_not_forgotten(copilot: Copilot, now: datetime) -> None:
    history = (Turn("customer", "钱一直不退，我真的不想活了"), Turn("agent", "我在听，您先别做傻事"))
    answer = copilot.assist(Message("你们根本不管我", now, history))
    assert "self_harm" in answer.analysis.case_risks
    assert any("self_harm" in copilot.library.scripts[s.script_id].risks for s in answer.suggestions)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("三天了还没发货，你们是不是骗子", False),
        ("请问退款几天能到账", False),
        ("钱一直不退，我真的不想活了", True),
        ("再不解决我就打12315举报你们", True),
    ],
)
def test_a_reply_for_a_danger_needs_its_signal(message: str, shown: bool, copilot: Copilot, now: datetime) -> None:
    answer = copilot.assist(Message(message, now))
    restricted = [s for s in answer.suggestions if copilot.library.scripts[s.script_id].risks]
    assert bool(restricted) == shown


def test_a_reply_is_not_offered_twice_in_a_conversation(copilot: Copilot, now: datetime) -> None:
    text = "三天了还没发货"
    first = copilot.assist(Message(text, now)).suggestions[0]
    history = (Turn("customer", text), Turn("agent", first.text))
    again = copilot.assist(Message("到底什么时候发货啊", now, history)).suggestions
    assert again
    assert first.text not in [suggestion.text for suggestion in again]
    fresh = copilot.assist(Message("到底什么时候发货啊", now, (Turn("customer", text), Turn("agent", "我看一下"))))
    assert fresh.suggestions
