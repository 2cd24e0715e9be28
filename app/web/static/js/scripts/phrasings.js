// Customer phrasings as lines of text: `三天了还没发货 | 2`, and `大概啥时候发 | 0 咨询` for what is no complaint.

const TAIL = /\s*[|｜]\s*(?<level>[0-4])?\s*(?<plain>咨询|非投诉)?\s*$/;

export function parse(text) {
  return text.split("\n").map((line) => line.trim()).filter(Boolean).map((line) => {
    const found = TAIL.exec(line);
    const phrasing = { text: line, level: null, complaint: true };
    if (!found || (found.groups.level === undefined && found.groups.plain === undefined)) return phrasing;
    phrasing.text = line.slice(0, found.index).trim();
    phrasing.level = found.groups.level === undefined ? null : Number(found.groups.level);
    phrasing.complaint = found.groups.plain === undefined;
    return phrasing.text ? phrasing : { text: line, level: null, complaint: true };
  });
}

export function format(phrasings) {
  return phrasings.map(({ text, level, complaint }) => {
    const tail = [level ?? "", complaint === false ? "咨询" : ""].filter((part) => part !== "").join(" ");
    return tail ? `${text} | ${tail}` : text;
  }).join("\n");
}
