"""A Ray cluster that works for this process, as `processes` does on one machine.

All its machines see the folder this process works in, at the same path, and have this package.
"""

import os
import pickle
import secrets
import socket
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from lightspeech.errors import ConfigError, LightspeechWarning, MissingExtra, WorkerError

if TYPE_CHECKING:
    from ray import ObjectRef

T = TypeVar("T")
ADDRESS = "RAY_ADDRESS"
"""Variable that names a cluster where no address is given, as for all of Ray."""
RETRIES = 3
"""Times that work is begun again whose worker was killed."""
STORE_BYTES = 100 << 20
"""For what travels between workers, in a local cluster: paths and answers, hardly ever a sound."""
PATIENCE_S = 10.0
"""Until somebody answers at an address."""
_LOCAL = "local"
_LOST = (
    f"the Ray cluster lost work {RETRIES + 1} times, perhaps for want of memory, or is no longer "
    "there; take fewer --processes; a study goes on with --resume"
)
_ENVIRONMENT = {
    # Workers see the GPU that this process sees; Ray would hide it from work that asks for none.
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    # Of a worker that was killed Ray tells on standard output, where answers go.
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",
}
"""Read by Ray as it is imported."""
_OWN = {
    # Ports of a local cluster are open to the network; nobody else knows the token.
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": secrets.token_hex(32),
}


@contextmanager
def connected(address: str | None) -> Iterator[None]:
    """Connect to a cluster, or start one on this machine that ends with the body.

    Args:
        address: ``ray://HOST:PORT`` of a cluster's client server; None: what `ADDRESS` says, else a
            local cluster of all cores.

    Raises:
        MissingExtra: if Ray is not installed.
        WorkerError: if there is no cluster at that address.
    """
    where = address or os.environ.get(ADDRESS) or _LOCAL
    _check(where)
    os.environ |= _ENVIRONMENT | (_OWN if where == _LOCAL else {})
    try:
        import ray
    except ModuleNotFoundError:
        raise MissingExtra("--engine ray", "ray") from None
    options: dict[str, Any] = {"logging_level": "ERROR", "log_to_driver": False}
    if where == _LOCAL:
        options |= {
            "include_dashboard": False,
            "object_store_memory": STORE_BYTES,
            "_system_config": {"worker_niceness": 0},
        }
    try:
        ray.init(where, **options)
    except (ConnectionError, ImportError, RuntimeError, ValueError) as error:
        why = str(error).strip().splitlines()[-1]
        raise WorkerError(f"{where}: no Ray cluster to work on: {why}") from None
    try:
        yield
    finally:
        ray.shutdown()


def _check(where: str) -> None:
    """Knock first: Ray itself would knock for a quarter of an hour."""
    host, _, port = where.rpartition("/")[2].rpartition(":")
    if not port.isdecimal():
        return  # a word of Ray's own, such as auto
    try:
        socket.create_connection((host.strip("[]"), int(port)), PATIENCE_S).close()
    except (OSError, OverflowError) as error:
        raise WorkerError(
            f"{where}: nobody answers there ({error}); start a cluster with: ray start --head"
        ) from None


def size() -> int:
    """Say how many work at once where nobody asks for a number: one a core of the cluster."""
    import ray

    return int(ray.cluster_resources().get("CPU", 1))


@contextmanager
def pool(n_workers: int) -> Iterator[Executor]:
    """Open workers of the cluster that `connected` to; they end where something goes wrong.

    Args:
        n_workers: at most so many.

    Raises:
        WorkerError: if work was lost again and again, or the cluster was.
    """
    with _Workers(n_workers) as opened:
        try:
            yield opened
        except BaseException:
            opened.end()
            raise


class _Workers(Executor):
    """A thread waits for each worker: it is given no more than it has time for, in order."""

    def __init__(self, n_workers: int) -> None:
        import ray

        self._call = ray.remote(max_retries=RETRIES)(_call)
        self._threads = ThreadPoolExecutor(n_workers)
        self._waiting_for: set[ObjectRef[Any]] = set()
        self._ended = False

    def submit(self, work: Callable[..., T], /, *args: Any, **kwargs: Any) -> "Future[T]":
        return self._threads.submit(self._answer, work, args, kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._threads.shutdown(wait, cancel_futures=cancel_futures)

    def end(self) -> None:
        import ray

        self._ended = True
        self.shutdown(wait=False, cancel_futures=True)
        for reference in list(self._waiting_for):
            ray.cancel(reference, force=True)

    def _answer(self, work: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
        import ray
        from ray.exceptions import RayError, RayTaskError

        # Pickled here, as between processes: arrays that Ray unpickles cannot be written to.
        reference = self._call.remote(os.getcwd(), pickle.dumps((work, args, kwargs)))
        self._waiting_for.add(reference)
        try:
            if self._ended:
                ray.cancel(reference, force=True)
            result: T
            result, warned = pickle.loads(ray.get(reference))
        except RayTaskError as error:
            raise error.cause from error
        except (RayError, ConnectionError) as error:
            raise WorkerError(_LOST) from error
        finally:
            self._waiting_for.discard(reference)
        for message in warned:
            warnings.warn(message, LightspeechWarning, stacklevel=2)
        return result


def _call(folder: str, work: bytes) -> bytes:
    """Work where the caller works, since paths are relative; give also what is to be warned of."""
    try:
        os.chdir(folder)
    except OSError:
        raise ConfigError(
            f"{folder} is not on {socket.gethostname()}; start in a folder that all machines of "
            "the cluster share, at one path"
        ) from None
    function, args, kwargs = pickle.loads(work)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", LightspeechWarning)
        result = function(*args, **kwargs)
    ours = (one for one in caught if issubclass(one.category, LightspeechWarning))
    return pickle.dumps((result, [str(one.message) for one in ours]))
