"""The built page is served from its folder and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tradewind.api import problems
from tradewind.api.static import router_of


def client_of(folder: Path) -> TestClient:
    app = FastAPI()
    problems.install(app)
    app.include_router(router_of(folder))
    return TestClient(app)


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<html>the page</html>")
    (folder / "assets" / "index-abc123.js").write_text("1")
    (tmp_path / "secret.txt").write_text("very private")
    return client_of(folder)


def test_client_routes_all_answer_with_the_page(client: TestClient) -> None:
    for path in ("/", "/dags", "/dags/rockets/runs/manual__2026-01-01T00:00:00+00:00"):
        answer = client.get(path)
        assert answer.text == "<html>the page</html>"
        assert answer.headers["cache-control"] == "no-cache"


def test_files_of_the_build_are_kept_forever_and_have_their_type(client: TestClient) -> None:
    answer = client.get("/assets/index-abc123.js")
    assert "immutable" in answer.headers["cache-control"]
    assert "javascript" in answer.headers["content-type"]


def test_a_page_the_browser_has_is_not_sent_again(client: TestClient) -> None:
    mark = client.get("/").headers["etag"]
    assert client.get("/", headers={"If-None-Match": mark}).status_code == 304
    assert client.get("/", headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt"])
def test_nothing_outside_the_folder_is_served(client: TestClient, path: str) -> None:
    assert "very private" not in client.get(path).text


def test_a_missing_file_of_the_build_is_not_the_page(client: TestClient) -> None:
    assert client.get("/assets/old-build.js").status_code == 404


def test_without_a_built_page_it_says_so_and_how_to_build_it(tmp_path: Path) -> None:
    answer = client_of(tmp_path / "none").get("/")
    assert "The page was not built" in answer.text
    assert "script/setup" in answer.text
