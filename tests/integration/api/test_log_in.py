"""Who gets in, by which way, and who does not."""

from __future__ import annotations

import stat
from datetime import timedelta

import pytest

from tradewind.actions.edit_access import PASSWORD_FILE, change_user, delete_user, ensure_admin
from tradewind.actions.log_in import hash_password, log_in, password_matches
from tradewind.api.auth import COOKIE
from tradewind.store.tables import access as tables

from .conftest import PASSWORD, House


def log_on(house: House, username: str = "admin", password: str = PASSWORD):
    return house.client.post("/auth/login", json={"username": username, "password": password})


@pytest.mark.spec("1/UI-01", "3/RB-01")
def test_every_page_needs_a_log_in_and_the_right_password_gives_it(house: House) -> None:
    assert house.client.get("/ui/me").status_code == 401
    answer = log_on(house)
    assert answer.status_code == 200
    assert answer.json() == {"username": "admin", "roles": ["Admin"]}
    assert house.client.get("/ui/me").json()["username"] == "admin"


@pytest.mark.spec("1/UI-01")
def test_a_wrong_password_is_refused_with_a_clear_sentence(house: House) -> None:
    for username in ("admin", "nobody"):
        answer = log_on(house, username, "guess")
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"] == "The user name or the password is wrong."
        assert "set-cookie" not in answer.headers


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(house: House) -> None:
    cookie = log_on(house).headers["set-cookie"].lower()
    assert cookie.startswith(COOKIE)
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_tokens_and_passwords_are_not_readable_in_the_database(house: House) -> None:
    token = log_on(house).cookies[COOKIE]
    with house.store.read() as conn:
        sessions = conn.execute(tables.session.select()).all()
        people = conn.execute(tables.user.select()).all()
    assert token not in repr(sessions)
    assert PASSWORD not in repr(people)
    assert len({person.password_hash for person in people}) == len(people), "the same password, other salts"


@pytest.mark.spec("3/RB-16")
def test_a_password_rests_as_a_salted_hash() -> None:
    one, other = hash_password("secret"), hash_password("secret")
    assert one != other
    assert password_matches("secret", one)
    assert not password_matches("Secret", one)
    assert not password_matches("secret", "plain:secret")


def test_logging_out_ends_the_session_on_the_server(house: House) -> None:
    token = log_on(house).cookies[COOKIE]
    house.client.post("/auth/logout", headers={"X-Requested-With": "page"})
    house.client.cookies.set(COOKIE, token)
    assert house.client.get("/ui/me").status_code == 401


def test_a_session_ends_by_itself(house: House) -> None:
    log_on(house)
    house.clock.advance(house.settings.get_float("api", "session_hours") * 3600 + 1)
    answer = house.client.get("/ui/me")
    assert answer.status_code == 401
    assert answer.json()["detail"] == "The log-in is over."


def test_programs_use_basic_credentials_or_a_bearer_token(house: House) -> None:
    assert house.client.get("/api/v1/dags", **house.as_("viewer")).status_code == 200
    token = house.client.post("/auth/token", json={"username": "viewer", "password": PASSWORD})
    assert token.status_code == 201
    bearer = {"Authorization": f"Bearer {token.json()['access_token']}"}
    assert house.client.get("/api/v2/dags", headers=bearer).status_code == 200
    assert house.client.get("/api/v2/dags", headers={"Authorization": "Bearer nonsense"}).status_code == 401


@pytest.mark.spec("1/RC-07")
def test_bad_credentials_are_401_with_a_challenge_for_programs_only(house: House) -> None:
    for headers in ({}, {"Authorization": "Basic !!!"}):
        answer = house.client.get("/api/v1/dags", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic")
    page = house.client.get("/api/v1/dags", headers={"X-Requested-With": "page"})
    assert "www-authenticate" not in page.headers


def test_a_changed_password_is_noticed_at_once_by_remembered_credentials(house: House) -> None:
    assert house.client.get("/ui/me", **house.as_("op")).status_code == 200
    change_user(house.act(), "op", password="another")
    assert house.client.get("/ui/me", **house.as_("op")).status_code == 401
    assert house.client.get("/ui/me", auth=("op", "another")).status_code == 200


def test_a_changed_password_and_a_removal_end_open_sessions(house: House) -> None:
    for name, change in (("op", lambda: change_user(house.act(), "op", password="x")),
                         ("user", lambda: delete_user(house.act(), "user"))):  # fmt: skip
        log_on(house, name)
        assert house.client.get("/ui/me").status_code == 200
        change()
        assert house.client.get("/ui/me").status_code == 401


@pytest.mark.spec("3/RB-04")
def test_a_changed_role_counts_at_the_next_request(house: House) -> None:
    log_on(house, "viewer")
    assert house.client.get("/api/v1/variables").status_code == 403
    change_user(house.act(), "viewer", roles=["Op"])
    assert house.client.get("/api/v1/variables").status_code == 200


def test_guessing_is_slowed_down_and_time_heals(house: House) -> None:
    for _ in range(5):
        assert log_on(house, password="guess").status_code == 401
    answer = log_on(house)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    assert "Wait" in answer.json()["hint"]
    assert log_on(house, "viewer").status_code == 200, "others are not kept out"
    house.clock.advance(5)
    assert log_on(house).status_code == 200


def test_a_change_with_the_cookie_must_come_from_our_page(house: House) -> None:
    log_on(house)
    body = {"key": "k", "value": "v"}
    assert house.client.post("/api/v1/variables", json=body).status_code == 403
    foreign = {"Origin": "http://evil.test"}
    assert house.client.post("/api/v1/variables", json=body, headers=foreign).status_code == 403
    ours = {"Origin": "http://tradewind.test"}
    assert house.client.post("/api/v1/variables", json=body, headers=ours).status_code == 200
    asked = {"X-Requested-With": "page"}
    assert house.client.delete("/api/v1/variables/k", headers=asked).status_code == 204


def test_an_empty_house_gets_an_admin_with_a_drawn_password_once(house: House) -> None:
    with house.store.write() as conn:
        conn.execute(tables.user.delete())
    password = ensure_admin(house.act())
    file = house.settings.home / PASSWORD_FILE
    assert password == file.read_text().strip()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert log_on(house, "admin", password).status_code == 200
    assert ensure_admin(house.act()) is None


def test_sessions_that_are_over_are_swept_away(house: House) -> None:
    log_in(house.act(), "viewer", PASSWORD, hours=1)
    house.clock.advance(timedelta(hours=2).total_seconds())
    log_in(house.act(), "viewer", PASSWORD)
    with house.store.read() as conn:
        assert len(conn.execute(tables.session.select()).all()) == 1
