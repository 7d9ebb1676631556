"""Checks that the packages in a folder hold what they must: python3 check.py FOLDER"""

import io
import pathlib
import sys
import tarfile

import rpmfile

WANTED = [
    "usr/bin/dateline",
    "usr/share/man/man1/dateline.1",
    "usr/share/man/man1/dateline-run.1",
    "usr/share/bash-completion/completions/dateline",
    "usr/share/zsh/site-functions/_dateline",
    "usr/share/fish/vendor_completions.d/dateline.fish",
    "usr/lib/systemd/system/dateline.service",
    "usr/lib/sysusers.d/dateline.conf",
    "etc/dateline/dateline.toml",
    "etc/dateline/feeds.toml",
]
CONFIG = [name for name in WANTED if name.startswith("etc/")]


def read_members(archive: bytes) -> dict[str, bytes]:
    """The members of an `ar` archive, as deb(5) has it: heads of 60 bytes, contents filled up to even lengths."""
    members, at = {}, 8
    while at < len(archive):
        name = archive[at : at + 16].decode().strip().rstrip("/")
        size = int(archive[at + 48 : at + 58])
        members[name] = archive[at + 60 : at + 60 + size]
        at += 60 + size + size % 2
    return members


def read_tar(members: dict[str, bytes], begin: str) -> dict[str, bytes]:
    name = next(name for name in members if name.startswith(begin))
    with tarfile.open(fileobj=io.BytesIO(members[name])) as tar:
        return {m.name.removeprefix("./").lstrip("/"): tar.extractfile(m).read() for m in tar if m.isfile()}


def check_deb(path: pathlib.Path) -> dict[str, bytes]:
    members = read_members(path.read_bytes())
    control = read_tar(members, "control.tar")
    kept = control["conffiles"].decode().split()
    assert sorted(kept) == sorted(f"/{name}" for name in CONFIG), kept
    assert {"postinst", "prerm"} <= control.keys(), control.keys()
    return read_tar(members, "data.tar")


def check_rpm(path: pathlib.Path) -> dict[str, bytes]:
    with rpmfile.open(path) as rpm:
        names = [member.name for member in rpm.getmembers()]
        return {name.removeprefix("./").lstrip("/"): rpm.extractfile(name).read() for name in names}


def main(folder: pathlib.Path) -> None:
    for end, check in [(".deb", check_deb), (".rpm", check_rpm)]:
        [path] = folder.glob(f"*{end}")
        files = check(path)
        missing = [name for name in WANTED if not files.get(name)]
        assert not missing, f"{path.name} lacks {missing}"
        assert files["usr/bin/dateline"].startswith(b"\x7fELF"), path.name
        unit = files["usr/lib/systemd/system/dateline.service"]
        assert b"ExecStart=/usr/bin/dateline run\n" in unit and b"\nUser=dateline\n" in unit, unit
        config = files["etc/dateline/dateline.toml"]
        assert b'path = "/var/lib/dateline/dateline.db"' in config, config
        print(f"package: {path}, {path.stat().st_size / 2**20:.0f} MB")


main(pathlib.Path(sys.argv[1]))
