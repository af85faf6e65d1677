"""From interactions to embeddings: configuration, loop, checkpoints, run folders."""

from glowrec.training.config import Config
from glowrec.training.glocal_k.settings import GLocalKConfig
from glowrec.training.glocal_k.train import train_ratings
from glowrec.training.learned import Learned
from glowrec.training.mf_config import MFConfig
from glowrec.training.ngcf_config import NGCFConfig
from glowrec.training.presets import PRESETS, preset
from glowrec.training.registry import SETTINGS, read_settings
from glowrec.training.result import Result
from glowrec.training.run_folder import RunFolder
from glowrec.training.sampler_dataset import SamplerDataset
from glowrec.training.sampler_loader import SamplerLoader
from glowrec.training.settings import Settings
from glowrec.training.train import train
from glowrec.training.vector_settings import VectorSettings

__all__ = [
    "PRESETS",
    "SETTINGS",
    "Config",
    "GLocalKConfig",
    "Learned",
    "MFConfig",
    "NGCFConfig",
    "Result",
    "RunFolder",
    "SamplerDataset",
    "SamplerLoader",
    "Settings",
    "VectorSettings",
    "preset",
    "read_settings",
    "train",
    "train_ratings",
]
