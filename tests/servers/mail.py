"""Mail: an SMTP server that asks for a password (aiosmtpd), and the real Dovecot over the same mailbox for IMAP."""

from __future__ import annotations

import contextlib
import email
import email.policy
import getpass
import grp
import os
import pwd
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from tests.servers.process import answers, environment, free_port, process, program

PROGRAM = Path(__file__).parent / "programs" / "smtp.py"


@dataclass(frozen=True)
class Mail:
    """Where both answer. What SMTP takes lands in ``box`` (a Maildir), which IMAP shows as INBOX."""

    smtp_port: int
    imap_port: int
    box: Path
    host: str = "127.0.0.1"
    login: str = "sailor"
    password: str = "knots"

    @property
    def smtp_uri(self) -> str:
        """As a connection."""
        extra = "disable_ssl=true&disable_tls=true&from_email=deck%40example.org"
        return f"smtp://{self.login}:{self.password}@{self.host}:{self.smtp_port}/?{extra}"

    @property
    def imap_uri(self) -> str:
        """As a connection."""
        extra = "%7B%22use_ssl%22%3A+false%7D"
        return f"imap://{self.login}:{self.password}@{self.host}:{self.imap_port}/?__extra__={extra}"

    def letters(self) -> list[EmailMessage]:
        """All that arrived, oldest first; IMAP may have taken them from ``new`` to ``cur``."""
        files = [*(self.box / "new").glob("*"), *(self.box / "cur").glob("*")]
        ordered = sorted(files, key=lambda file: file.stat().st_mtime_ns)
        return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in ordered]  # type: ignore[misc]


@contextlib.contextmanager
def smtp(folder: Path) -> Iterator[Mail]:
    """SMTP alone."""
    found = Mail(free_port(), 0, folder / "box")
    for place in (found.box, *(found.box / name for name in ("tmp", "new", "cur"))):
        place.mkdir()
        place.chmod(0o777)  # root's letters are read by a user of its own
    command = [
        environment("servers", "smtp"),
        PROGRAM,
        found.host,
        str(found.smtp_port),
        found.login,
        found.password,
        found.box,
    ]
    with process("smtp", command, log=folder / "smtp.log", ready=lambda: answers(found.smtp_port)):
        yield found


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Mail]:
    """Both over one mailbox."""
    daemon = program("imap", "dovecot")
    with smtp(folder) as sending:
        found = Mail(sending.smtp_port, free_port(), sending.box)
        folder.chmod(0o755)  # its log-in process runs as nobody in particular
        config = folder / "dovecot.conf"
        config.write_text(_config(folder, found))
        command: list[str | Path] = [daemon, "-F", "-c", config]
        with process("imap", command, log=folder / "imap.log", ready=lambda: answers(found.imap_port)):
            yield found


def _config(folder: Path, found: Mail) -> str:
    user, group = getpass.getuser(), grp.getgrgid(os.getgid()).gr_name
    reader = pwd.getpwnam("mail") if user == "root" else pwd.getpwuid(os.getuid())  # root may not read mail
    return f"""
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/imap.log
protocols = imap
listen = {found.host}
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_login_user = {"dovenull" if user == "root" else user}
default_internal_group = {group}
first_valid_uid = 0
first_valid_gid = 0
mail_location = maildir:{found.box}
mail_access_groups =
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = {found.host}
    port = {found.imap_port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
passdb {{
  driver = static
  args = user={found.login} password={found.password}
}}
userdb {{
  driver = static
  args = uid={reader.pw_uid} gid={reader.pw_gid} home={folder}/box allow_all_users=yes
}}
"""
