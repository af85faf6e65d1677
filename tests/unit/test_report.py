"""The report page and its charts, from the files of a run."""

import json
import math
import xml.etree.ElementTree as ET

import pytest

from glowrec.errors import DataError
from glowrec.report import html
from glowrec.report.svg import line_chart

RECORDS = [
    {"stage": "selection", "epoch": 1, "step": 9, "loss": 0.7, "lr": 0.1},
    {"stage": "selection", "epoch": 2, "step": 18, "loss": 0.5, "lr": 0.1, "recall@20": 0.1},
    {"stage": "selection", "epoch": 3, "step": 27, "loss": 0.4, "lr": 0.1, "recall@20": 0.2},
    {"stage": "refit", "epoch": 1, "step": 9, "loss": 0.6, "lr": 0.1},
]
RESULT = {
    "data": "a<b",
    "protocol_sentence": "Chosen honestly & once.",
    "best_epoch": 3,
    "test": {"recall@20": 0.18234},
    "validation": None,
    "seconds": {"selection": 1.5},
}


@pytest.fixture
def run(tmp_path):
    (tmp_path / "config.toml").write_text('preset = "lightgcn-fast"\nlr = 0.02\n')
    lines = (json.dumps(record) + "\n" for record in RECORDS)
    (tmp_path / "metrics.jsonl").write_text("".join(lines))
    (tmp_path / "result.json").write_text(json.dumps(RESULT))
    return tmp_path


def test_the_page_shows_settings_metrics_protocol_and_curves(run):
    page = html.write(run).read_text()
    assert page.count("<svg") == 3  # loss and recall of the selection, loss of the refit
    for shown in ("lightgcn-fast", "0.18234", "Chosen honestly &amp; once.", "a&lt;b", "refit"):
        assert shown in page


def test_an_unfinished_run_says_so(run):
    (run / "result.json").unlink()
    assert "has not ended" in html.write(run).read_text()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("metrics.jsonl", '{"epoch": 1}\n{"epoch"', "line 2"),
        ("metrics.jsonl", "[1]\n", "line 1"),
        ("config.toml", "a = = 1", "config.toml"),
        ("result.json", "{", "line 1"),
    ],
)
def test_a_damaged_file_is_named_and_no_page_is_written(run, name, content, message):
    (run / name).write_text(content)
    with pytest.raises(DataError, match=message):
        html.write(run)
    assert not (run / "report.html").exists()


def test_what_is_not_a_run_is_refused(tmp_path):
    with pytest.raises(DataError, match="is not a run"):
        html.write(tmp_path)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([1, 2, 3], [0.5, 0.4, 0.1]),
        ([1], [2.0]),
        ([1, 2], [0.0, 0.0]),
        ([1, 2], [1e-9, 2e-9]),
        ([1, 2, 3], [-4e8, float("nan"), 5e8]),
    ],
)
def test_charts_are_well_formed_and_stay_in_their_frame(x, y):
    chart = ET.fromstring(line_chart("a & b", x, y, x_name="epoch"))  # noqa: S314 - ours
    line = chart.find("polyline")
    assert line is not None
    points = [tuple(map(float, point.split(","))) for point in line.get("points").split()]
    assert len(points) == sum(map(math.isfinite, y))
    assert all(64 <= across <= 468 and 28 <= up <= 208 for across, up in points)


def test_a_chart_without_data_says_so():
    assert "no data" in line_chart("loss", [1], [float("inf")], x_name="epoch")
