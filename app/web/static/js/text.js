// The service counts Unicode code points, the browser counts UTF-16 units.

/** Returns a function from code-point positions of `text` to UTF-16 positions. */
export function units(text) {
  const at = [0];
  for (const character of text) at.push(at[at.length - 1] + character.length);
  return (point) => at[Math.min(point, at.length - 1)];
}

/** Cuts `text` at the borders of `spans` ({start, end} in code points) → [{text, spans}] in order. */
export function cut(text, spans) {
  const unit = units(text);
  const placed = spans.map((span) => ({ span, from: unit(span.start), to: unit(span.end) })).filter((p) => p.from < p.to);
  const borders = [...new Set([0, text.length, ...placed.flatMap((p) => [p.from, p.to])])].sort((a, b) => a - b);
  const parts = [];
  for (let i = 0; i + 1 < borders.length; i += 1) {
    const [from, to] = [borders[i], borders[i + 1]];
    const covering = placed.filter((p) => p.from <= from && to <= p.to).map((p) => p.span);
    parts.push({ text: text.slice(from, to), spans: covering });
  }
  return parts;
}

/** Moves UTF-16 marks {from, to} along with an edit from `before` to `after`; a mark the edit touched is dropped. */
export function follow(marks, before, after) {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  const shift = after.length - before.length;
  const end = before.length - tail;
  return marks.flatMap((mark) => {
    if (mark.to <= head) return [mark];
    if (mark.from >= end) return [{ ...mark, from: mark.from + shift, to: mark.to + shift }];
    return [];
  });
}

export const time = (date) => date.toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit" });

/** A time as the shop's clock shows it, whatever zone the browser is in: 11月24日 18:00. */
export function shopTime(iso) {
  const found = /^\d{4}-(\d{2})-(\d{2})T(\d{2}:\d{2})/.exec(iso);
  return found ? `${Number(found[1])}月${Number(found[2])}日 ${found[3]}` : iso;
}

export function moment(iso) {
  if (!iso) return "";
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : date.toLocaleString("zh-CN", { dateStyle: "medium", timeStyle: "short" });
}
