"""Servers with a certificate of a company's own authority: accepted with CA_FILE, else refused with host and reason."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from aiosmtpd.controller import Controller
from botocore.config import Config
from django.core.exceptions import ImproperlyConfigured
from django.core.mail.backends.smtp import EmailBackend
from django.test import Client

from pipelines_portal.accounts.identity_provider import IdpAdapter
from pipelines_portal.api_client import PipelinesClient, RetryPolicy, Transport
from pipelines_portal.audit.models import Event
from pipelines_portal.core.certificates import SYSTEM_FILES
from pipelines_portal.core.connections import describe_failure
from pipelines_portal.keys.models import SavedKey
from tests.external_api.server import free_port
from tests.factories import browser_of, make_person
from tests.pages import text_of, words_of
from tests.settings_reader import EXTERNAL_API, PORTAL, read_settings
from tests.tls import https_server, make_certificates, server_context

CALL = "__import__('tests.core.test_certificates').core.test_certificates.call_all{}"
REASON = "self-signed certificate in certificate chain"
KEY = f"pk_live_{'5e' * 20}"
Ports = tuple[int, int, int]


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def ports(pem: Path) -> Iterator[Ports]:
    """Of an HTTPS server, a mail server with TLS, and one with STARTTLS."""
    context = server_context(pem)
    encrypted = Controller(object(), hostname="127.0.0.1", port=free_port(), ssl_context=context)
    upgraded = Controller(object(), hostname="127.0.0.1", port=free_port(), tls_context=context)
    with https_server(pem) as https:
        for server in (encrypted, upgraded):
            server.start()
        yield https, encrypted.port, upgraded.port
        for server in (encrypted, upgraded):
            server.stop()


def call_all(https: int, encrypted: int, upgraded: int) -> dict[str, str]:
    """Call each server as the programs do, in the process that has read the settings. Return why it was refused."""
    url = f"https://127.0.0.1:{https}"
    bucket = boto3.client(
        "s3", endpoint_url=url, region_name="x", aws_access_key_id="x", aws_secret_access_key="x",
        config=Config(retries={"max_attempts": 0}),
    )  # fmt: skip
    calls = {
        "API": lambda: PipelinesClient(Transport(url), KEY, RetryPolicy(0, 0)).workflow(42),
        "identity provider": lambda: IdpAdapter().get_requests_session().get(url, timeout=5),
        "bucket": lambda: bucket.head_bucket(Bucket="archives"),
        "mail": lambda: EmailBackend("127.0.0.1", encrypted, use_ssl=True, timeout=5).open(),
        "mail by STARTTLS": lambda: EmailBackend("127.0.0.1", upgraded, use_tls=True, timeout=5).open(),
    }
    return {name: _reason(call) for name, call in calls.items()}


def _reason(call: Any) -> str:
    try:
        call()
    except Exception as error:
        return getattr(error, "cause", describe_failure(error))
    return ""


def test_the_authority_of_ca_file_is_accepted_everywhere(ports: Ports, pem: Path, tmp_path: Path) -> None:
    authority = str(pem.with_name("authority.pem"))
    unknown = read_settings(PORTAL, CALL.format(ports), DATA_DIR=str(tmp_path))
    assert unknown == {
        "API": f"127.0.0.1:{ports[0]}: {REASON}",
        "identity provider": f"127.0.0.1: {REASON}", "bucket": f"127.0.0.1: {REASON}",
        "mail": REASON, "mail by STARTTLS": REASON,
    }  # fmt: skip
    known = read_settings(PORTAL, CALL.format(ports), DATA_DIR=str(tmp_path), CA_FILE=authority)
    assert known == dict.fromkeys(unknown, "")


@pytest.mark.parametrize("name", ["CA_FILE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_all_libraries_of_both_programs_read_one_file(name: str, pem: Path, tmp_path: Path) -> None:
    env = {"DATA_DIR": str(tmp_path), name: str(pem.with_name("authority.pem"))}
    read = "[__import__('os').environ[name] for name in ('REQUESTS_CA_BUNDLE', 'SSL_CERT_FILE', 'AWS_CA_BUNDLE')]"
    for program in (PORTAL, EXTERNAL_API):
        assert read_settings(program, read, **env) == [str(tmp_path / "authorities.pem")] * 3


def test_the_authorities_of_the_system_stay(pem: Path, tmp_path: Path) -> None:
    count = (
        "len(__import__('ssl').create_default_context(cafile=__import__('os').environ['SSL_CERT_FILE']).get_ca_certs())"
    )
    of_system = read_settings(PORTAL, count, DATA_DIR=str(tmp_path))
    authority = str(pem.with_name("authority.pem"))
    assert not (tmp_path / "authorities.pem").exists()
    assert read_settings(PORTAL, count, DATA_DIR=str(tmp_path), CA_FILE=authority) == of_system + 1 > 100
    again = {"CA_FILE": str(tmp_path / "system.pem"), "DATA_DIR": str(tmp_path)}
    (tmp_path / "system.pem").symlink_to(next(file for file in SYSTEM_FILES if Path(file).is_file()))
    assert read_settings(PORTAL, count, **again) == of_system


@pytest.mark.parametrize(
    ("text", "reason"), [(None, "No such file"), (b"no certificate", "it has none"), (b"\xff\xfe", "it has none")]
)
def test_a_file_without_certificates_ends_the_start(tmp_path: Path, text: bytes | None, reason: str) -> None:
    file = tmp_path / "ca.pem"
    if text is not None:
        file.write_bytes(text)
    with pytest.raises(ImproperlyConfigured, match=f"CA_FILE must be a file of certificates in PEM format: .+{reason}"):
        read_settings(PORTAL, DATA_DIR=str(tmp_path), CA_FILE=str(file))


# --- what people and administrators read ------------------------------------------------------------------------------


@pytest.fixture
def url(ports: Ports, settings: Any, static_root: None) -> str:
    settings.PIPELINES_API_URL = settings.EMBEDDED_API_URL = f"https://127.0.0.1:{ports[0]}/api/v1"
    return f"127.0.0.1:{ports[0]}: {REASON}"


def test_the_pages_of_keys_name_host_and_reason(url: str, db: None) -> None:
    operator, problem = (
        browser_of(make_person("ben@acme.example")),
        f"isn’t valid. The portal can’t connect safely ({url})",
    )
    added = operator.post("/keys/", {"name": "Mine", "key": KEY}, follow=True)
    assert f"Key added, but not checked: Pipelines’ certificate {problem}" in text_of(added)
    checked = operator.post(f"/keys/{SavedKey.objects.get().pk}/check/", follow=True)
    assert f"Couldn’t check the key. Pipelines’ certificate {problem}" in text_of(checked)


def test_the_system_page_names_the_reason(url: str, db: None) -> None:
    administrator = browser_of(make_person("maria@acme.example", role="administrator"))
    assert f"/api/v1: {REASON} Renew the certificate, or set CA_FILE" in words_of(
        administrator.get("/system/external-api/")
    )


def test_a_sign_in_names_the_reason_in_both_logs(
    url: str, client: Client, db: None, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.OIDC_ISSUER, settings.OIDC_NAME = settings.PIPELINES_API_URL, "Acme"
    refused = client.post("/sign-in/oidc/")
    assert "can’t connect to Acme safely. Ask your administrator to check its certificate" in text_of(refused)
    assert f"Sign-in through OIDC_ISSUER failed: 127.0.0.1: {REASON}" in caplog.text
    assert Event.objects.get().detail["cause"] == f"127.0.0.1: {REASON}"


def test_a_test_mail_names_the_reason(url: str, ports: Ports, db: None, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.MAIL_IS_ON, settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_SSL = (
        True,
        "127.0.0.1",
        ports[1],
        True,
    )
    administrator = browser_of(make_person("maria@acme.example", role="administrator"))
    assert f"The mail server’s answer: {REASON}." in text_of(administrator.post("/system/test-mail/", follow=True))
