"""Data sets: by name, from a folder, or made from a seed."""

from glowrec.datasets.dataset import Dataset
from glowrec.datasets.folder import load_folder
from glowrec.datasets.registry import load, names
from glowrec.datasets.synthetic import synthetic

__all__ = ["Dataset", "load", "load_folder", "names", "synthetic"]
