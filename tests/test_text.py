"""Cleaning keeps its map to the original, masking keeps length, words and vectors come out as promised."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import jieba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from app.errors import ContentError, IndexUnusable
from app.settings import shipped_content
from app.text import concepts
from app.text.concepts import Concepts
from app.text.encoder import TOKENIZER, WEIGHTS, StaticEncoder, grams, save_table
from app.text.features import Features
from app.text.normalise import CACHED, _table, normalise
from app.text.privacy import mask
from app.text.tokens import Tokens, numbered
from app.training.encoder import FILES, install

CONTENT = shipped_content()
ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("三 天 了 還沒發貨", "三天了还没发货"),
        ("ＶＩＰ　客戶", "vip 客户"),
        ("啊啊啊啊啊", "啊啊"),
        ("10000元", "10000元"),
        ("退\u200b款", "退款"),
        ("太好了\uff01\uff01\uff01\uff01", "太好了!!"),
        ("😡😡😡", "😡😡"),
        ("①号", "1号"),
        ("Hello   World", "hello world"),
        ("\ud800\x00 \n", ""),
        ("", ""),
    ],
)
def test_normalise(text: str, cleaned: str) -> None:
    assert normalise(text).text == cleaned


@given(ANY_TEXT)
def test_every_cleaned_character_knows_its_place(text: str) -> None:
    normal = normalise(text)
    assert len(normal.text) == len(normal.starts) == len(normal.ends)
    assert all(0 <= a < b <= len(text) for a, b in zip(normal.starts, normal.ends, strict=True))
    assert list(normal.starts) == sorted(normal.starts)
    for i in range(len(normal.text)):
        span = normal.span(i, i + 1)
        assert text[span.start : span.end] == span.text != ""


@given(ANY_TEXT)
def test_cleaning_a_clean_text_changes_nothing(text: str) -> None:
    once = normalise(text).text
    assert normalise(once).text == once


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("电话13812345678", "1234"),
        ("电话138 1234 5678", "1234"),
        ("身份证11010519491231002X", "19491231"),
        ("卡号6222021234567890123", "62220212"),
        ("邮箱zhang.san@example.com", "example"),
        ("座机010-12345678", "123456"),
        ("住在人民路88号3栋502室", "502"),
        ("住在人民路88", "88"),
        ("住人民路12-3-401,15天没到", "12-3-401"),
        ("我在人民路12号15天了", "12号"),
        ("寄人民路88周先生收", "88"),
        ("电话\uff11\uff13\uff18\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18", "\uff12\uff13\uff14"),
    ],
)
def test_personal_data_is_masked(text: str, secret: str) -> None:
    masked = mask(text)
    assert secret in text
    assert secret not in masked
    assert len(masked) == len(text)


@pytest.mark.parametrize(
    "text",
    [
        *("订单202611231234567890123", "三天了还没发货", "满300减50", "型号RTX4090", "12315"),
        *("这条街15天没人送", "整个小区3-5个工作日才通", "我们村120多天没网", "全市12月15日停机", "到县10:30了"),
        *("这条路\uff11\uff15\uff10天没修", "本镇10到15天", "这条街12.5公里", "市30 元"),
    ],
)
def test_what_is_no_personal_data_stays(text: str) -> None:
    assert mask(text) == text


@given(ANY_TEXT)
def test_masking_keeps_length_and_is_idempotent(text: str) -> None:
    assert len(mask(text)) == len(text)
    assert mask(mask(text)) == mask(text)


def test_own_words_are_kept_whole() -> None:
    tokens = Tokens.load(CONTENT / "knowledge" / "words.txt")
    assert "七天无理由" in tokens.cut("七天无理由怎么退货")
    assert "运费" in tokens.cut("退货运费谁出")


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::SyntaxWarning", "ignore::UserWarning")
def test_the_segmenter_cuts_like_jieba() -> None:
    """rjieba is a port: on ordinary shop language it must agree with the original almost everywhere."""
    texts = [
        "三天了还没发货我要退款",
        "这个面霜用了以后脸上过敏了",
        "你们客服怎么一直不回消息",
        "发票什么时候能开出来",
        "快递员没有打电话就放驿站了",
    ]
    ours, plain = Tokens(), jieba.Tokenizer()
    assert [list(ours.cut(t)) for t in texts] == [plain.lcut(t) for t in texts]


@pytest.fixture(scope="module")
def encoder() -> StaticEncoder:
    return StaticEncoder.load(CONTENT / "index" / "encoder")


def test_vectors_have_unit_length_and_meaning(encoder: StaticEncoder) -> None:
    late, also_late, rash = encoder.encode(["三天了还没发货", "怎么还不给我发货啊", "用了面霜脸上起疹子"])
    assert np.linalg.norm(late) == pytest.approx(1, abs=1e-5)
    assert late @ also_late > late @ rash + 0.2


def test_a_text_without_known_tokens_gets_zeros(encoder: StaticEncoder) -> None:
    assert not encoder.encode([""])[0].any()
    assert encoder.encode([]).shape == (0, encoder.dimension)


def test_a_text_is_encoded_by_its_characters_and_their_pairs(encoder: StaticEncoder) -> None:
    assert grams("退 款,ok") == ["退", "款", "o", "k", "退款", "款o", "ok"]
    one, other = encoder.encode(["退款!", "退款"])
    assert one.tolist() == other.tolist()


@pytest.mark.parametrize("damage", ["missing", "truncated", "not json"])
def test_a_torn_encoder_is_refused(damage: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("encoder")
    if damage != "missing":
        source = CONTENT / "index" / "encoder" / "0_StaticEmbedding"
        source = source if source.is_dir() else source.parent
        weights = (source / "model.safetensors").read_bytes()
        (folder / "model.safetensors").write_bytes(weights[: len(weights) // 2] if damage == "truncated" else weights)
        text = "{" if damage == "not json" else (source / "tokenizer.json").read_text(encoding="utf-8")
        (folder / "tokenizer.json").write_text(text, encoding="utf-8")
    with pytest.raises(IndexUnusable):
        StaticEncoder.load(folder)


def trained(folder: Path, vocabulary: str) -> Path:
    """Save an encoder of these characters, each with a vector of its own."""
    folder.mkdir()
    for name in FILES:
        (folder / name).write_text("{}", encoding="utf-8")
    model = {"vocab": {char: at for at, char in enumerate(vocabulary)}}
    (folder / TOKENIZER).write_text(json.dumps({"model": model}), encoding="utf-8")
    save_table(np.eye(len(vocabulary), dtype=np.float32), folder)
    return folder


def test_weights_of_another_tokenizer_are_refused(tmp_path: Path) -> None:
    one, other = trained(tmp_path / "one", "退款"), trained(tmp_path / "other", "款退")
    assert StaticEncoder.load(one).encode(["退"]).tolist() == [[1, 0]]
    (one / TOKENIZER).write_bytes((other / TOKENIZER).read_bytes())
    with pytest.raises(IndexUnusable, match="do not belong together"):
        StaticEncoder.load(one)


@pytest.mark.parametrize("step", range(2 * len(FILES)))
def test_an_encoder_half_installed_is_the_old_one_or_none(
    step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also over one of an earlier release, whose weights do not say what they are for."""
    old, new = trained(tmp_path / "old", "退款"), trained(tmp_path / "new", "款退")
    save_file({"embeddings": np.eye(2, dtype=np.int8), "weights": np.ones(2, dtype=np.float32)}, old / WEIGHTS)
    steps = iter(range(step))

    def until(act: Callable[..., object]) -> Callable[..., object]:
        def once(*arguments: object) -> object:
            if next(steps, None) is None:
                raise OSError("no space left")
            return act(*arguments)

        return once

    monkeypatch.setattr(shutil, "copyfile", until(shutil.copyfile))
    monkeypatch.setattr(Path, "replace", until(Path.replace))
    with pytest.raises(OSError, match="no space"):
        install(new, old)
    monkeypatch.undo()
    if step < len(FILES):
        assert StaticEncoder.load(old).encode(["退"]).tolist() == [[1, 0]]
    else:
        with pytest.raises(IndexUnusable):
            StaticEncoder.load(old)
    install(new, old)
    assert StaticEncoder.load(old).encode(["退"]).tolist() == [[0, 1]]


