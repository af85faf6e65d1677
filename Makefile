# One command each; every target sets up what it needs and may be run again at any time.
.POSIX:
.PHONY: help demo test wheel bench replicate format clean \
	rust python-checks pytest core benches-once installed everything

PYTHON = python3
BIN = .venv/bin
SOURCES = Cargo.toml Cargo.lock pyproject.toml README.md LICENSE-APACHE LICENSE-MIT rust python

# False once a source is newer than the file "$$stamp".
FRESH = [ -e "$$stamp" ] && [ -z "$$(find $(SOURCES) -newer "$$stamp" \
	! -name '*.so' ! -name '*.tmp' ! -path '*__pycache__*' | head -n 1)" ]

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1	\2/p' Makefile | expand -t 18

demo: installed ## train LightGCN on a synthetic set and compare it (needs no download of data)
	@$(BIN)/glowrec demo

test: rust wheel everything python-checks pytest core benches-once ## every check and test; what CI runs
	@echo "make test: all passed"

wheel: .venv/ready ## build the wheel, in dist/
	@command -v cargo >/dev/null || { echo "building glowrec needs a Rust toolchain: cargo is not on PATH" >&2; exit 1; }
	@stamp=dist/.built; if ! { $(FRESH); }; then \
		echo "building the Rust core, about two minutes"; \
		rm -rf dist && mkdir dist && touch dist/.building && \
		$(BIN)/maturin build --quiet --release --locked --interpreter $(BIN)/python --out dist && mv dist/.building "$$stamp" || exit 1; \
	fi; ls dist/*.whl

bench: everything ## measure ours and the rivals side by side; prints tables
	cargo bench --package glowrec-benches
	@for file in benches/*.py; do case $$file in */conftest.py|benches/_*|benches/test_*) ;; *) echo "== $$file" && $(BIN)/python $$file || exit 1;; esac; done

replicate: everything ## train the rows of docs/replication.md (needs GLOWREC_DATA)
	@[ -n "$$GLOWREC_DATA" ] || { echo "set GLOWREC_DATA to the folder that holds gowalla/, lastfm/, ml-100k/, ml-1m/ and douban/" >&2; exit 1; }
	$(BIN)/glowrec train lightgcn --data gowalla --preset lightgcn-fast --out runs/gowalla-fast
	for seed in 1 2 3; do \
		$(BIN)/glowrec train lightgcn --data gowalla --preset lightgcn-reference --epochs 5 \
			--seed $$seed --out runs/gowalla-reference-$$seed || exit 1; \
	done
	$(BIN)/glowrec train lightgcn --data lastfm --preset lightgcn-fast --out runs/lastfm-fast
	for data in ml-100k douban; do for seed in 0 1 2 3 4; do \
		$(BIN)/glowrec train glocal-k --data $$data --preset glocal-k-paper --seed $$seed --out runs/$$data-paper-$$seed && \
		$(BIN)/glowrec train glocal-k --data $$data --seed $$seed --out runs/$$data-$$seed || exit 1; \
	done; done
	$(BIN)/glowrec train glocal-k --data ml-1m --preset glocal-k-paper --out runs/ml-1m-paper-0
	$(BIN)/glowrec train glocal-k --data ml-1m --out runs/ml-1m-0
	for model in ngcf lightgcn losses; do \
		$(BIN)/glowrec ablate $$model --data gowalla --seeds 1 --set protocol=paper --set validation=0 --set refit=false || exit 1; \
	done
	$(BIN)/glowrec train lightgcn --data gowalla --preset lightgcn-fast --epochs 40 --dim 128 --set validation=0 --out runs/gowalla-fast-128
	$(BIN)/glowrec ablate glocal-k --data ml-100k --protocol paper --seeds 1
	$(BIN)/glowrec bench models --data gowalla --models popular,item-knn,user-knn,pure-svd,gf-cf,ease
	$(BIN)/glowrec bench models --data lastfm

format: everything ## format and mend what can be mended
	cargo fmt --all
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove everything that the other targets made
	rm -rf .venv .venv-core dist target .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks
	find python tests benches -name __pycache__ -prune -exec rm -rf {} +

# ---- what the targets above are made of

.venv/ready:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("glowrec needs Python 3.11 or newer, and $(PYTHON) is %d.%d; name another: make PYTHON=python3.12" % sys.version_info[:2])'
	@$(PYTHON) -m venv .venv && $(BIN)/pip install --quiet "maturin>=1.9.4,<2" && touch $@

.venv-core/ready:
	@$(PYTHON) -m venv .venv-core && touch $@

# The wheel and what a demo needs.
installed: wheel
	@stamp=.venv/installed; if [ ! dist/.built -ot "$$stamp" ]; then \
		wheel=$$(ls dist/*.whl) && \
		$(BIN)/pip install --quiet "$$wheel[train]" && \
		$(BIN)/pip install --quiet --force-reinstall --no-deps "$$wheel" && touch "$$stamp"; \
	fi

# The wheel, every extra and the tools; the peers only where they have wheels.
everything: installed
	@stamp=.venv/everything; if [ ! .venv/installed -ot "$$stamp" ]; then \
		wheel=$$(ls dist/*.whl) && \
		$(BIN)/pip install --quiet "$$wheel[all,dev]" && { \
			$(BIN)/pip install --quiet --only-binary :all: "$$wheel[all,dev,peers]" && \
			$(BIN)/pip install --quiet --only-binary :all: --no-deps --requirement tests/parity/peers.txt || \
			echo "not every peer has a wheel for this platform; parity with the others is not tested" >&2; \
		} && touch "$$stamp"; \
	fi

rust:
	cargo fmt --all --check
	cargo clippy --quiet --workspace --all-targets -- -D warnings
	cargo test --quiet --workspace --exclude glowrec-binding

python-checks: everything
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest --allowlist .ci/stubtest-allowlist.txt glowrec._native

pytest: everything
	$(BIN)/pytest --quiet --doctest-modules --pyargs glowrec
	GLOWREC_WHEEL="$$(ls "$$PWD"/dist/*.whl)" $(BIN)/pytest --quiet

# The data layer on a machine that has no torch.
core: wheel .venv-core/ready
	@stamp=.venv-core/installed; if [ ! dist/.built -ot "$$stamp" ]; then \
		wheel=$$(ls dist/*.whl) && \
		.venv-core/bin/pip install --quiet "$$wheel[test]" && \
		.venv-core/bin/pip install --quiet --force-reinstall --no-deps "$$wheel" && touch "$$stamp"; \
	fi
	.venv-core/bin/pytest --quiet

# None of them may rot.
benches-once: everything
	cargo bench --quiet --package glowrec-benches -- --test
	$(BIN)/pytest --quiet benches
