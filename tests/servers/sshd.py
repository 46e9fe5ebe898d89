"""An OpenSSH server with its SFTP subsystem; one key opens it."""

from __future__ import annotations

import contextlib
import getpass
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tests.servers.process import answers, free_port, process, program


@dataclass(frozen=True)
class Sshd:
    """Where it answers; ``files`` is a folder for transfers."""

    port: int
    key: Path
    files: Path
    login: str
    host_key: str
    host: str = "127.0.0.1"

    def uri(self, kind: str = "ssh") -> str:
        """As a connection: with the host's key known, so that no check is switched off."""
        extra = {"key_file": str(self.key), "host_key": self.host_key, "no_host_key_check": False}
        return f"{kind}://{self.login}@{self.host}:{self.port}/?__extra__={quote(json.dumps(extra))}"


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Sshd]:
    """One for the user of this process."""
    daemon, keygen = program("sshd", "sshd"), program("sshd", "ssh-keygen")
    server = program(
        "sshd", "/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server", "/usr/libexec/sftp-server"
    )
    for name in ("host", "user"):
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    host_key = " ".join((folder / "host.pub").read_text().split()[:2])
    found = Sshd(free_port(), folder / "user", folder / "files", getpass.getuser(), host_key)
    found.files.mkdir()
    (folder / "authorized").write_text((folder / "user.pub").read_text())
    (folder / "authorized").chmod(0o600)
    Path("/run/sshd").mkdir(exist_ok=True)  # where it leaves its rights
    config = folder / "config"
    config.write_text(
        f"Port {found.port}\nListenAddress {found.host}\nHostKey {folder / 'host'}\nPidFile {folder / 'pid'}\n"
        f"AuthorizedKeysFile {folder / 'authorized'}\nStrictModes no\nPasswordAuthentication no\nUsePAM no\n"
        f"PermitRootLogin prohibit-password\nSubsystem sftp {server}\nAcceptEnv *\n"
    )
    command: list[str | Path] = [daemon, "-D", "-e", "-f", config]
    with process("sshd", command, log=folder / "log", ready=lambda: answers(found.port)):
        yield found
