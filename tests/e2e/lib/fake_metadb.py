"""A MetaDB that answers when the test says so: handshake, OK for what sets something, and each SELECT is held until let go."""
import socket
import struct
import threading


class FakeMetadb:
    def __init__(self):
        self.asked, self.go = threading.Event(), threading.Event()
        self.drip = False  # instead of an answer: a little of one now and then
        self.stop = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.stop.set()
        self.go.set()
        self.listener.close()

    def _accept(self):
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(conn,), daemon=True).start()

    @staticmethod
    def _packet(seq, data):
        return struct.pack("<I", len(data))[:3] + bytes([seq]) + data

    @staticmethod
    def _read(conn):
        def exactly(n):
            data = b""
            while len(data) < n:
                more = conn.recv(n - len(data))
                if not more:
                    raise ConnectionError
                data += more
            return data
        head = exactly(4)
        return exactly(int.from_bytes(head[:3], "little"))

    def _serve(self, conn):
        ok = b"\0\0\0\2\0\0\0"
        try:
            caps = 1 | 4 | 8 | 0x200 | 0x2000 | 0x8000 | 0x80000
            conn.sendall(self._packet(0, b"\x0a8.0.0-fake\0" + struct.pack("<I", 1) + b"A" * 8 + b"\0" + struct.pack("<H", caps & 0xFFFF)
                                      + b"\x2d\2\0" + struct.pack("<H", caps >> 16) + b"\x15" + b"\0" * 10 + b"B" * 12 + b"\0"
                                      + b"mysql_native_password\0"))
            self._read(conn)
            conn.sendall(self._packet(2, ok))
            while True:
                command = self._read(conn)
                if command[:1] == b"\1":
                    return
                if b"SELECT" in command:
                    self._select(conn)
                else:
                    conn.sendall(self._packet(1, ok))
        except (ConnectionError, OSError):
            pass
        finally:
            conn.close()

    def _select(self, conn):
        self.asked.set()
        if self.drip:
            conn.sendall(b"\xff\xff\0\1")  # of a packet that never ends
            while not self.stop.wait(1):
                conn.sendall(b"x")
            return
        self.go.wait()
        column = b"\3def\0\0\0\1a\0\x0c\x2d\0\xff\0\0\0\xfd\0\0\0\0\0"
        eof = b"\xfe\0\0\2\0"
        conn.sendall(b"".join(self._packet(i + 1, p) for i, p in enumerate((b"\2", column, column, eof, eof))))
