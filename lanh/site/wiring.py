"""Where the engines are put together: each port gets what fills it."""

from __future__ import annotations

from dataclasses import dataclass

from lanh.core.api.authentication import Authenticator
from lanh.core.api.token import TokenEndpoint
from lanh.core.database import AsyncDatabase
from lanh.site.instance import Instance


@dataclass(frozen=True, slots=True)
class Engines:
    """The engines of one server process."""

    database: AsyncDatabase
    authenticator: Authenticator
    tokens: TokenEndpoint

    async def close(self) -> None:
        """Close what was opened."""
        await self.database.close()


async def open_engines(instance: Instance) -> Engines:
    """Open the pools of a server process and put its engines together."""
    database = await AsyncDatabase.connect(instance.database_url(), max_size=8)
    settings = instance.settings
    addresses = [settings.url, f"http://localhost:{settings.port}"]
    return Engines(
        database=database,
        authenticator=Authenticator(database),
        tokens=TokenEndpoint(database, addresses),
    )
