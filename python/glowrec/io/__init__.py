"""Files in and out, one module per format."""

from glowrec.io.delimited import read_csv, write_csv
from glowrec.io.lightgcn import read_lightgcn, write_lightgcn

__all__ = ["read_csv", "read_lightgcn", "write_csv", "write_lightgcn"]