def test_a_text_is_searched_by_neighbouring_characters_too() -> None:
    shared = set(Tokens().terms("快递咋还没来")) & set(Tokens().terms("快递咋,还不来"))
    pairs = {ord(one) << 21 | ord(other) for one, other in ("快递", "递咋", "咋还")}
    assert pairs <= shared
    assert ord("咋") << 21 | ord("没") not in shared


def test_a_text_is_searched_by_what_it_stands_for() -> None:
    groups = Concepts([["退款", "退钱", "返款"], ["快递", "包裹"]])
    tokens = Tokens((), groups)
    (refund,) = numbered(["≡退款"])
    assert refund in tokens.terms("什么时候返款")
    assert refund in set(tokens.terms("什么时候退钱")) & set(tokens.terms("啥时候返款"))
    assert refund not in tokens.terms("退货")


def test_terms_are_the_same_in_every_process() -> None:
    assert numbered(["退款", "多久"]).tolist() == [11185748233578235016, 14467744354071293740]


@pytest.mark.parametrize(
    ("groups", "word"),
    [([["退款"]], "只有一个"), ([["退款", "​"]], "空"), ([["退款", "退钱"], ["返款", "退钱"]], "退钱")],
)
def test_wrong_synonym_groups_are_refused(groups: list[list[object]], word: str, tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=word):
        concepts.checked(groups, tmp_path / "synonyms.yaml")


@given(st.text(max_size=60))
def test_terms_never_fail(text: str) -> None:
    Tokens((), Concepts([["退款", "退钱"]])).terms(normalise(text).text)


def test_rare_characters_do_not_stay_in_memory() -> None:
    everything = "".join(map(chr, range(0x20000, 0x20000 + 2 * CACHED)))
    assert normalise(everything).text == "".join(normalise(char).text for char in everything)
    assert len(_table) <= CACHED


def test_a_vocabulary_may_be_empty() -> None:
    features = Features(np.array([], dtype=np.str_), np.zeros(0, dtype=np.float32))
    assert features.size == 0
    assert features.read("还没发货").ids.tolist() == []
