"""Train the tiny runs with the real frameworks and pack what they leave into tests/real/archives.

    python tests/real/make_archives.py [PLACE [NAME...]]

Needs tests/real/requirements.txt. Frameworks store absolute paths in what they save, so the runs
are made in PLACE (default /scratch/amy, created and removed again), never where the project lies.
"""

import gzip
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from unpack import ARCHIVES

HERE = Path(__file__).resolve().parent
RUNS = {
    "transformers": ["write_transformers.py", "run7"],
    "lightning-link": ["write_lightning.py", "run8", "link"],
    "lightning-copy": ["write_lightning.py", "run9", "copy"],
    "accelerate": ["write_accelerate.py", "run10"],
    "peft": ["write_peft.py", "run11"],
    "torch-dcp": ["write_torch_dcp.py", "run12"],
    "keras": ["write_keras.py", "run13"],
    "orbax": ["write_orbax.py", "run14"],
    "stable-baselines3": ["write_stable_baselines.py", "run15"],
    "xgboost": ["write_boosting.py", "run16", "xgboost"],
    "lightgbm": ["write_boosting.py", "run17", "lightgbm"],
    "catboost": ["write_boosting.py", "run18", "catboost"],
    "mmengine-epochs": ["write_mmengine.py", "run19", "epochs"],
    "mmengine-iterations": ["write_mmengine.py", "run20", "iterations"],
}


def pack(run_dir: Path, archive: Path) -> None:
    """The run and its truth, sorted, owned by nobody in particular, times and links kept."""
    truth = run_dir.parent / "truth.json"
    members = sorted([truth, run_dir, *run_dir.rglob("*")])
    with (
        archive.open("wb") as file,
        gzip.GzipFile("", "wb", compresslevel=9, fileobj=file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in members:
            info = tar.gettarinfo(path, path.relative_to(run_dir.parent).as_posix())
            info.uid = info.gid = 0
            info.uname = info.gname = ""
            if info.isreg():
                with path.open("rb") as content:
                    tar.addfile(info, content)
            else:
                tar.addfile(info)


def refuse_leaks(run_dir: Path) -> None:
    """No file may name the place of the project, of Python or of the user who ran this."""
    private = [str(path).encode() for path in (HERE.parents[1], sys.prefix, Path.home())]
    for path in run_dir.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for name in private:
            if name in content:
                sys.exit(f"{path} contains {name.decode()}")


def make(name: str, place: Path) -> None:
    script, run_name, *style = RUNS[name]
    run_dir = place / run_name
    subprocess.run([sys.executable, HERE / script, run_dir, *style], cwd=place, check=True)
    refuse_leaks(run_dir)
    archive = ARCHIVES / f"{name}.tar.gz"
    pack(run_dir, archive)
    sys.stdout.write(f"{archive.name}: {archive.stat().st_size:,} bytes\n")


def main() -> None:
    place = Path(sys.argv[1] if len(sys.argv) > 1 else "/scratch/amy")
    if place.exists():
        sys.exit(f"{place} exists; name a place that does not")
    ours = [path for path in (place, *place.parents) if not path.exists()][-1]
    ARCHIVES.mkdir(exist_ok=True)
    place.mkdir(parents=True)
    try:
        for name in sys.argv[2:] or RUNS:
            make(name, place)
    finally:
        shutil.rmtree(ours)


if __name__ == "__main__":
    main()
