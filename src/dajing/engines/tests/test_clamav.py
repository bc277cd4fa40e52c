"""The scanner's adapter against a small daemon that speaks the published protocol of clamd's INSTREAM."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading

import pytest

from dajing.engines.clamav import connect
from dajing.kernel.forms.scanning import Finding, ScannerDown

# the test file that every scanner knows: https://www.eicar.org/download-anti-malware-testfile/
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" + b"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
MOST = 1 << 20  # StreamMaxLength of this daemon


class Daemon(socketserver.BaseRequestHandler):
    """Reads exactly what the protocol says and hangs up on anything else."""

    def _exactly(self, count):
        got = b""
        while len(got) < count:
            piece = self.request.recv(count - len(got))
            if not piece:
                raise ConnectionError
            got += piece
        return got

    def handle(self):
        if self._exactly(10) != b"zINSTREAM\0":
            self.request.sendall(b"UNKNOWN COMMAND\0")
            return
        body = b""
        while size := struct.unpack("!I", self._exactly(4))[0]:
            body += self._exactly(size)
            if len(body) > MOST:
                self.request.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.server.got.append(body)
        self.request.sendall(self.server.says or (b"stream: Eicar-Test-Signature FOUND\0" if EICAR in body
                                                  else b"stream: OK\0"))  # fmt: skip


@pytest.fixture
def daemon():
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Daemon)
    server.daemon_threads, server.got, server.says = True, [], b""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.url = f"clamd://127.0.0.1:{server.server_address[1]}"
    yield server
    server.shutdown()
    server.server_close()


def test_a_clean_file_arrives_whole_in_chunks_and_is_called_clean(daemon):
    body = bytes(range(256)) * 1000
    assert connect(url=daemon.url).scan(body=body) == Finding("clean")
    assert daemon.got == [body]


def test_the_test_virus_is_found_by_name(daemon):
    assert connect(url=daemon.url).scan(body=b"..." + EICAR) == Finding("infected", "Eicar-Test-Signature")


@pytest.mark.parametrize("answer", [b"stream: Can't allocate memory ERROR\0", b"\0", b"OK\0", b"stream: OK FOUND?\0"])
def test_any_other_answer_is_no_clean_bill(daemon, answer):
    daemon.says = answer
    with pytest.raises(ScannerDown):
        connect(url=daemon.url).scan(body=b"x")


def test_a_file_over_the_daemons_limit_is_not_clean(daemon):
    with pytest.raises(ScannerDown):
        connect(url=daemon.url).scan(body=b"x" * (3 * MOST))


def test_nobody_there_is_not_clean():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed = probe.getsockname()[1]
    for url in (f"clamd://127.0.0.1:{closed}", "clamd:///no/such/socket"):
        with pytest.raises(ScannerDown):
            connect(url=url).scan(body=b"x")


def test_a_socket_of_this_machine_serves_as_well(tmp_path):
    place = str(tmp_path / "clamd.ctl")
    with socketserver.ThreadingUnixStreamServer(place, Daemon) as server:
        server.daemon_threads, server.got, server.says = True, [], b""
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert connect(url=f"clamd://{place}").scan(body=b"x").state == "clean"
        server.shutdown()
