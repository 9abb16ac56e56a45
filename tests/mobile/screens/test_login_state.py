from pathlib import Path

import pytest

from tests.mobile.conftest import Drawer
from tradedeck_mobile.device import Device
from tradedeck_mobile.screens.login.state import LoginForm, problems
from tradedeck_mobile.settings import Settings


@pytest.mark.parametrize("email", ["", "ada", "ada@", "@x.io", "a b@x.io", "ada@x", "ada@x."])
def test_what_is_no_address_is_said_at_once(email: str) -> None:
    assert set(problems(email, "long enough")) == {"email"}


def test_an_address_and_eight_characters_will_do() -> None:
    assert problems("ada@example.com", "12345678") == {}
    assert set(problems("ada@example.com", "1234567")) == {"password"}


async def test_an_unreachable_cloud_is_one_sentence_and_nothing_is_kept(
    tmp_path: Path, unused_tcp_port: int, vault: Drawer
) -> None:
    device = Device(Settings(data=tmp_path, cloud_http=f"http://127.0.0.1:{unused_tcp_port}"))
    form = LoginForm(email="ada@example.com", password="12345678")
    assert not await form.submit(device, vault)
    assert "can't be reached" in form.failure
    assert not form.busy
    assert vault.kept == {}
    assert device.user is None
    await device.close()


def test_a_password_is_never_written_down() -> None:
    assert "hush" not in repr(LoginForm(password="hush hush"))
