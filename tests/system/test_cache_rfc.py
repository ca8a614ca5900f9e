"""What the RFCs say of caches: the rows of cache_cases.py and
cache_cases_use.py, one daemon for all."""

import re

import pytest

import cache_cases
import cache_cases_use
from cache_rows import Stage

ROWS = [*cache_cases.CASES, *cache_cases_use.CASES]


@pytest.fixture(scope="module")
def stage():
    stage = Stage()
    try:
        stage.daemon.start()
        yield stage
    finally:
        stage.close()


def name(row):
    return re.sub(r"[^A-Za-z0-9.=*;-]+", "_", row.title)


@pytest.mark.parametrize("number, row", [
    pytest.param(number, row, id=name(row))
    for number, row in enumerate(ROWS)])
def test_cache(stage, number, row):
    stage.play(row, f"/{number}")
