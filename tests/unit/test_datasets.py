import numpy as np
import pytest

from glowrec import Interactions, datasets
from glowrec.datasets import Dataset, load, load_folder, synthetic
from glowrec.errors import DataError, ParameterError, ShapeError


@pytest.fixture
def folder(tmp_path):
    def write(train, test):
        root = tmp_path / "mine"
        root.mkdir()
        (root / "train.txt").write_text(train)
        (root / "test.txt").write_text(test)
        return root

    return write


def test_a_folder_works_as_it_is(folder, monkeypatch):
    root = folder("0 0 1\n1 1 2\n", "1 0\n0\n")
    by_path = load(root)
    assert str(by_path) == "mine: 2 users, 3 items, 4 train and 1 test interactions"
    assert by_path.test.items.tolist() == [0]
    monkeypatch.setenv("GLOWREC_DATA", str(root.parent))
    assert len(load("mine").train) == 4
    monkeypatch.delenv("GLOWREC_DATA")
    monkeypatch.chdir(root.parent)
    assert len(load("mine").train) == 4
    assert load(".." + f"/{root.parent.name}/mine/").name == "mine"


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ("1 0\n\n0 7\n", r"test.txt:3: item 7 does not occur in train; remove it, or load with"),
        ("1 0\n2 0\n", r"test.txt:2: user 2 does not occur in train"),
        ("1 0 1\n", r"test.txt:1: item 1 does not occur in train"),
        ("1 0 x\n", r"test.txt:1: column 3: 'x' is not an item id"),
    ],
)
def test_what_train_does_not_know_is_named_by_line(folder, test, message):
    with pytest.raises(DataError, match=message):
        load(folder("0 0 2\n1 2\n", test))


def test_what_train_does_not_know_may_stay_or_go(folder):
    root = folder("0 0 2\n1 2\n", "1 0 9\n5 0\n")
    dropped, kept = load(root, unknown="drop"), load(root, unknown="keep")
    assert (dropped.test.n_users, dropped.test.n_items, len(dropped.test)) == (2, 3, 1)
    assert (kept.train.n_users, kept.train.n_items, len(kept.test)) == (6, 10, 3)
    with pytest.raises(ParameterError, match="unknown = 'ignore': expected 'error'"):
        load(root, unknown="ignore")
    with pytest.raises(ParameterError, match="is for folders; gowalla is a known set"):
        load("gowalla", unknown="drop")


def test_a_user_with_an_empty_line_in_train_is_known(folder):
    data = load(folder("0 0\n1\n", "1 0\n"))
    assert data.test.users.tolist() == [1]


def test_a_missing_train_is_named(folder):
    root = folder("0 0\n", "0 0\n")
    (root / "train.txt").unlink()
    with pytest.raises(DataError, match=r"mine: no train\.txt; expected train\.txt and, to be"):
        load(root)


def test_a_set_may_have_no_test(folder):
    root = folder("0 0\n1 2\n", "")
    empty = load(root)
    (root / "test.txt").unlink()
    for data in (empty, load(root)):
        assert (len(data.train), len(data.test)) == (2, 0)
        assert (data.test.n_users, data.test.n_items) == (2, 3)


def test_a_set_knows_how_to_be_loaded_again(folder, monkeypatch):
    root = folder("0 0 2\n1 2\n", "1 0 9\n")
    monkeypatch.chdir(root.parent)
    data = load("mine", unknown="drop")
    assert data.source == {"name_or_folder": str(root.resolve()), "unknown": "drop"}
    monkeypatch.chdir("/")
    assert str(load(**data.source)) == str(data)
    assert load("synthetic").source == {"name_or_folder": "synthetic"}
    assert synthetic().source is None


def test_test_pairs_that_train_has_are_counted(folder):
    root = folder("0 0 2\n1 2\n", "0 2\n1 0\n")
    assert load(root).n_repeated == 1
    assert synthetic(50, 60).n_repeated == 0


