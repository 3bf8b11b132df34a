"""The certificate authorities that connections to other servers accept: those of the system and the company's own."""

import os
import ssl
from pathlib import Path

import certifi
import environ
from django.core.exceptions import ImproperlyConfigured

# Where OpenSSL was built to look, and where Debian, Fedora and openSUSE have the system's authorities in one file.
# The last one comes with the packages, for a system without any.
SYSTEM_FILES = (
    ssl.get_default_verify_paths().openssl_cafile,
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    certifi.where(),
)
# requests, OpenSSL (for mail and Redis) and boto3 read these. The first two can be set in place of CA_FILE.
REQUESTS, OPENSSL, BOTO = "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "AWS_CA_BUNDLE"


def trust_authorities(env: environ.Env, name: str, folder: Path) -> str:
    """Let all libraries accept the authorities of the system and of the file in `name`. Return the file with both."""
    both = folder / "authorities.pem"
    if os.environ.get(REQUESTS) == str(both):  # inherited from a program that has written it
        return str(both)
    file = next(each for each in SYSTEM_FILES if Path(each).is_file())
    for setting in (name, REQUESTS, OPENSSL):
        own = env.str(setting, default="")
        if own and not Path(own).is_dir() and Path(own).resolve() != Path(file).resolve():
            _write(both, f"{Path(file).read_text()}\n{_certificates(setting, Path(own))}")
            file = str(both)
            break
    os.environ |= {REQUESTS: file, OPENSSL: file}
    os.environ.setdefault(BOTO, file)
    return file


def _certificates(name: str, file: Path) -> str:
    try:
        text = file.read_text()
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
    except (OSError, ValueError) as error:
        reason = "it has none" if isinstance(error, ssl.SSLError | ValueError) else error.strerror
        raise ImproperlyConfigured(f"{name} must be a file of certificates in PEM format: {file} ({reason}).") from None
    return text


def _write(file: Path, text: str) -> None:
    """Write the file if it changed, at once: other programs may start just now."""
    if file.is_file() and file.read_text() == text:
        return
    new = file.with_suffix(f".{os.getpid()}")
    new.write_text(text)
    new.replace(file)
