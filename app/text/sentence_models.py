"""The only file that imports sentence-transformers (13 s, 400 MB): training the bundled encoder, encoders by setting.

Importing this module is free; the library is imported when a class or function here is used.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from app.errors import SettingsError
from app.text.encoder import Vectors, grams, save_table

BATCH = 32
UNKNOWN = "[UNK]"  # its vector is zero and stays so: it is in no training text


class TransformerEncoder:
    """Any sentence-transformers model, by hub name or folder, behind the Encoder protocol."""

    def __init__(self, name: str) -> None:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        import torch
        from sentence_transformers import SentenceTransformer

        torch.set_num_threads(1)
        try:
            self._model = SentenceTransformer(name, device="cpu")
        except Exception as error:  # the library and the hub client raise many unrelated kinds
            raise SettingsError(f"KEFU_ENCODER={name} 无法加载：{error}") from error
        self.dimension = int(self._model.get_sentence_embedding_dimension() or 0)
        self.fingerprint = self._digest(name)

    def _digest(self, name: str) -> str:
        """Two models differ when a parameter differs; the name alone may be re-used for new weights."""
        digest = hashlib.sha256(name.encode())
        for key, value in sorted(self._model.state_dict().items()):
            digest.update(key.encode())
            digest.update(np.ascontiguousarray(value.float().numpy()).tobytes())
        return digest.hexdigest()[:16]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (len(texts), dimension)."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        vectors = self._model.encode(
            list(texts), batch_size=BATCH, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)


def train_static(
    vocabulary: Sequence[str], table: Vectors, texts: Sequence[tuple[str, ...]], out: Path, *, epochs: int, seed: int
) -> None:
    """Train a StaticEmbedding model on (text, text that means the same[, text that does not]) and save it to `out`.

    Each gram of `vocabulary` starts at its row of `table`. The saved tokenizer cuts at spaces: other programs give it
    a text's grams with spaces between. Loss: MultipleNegativesRankingLoss inside MatryoshkaLoss, so that the first
    dimensions work alone. Seeded.
    """
    import torch
    from datasets import Dataset, disable_progress_bars
    from sentence_transformers import (
        SentenceTransformer,
        SentenceTransformerTrainer,
        SentenceTransformerTrainingArguments,
    )
    from sentence_transformers.losses import MatryoshkaLoss, MultipleNegativesRankingLoss
    from sentence_transformers.models import StaticEmbedding
    from sentence_transformers.training_args import BatchSamplers
    from tokenizers import Tokenizer, models, pre_tokenizers

    disable_progress_bars()
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    ids = {gram: at for at, gram in enumerate([UNKNOWN, *vocabulary])}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    dimension = table.shape[1]
    weights = torch.from_numpy(np.concatenate([np.zeros((1, dimension), dtype=np.float32), table]))
    static = StaticEmbedding(tokenizer, embedding_weights=weights)
    model = SentenceTransformer(modules=[static], device="cpu")
    arguments: Any = SentenceTransformerTrainingArguments(
        output_dir=str(out.parent / "training"),
        num_train_epochs=epochs,
        per_device_train_batch_size=256,
        learning_rate=0.02,
        warmup_steps=0.1,
        seed=seed,
        data_seed=seed,
        batch_sampler=BatchSamplers.NO_DUPLICATES,
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        use_cpu=True,
    )
    spread = {text: " ".join(gram for gram in grams(text) if gram in ids) for row in texts for text in row}
    rows = [row for row in ([spread[text] for text in row] for row in texts) if all(row)]
    columns = ("anchor", "positive", "negative")[: len(rows[0])]
    data = Dataset.from_dict({name: [row[at] for row in rows] for at, name in enumerate(columns)})
    inner = MultipleNegativesRankingLoss(model)
    loss = MatryoshkaLoss(model, inner, matryoshka_dims=[dimension, dimension // 2, dimension // 4])
    SentenceTransformerTrainer(model=model, args=arguments, train_dataset=data, loss=loss).train()
    model.save(str(out), create_model_card=False)
    save_table(static.embedding.weight.detach().numpy(), out)
