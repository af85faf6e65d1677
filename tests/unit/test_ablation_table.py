"""The table and the curves of an ablation, from runs that are made up."""

import csv
import io
import sys

import numpy as np
import pytest
from scipy import stats

from glowrec.errors import MissingExtraError
from glowrec.report import learning_curves
from glowrec.report.ablation import AblationTable, Outcome


def run(variant, seed, values, **further):
    values = np.asarray(values, dtype=float)
    return Outcome(
        variant=variant,
        seed=seed,
        n_parameters=1234,
        seconds_per_epoch=1.0 + seed,
        epochs=10 * (seed + 1),
        metrics={"recall@20": float(values.mean()), "smoothness": 12345.6 * (seed + 1)},
        per_user={"recall@20": values},
        **further,
    )


RUNS = [
    run("full", 0, [0.5, 0.5, 1.0, 0.0]),
    run("full", 1, [0.5, 0.0, 1.0, 0.5]),
    run("less", 0, [0.5, 0.25, 1.0, 0.0]),
    run("less", 1, [0.0, 0.25, 0.5, 0.0]),
    Outcome(variant="wild", seed=0, failed="diverged"),
    Outcome(variant="wild", seed=1, failed="diverged"),
]
TABLE = AblationTable(RUNS, "full", ["recall@20", "smoothness"])


def test_numbers_are_means_and_deviations_over_seeds_and_a_paired_test_over_users():
    rows = {row["variant"]: row for row in csv.DictReader(io.StringIO(TABLE.as_csv()))}
    assert list(rows) == ["full", "less", "wild"]
    full, less = rows["full"], rows["less"]
    assert (full["parameters"], float(full["s/epoch"]), float(full["epochs"])) == ("1234", 1.5, 15)
    assert float(full["recall@20"]) == 0.5
    assert float(less["recall@20"]) == pytest.approx((0.4375 + 0.1875) / 2)
    assert float(less["recall@20 sd"]) == pytest.approx(np.std([0.4375, 0.1875], ddof=1))
    users = [
        np.mean([run.per_user["recall@20"] for run in pair], axis=0)
        for pair in (RUNS[2:4], RUNS[:2])
    ]
    assert float(less["p recall@20"]) == pytest.approx(stats.ttest_rel(*users).pvalue)
    assert full["p recall@20"] == ""
    assert (rows["wild"]["failed"], rows["wild"]["recall@20"]) == ("diverged", "")
    assert "p smoothness" not in full  # nothing is known of single users


def test_text_and_markdown_have_a_line_for_each_variant():
    text, markdown = TABLE.as_text().splitlines(), TABLE.as_markdown().splitlines()
    assert text[0].split()[:4] == ["variant", "parameters", "s/epoch", "epochs"]
    assert "0.5000 ± 0.0000" in text[1]
    assert "18,518 ± 8,730" in text[1]
    assert text[3] == "wild (diverged)"
    assert markdown[1].startswith("| --- | ---: |")
    assert {line.count("|") for line in markdown} == {markdown[0].count("|")}


def test_one_seed_has_no_deviation_and_a_full_model_that_failed_no_tests():
    single = AblationTable(RUNS[:1] + RUNS[2:3], "full", ["recall@20"])
    assert "±" not in single.as_text()
    broken = AblationTable([RUNS[4], RUNS[2]], "wild", ["recall@20"])
    assert "p recall@20" not in broken.as_text()


HISTORY = [
    {"stage": "selection", "epoch": 1, "loss": 3.0, "seconds": 2.0},
    {"stage": "selection", "epoch": 2, "loss": 1.0, "seconds": 3.0, "recall@20": 0.5},
    {"stage": "refit", "epoch": 1, "loss": 9.0, "seconds": 9.0},
]


def test_curves_are_means_of_the_first_stage():
    other = [{**record, "loss": 2 * record["loss"]} for record in HISTORY]
    runs = [HISTORY, other]
    curve = learning_curves.mean_curve(runs, "seconds", "loss")
    assert curve.tolist() == [[2.0, 4.5], [5.0, 1.5]]
    assert learning_curves.mean_curve(runs, "epoch", "recall@20").tolist() == [[2.0, 0.5]]
    assert learning_curves.mean_curve([], "epoch", "loss").shape == (0, 2)


def test_curves_are_drawn_as_png_and_svg(tmp_path):
    pytest.importorskip("matplotlib", reason="draws curves")
    made = learning_curves.draw(
        {"full": [HISTORY], "less": [HISTORY]}, "recall@20", tmp_path / "c", judged_by="test"
    )
    png, svg = (path.read_bytes() for path in made)
    assert png.startswith(b"\x89PNG")
    assert b"<svg" in svg
    assert b"test recall@20" in svg


def test_without_matplotlib_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"pip install glowrec\[report\]"):
        learning_curves.draw({}, "recall@20", tmp_path / "c", judged_by="test")
    assert list(tmp_path.iterdir()) == []