def test_train_without_interactions_is_an_error(folder):
    with pytest.raises(DataError, match=r"train.txt: holds no interaction"):
        load(folder("0\n1\n", "0 0\n"))


def test_a_file_is_no_set(folder, monkeypatch):
    root = folder("0 0\n", "0 0\n")
    with pytest.raises(DataError, match=r"train.txt: is a file, expected a folder"):
        load(root / "train.txt")
    monkeypatch.chdir(root)
    (root / "train.txt").unlink()
    (root / "train.txt").mkdir()
    with pytest.raises(DataError, match=r"train.txt: is a folder, expected a file"):
        load_folder(".")


def test_an_unknown_name_lists_the_known_ones(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GLOWREC_DATA", str(tmp_path))
    with pytest.raises(DataError, match=r"gowala: no folder of that name here or in GLOWREC_DATA"):
        load("gowala")
    with pytest.raises(
        DataError, match=r"known by name are douban, gowalla, lastfm, ml-100k, ml-1m, synthetic$"
    ):
        load("gowala")
    with pytest.raises(DataError, match=r"gowalla: no folder .* put its files into a folder"):
        load("gowalla")
    monkeypatch.delenv("GLOWREC_DATA")
    for name in ("gowala", "gowalla"):
        with pytest.raises(DataError, match=r"GLOWREC_DATA, the folder of named sets, is not set"):
            load(name)


def test_a_published_name_means_the_published_set(folder, monkeypatch):
    root = folder("0 0\n", "0 0\n")
    root.rename(root.with_name("gowalla"))
    monkeypatch.setenv("GLOWREC_DATA", str(root.parent))
    with pytest.raises(DataError, match=r"not the published gowalla: .* are \(1, 1, 1, 1\), exp"):
        load("gowalla")
    monkeypatch.chdir(root.parent)
    assert len(load("./gowalla").train) == 1


def test_parts_must_share_their_ids():
    train = Interactions.from_arrays(["a", "b"], [1, 2])
    with pytest.raises(ShapeError, match="train and test differ in their users"):
        Dataset("x", train, Interactions.from_arrays(["a", "c"], [1, 2]))
    with pytest.raises(ShapeError, match="train and test differ in their items"):
        Dataset("x", train, Interactions.from_arrays(["a", "b"], [1, 3]))


@pytest.mark.data
def test_gowalla_is_the_published_split():
    data = load("gowalla")
    assert (
        str(data)
        == "gowalla: 29,858 users, 40,981 items, 810,128 train and 217,242 test interactions"
    )
    assert data.train.graph.n_edges == 810_128
    together = np.concatenate(
        [part.users * data.train.n_items + part.items for part in (data.train, data.test)]
    )
    assert np.unique(together).size == 810_128 + 217_242


@pytest.mark.data
def test_most_popular_on_gowalla_gives_the_known_figures():
    data = load("gowalla")
    lists = [map(set, part.to_scipy().tolil().rows) for part in (data.train, data.test)]
    ranked = np.argsort(-data.train.graph.item_degrees, kind="stable").tolist()
    gains = 1 / np.log2(np.arange(2, 22))
    recall, ndcg = [], []
    for seen, wanted in zip(*lists, strict=True):
        if not wanted:
            continue
        head = (item for item in ranked if item not in seen)
        hits = np.array([next(head) in wanted for _ in range(20)])
        recall.append(hits.sum() / len(wanted))
        ndcg.append(hits @ gains / gains[: len(wanted)].sum())
    assert round(float(np.mean(recall)), 6) == 0.041631
    assert round(float(np.mean(ndcg)), 6) == 0.03169


@pytest.mark.data
def test_lastfm_counts_from_zero_and_keeps_plays():
    data = load("lastfm")
    assert (
        str(data) == "lastfm: 1,892 users, 4,489 items, 42,135 train and 10,533 test interactions"
    )
    first = {name: column[0].item() for name, column in data.train.to_numpy().items()}
    assert first == {"user": 423, "item": 4075, "value": 993.0}
    assert int(data.train.users.min()) == int(data.test.users.min()) == 0
    # As published: two test users have no train row, and 13 test items.
    assert (
        np.unique(data.test.users[data.train.graph.user_degrees[data.test.users] == 0]).size == 2
    )
    assert (
        np.unique(data.test.items[data.train.graph.item_degrees[data.test.items] == 0]).size == 13
    )


def test_names_can_be_listed():
    assert datasets.names() == (
        "douban",
        "gowalla",
        "lastfm",
        "ml-100k",
        "ml-1m",
        "synthetic",
    )


def test_the_synthetic_set_is_a_function_of_its_seed():
    one, again, other = (synthetic(300, 400, seed=seed) for seed in (1, 1, 2))
    assert one.train.users.tolist() == again.train.users.tolist()
    assert one.test.items.tolist() == again.test.items.tolist()
    assert one.train.items.tolist() != other.train.items.tolist()


@pytest.mark.parametrize("size", [(2000, 3000), (100, 2000)])
def test_the_synthetic_set_has_no_overlap_and_nothing_unknown(size):
    data = synthetic(*size, seed=1)
    together = data.train.graph.n_edges + data.test.graph.n_edges
    both = Interactions.from_arrays(
        np.concatenate([data.train.users, data.test.users]),
        np.concatenate([data.train.items, data.test.items]),
        n_users=data.train.n_users,
        n_items=data.train.n_items,
    )
    assert together == len(both) == both.graph.n_edges
    assert (data.train.graph.user_degrees > 0).all()
    assert (data.train.graph.item_degrees[data.test.items] > 0).all()
    assert 0.1 < len(data.test) / together < 0.2


def test_the_synthetic_popularity_is_a_power_law():
    degrees = np.sort(synthetic(seed=3).train.graph.item_degrees)[::-1]
    assert degrees[:300].sum() > degrees[-1500:].sum()  # a tenth outweighs a half
    ranks = np.arange(30, 1500)
    slope = np.polyfit(np.log(ranks), np.log(degrees[ranks]), 1)[0]
    assert -1.1 < slope < -0.5


def test_the_synthetic_tastes_can_be_learnt():
    """Cosine neighbours, which know nothing of groups, beat the most popular by half."""
    data = synthetic(seed=0)
    train = data.train.to_scipy()
    scaled = train.multiply(1 / np.sqrt(np.maximum(train.sum(axis=0), 1))).tocsr()
    personal = (scaled @ (scaled.T @ scaled)).toarray()
    popular = np.broadcast_to(train.sum(axis=0), personal.shape)
    wanted = data.test.to_scipy().toarray() > 0
    assert ndcg(personal, train, wanted) > 1.5 * ndcg(popular, train, wanted)


def ndcg(scores, train, wanted):
    scores = np.where(train.toarray() > 0, -np.inf, scores)
    best = np.argsort(-scores, axis=1, kind="stable")[:, :20]
    gains = 1 / np.log2(np.arange(2, 22))
    users = wanted.any(axis=1)
    ideal = np.cumsum(gains)[np.minimum(wanted.sum(axis=1), 20)[users] - 1]
    return float((np.take_along_axis(wanted, best, 1)[users] @ gains / ideal).mean())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_users": 0}, "n_users = 0: expected at least 1"),
        ({"n_items": 19}, "n_items = 19: expected at least 20"),
        ({"n_groups": 1}, "n_groups = 1: expected at least 2"),
        ({"mean_degree": 1}, "mean_degree = 1: expected at least 2"),
        ({"test_fraction": 1.0}, "test_fraction = 1.0: expected a share in"),
        ({"seed": -1}, "seed = -1: expected a number from 0"),
    ],
)
def test_options_of_the_synthetic_set_are_checked(options, message):
    with pytest.raises(ParameterError, match=message):
        synthetic(**options)


def test_a_tiny_synthetic_set_is_a_set():
    data = synthetic(1, 2, n_groups=2, mean_degree=2)
    assert data.train.n_users == 1
    assert len(data.train) >= 1
