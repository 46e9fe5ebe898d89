"""An SMTP server that takes letters from one user into a Maildir: ``smtp.py HOST PORT LOGIN PASSWORD FOLDER``.

Runs with the Python of the environment ``servers``.
"""

from __future__ import annotations

import os
import signal
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HOST, PORT, LOGIN, PASSWORD, FOLDER = sys.argv[1:]


def authenticator(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    """Whether the password is the right one."""
    del server, session, envelope, mechanism
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (LOGIN.encode(), PASSWORD.encode())
    return AuthResult(success=right)


os.umask(0)  # the mailbox is shared with Dovecot's user
controller = Controller(
    Mailbox(FOLDER),
    hostname=HOST,
    port=int(PORT),
    authenticator=authenticator,
    auth_require_tls=False,
    auth_required=True,
)
controller.start()
signal.sigwait({signal.SIGTERM, signal.SIGINT})
controller.stop()
