"""The commands of NGCF and matrix factorisation, and of ablations, on a small folder."""

import csv

import numpy as np
import pytest

import glowrec as gr
from glowrec.cli import run

SMALL = ["--epochs", "2", "--dim", "4", "--validation", "0", "--set", "min_batches=1", "--quiet"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "tiny"
    path.mkdir()
    data = gr.datasets.synthetic(30, 40, n_groups=3, mean_degree=12, seed=2)
    for name, part in (("train", data.train), ("test", data.test)):
        lines = [
            " ".join(map(str, [user, *part.items[part.users == user]]))
            for user in np.unique(part.users)
        ]
        (path / f"{name}.txt").write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(
    ("model", "options", "kept"),
    [
        ("ngcf", ["--layers", "1", "--no-transform", "--activation", "none"], "transform = false"),
        ("ngcf", ["--layers", "1", "--readout", "sum", "--message-dropout", "0.1"], "= 0.1"),
        ("mf", ["--set", "loss=bce", "--hardest-of", "1", "--negatives", "2"], 'loss = "bce"'),
        ("mf", ["--scorer", "mlp", "--set", "hidden=[6, 3]"], 'scorer = "mlp"'),
        ("ngcf", ["--scorer", "mlp", "--layers", "1"], 'scorer = "mlp"'),
    ],
)
def test_models_are_trained_and_their_runs_used(  # noqa: PLR0917 - fixtures
    model, options, kept, folder, tmp_path, capsys
):
    out = tmp_path / "run"
    command = ["train", model, "--data", str(folder), "--out", str(out), *SMALL]
    assert run([*command, *options]) == 0, capsys.readouterr().err
    text = (out / "config.toml").read_text()
    assert f'model = "{model}"' in text
    assert kept in text
    assert (out / "report.html").exists()
    assert run(["evaluate", str(out)]) == 0
    assert run(["recommend", str(out), "--user", "3", "--k", "2"]) == 0
    capsys.readouterr()
    assert run(["train", "lightgcn", "--out", str(out), "--resume"]) == 2
    assert f"settings of {model}" in capsys.readouterr().err


def test_an_ablation_keeps_what_is_finished(folder, tmp_path, capsys):
    out = tmp_path / "ablation"
    command = ["ablate", "ngcf", "--data", str(folder), "--out", str(out), "--quiet"]
    command += ["--set", "epochs=2", "--set", "dim=4", "--set", "validation=0", "--seeds", "2"]
    command += ["--set", "min_batches=1"]
    assert run([*command, "--only", "ngcf-fn"]) == 0, capsys.readouterr().err
    models = sorted(out.glob("*/seed-*/model.safetensors"))
    names = [str(path.relative_to(out).parent) for path in models]
    assert names == [f"{name}/seed-{seed}" for name in ("ngcf", "ngcf-fn") for seed in (0, 1)]
    before = {path: path.stat().st_mtime_ns for path in models}
    streams = capsys.readouterr()
    assert streams.err.count("training ") == 4
    assert "ngcf-fn" in streams.out
    assert run([*command, "--only", "ngcf-f"]) == 0
    assert capsys.readouterr().err.count("training ") == 2
    assert {path: path.stat().st_mtime_ns for path in models} == before
    rows = list(csv.DictReader((out / "table.csv").read_text().splitlines()))
    assert [row["variant"] for row in rows] == ["ngcf", "ngcf-f"]
    sizes = [int(row["parameters"]) for row in rows]
    assert sizes == [70 * 4 + 2 * 2 * (4 * 4 + 4), 70 * 4]
    assert all(0 <= float(row["p recall@20"] or 0) <= 1 for row in rows)
    assert (out / "table.md").read_text().startswith("| variant |")
    assert run([*command, "--only", "ngcf-f", "--set", "lr=0.5"]) == 2
    assert "cannot resume with lr = 0.5" in capsys.readouterr().err


def test_the_ablation_of_lightgcn_has_its_variants_and_smoothness(folder, tmp_path, capsys):
    out = tmp_path / "ablation"
    command = ["ablate", "lightgcn", "--data", str(folder), "--out", str(out), "--quiet"]
    command += ["--set", "epochs=1", "--set", "dim=4", "--set", "validation=0", "--seeds", "1"]
    command += ["--set", "min_batches=1"]
    only = ["layers-0", "single", "attention", "norm-l1_left", "l2-times-10"]
    assert run([*command, *(word for name in only for word in ("--only", name))]) == 0
    rows = list(csv.DictReader((out / "table.csv").read_text().splitlines()))
    assert {row["variant"] for row in rows} == {"lightgcn", *only}
    assert all(float(row["smoothness users"]) > 0 for row in rows)
    config = (out / "single" / "seed-0" / "config.toml").read_text()
    assert 'preset = "lightgcn-fast"' in config
    capsys.readouterr()
    assert run([*command, "--only", "layers-9"]) == 2
    assert "--only layers-9: no such variant; there are lightgcn" in capsys.readouterr().err


def test_the_ablation_of_losses_trains_one_model_by_all_of_them(folder, tmp_path, capsys):
    out = tmp_path / "ablation"
    command = ["ablate", "losses", "--data", str(folder), "--out", str(out), "--quiet"]
    command += ["--set", "epochs=2", "--set", "dim=4", "--set", "min_batches=1", "--seeds", "1"]
    assert run(command) == 0, capsys.readouterr().err
    rows = list(csv.DictReader((out / "table.csv").read_text().splitlines()))
    names = ["bpr-hardest", "bpr-uniform", "sampled-softmax", "in-batch-softmax"]
    assert [row["variant"] for row in rows] == names
    assert len({row["parameters"] for row in rows}) == 1
    assert len({row["recall@20"] for row in rows}) > 1
    configs = [(out / name / "seed-0" / "config.toml").read_text() for name in names]
    assert all("epochs = 2" in text for text in configs)  # given for all, so no variant's own
    assert ['similarity = "cosine"' in text for text in configs] == [False, False, True, True]
    assert (out / "curves.png").stat().st_size > 0


def test_what_is_set_for_all_leaves_no_two_variants_alike(folder, tmp_path, capsys):
    command = ["ablate", "ngcf", "--data", str(folder), "--out", str(tmp_path / "x"), "--quiet"]
    assert run([*command, "--set", "transform=false"]) == 2
    message = "--set transform: leaves ngcf and ngcf-f alike; leave it out"
    assert message in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_a_variant_that_diverges_is_a_row_that_says_so(folder, tmp_path, capsys, monkeypatch):
    from glowrec import training
    from glowrec.training.divergence import DivergenceError

    train = training.train

    def wild(config, *rest, **options):
        if not config.transform:
            raise DivergenceError("lr = 9: the loss is not finite at epoch 1; lower lr")
        return train(config, *rest, **options)

    monkeypatch.setattr(training, "train", wild)
    out = tmp_path / "ablation"
    command = ["ablate", "ngcf", "--data", str(folder), "--out", str(out), "--quiet"]
    command += ["--set", "epochs=1", "--set", "dim=4", "--seeds", "1", "--only", "ngcf-f"]
    command += ["--set", "min_batches=1"]
    assert run(command) == 0
    streams = capsys.readouterr()
    assert "ngcf-f (diverged)" in streams.out
    assert "the loss is not finite" in streams.err


def test_an_ablation_of_models_that_a_network_scores(folder, tmp_path, capsys):
    out = tmp_path / "ablation"
    command = ["ablate", "lightgcn", "--data", str(folder), "--out", str(out), "--quiet"]
    command += ["--set", "epochs=1", "--set", "dim=4", "--set", "validation=0", "--seeds", "1"]
    command += ["--set", "min_batches=1", "--set", "scorer=mlp", "--set", "hidden=[5]"]
    assert run([*command, "--only", "layers-0"]) == 0, capsys.readouterr().err
    lines = (out / "table.csv").read_text().splitlines()
    rows = {row["variant"]: row for row in csv.DictReader(lines)}
    network = 2 * 4 * 5 + 5 + 5
    assert {int(row["parameters"]) for row in rows.values()} == {70 * 4 + network}
    for name, row in rows.items():
        model = gr.load(out / name / "seed-0")
        data = gr.datasets.load(str(folder))
        found = gr.evaluate(model, data.train, data.test).summary["recall@20"]
        assert float(row["recall@20"].split()[0]) == pytest.approx(found, abs=1e-3)


def test_lightgcn_is_trained_and_asked_with_a_network(folder, tmp_path, capsys):
    out = tmp_path / "run"
    command = ["train", "lightgcn", "--data", str(folder), "--out", str(out), *SMALL]
    assert run([*command, "--scorer", "mlp"]) == 0, capsys.readouterr().err
    assert run(["train", "lightgcn", "--out", str(out), "--resume", "--quiet"]) == 0
    assert run(["recommend", str(out), "--k", "3", "--out", str(tmp_path / "recs.csv")]) == 0
    assert len((tmp_path / "recs.csv").read_text().splitlines()) == 1 + 30 * 3
    capsys.readouterr()
    assert run([*command, "--scorer", "mlp", "--set", "similarity=cosine"]) == 2
    assert "scorer = 'mlp': a similarity is of inner products" in capsys.readouterr().err
