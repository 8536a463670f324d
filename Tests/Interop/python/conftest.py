"""Fixtures: one live cluster of three regions for all tests that do it no harm."""
import pytest
from live import Cluster, Shop


@pytest.fixture(scope="session")
def cluster():
    cluster = Cluster()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session", params=["plaintext", "mutual-tls"])
def channel(request, cluster):
    """Every test of the API runs over both."""
    make = cluster.plaintext if request.param == "plaintext" else cluster.secure
    with make("eu") as channel:
        yield channel


@pytest.fixture
def shop(channel):
    shop = Shop(channel)
    shop.receive(100)
    return shop
