"""What one logs in with."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Credentials(BaseModel):
    """User name and password."""

    username: str = Field(min_length=1, max_length=250)
    password: str = Field(min_length=1, max_length=1000)

    def pair(self) -> tuple[str, str]:
        """Both."""
        return self.username, self.password
