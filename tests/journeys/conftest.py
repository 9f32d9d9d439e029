"""A platform that really runs, with made-up people, and a real browser before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page

from lanh.connectors.civil_registry.tests.registry import TOKEN, Simulator
from lanh.core.web.tests.chromium import chromium
from lanh.site.demonstration import users
from lanh.site.tests.installation import Installation

PASSWORDS = {user.username: user.password for user in users()}


REFUSAL = "Nơi cư trú không khớp dữ liệu dân cư"


@pytest.fixture(scope="session")
def civil_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """The simulated civil registry, a process of its own; it refuses the first message."""
    folder = tmp_path_factory.mktemp("civil-registry")
    registry = Simulator(folder, ("--refuse", "1", "--reason", REFUSAL))
    registry.start()
    yield registry
    registry.kill()


@pytest.fixture(scope="session")
def running_platform(
    civil_registry: Simulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """An installation of its own: own data folder, own ports, a hundred made-up people."""
    token = tmp_path_factory.mktemp("token") / "token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    platform = Installation(
        LANH_PEOPLE="100", LANH_LANG="vi", LANH_CIVIL_REGISTRY=civil_registry.address,
        LANH_CIVIL_REGISTRY_TOKEN=str(token),
    )  # fmt: skip
    try:
        started = platform.lanh("up", seconds=540)
        assert started.returncode == 0, started.stdout + started.stderr + platform.logged()
        yield platform
    finally:
        platform.remove()


@pytest.fixture(scope="session")
def real_browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@dataclass
class Walker:
    """Somebody at a browser, on the running platform."""

    page: Page
    base: str

    def go(self, path: str) -> None:
        self.page.goto(self.base + path)

    def sign_in(self, user: str) -> None:
        self.page.context.clear_cookies()
        self.go("/sign-in")
        self.page.fill("#f-username", user)
        self.page.fill("#f-password", PASSWORDS[user])
        self.page.press("#f-password", "Enter")
        self.page.wait_for_url(f"{self.base}/")

    def search(self, text: str) -> None:
        self.go("/people")
        self.page.fill("#f-text", text)
        self.page.press("#f-text", "Enter")
        self.page.wait_for_url("**/people/found/*")

    def send_form(self, why: str) -> None:
        """Send the form that is open, past the page that shows it once more; what is doubted is
        sent past with a reason."""
        for _ in range(4):
            if self.page.locator("textarea[name='warned']").count():
                self.page.fill("textarea[name='warned']", why)
            self.page.click("#entry-bar button.primary")
            self.page.wait_for_timeout(2000)
            self.page.wait_for_load_state()
            if "/records/" in self.page.url:
                return

    @property
    def own_name(self) -> str:
        return self.page.inner_text(".who-am-i b").strip()


@pytest.fixture
def walker(running_platform: Installation, real_browser: Browser) -> Iterator[Callable[[], Walker]]:
    """Opens browsers for people; each has cookies of its own."""
    contexts = []

    def open_one() -> Walker:
        context = real_browser.new_context(viewport={"width": 1366, "height": 800}, locale="vi-VN")
        context.set_default_timeout(60_000)
        contexts.append(context)
        return Walker(context.new_page(), running_platform.url)

    yield open_one
    for context in contexts:
        context.close()
