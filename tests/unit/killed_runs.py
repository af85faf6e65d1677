"""Trains in forked children and kills them; started by test_resume.py, which reads its lines.

This process imports torch once and computes nothing, so that it has no threads to lose when it
forks; each child is a run of its own, and SIGKILL ends it for real.
"""

import hashlib
import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path

import glowrec as gr
from glowrec.training import Config, train

DATA = gr.datasets.synthetic(40, 60, n_groups=4, mean_degree=20, seed=3)


def main(folder, config, moments):
    """Print a line of JSON for the undisturbed run, and one for each moment."""
    root, config = Path(folder), Config.from_toml(config)
    start = time.monotonic()
    live(root / "whole", config, None, None)
    duration = time.monotonic() - start
    say(outcome(root / "whole"))
    for kind, moment in json.loads(moments):
        out = root / f"{kind}-{moment}"
        if kind == "event":
            n_kills = int(live(out, config, moment, None))
        else:  # again and again, each time a little later
            n_kills = 0
            event = moment if kind == "events" else None
            delay = moment * duration if kind == "delay" else None
            while n_kills < 50 and live(out, config, event, delay):
                n_kills += 1
                event, delay = event and event + 2, delay and delay * 1.1
        live(out, config, None, None)
        say({**outcome(out), "kills": n_kills, "moment": [kind, moment]})


def say(record):
    sys.stdout.write(json.dumps(record) + "\n")
    sys.stdout.flush()


def live(out, config, event, delay):
    """Run in a child; return whether it was killed, at an event of its own or after a delay."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            if event is not None:
                kill_at(event)
            train(config, DATA, out=out, resume=True, checkpoint_seconds=0.0)
            status = 0
        except Exception:  # noqa: BLE001 - the parent's frames are not this child's to unwind
            traceback.print_exc()
        finally:
            os._exit(status)
    if delay is not None:
        deadline = time.monotonic() + delay
        while time.monotonic() < deadline:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return killed(status)
            time.sleep(0.001)
        os.kill(child, signal.SIGKILL)
    return killed(os.waitpid(child, 0)[1])


def killed(status):
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def kill_at(event):
    """Die at the n-th of these: a file is whole but unnamed, is about to be, has just been."""
    seen = 0
    sync, replace = os.fsync, Path.replace

    def count():
        nonlocal seen
        seen += 1
        if seen == event:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted_sync(handle):
        count()
        sync(handle)

    def counted_replace(self, target):
        count()
        replace(self, target)
        count()

    os.fsync, Path.replace = counted_sync, counted_replace


def outcome(out):
    """Return all that a run leaves behind, but for times."""
    result = json.loads((out / "result.json").read_text())
    lines = (out / "metrics.jsonl").read_text().splitlines()
    history = [json.loads(line) for line in lines]
    for record in [result, *history]:
        del record["seconds"]
    model = hashlib.sha256((out / "model.safetensors").read_bytes()).hexdigest()
    return {"result": result, "history": history, "model": model}


if __name__ == "__main__":
    main(*sys.argv[1:])
