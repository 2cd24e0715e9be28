"""Read YAML with the line of every field into typed records or a ContentError that names the place; write YAML."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from app.errors import ContentError

MAX_BYTES = 4_000_000
MAX_DEPTH = 32


class Entry(BaseModel):
    """Base of every YAML record: frozen, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


E = TypeVar("E", bound=BaseModel)


class Document:
    """One YAML file: `data` is plain Python, `line(path)` is the 1-based line of a nested key or item."""

    def __init__(self, path: Path, data: Any, root: yaml.Node | None) -> None:  # noqa: ANN401 - whatever the YAML holds
        self.path = path
        self.data = data
        self._root = root

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
    return parse(text, path)


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
    return Document(path, data, root)


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
