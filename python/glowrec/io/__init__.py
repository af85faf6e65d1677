"""Files in and out, one module per format."""

from glowrec.io.delimited import read_csv, write_csv
from glowrec.io.lightgcn import read_lightgcn, write_lightgcn
from glowrec.io.monti import RatingSplit, read_monti
from glowrec.io.movielens import read_movielens
from glowrec.io.trec import read_qrels, read_run, write_qrels, write_run

__all__ = [
    "RatingSplit",
    "read_csv",
    "read_lightgcn",
    "read_monti",
    "read_movielens",
    "read_qrels",
    "read_run",
    "write_csv",
    "write_lightgcn",
    "write_qrels",
    "write_run",
]
