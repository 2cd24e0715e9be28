"""Shared parts, loaded once: the shipped content and the product in a temporary data directory."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings
from sqlalchemy import text

from app.library import files
from app.library.files import Library
from app.settings import Settings, load
from app.storage.database import Database
from app.storage.tables import Table
from app.wiring import Copilot
from tests.postgres import temporary_server

# Speed is measured in benchmarks/; a busy machine must not fail a property.
hypothesis_settings.register_profile("kefu", deadline=None)
hypothesis_settings.load_profile("kefu")
AFTERNOON = datetime.fromisoformat("2026-11-23T15:07:00+08:00")


@pytest.fixture(scope="session")
def content() -> Path:
    return load().content_dir


@pytest.fixture(scope="session")
def library(content: Path) -> Library:
    return files.load(content)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load(data_dir=tmp_path_factory.mktemp("data"), port=0)


@pytest.fixture(scope="session")
def copilot(settings: Settings) -> Iterator[Copilot]:
    opened = Copilot.open(settings)
    yield opened
    opened.close()


@pytest.fixture
def now() -> datetime:
    return AFTERNOON


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    with temporary_server() as url:
        if url is None:
            pytest.skip("no PostgreSQL that could be started for the test")
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    sqlite = f"sqlite:///{tmp_path / 'kefu.sqlite3'}"
    url = sqlite if request.param == "sqlite" else request.getfixturevalue("cluster")
    opened = Database.open(url, tmp_path)
    if request.param == "postgresql":
        with opened.write() as session:
            session.execute(text("TRUNCATE " + ",".join(Table.metadata.tables) + " RESTART IDENTITY"))
    yield opened
    opened.close()
