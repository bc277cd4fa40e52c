"""The ASGI root, called as a server calls it."""

import asyncio
import json

import pytest

from dajing.kernel.web import static
from dajing.kernel.web.asgi import _told, application
from dajing.kernel.web.body import Gone, TooLarge, whole


async def ask(path, *, method="GET", headers=(), chunks=(b"",), query=b""):
    parts = [{"type": "http.request", "body": c, "more_body": n < len(chunks) - 1} for n, c in enumerate(chunks)]
    sent = []

    async def receive():
        return parts.pop(0) if parts else {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": list(headers)}
    scope |= {"http_version": "1.1", "scheme": "http", "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 9)}
    await application(scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"]), b"".join(m.get("body", b"") for m in sent[1:])


async def test_health_answers_without_touching_django():
    assert (await ask("/health"))[0] == 200


async def test_a_file_with_its_digest_in_the_name_is_kept_for_ever_and_one_without_is_asked_for_again():
    part = static.find("django_htmx/htmx-2.min.js")
    status, headers, body = await ask(f"/static/django_htmx/htmx-2.min.{part.digest}.js")
    assert (status, headers[b"cache-control"]) == (200, static.FOR_EVER)
    assert body == part.path.read_bytes()
    _, headers, _ = await ask("/static/django_htmx/htmx-2.min.js")
    assert headers[b"cache-control"] == static.ASK_AGAIN


async def test_a_wrong_digest_is_not_a_promise():
    assert (await ask("/static/django_htmx/htmx-2.min.000000000000.js"))[1][b"cache-control"] == static.ASK_AGAIN


async def test_an_unchanged_file_is_not_sent_twice():
    _, headers, _ = await ask("/static/django_htmx/htmx-2.min.js")
    status, _, body = await ask("/static/django_htmx/htmx-2.min.js", headers=[(b"if-none-match", headers[b"etag"])])
    assert (status, body) == (304, b"")


async def test_a_browser_that_takes_gzip_gets_the_same_bytes_packed():
    import gzip

    gz = [(b"accept-encoding", b"gzip")]
    _, headers, packed = await ask("/static/django_htmx/htmx-2.min.js", headers=gz)
    _, _, plain = await ask("/static/django_htmx/htmx-2.min.js")
    assert headers[b"content-encoding"] == b"gzip"
    assert gzip.decompress(packed) == plain


@pytest.mark.parametrize("name", ["../settings.py", "..%2f..%2fsettings.py", "/etc/passwd", "\0", "", "django_htmx"])
async def test_nothing_outside_the_static_folders_is_served(name):
    assert (await ask(f"/static/{name}"))[0] == 404


async def test_a_query_with_raw_bytes_is_a_page_and_no_crash():
    assert (await ask("/nothing", query="q=中".encode()))[0] == 404


async def test_a_file_that_is_too_large_is_refused_with_the_reason_in_both_languages():
    megabyte = b"x" * (1 << 20)
    status, _, body = await ask("/", method="POST", chunks=[megabyte] * 22)
    assert status == 413
    assert "文件超过 20 MiB" in body.decode()
    assert "larger than 20 MiB" in body.decode()
    status, headers, body = await ask("/api/v1/plan/uploads", method="POST", chunks=[megabyte] * 22)
    assert (status, dict(headers)[b"content-type"].split(b";")[0]) == (413, b"application/problem+json")
    assert "20 MiB" in json.loads(body)["title"]


async def test_a_body_is_replayed_unchanged_even_when_it_went_to_disk():
    parts = [b"a" * 700_000, b"b" * 700_000]
    sent = [{"type": "http.request", "body": p, "more_body": p is not parts[-1]} for p in parts]

    async def receive():
        return sent.pop(0)

    replay = await whole(receive=receive, limit=2_000_000)
    got, more = b"", True
    while more:
        message = await replay()
        got, more = got + message["body"], message["more_body"]
    assert got == b"".join(parts)


async def test_a_client_that_leaves_in_the_middle_of_its_body_starts_nothing():
    async def receive():
        return {"type": "http.disconnect"}

    with pytest.raises(Gone):
        await whole(receive=receive, limit=10)


async def test_an_endless_refused_body_is_cut_off(monkeypatch):
    monkeypatch.setattr("dajing.kernel.web.body.DRAIN", 100)

    async def receive():
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b"x" * 60, "more_body": True}

    with pytest.raises(TooLarge):
        await asyncio.wait_for(whole(receive=receive, limit=10), 5)


@pytest.mark.parametrize("path", ["/sign-in/", "/setup/link/"])
def test_the_secret_of_a_one_time_link_is_not_in_the_log(path):
    assert _told(path + "mfPObUHC7gSXQt4D3nWUheFKwydOuEvl") == f"{path}…"
    assert _told("/sign-in/passkey/begin") == "/sign-in/passkey/begin"
