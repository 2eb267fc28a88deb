"""One sample run for all tests here: they only read it."""

import pytest
from keepstep.tui.sample.run import build_sample_run


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    directory = tmp_path_factory.mktemp("sample") / "run7"
    build_sample_run(directory, now=1_763_806_800.0)  # 2025-11-22 10:20:00 UTC
    return directory
