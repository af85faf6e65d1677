"""From interactions to embeddings: configuration, loop, checkpoints, run folders."""

from glowrec.training.config import Config
from glowrec.training.learned import Learned
from glowrec.training.presets import PRESETS, preset
from glowrec.training.result import Result
from glowrec.training.run_folder import RunFolder
from glowrec.training.sampler_dataset import SamplerDataset
from glowrec.training.sampler_loader import SamplerLoader
from glowrec.training.train import train

__all__ = [
    "PRESETS",
    "Config",
    "Learned",
    "Result",
    "RunFolder",
    "SamplerDataset",
    "SamplerLoader",
    "preset",
    "train",
]
