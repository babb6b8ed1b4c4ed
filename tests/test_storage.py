"""Where files lie: a folder or a bucket, under names that tell nothing, whole or not at all, and as they were put."""

import re
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config import Settings, from_environment
from referrals.fitness import missing
from referrals.storage import Away, Bucket, Changed, Folder, Gone, opened, put_within, sha256, unchanged
from tests import bucket
from tests.test_setup import GOOD


@pytest.fixture
def running():
    with bucket.bucket() as running:
        yield running


def in_bucket(running, **different):
    told = {"s3_access_key_id": bucket.KEY, "s3_secret_access_key": bucket.SECRET, **different}
    return opened(Settings(documents=f"s3://{bucket.NAME}/papers", s3_endpoint=running.url, **told))


@pytest.fixture(params=["folder", "bucket"])
def storage(request, tmp_path):
    if request.param == "folder":
        return opened(Settings(documents=str(tmp_path / "documents")))
    return in_bucket(request.getfixturevalue("running"))


def test_the_settings_say_where(tmp_path, running):
    assert isinstance(opened(Settings(documents=str(tmp_path))), Folder)
    assert isinstance(in_bucket(running), Bucket)


def test_what_is_put_is_got_back_under_a_name_that_tells_nothing(storage):
    first, second = storage.put(b"of Ada"), storage.put(b"of Ada")
    assert first != second
    assert re.fullmatch("[0-9a-f]{32}", first)
    assert storage.get(first) == storage.get(second) == b"of Ada"


def test_a_file_of_twenty_megabytes_is_kept_whole(storage):
    content = bytes(range(256)) * 80 * 1024
    assert sha256(storage.get(storage.put(content))) == sha256(content)


def test_what_was_removed_is_gone_and_removing_it_again_does_nothing(storage):
    name = storage.put(b"x")
    storage.remove(name)
    storage.remove(name)
    with pytest.raises(Gone):
        storage.get(name)


def test_all_that_is_there_is_listed_with_its_age(storage):
    names = {storage.put(b"x"), storage.put(b"y")}
    kept = dict(storage.kept())
    assert kept.keys() == names
    assert all(since < datetime.now(UTC) + timedelta(minutes=1) for since in kept.values())


def test_an_empty_place_lists_nothing(storage):
    assert list(storage.kept()) == []


def test_a_changed_file_is_noticed_and_so_is_one_that_is_gone(tmp_path):
    storage = Folder(tmp_path)
    name = storage.put(b"as it was")
    assert unchanged(storage, name, sha256(b"as it was")) == b"as it was"
    (tmp_path / name[:2] / name).write_bytes(b"as it is now")
    with pytest.raises(Changed):
        unchanged(storage, name, sha256(b"as it was"))
    storage.remove(name)
    with pytest.raises(Changed):
        unchanged(storage, name, sha256(b"as it was"))


def test_nobody_else_on_the_machine_opens_the_folder_or_a_file(tmp_path):
    storage = Folder(tmp_path / "documents")
    name = storage.put(b"x")
    for path in (storage.root, storage.root / name[:2]):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert stat.S_IMODE((storage.root / name[:2] / name).stat().st_mode) == 0o600


def test_a_place_that_fails_is_away(tmp_path, running):
    (tmp_path / "a file").touch()
    for folder in (Folder(tmp_path / "a file"), opened(Settings())):
        with pytest.raises(Away):
            folder.put(b"x")
    storage, running.away = in_bucket(running), True
    for doing in (lambda: storage.put(b"x"), lambda: storage.get("x" * 32), lambda: list(storage.kept())):
        with pytest.raises(Away):
            doing()
    running.away = False
    with pytest.raises(Away):
        in_bucket(running, s3_access_key_id="another").put(b"x")


def test_in_a_bucket_files_lie_below_the_folder_of_the_setting(running):
    name = in_bucket(running).put(b"x")
    assert list(running.files) == [f"papers/{name[:2]}/{name}"]


def test_a_file_goes_away_with_the_transaction_that_did_not_come_to_be(database, tmp_path):
    storage = Folder(tmp_path)
    with pytest.raises(RuntimeError, match="after the fact"), database.begin() as session:
        put_within(session, storage, b"x")
        session.flush()
        assert len(list(storage.kept())) == 1
        raise RuntimeError("after the fact")
    assert list(storage.kept()) == []
    with database.begin() as session:
        put_within(session, storage, b"x")
    assert len(list(storage.kept())) == 1


# What an installation has to be told


def lacking(**told):
    return missing(from_environment({**GOOD, **told}))


@pytest.mark.parametrize("place", ["", "documents", "var/documents", "s3://", "s3://bucket/x?y=z", "http://x"])
def test_production_has_to_say_where_documents_lie(place):
    assert "DOCUMENTS" in lacking(DOCUMENTS=place)


def test_documents_never_lie_within_the_program():
    assert "DOCUMENTS" in lacking(DOCUMENTS=str(Path(__file__).parent.parent / "referrals" / "static"))
    assert "DOCUMENTS" in lacking(DOCUMENTS=str(Path(__file__).parent.parent / "var" / ".." / "referrals"))


def test_a_bucket_needs_its_keys_and_a_safe_way_to_it():
    keys = {"S3_ACCESS_KEY_ID": "a", "S3_SECRET_ACCESS_KEY": "b"}
    assert lacking(DOCUMENTS="s3://bucket", **keys) == {}
    assert lacking(DOCUMENTS="s3://bucket/folder").keys() == keys.keys()
    for endpoint, fit in {
        "https://s3.example.org": True,
        "http://127.0.0.1:9000": True,
        "http://s3.example.org": False,
        "s3.example.org": False,
        "https://key@s3.example.org": False,
    }.items():
        assert ("S3_ENDPOINT" not in lacking(DOCUMENTS="s3://bucket", S3_ENDPOINT=endpoint, **keys)) is fit, endpoint


@pytest.mark.parametrize(
    ("scanner", "fit"),
    [
        ("", True), ("clamd:3310", True), ("127.0.0.1:3310", True), ("/run/clamav/clamd.ctl", True),
        ("clamd", False), ("clamd:", False), ("clamd:0", False), ("clamd:99999", False), ("http://clamd:3310", False),
    ],
)  # fmt: skip
def test_the_scanner_is_a_port_or_a_socket(scanner, fit):
    assert ("CLAMAV" not in lacking(CLAMAV=scanner)) is fit
