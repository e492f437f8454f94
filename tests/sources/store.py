"""An S3 server on the loopback interface, behind a wire that counts, and that can be cut."""

import contextlib
import logging
import socket
import threading
from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

BUCKET = "estate"
_REASON = b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"
_HEAD = b"HTTP/1.1 403 Forbidden\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n"
_FORBIDDEN = _HEAD % len(_REASON) + _REASON


class Wire:
    """A TCP relay in front of a server: counts the bytes that come back; `cut` ends answers after so many bytes."""

    def __init__(self, port: int) -> None:
        self.behind = port
        self.given = 0
        self.cut: int | None = None
        self.refused = b""  # requests with this in their first line are forbidden
        self.asked: list[bytes] = []
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self.door.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.behind))
            threading.Thread(target=self._there, args=(client, server), daemon=True).start()
            threading.Thread(target=self._back, args=(server, client), daemon=True).start()

    def _there(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(1 << 16):
                first = data.split(b"\r\n", 1)[0]
                self.asked.append(first)
                if self.refused and self.refused in first:
                    client.sendall(_FORBIDDEN)
                else:
                    server.sendall(data)
        _end(client, server)

    def _back(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(1 << 16):
                if self.cut is not None and (data := data[: self.cut]) is not None:
                    client.sendall(data)
                    break
                self.given += len(data)
                client.sendall(data)
        _end(client, server)

    def close(self) -> None:
        self.door.close()


def _end(*ends: socket.socket) -> None:
    for end in ends:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


class Store:
    def __init__(self, server: int, wire: Wire) -> None:
        self.wire = wire
        self.client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{server}", region_name="us-east-1")
        self.client.create_bucket(Bucket=BUCKET)

    def put(self, key: str, data: bytes) -> str:
        self.client.put_object(Bucket=BUCKET, Key=key, Body=data)
        return f"s3://{BUCKET}/{key}"

    def empty(self) -> None:
        for entry in self.client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
            self.client.delete_object(Bucket=BUCKET, Key=entry["Key"])


@contextlib.contextmanager
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store with one bucket; what this process asks of S3 goes to it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "loopback")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "loopback")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    wire = Wire(port)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{wire.port}")
    try:
        yield Store(port, wire)
    finally:
        wire.close()
        server.stop()
