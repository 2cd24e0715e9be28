"""The facts of a text that a rewrite must not lose or invent: amounts, dates, numbers, order ids, names."""

import re

from app.records import Context
from app.text.normalise import normalise

_NUMBER = re.compile(r"[a-z]*\d[\da-z.:/_-]*%?")
_COUNTED = re.compile(
    r"(?<![这过等十百千几])[零一二两三四五六七八九十百千万半]+个?(?:元|块|毛|角|分钱|折|天|小时|分钟|工作日|周|个月|年|倍|件|台|箱|包|次|点|号|成)"
)
_NAMED = re.compile(r"[\u4e00-\u9fff]{1,3}?(?:先生|女士|小姐|老师|经理|主管)")


def facts(text: str, context: Context) -> frozenset[str]:
    """Return the facts of a text, cleaned, as a set."""
    clean = normalise(text).text
    found = {m.group().rstrip(".:/_-") for p in (_NUMBER, _COUNTED) for m in p.finditer(clean)}
    known = (context.customer_name, context.order_id, context.product, context.carrier, context.compensation)
    found |= {name for value in known if value and (name := normalise(value).text) and name in clean}
    return frozenset(found)
