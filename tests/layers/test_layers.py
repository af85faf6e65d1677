"""Who may know whom, and what every export must be."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import glowrec
from glowrec import _native

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "python" / "glowrec"
TORCH_LAYER = {"nn", "training", "recommenders"}
ABOVE_TORCH = TORCH_LAYER | {"cli", "__main__"}

PROBE = """
import importlib, json, pkgutil, sys
sys.modules["torch"] = None  # any import of it now fails
import glowrec
walk = pkgutil.walk_packages(glowrec.__path__, "glowrec.", onerror=lambda _: None)
names = [module.name for module in walk]
below = [name for name in names if name.split(".")[1] not in set(json.loads(sys.argv[1]))]
for name in below:
    importlib.import_module(name)
exec("from glowrec import *")
try:
    glowrec.LightGCN
except ImportError as error:
    message = f"{type(error).__name__}: {error}"
print(json.dumps({"below": below, "loaded": sorted(sys.modules), "message": message}))
"""


def probe():
    command = [sys.executable, "-c", PROBE, json.dumps(sorted(ABOVE_TORCH))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_data_layer_needs_no_torch():
    found = probe()
    # An empty walk would pass too, so the walk must have met its subjects.
    assert {
        "glowrec.graph",
        "glowrec.sampling",
        "glowrec.interactions",
        "glowrec.io.lightgcn",
        "glowrec.datasets.registry",
        "glowrec.splitting",
    } <= set(found["below"])
    # Torch, or another library of the extra that is imported before it and is missing, too.
    remedy = r"MissingExtraError: glowrec\.LightGCN needs \w+: pip install glowrec\[train\]"
    assert re.fullmatch(remedy, found["message"])


WITHOUT_TORCH = """
import json, sys, tempfile

class Absent:  # a module that is None in sys.modules would be one to SciPy
    def find_spec(self, name, path=None, target=None):
        if name in ("torch", "safetensors"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
import glowrec as gr
from glowrec.recommenders.models import MODELS
log = gr.Interactions.from_arrays([0, 0, 1, 1, 2], ["tea", "jam", "tea", "rye", "jam"])
missing, fitted = {}, []
for name in MODELS:
    try:
        model = getattr(gr, name)()
    except gr.errors.MissingExtraError as error:
        missing[name] = str(error)
        continue
    if name.startswith("Implicit"):
        continue
    if hasattr(model, "dim"):
        model = type(model)(dim=1)
    with tempfile.TemporaryDirectory() as folder:
        model.fit(log).save(folder)
        assert gr.load(folder).recommend(k=2).items.shape == (3, 2)
    gr.evaluate(model, log, log)
    fitted.append(name)
print(json.dumps({"missing": missing, "fitted": fitted}))
"""


def test_baselines_need_no_torch():
    command = [sys.executable, "-c", WITHOUT_TORCH]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {"Popular", "Random", "ItemKNN", "UserKNN", "EASE", "PureSVD", "GFCF"} <= set(
        found["fitted"]
    )
    assert "LightGCN" in found["missing"]
    assert all("pip install glowrec[train]" in message for message in found["missing"].values())


def test_import_glowrec_brings_neither_torch_nor_anything_slow():
    code = "import sys, json, glowrec; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert {"glowrec", "numpy", "glowrec.interactions"} <= loaded
    assert not loaded & {"torch", "scipy", "scipy.sparse", "pandas", "polars", "rich", "typer"}


def modules():
    return {path.relative_to(SOURCES): path for path in SOURCES.rglob("*.py")}


def imports(path, *, of_types=True, lazy=True):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if not of_types and isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    for node in ast.walk(tree) if lazy else tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_only_the_torch_layer_imports_torch_not_even_lazily():
    found = {
        module.parts[0]
        for module, path in modules().items()
        if any(name.partition(".")[0] == "torch" for name in imports(path))
    }
    assert found == TORCH_LAYER


def test_lower_layers_do_not_know_the_higher_ones():
    order = ["data", "nn", "training", "recommenders", "report", "cli"]
    wrong = []
    for module, path in modules().items():
        here = module.parts[0] if module.parts[0] in order else "data"
        if str(module) in {"__init__.py", "__main__.py"}:
            continue  # the first offers the models lazily, the second is the command line
        for name in imports(path):
            parts = name.split(".")
            if parts[0] == "glowrec" and len(parts) > 1 and parts[1] in order:
                there = parts[1]
                if order.index(there) > order.index(here):
                    wrong.append((str(module), name))
    assert len(modules()) > 30
    assert wrong == []


def test_every_native_export_is_used_and_none_is_reached_around():
    exports = {name for name in dir(_native) if not name.startswith("_")} | {"__version__"}
    assert {"Graph", "Sampler", "scatter_rows", "num_threads"} <= exports
    used = set()
    for path in modules().values():
        used |= set(re.findall(r"\b_native\.(\w+)", path.read_text(encoding="utf-8")))
        used |= {
            name.removeprefix("glowrec._native.")
            for name in imports(path)
            if name.startswith("glowrec._native.")
        }
    assert exports - used == set()
    assert used - set(dir(_native)) - {"Graph"} <= {
        name for kind in ("Candidates", "Graph", "Sampler") for name in dir(getattr(_native, kind))
    }


def test_every_class_of_the_binding_is_frozen():
    sources = list((ROOT / "rust" / "binding" / "src").glob("*.rs"))
    classes = [
        attributes
        for path in sources
        for attributes in re.findall(r"#\[pyclass(.*?)\]", path.read_text(encoding="utf-8"))
    ]
    assert len(classes) >= 2
    assert all(re.search(r"\bfrozen\b", attributes) for attributes in classes)
    assert all('module = "glowrec._native"' in attributes for attributes in classes)


def test_no_binding_writes_into_an_array_of_python():
    texts = {
        path.name: path.read_text(encoding="utf-8")
        for path in (ROOT / "rust" / "binding" / "src").glob("*.rs")
    }
    assert any("PyReadonlyArray" in text for text in texts.values())
    assert [name for name, text in texts.items() if "PyReadwriteArray" in text] == []


def test_public_names_exist_and_are_documented():
    names = set(glowrec.__all__)
    assert {"Interactions", "IdMap", "Graph", "TripletSampler", "datasets", "top_k"} <= names
    for name in names - {"__version__"}:
        assert getattr(glowrec, name).__doc__, name
    models = set(glowrec.recommenders.models.MODELS)
    assert "LightGCN" in models
    assert set(dir(glowrec)) == names | models | {"load"}
    assert not hasattr(glowrec, "no_such_name")
