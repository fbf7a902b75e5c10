"""How torch computes is chosen before it does, by the processor, on every way in; what the user has set stays."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from reporter.models import threads

ROOT = Path(__file__).parents[2]
WIDE = "fpu avx avx2 avx512f avx512dq avx512cd avx512bw avx512vl"
INTEL = (
    "processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: {}\n\nprocessor\t: 1\nvendor_id\t: Other\nflags\t\t: fpu\n"
)
NAMES = ("OMP_WAIT_POLICY", "OMP_NUM_THREADS", "MKL_CBWR")


def settled(monkeypatch, tmp_path, about: str | None) -> str | None:
    """What MKL is told on a processor of which this is known."""
    path = tmp_path / "cpuinfo"
    if about is not None:
        path.write_text(about)
    monkeypatch.setattr(threads, "_PROCESSOR", path)
    threads.settle()
    return os.environ.get("MKL_CBWR")


@pytest.fixture(autouse=True)
def _unset(monkeypatch):
    for name in NAMES:
        monkeypatch.setenv(name, "")  # so that what is set here is taken back, too
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("about", "branch"),
    [
        (INTEL.format(WIDE), "AVX512,STRICT"),
        (INTEL.format("fpu avx avx2 avx512f"), "AVX2,STRICT"),
        (INTEL.format("fpu avx avx2"), "AVX2,STRICT"),
        (INTEL.format("fpu avx"), None),
        (INTEL.format(WIDE).replace("GenuineIntel", "AuthenticAMD"), None),
        ("processor\t: 0\nFeatures\t: fp asimd sve\nCPU implementer\t: 0x41\n", None),
        ("\xff no such file as any\n", None),
        ("", None),
        (None, None),
    ],
    ids=["avx512", "some of avx512", "avx2", "old", "amd", "arm", "nonsense", "empty", "not linux"],
)
def test_mkl_is_told_what_keeps_its_order_on_this_processor(monkeypatch, tmp_path, about, branch):
    assert settled(monkeypatch, tmp_path, about) == branch


def test_what_the_user_has_set_stays(monkeypatch, tmp_path):
    monkeypatch.setenv("MKL_CBWR", "COMPATIBLE")
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert settled(monkeypatch, tmp_path, INTEL.format(WIDE)) == "COMPATIBLE"
    assert (os.environ["OMP_NUM_THREADS"], os.environ["OMP_WAIT_POLICY"]) == ("7", "PASSIVE")


def test_threads_are_as_many_as_the_cores_that_may_be_used(tmp_path, monkeypatch):
    quota = tmp_path / "cpu.max"
    monkeypatch.setattr(threads, "_QUOTA", quota)
    bound = threads.count_cores()
    assert bound >= 1
    for share, cores in (("max 100000", bound), ("100000 100000", 1), ("50000 100000", 1), ("nonsense", bound)):
        quota.write_text(share)
        assert threads.count_cores() == cores


@pytest.mark.parametrize(
    "way",
    [
        "import reporter.attribution.captum",
        "from reporter.runs import measure",
        "import tests.conftest",
        "import reporter.cli.commands",
    ],
)
def test_every_way_in_settles_it_before_torch_is_loaded(way):
    code = f"""
import os, sys
class Watch:
    def find_spec(self, name, *_):
        if name == "torch":
            assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE" and int(os.environ["OMP_NUM_THREADS"]) > 0
sys.meta_path.insert(0, Watch())
{way}
assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.skipif(not torch.backends.mkl.is_available(), reason="torch has no MKL here, which alone would be told.")
def test_mkl_listens_even_if_torch_was_there_first(tmp_path):
    """It reads what it is told when it multiplies for the first time."""
    (tmp_path / "cpuinfo").write_text(INTEL.format(WIDE))
    code = f"""
import torch
from pathlib import Path
from reporter.models import threads
threads._PROCESSOR = Path({str(tmp_path / "cpuinfo")!r})
threads.settle()
with torch.backends.mkl.verbose(torch.backends.mkl.VERBOSE_ON):
    torch.randn(8, 8) @ torch.randn(8, 8)
"""
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert "GEMM" in said
    assert "STRICT" in said
