"""Every bench runs once on tiny data, so that none of them rots; nothing is timed for real."""

import shutil
import sys

import pytest

TINY = ["--data", "tiny", "--rounds", "1"]


@pytest.mark.parametrize(
    "topic",
    [
        "graph_build",
        "sampling",
        "propagation",
        "training_step",
        "ranking",
        "given_scores",
        "given_lists",
        "item_knn",
    ],
)
def test_answers_agree_on_tiny_data(topic, capsys):
    if topic == "propagation" and shutil.which("cargo") is None:
        pytest.skip("the loop of bare gathers is built with cargo")
    medians = __import__(topic).main(TINY)
    assert all(median > 0 for median in medians.values())
    assert len(medians) >= 2
    assert capsys.readouterr().out.count("\n| ") == len(medians) + 1


def test_glocal_k_agrees_with_the_dense_model_on_tiny_data(capsys):
    medians = __import__("glocal_k").main([*TINY, "--hidden", "8"])
    assert len(medians) == 6
    assert all(median > 0 for median in medians.values())
    assert "peak memory of one evaluation" in capsys.readouterr().out


def test_the_schedule_of_glocal_k_ends_where_the_dense_model_ends(capsys):
    few = ["--hidden", "8", "--local-epochs", "2", "--global-epochs", "2"]
    seconds = __import__("glocal_k_schedule").main([*TINY, *few])
    assert len(seconds) == 2
    assert "evaluations [" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_memory_is_measured_in_processes_of_their_own(capsys):
    added = __import__("memory").main(["--scale", "0.001"])
    assert set(added) == {"graph_build", "evaluate", "evaluate_millions"}
    assert "Graph.from_edges" in capsys.readouterr().out


def test_the_profile_of_glocal_k_finds_its_kernels(capsys):
    few = ["--data", "synthetic", "--rounds", "1", "--hidden", "8"]  # tiny data go by tiles
    spent = __import__("glocal_k_profile").main(few)
    convolved = ("convolved ratings x first weights", "its two gradients")
    for part, milliseconds in spent.items():
        assert (milliseconds > 0) != (part.removeprefix("stage 1, ") in convolved)
    assert "| its two gradients |" in capsys.readouterr().out


def test_sparse_rows_and_dense_tiles_agree_at_every_share(capsys):
    seconds = __import__("glocal_k_tiles").main([*TINY, "--hidden", "8"])
    assert len(seconds) == 12
    assert "| 90% |" in capsys.readouterr().out
