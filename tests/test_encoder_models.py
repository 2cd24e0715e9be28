"""sentence-transformers itself: the bundled encoder gives the same vectors, and any other model can take its place."""

from pathlib import Path

import numpy as np
import pytest

from app import parts
from app.errors import SettingsError
from app.library.files import Library
from app.parts import load as load_parts
from app.records import Message
from app.settings import load
from app.text.encoder import StaticEncoder, grams
from app.text.sentence_models import TransformerEncoder, train_static
from app.training.encoder import first_vectors

pytestmark = [
    pytest.mark.slow,
    # Warnings of the libraries about one another are theirs to mend.
    pytest.mark.filterwarnings("default"),
]
TEXTS = ["三天了还没发货", "用了面霜脸上起疹子", "退款到账了吗", "谢谢", ""]


def test_the_served_vectors_equal_those_of_the_library(content: Path) -> None:
    folder = content / "index" / "encoder"
    ours = StaticEncoder.load(folder).encode(TEXTS)
    theirs = TransformerEncoder(str(folder)).encode([" ".join(grams(text)) for text in TEXTS])
    assert np.abs(ours - theirs).max() < 1e-5


@pytest.mark.parametrize("negatives", [False, True])
def test_training_is_repeatable(negatives: bool, tmp_path: Path) -> None:
    said = ["三天了还没发货", "怎么还不发货", "退款到账了吗", "退款的钱到了没", "谢谢你们", "多谢你们"]
    vocabulary, table = first_vectors(said, 4)
    pairs = list(zip(said[::2], said[1::2], said[::-2], strict=True))
    texts = pairs if negatives else [pair[:2] for pair in pairs]
    for name in ("one", "two"):
        train_static(vocabulary, table, texts, tmp_path / name, epochs=2, seed=3)
    one, two = StaticEncoder.load(tmp_path / "one"), StaticEncoder.load(tmp_path / "two")
    assert one.fingerprint == two.fingerprint
    theirs = TransformerEncoder(str(tmp_path / "one")).encode([" ".join(grams(text)) for text in said])
    assert np.abs(one.encode(said) - theirs).max() < 1e-5


@pytest.fixture(scope="module")
def tiny_transformer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A one-layer BERT with random weights over characters, made on the spot: no hub is asked."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer
    from transformers import AutoConfig, AutoModel, BertTokenizer

    folder = tmp_path_factory.mktemp("tiny")
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *sorted({c for t in TEXTS for c in t})]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    BertTokenizer(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    config = AutoConfig.for_model("bert", vocab_size=len(vocabulary), **sizes)
    AutoModel.from_config(config).save_pretrained(folder)  # type: ignore[no-untyped-call]
    words = Transformer(str(folder))
    SentenceTransformer(modules=[words, Pooling(words.get_word_embedding_dimension())], device="cpu").save(
        str(folder / "model"), create_model_card=False
    )
    return folder / "model"


def test_another_model_by_setting_answers_and_rebuilds_the_index(
    tiny_transformer: Path, library: Library, tmp_path: Path
) -> None:
    settings = load(data_dir=tmp_path, encoder=str(tiny_transformer))
    loaded = load_parts(settings, library)
    answer = loaded.pipeline.assist(Message("三天了还没发货", parts.now(settings)))
    assert answer.degraded is None
    assert answer.suggestions
    first = (tmp_path / "index" / "shipped" / "manifest.json").read_text(encoding="utf-8")
    load_parts(load(data_dir=tmp_path), library)
    assert (tmp_path / "index" / "shipped" / "manifest.json").read_text(encoding="utf-8") != first


def test_a_model_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="KEFU_ENCODER"):
        TransformerEncoder(str(tmp_path / "nothing"))
