"""What does a whole build take? Start-up, peak memory against corpus size, and how much is integration.

    python -m tests.benchmarks.builds TEXTS [--model embedded] [--sizes 25 100 400 1600] [--evidence none quick]

Every row is a process of its own: the command as a user runs it, on a file of so many texts, repeated where
there are fewer. Seconds are those of the processor and of the clock, memory is the most that was resident.
"Integration alone" measures Integrated Gradients only and draws no page; the other builds are set against it.
"""

import argparse
import gzip
import json
import os
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

ALONE = """
import sys
from pathlib import Path
from reporter.runs import Store, measure_folder
from reporter.records.settings import Settings
settings = Settings(model=sys.argv[3], methods=("integrated_gradients",), evidence="none")
with Store(Path(sys.argv[2]), create=True) as store:
    measure_folder(Path(sys.argv[1]), settings, store, notice=lambda _: None)
"""


def run(*arguments: str) -> tuple[float, float, float]:
    """Seconds of the processor, of the clock, and the peak memory in MB of one process."""
    start = time.perf_counter()
    with Path(os.devnull).open("w") as nowhere:
        actions = [(os.POSIX_SPAWN_DUP2, nowhere.fileno(), 1), (os.POSIX_SPAWN_DUP2, nowhere.fileno(), 2)]
        child = os.posix_spawn(sys.executable, [sys.executable, *arguments], os.environ, file_actions=actions)
        _, status, spent = os.wait4(child, 0)
    if status:
        raise SystemExit(f"{' '.join(arguments)} ended with {os.waitstatus_to_exitcode(status)}.")
    return spent.ru_utime + spent.ru_stime, time.perf_counter() - start, spent.ru_maxrss / 1024


def show(name: str, *arguments: str) -> float:
    """Print a row; its seconds of the processor."""
    processor, clock, memory = run(*arguments)
    print(f"| {name} | {processor:.1f} | {clock:.1f} | {memory:.0f} |", flush=True)
    return processor


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--sizes", type=int, nargs="+", default=[25, 100, 400, 1600])
    parser.add_argument("--evidence", nargs="+", default=["none", "quick"])
    given = parser.parse_args()
    with gzip.open(given.texts, "rt") as lines:
        texts = [text for text in (json.loads(line)["text"] for line in lines) if len(text) >= 10]
    command = ("-c", "from reporter.cli.commands import main; main()")
    print("| what | processor, s | clock, s | peak memory, MB |\n|---|---|---|---|")
    show("--help", *command, "--help")
    show("methods", *command, "methods")
    with tempfile.TemporaryDirectory() as folder:
        for size in given.sizes:
            inputs = Path(folder) / str(size)
            inputs.mkdir()
            rows = (json.dumps({"text": text}) for text in islice(cycle(texts), size))
            (inputs / "texts.jsonl").write_text("\n".join(rows))
            alone = str(Path(folder) / f"{size}.sqlite")
            part = show(f"integration alone, {size} texts", "-c", ALONE, str(inputs), alone, given.model)
            for level in given.evidence:
                site = str(Path(folder) / f"{size}-{level}")
                build = ("build", str(inputs), "-o", site, "--model", given.model, "--evidence", level)
                whole = show(f"build --evidence {level}, {size} texts", *command, *build)
                print(f"| over integration alone | {whole / part:.2f} | | |", flush=True)
                show("the same again", *command, *build)


if __name__ == "__main__":
    main()
