"""The peers: each is started on loopback with durable settings, driven, and stopped."""
import glob
import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import h2load

HERE = Path(__file__).resolve().parent


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for_port(port, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise TimeoutError(f"nothing listens on port {port} after {seconds} s")


class Server:
    """A child process with a folder of its own, ended and removed at the end of the block."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="holdfast-peer-"))
        self.port = free_port()

    def __enter__(self):
        with (self.folder / "output").open("w") as output:
            self.process = subprocess.Popen(self.command(), stdout=output, stderr=output)
        wait_for_port(self.port)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)


class Echo(Server):
    def __init__(self, folder):
        super().__init__()
        self.binary = Path(folder) / "nghttp2_echo"
        if not self.binary.exists():
            subprocess.run(["cc", "-O2", "-o", str(self.binary), str(HERE / "nghttp2_echo.c"),
                            "-lnghttp2"], check=True)

    def command(self):
        return [str(self.binary), "127.0.0.1", str(self.port)]


class Redis(Server):
    """A Lua script takes a unit where one is free and notes a hold that expires."""

    SCRIPT = """
      local free = tonumber(redis.call('GET', KEYS[1]))
      if free < tonumber(ARGV[1]) then return 0 end
      redis.call('DECRBY', KEYS[1], ARGV[1])
      redis.call('SET', 'hold:' .. redis.call('INCR', 'holds'), ARGV[1], 'EX', 900)
      return 1
    """

    def command(self):
        return ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir",
                str(self.folder), "--appendonly", "yes", "--appendfsync", "always", "--save", ""]

    def call(self, *words):
        return subprocess.run(["redis-cli", "-p", str(self.port), *words], check=True,
                              capture_output=True, text=True).stdout.strip()

    def ops(self, pipeline, calls):
        self.call("SET", "free", "1000000000")
        script = self.call("SCRIPT", "LOAD", self.SCRIPT)
        output = subprocess.run(
            ["redis-benchmark", "-p", str(self.port), "-c", "64", "-P", str(pipeline), "-n",
             str(calls), "-q", "EVALSHA", script, "1", "free", "1"],
            check=True, capture_output=True, text=True).stdout
        return float(re.findall(r"([0-9.]+) requests per second", output)[-1])


class Etcd(Server):
    """A transaction: if the hot key is there, put the position and the hold."""

    def command(self):
        self.peer_port = free_port()
        client, peer = (f"http://127.0.0.1:{port}" for port in (self.port, self.peer_port))
        return ["etcd", "--data-dir", str(self.folder / "data"),
                "--listen-client-urls", client, "--advertise-client-urls", client,
                "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                "--initial-cluster", f"default={peer}"]

    def ops(self, calls):
        put = self._request("put", _put(b"hot", b"1"))
        exists = _number(1, 1) + _bytes(3, b"hot")
        success = [_bytes(2, _bytes(2, _put(key, b"1"))) for key in (b"hot", b"hold")]
        transaction = self._request("txn", _bytes(1, exists) + b"".join(success))
        for _ in range(100):
            try:
                h2load.run(self.port, "/etcdserverpb.KV/Put", put, 1)
                break
            except h2load.LoadError:
                time.sleep(0.1)
        return h2load.run(self.port, "/etcdserverpb.KV/Txn", transaction, calls)

    def _request(self, name, message):
        path = self.folder / name
        path.write_bytes(grpc_frame(message))
        return path


class Postgres(Server):
    """One statement: take a unit where one is free, and insert the hold for it."""

    BODY = (
        "with taken as (update position set free = free - 1 where sku = :sku and free >= 1"
        " returning sku) insert into hold (sku, quantity, expires)"
        " select sku, 1, now() + interval '15 min' from taken;")

    def __enter__(self):
        self.bin = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        shutil.chown(self.folder, "postgres")
        data = self.folder / "data"
        self._as_postgres(f"{self.bin}/initdb -D {data}")
        self._as_postgres(
            f"{self.bin}/pg_ctl -D {data} -w -l {self.folder}/log -o '-p {self.port} -k "
            f"{self.folder} -c listen_addresses= -c shared_buffers=1GB -c max_wal_size=4GB' start")
        self._sql("create table position (sku int primary key, free bigint check (free >= 0));"
                  "create table hold (id bigserial primary key, sku int, quantity int,"
                  " expires timestamptz);"
                  "insert into position select n, 1000000000 from generate_series(1, 1000) n")
        return self

    def __exit__(self, *_):
        self._as_postgres(f"{self.bin}/pg_ctl -D {self.folder}/data stop -m fast")
        shutil.rmtree(self.folder, ignore_errors=True)

    def ops(self, sku, seconds):
        script = self.folder / "load.sql"
        script.write_text(f"\\set sku {sku}\n{self.BODY}\n")
        output = subprocess.run(
            [f"{self.bin}/pgbench", "-h", str(self.folder), "-p", str(self.port), "-U", "postgres",
             "-n", "-M", "prepared", "-c", "64", "-j", "1", "-T", str(seconds), "-f", str(script),
             "postgres"], check=True, capture_output=True, text=True).stdout
        return float(re.search(r"tps = ([0-9.]+)", output).group(1))

    def _as_postgres(self, command):
        subprocess.run(["su", "postgres", "-c", command], check=True, capture_output=True, cwd="/")

    def _sql(self, text):
        subprocess.run([f"{self.bin}/psql", "-h", str(self.folder), "-p", str(self.port), "-U",
                        "postgres", "-q", "-c", text], check=True)


def _redis(pipeline):
    def run(seconds):
        with Redis() as redis:
            return redis.ops(pipeline, seconds * 30_000)
    return run


def _etcd(seconds):
    with Etcd() as etcd:
        return etcd.ops(seconds * 5_000)


def _postgres(sku):
    def run(seconds):
        with Postgres() as postgres:
            return postgres.ops(sku, seconds)
    return run


DURABLE = {
    "redis": _redis(1),
    "redis_pipelined": _redis(16),
    "etcd": _etcd,
    "postgres_hot": _postgres("1"),
    "postgres_zipf": _postgres("random_zipfian(1, 1000, 1.1)"),
}


def grpc_frame(message):
    return b"\0" + len(message).to_bytes(4, "big") + message


def _varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _bytes(field, data):
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _number(field, value):
    return _varint(field << 3) + _varint(value)


def _put(key, value):
    return _bytes(1, key) + _bytes(2, value)
