import os
from pathlib import Path

import pytest

from community.runtime.home import Home, HomeError, can_reach

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders to others")


def test_sockets_are_beside_the_data():
    home = Home(Path("/srv/caravan/var"))

    assert home.redis_socket == Path("/srv/caravan/var/redis/redis.sock")
    assert home.redis_url(3) == "unix:///srv/caravan/var/redis/redis.sock?db=3"


@pytest.mark.parametrize(
    "root",
    ["/srv/" + "long/" * 30 + "var", "/srv/with a space/var", "/srv/ümlaut/var", "/srv/100%/var"],
)
def test_sockets_move_to_a_short_path_when_theirs_is_too_long_or_would_need_quoting(root: str):
    home = Home(Path(root))

    assert home.redis_socket == Path(f"/tmp/caravan-{os.geteuid()}-{home.digest}/redis/redis.sock")
    assert len(str(home.postgres_sockets / ".s.PGSQL.5432.lock")) < 100


def test_two_homes_never_share_a_short_path():
    first, second = (Home(Path("/srv/" + "long/" * 30 + name)) for name in ("one", "two"))

    assert first.redis_socket != second.redis_socket


def test_prepare_makes_folders_only_their_user_can_open(home: Home):
    home.prepare()

    for folder in (home.postgres, home.redis):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_prepare_twice_changes_nothing(home: Home):
    home.prepare()
    before = home.redis.stat()
    home.prepare()

    assert home.redis.stat() == before


def test_prepare_reports_an_unwritable_folder():
    home = Home(Path("/proc/caravan"))

    with pytest.raises(
        HomeError, match="Choose a folder that you can write to with --data DIR or CARAVAN_DATA"
    ):
        home.prepare()


def test_prepare_refuses_a_folder_that_is_a_link_elsewhere(home: Home, tmp_path: Path):
    home.prepare()
    home.redis.rmdir()
    home.redis.symlink_to(tmp_path)

    with pytest.raises(HomeError, match="belongs to another user"):
        home.prepare()


@as_root
def test_prepare_refuses_a_folder_of_another_user(home: Home):
    home.prepare()
    os.chown(home.redis, 12345, 12345)

    with pytest.raises(HomeError, match="belongs to another user"):
        home.prepare()


@as_root
def test_postgres_lives_outside_where_its_user_cannot_reach(home: Home):
    home.root.parent.chmod(0o700)

    assert home.postgres == Path("/var/lib/caravan") / home.digest


@as_root
def test_prepare_leaves_folders_that_are_not_its_own_alone(home: Home):
    before = [parent.stat().st_mode for parent in home.root.parents]

    home.prepare()

    assert [parent.stat().st_mode for parent in home.root.parents] == before


@as_root
def test_prepare_ignores_the_umask(home: Home):
    before = os.umask(0o077)
    try:
        Home(home.root / "test").prepare()
    finally:
        os.umask(before)

    assert Home(home.root / "test").postgres == home.root / "test/postgres"


def test_remove_sockets_only_removes_those_outside(home: Home):
    far = Home(home.root / ("long " * 20))
    far.prepare()

    far.remove_sockets()

    assert not far.redis_socket.parent.exists()
    assert far.redis.exists()
    assert far.postgres.exists()


@as_root
def test_can_reach_checks_the_nearest_existing_parent(tmp_path: Path):
    assert can_reach(Path("/nowhere/at/all"), "nobody") is True

    tmp_path.chmod(0o700)

    assert can_reach(tmp_path / "not/there", "nobody") is False
