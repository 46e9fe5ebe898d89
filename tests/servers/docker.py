"""A Docker engine of its own, with two images made here: nothing is pulled."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.require import missing
from tests.servers.process import clean_env, process, program

#: Folders of this machine that a container gets read-only, so that an image with only links can run Python.
HOST_FOLDERS = ("/usr", "/etc")


@dataclass(frozen=True)
class Docker:
    """Its socket. ``localhost/bare:1`` holds a static busybox; ``localhost/links:1`` needs ``HOST_FOLDERS`` mounted."""

    socket: Path

    @property
    def url(self) -> str:
        """As DOCKER_HOST and docker_url take it."""
        return f"unix://{self.socket}"

    def cli(self, *words: str) -> str:
        """What the docker command prints."""
        done = subprocess.run(
            [program("docker", "docker"), "-H", self.url, *words],
            capture_output=True, text=True, check=False, env=clean_env() | {"DOCKER_BUILDKIT": "0"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Docker]:
    """An engine without bridge rules left behind: its containers and networks end with it."""
    daemon = program("docker", "dockerd")
    program("docker", "docker")
    if os.geteuid() != 0:
        missing("docker", "dockerd needs root")
    found = Docker(folder / "socket")
    command: list[str | Path] = [daemon, "--data-root", folder / "data", "--exec-root", folder / "exec"]
    command += ["-p", folder / "pid", "-H", found.url, "--ip-masq=true", "--log-level=warn"]
    with process("docker", command, log=folder / "log", ready=lambda: _answers(found)):
        try:
            _images(found, folder)
            yield found
        finally:
            if left := found.cli("ps", "-aq").split():
                found.cli("rm", "-f", *left)
    for place in (folder / "exec").rglob("*"):  # namespaces it leaves mounted
        if place.is_mount():
            subprocess.run(["umount", place], check=False, capture_output=True)
    shutil.rmtree(folder / "data", ignore_errors=True)


def _answers(found: Docker) -> bool:
    docker = program("docker", "docker")
    asked = subprocess.run([docker, "-H", found.url, "version"], capture_output=True, check=False, env=clean_env())
    return found.socket.exists() and asked.returncode == 0


def _images(found: Docker, folder: Path) -> None:
    root = folder / "root"
    for name in ("bin", "proc", "sys", "dev", "tmp", "usr", "etc"):
        (root / name).mkdir(parents=True)
    box = program("docker", "busybox")
    if b"/ld-linux" in Path(box).read_bytes():
        missing("docker", "busybox is not static (.ci/run installs busybox-static)")
    shutil.copy2(box, root / "bin" / "busybox")
    for applet in (
        "sh",
        "echo",
        "sleep",
        "cat",
        "env",
        "true",
        "false",
        "ls",
        "touch",
        "id",
        "pwd",
        "wget",
        "hostname",
    ):
        (root / "bin" / applet).symlink_to("busybox")
    _import(found, root, folder / "bare.tar", "localhost/bare:1")
    links = folder / "links"
    for name in ("proc", "sys", "dev", "tmp", "usr", "etc"):
        (links / name).mkdir(parents=True)
    for name in ("bin", "sbin", "lib", "lib64"):
        (links / name).symlink_to(f"usr/{name}")
    _import(found, links, folder / "links.tar", "localhost/links:1")


def _import(found: Docker, root: Path, tar: Path, tag: str) -> None:
    with tarfile.open(tar, "w") as out:
        for entry in sorted(root.iterdir()):
            out.add(entry, arcname=entry.name)
    found.cli("import", str(tar), tag)


def python_folders() -> list[str]:
    """What a container of ``localhost/links:1`` needs mounted, read-only, to run the Python of these tests."""
    return [*HOST_FOLDERS, *sorted({sys.base_prefix, sys.prefix} - set(HOST_FOLDERS))]
