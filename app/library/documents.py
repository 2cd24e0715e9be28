"""Read YAML with the line of every field into typed records or a ContentError that names the place; write YAML."""

import hashlib
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from app import kept
from app.errors import ContentError

MAX_BYTES = 4_000_000
MAX_DEPTH = 32
_MADE_BY = kept.fingerprint(Path(__file__), *kept.packages("pyyaml"))
_remembered: dict[str, Any] = {}  # what earlier processes read, by the SHA-256 of the file
_read: dict[str, Any] = {}  # what this one did


class Entry(BaseModel):
    """Base of every YAML record: frozen, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


E = TypeVar("E", bound=BaseModel)


class Document:
    """One YAML file: `data` is plain Python, `line(path)` is the 1-based line of a nested key or item."""

    def __init__(self, path: Path, data: Any, text: str) -> None:  # noqa: ANN401 - whatever the YAML holds
        self.path = path
        self.data = data
        self._text = text

    @cached_property
    def _root(self) -> yaml.Node | None:
        """The nodes with their places; most documents are never asked where something stands."""
        return yaml.compose(self._text, Loader=yaml.CSafeLoader)

    def line(self, keys: tuple[str | int, ...]) -> int | None:
        """Return the line of the deepest part of `keys` that exists."""
        node, found = self._root, None
        for key in keys:
            if node is not None:
                found = node.start_mark.line + 1
            node = _child(node, key)
            if node is None:
                return found
        return node.start_mark.line + 1 if node is not None else None

    def entries(self, key: str, model: type[E]) -> list[E]:
        """Parse the list under top-level `key` as `model`; a missing key or a wrong field raises ContentError."""
        return [self.entry((key, i), model, item) for i, item in enumerate(self.items(key))]

    def items(self, key: str) -> list[Any]:
        """Return the list under top-level `key`; anything else raises ContentError."""
        value = self.data.get(key) if isinstance(self.data, dict) else None
        if not isinstance(value, list):
            raise ContentError(f"需要一个名为 {key} 的列表", self.path, 1, key)
        return value

    def entry(self, keys: tuple[str | int, ...], model: type[E], value: object) -> E:
        """Parse `value`, found at `keys`, as `model`."""
        try:
            return model.model_validate(value)
        except ValidationError as error:
            first = error.errors()[0]
            place = tuple(k for k in first["loc"] if isinstance(k, str | int))
            name = ".".join(str(k) for k in place)
            ident = value.get("id") if isinstance(value, dict) else None
            message = f"{first['msg']}" + (f"(条目 {ident})" if ident else "")
            raise ContentError(message, self.path, self.line(keys + place), name) from error


def _refuse_bombs(text: str, path: Path) -> None:
    """Aliases blow a small file up into a huge document, deep nesting overflows the C stack: neither is allowed."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise ContentError("不允许使用 YAML 别名(&、*)", path, _line(event))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise ContentError("YAML 嵌套过深", path, _line(event))
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _line(event: yaml.Event) -> int | None:
    return event.start_mark.line + 1 if event.start_mark else None


def _child(node: yaml.Node | None, key: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((v for k, v in node.value if k.value == str(key)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key]  # type: ignore[no-any-return]
    return None


def read(path: Path) -> Document:
    """Read one YAML file. Raises ContentError with the line when it is missing, too large, not UTF-8 or not YAML."""
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8")
    except FileNotFoundError as error:
        raise ContentError("文件不存在", path) from error
    except UnicodeDecodeError as error:
        raise ContentError("文件不是 UTF-8 编码", path) from error
    if len(raw) > MAX_BYTES:
        raise ContentError(f"文件超过 {MAX_BYTES} 字节", path)
    digest = hashlib.sha256(raw).hexdigest()
    document = Document(path, _remembered[digest], text) if digest in _remembered else parse(text, path)
    _read[digest] = document.data
    return document


def recall(path: Path) -> None:
    """Take in what an earlier process read: YAML takes a second and more, this a few hundredths."""
    _remembered.update(kept.read(path, _MADE_BY))


def keep(path: Path) -> None:
    """Write what this process read for the next one, when there is anything new. Raises OSError."""
    documents = {digest: data for digest, data in _read.items() if _plain(data)}
    if documents.keys() != _remembered.keys():
        kept.write(path, _MADE_BY, documents)


def forget() -> None:
    """Let go of what was read, once everything is loaded."""
    _remembered.clear()
    _read.clear()


def _plain(data: Any) -> bool:  # noqa: ANN401 - whatever the YAML holds
    """Tell whether JSON gives the same back: dates and numbers as keys it does not."""
    if isinstance(data, dict):
        return all(isinstance(key, str) and _plain(value) for key, value in data.items())
    return all(map(_plain, data)) if isinstance(data, list) else data is None or isinstance(data, str | int | float)


def parse(text: str, path: Path) -> Document:
    """Parse YAML text that came from `path`."""
    loader = yaml.CSafeLoader(text)
    try:
        _refuse_bombs(text, path)
        root = loader.get_single_node()
        data = loader.construct_document(root) if root is not None else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        raise ContentError(f"YAML 无法解析：{problem}", path, mark.line + 1 if mark else None) from error
    finally:
        loader.dispose()
    return Document(path, data, text)


def dump(head: Mapping[str, object], key: str, entries: Iterable[Mapping[str, object]]) -> str:
    """Return YAML that `read` understands: the fields of `head`, then the list `key` with one entry a line."""
    lines = [_line_of(head, flow=False), f"{key}:\n"]
    items = [f"  - {_line_of(entry, flow=True)}" for entry in entries]
    return "".join([*lines, *items] if items else [lines[0], f"{key}: []\n"])


def _line_of(value: Mapping[str, object], *, flow: bool) -> str:
    return str(
        yaml.dump(
            dict(value),
            Dumper=yaml.CSafeDumper,
            default_flow_style=flow,
            allow_unicode=True,
            sort_keys=False,
            width=MAX_BYTES,
        )
    )
