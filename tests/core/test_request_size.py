"""Nobody fills the disk by posting files."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client


@pytest.mark.parametrize("address", ["/sign-in/", "/keys/1/workflows/57/upload/"])
def test_a_form_too_large_is_refused_unread(db: None, static_root: None, settings: Any, address: str) -> None:
    """Also for people who are not signed in, and before the security token in it is looked for."""
    settings.LARGEST_FORM = 1000
    browser = Client(enforce_csrf_checks=True)
    browser.get("/sign-in/")
    large = SimpleUploadedFile("large.zip", b"x" * 2000)
    answered = browser.post(address, {"rows_file": large})
    assert answered.status_code == 413
    assert "MB with files" in answered.content.decode()


def test_a_form_of_ordinary_size_is_read(db: None, static_root: None, settings: Any) -> None:
    settings.LARGEST_FORM = 3000
    small = SimpleUploadedFile("small.zip", b"x" * 2000)
    assert Client().post("/sign-in/", {"username": "nobody", "file": small}).status_code == 422
