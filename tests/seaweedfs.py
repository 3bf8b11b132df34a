"""A real S3 server for tests: SeaweedFS, with an identity, so that signatures are really checked."""

import json
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import boto3
from botocore.client import Config
from botocore.exceptions import BotoCoreError, ClientError

ACCESS_KEY = "tests-access-key"
SECRET_KEY = "tests-secret-key"
REGION = "us-east-1"
IDENTITIES = {
    "identities": [
        {
            "name": "tests",
            "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
    ]
}
START_SECONDS = 60


@dataclass
class SeaweedFS:
    """A running server. `make_bucket` gives what STORAGE_URL takes."""

    endpoint: str
    _run: Callable[[], "subprocess.Popen[bytes]"]
    _folder: Path

    def start(self) -> None:
        self._process = self._run()
        _wait_until_ready(self, self._process, self._folder)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    @contextmanager
    def away(self, seconds: float) -> Iterator[None]:
        """It dies, and is back after so long with what it had."""
        self.stop()
        try:
            yield
            time.sleep(seconds)
        finally:
            self.start()

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs in its environment to sign for this server."""
        return {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}

    def client(self) -> Any:
        return client(self.endpoint)

    def make_bucket(self, name: str, cors_origins: list[str] | None = None) -> str:
        """A new bucket's STORAGE_URL; browsers may PUT into it only from `cors_origins`."""
        self.client().create_bucket(Bucket=name)
        if cors_origins:
            self.allow_origins(name, cors_origins)
        return f"s3://{name}?endpoint={self.endpoint}&region={REGION}"

    def allow_origins(self, bucket: str, origins: list[str]) -> None:
        rule = {"AllowedOrigins": origins, "AllowedMethods": ["PUT"], "AllowedHeaders": ["*"], "MaxAgeSeconds": 60}
        self.client().put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})


def client(endpoint: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
    )


@contextmanager
def running() -> Iterator[SeaweedFS]:
    """Start a server on free ports, wait until it answers, stop it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="seaweedfs-tests-"))
    (folder / "s3.json").write_text(json.dumps(IDENTITIES))
    ports = free_ports(4)
    server = SeaweedFS(f"http://127.0.0.1:{ports[-1]}", partial(_run, folder, ports), folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _run(folder: Path, ports: list[int]) -> "subprocess.Popen[bytes]":
    master, volume, filer, s3 = ports
    command = [
        str(Path(sys.executable).with_name("weed")), "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
        f"-dir={folder}", f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}",
        f"-s3.port={s3}", "-s3", f"-s3.config={folder / 's3.json'}", "-s3.iam=false", "-s3.port.iceberg=0",
        "-s3.port.lance=0", "-s3.allowedOrigins=http://nobody.invalid", "-volume.max=200",
        "-master.volumeSizeLimitMB=64", "-master.telemetry=false",
    ]  # fmt: skip
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)


def free_ports(count: int) -> list[int]:
    """Below the ports that outgoing connections get (32,768 on), those of gRPC too: it takes each port + 10,000."""
    ports: list[int] = []
    while len(ports) < count:
        port = random.randrange(10_500, 22_700)
        if port not in ports and _is_free(port) and _is_free(port + 10_000):
            ports.append(port)
    return ports


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _wait_until_ready(server: SeaweedFS, process: subprocess.Popen[bytes], folder: Path) -> None:
    """Ready is when an object can be written: the S3 port answers before the volume server has joined."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            server.client().create_bucket(Bucket="ready")
        except (BotoCoreError, ClientError):
            pass
        try:
            server.client().put_object(Bucket="ready", Key="ready", Body=b"ready")
            return
        except (BotoCoreError, ClientError):
            time.sleep(0.2)
    raise RuntimeError(f"SeaweedFS did not start: {(folder / 'log').read_text()[-2000:]}")
