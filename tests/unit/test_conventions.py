"""Conventions: the record, its names, and the page of the documentation about them."""

import re
from dataclasses import fields, replace
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from glowrec import Graph, evaluate_rankings
from glowrec.conventions import CHOICES, CONVENTIONS, Convention, convention
from glowrec.errors import ParameterError

PAGE = (Path(__file__).parents[2] / "docs" / "conventions.md").read_text(encoding="utf-8")


def table(heading):
    """Return the header and the rows of the table below a heading."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    header, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return header, rows


def golden(chosen):
    """Judge the list with hits at ranks 2, 5 and 9, of five relevant items."""
    test = Graph.from_edges([0] * 5, [1, 4, 8, 20, 21], n_users=1, n_items=22)
    metrics = ("ndcg", "map", "mrr")
    found = evaluate_rankings([range(10)], test, k=10, metrics=metrics, convention=chosen)
    return [f"{found.summary[f'{metric}@10']:.4f}" for metric in metrics]


def test_the_documented_choices_are_those_of_the_presets():
    (first, *names), rows = table("Choices")
    assert first == "field"
    assert names == list(CONVENTIONS)
    assert [row[0] for row in rows] == [f.name for f in fields(Convention) if f.name != "name"]
    for field, *cells in rows:
        for name, cell in zip(names, cells, strict=True):
            value = getattr(CONVENTIONS[name], field)
            assert cell == (" ".join(value) if field == "pooled" else value), (field, name)


def test_the_documented_values_are_those_of_every_convention():
    header, rows = table("One list, nine answers")
    assert header == ["convention", "ndcg", "map", "mrr"]
    assert [row[0] for row in rows] == list(CONVENTIONS)
    for name, *cells in rows:
        assert cells == golden(name), name


@pytest.mark.parametrize(
    ("choice", "column"),
    [
        ({"ideal": "hits"}, 0),
        ({"average_precision": "k"}, 1),
        ({"reciprocal_rank": "sum"}, 2),
    ],
)
def test_the_documented_values_of_other_choices(choice, column):
    value = golden(Convention(**choice))[column]
    (field, chosen), *_ = choice.items()
    assert re.search(rf'`{field}="{chosen}"`\s+(is\s+)?{value}', PAGE)


def test_every_convention_has_its_exceptions_on_the_page():
    section = PAGE.split("## Known exceptions\n")[1]
    titles = re.findall(r"^\*\*(.*?)\*\*", section, re.MULTILINE)
    told = {re.sub(r"-.*", "", title).lower() for title in titles}
    assert told == set(CONVENTIONS)


def test_every_value_that_a_field_may_have_is_told_in_words():
    hints = get_type_hints(Convention)
    assert len(CHOICES) >= 12
    assert {name for name, hint in hints.items() if get_args(hint)} - {"pooled"} == set(CHOICES)
    for field, words in CHOICES.items():
        assert list(words) == list(get_args(hints[field])), field
        assert len(set(words.values())) == len(words), field


def test_names_are_keys_and_records_pass_through():
    for name, record in CONVENTIONS.items():
        assert record.name == name
        assert convention(name) is record
        assert convention(record) is record
    assert len(set(map(str, CONVENTIONS.values()))) == len(CONVENTIONS)


def test_a_record_prints_its_name_and_what_differs_from_the_defaults():
    assert str(Convention()) == "custom"
    assert str(CONVENTIONS["lightgcn"]) == "lightgcn"
    assert str(CONVENTIONS["implicit"]) == "implicit (precision=min, pooled=precision)"


def test_a_description_has_a_line_for_every_field():
    lines = replace(CONVENTIONS["lenskit"], pooled=("recall", "map")).describe().splitlines()
    assert lines[0] == "lenskit"
    assert len(lines) == len(fields(Convention))
    assert "  recall             hits / min(R, k)" in lines
    assert "  pooled             recall, map" in lines


@pytest.mark.parametrize("name", ["trec", "", None, 3, ["ranx"]])
def test_an_unknown_name_is_refused_in_one_line_with_the_choices(name):
    with pytest.raises(ParameterError, match=r"^convention = .*choose from lightgcn, .*ranx") as e:
        convention(name)
    assert "\n" not in str(e.value)


@pytest.mark.parametrize("field", sorted(CHOICES))
@pytest.mark.parametrize("value", ["Min", None, ("min",), []])
def test_a_value_that_is_no_choice_is_refused(field, value):
    choices = ", ".join(CHOICES[field])
    with pytest.raises(ParameterError, match=rf"^{field} = .*: choose from {choices}$"):
        Convention(**{field: value})


@pytest.mark.parametrize("pooled", ["precision", ["precision"], (1,)])
def test_pooled_is_a_tuple_of_names(pooled):
    with pytest.raises(ParameterError, match=r"^pooled = .*tuple of names"):
        Convention(pooled=pooled)


def test_a_record_is_frozen_and_takes_fields_by_name_only():
    with pytest.raises(AttributeError):
        Convention().gain = "linear"
    with pytest.raises(TypeError):
        Convention("custom")
