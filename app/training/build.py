"""What `kefu build` does: encoder, classifier, search index, in this order because each needs the one before."""

from collections.abc import Callable
from pathlib import Path

from app.analysis import classifier as store
from app.analysis.emotion import EmotionReader
from app.library.files import Library
from app.text.encoder import StaticEncoder
from app.training import classifiers, corpus, encoder


def build(content: Path, library: Library, authors: tuple[str, ...], say: Callable[[str], None]) -> None:
    """Train the bundled encoder and the classifier from the content folder and write them to its index/.

    `authors` names the utterance files to learn from besides the library's phrasings.
    """
    index = content / "index"
    utterances = corpus.from_utterances(content / "knowledge" / "utterances", library, authors)
    texts = corpus.from_library(library) + utterances
    say(f"训练编码器:{len(texts)} 条客户消息")
    encoder.build(library, [(u.types[0], u.text) for u in utterances], index / "encoder")
    vectors = StaticEncoder.load(index / "encoder")
    say("训练分类器")
    emotion = EmotionReader(content / "knowledge" / "emotion.yaml", library.taxonomy)
    trained = classifiers.train(texts, vectors, lambda text: emotion.strip(text).text)
    store.save(index / "classifier", trained, {"texts": len(texts), "authors": list(authors)})
    say(f"完成:{index}")
