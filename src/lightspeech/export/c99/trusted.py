"""C that may be compiled here: what this version writes itself, never what lies in a bundle.

Code from a file is code that runs. So the C of a bundle is written anew from its ``.tflite``, and
the files that lie there must be the very same, lest figures and answers be of another program.
"""

from lightspeech.bundle import Bundle
from lightspeech.errors import BundleError
from lightspeech.export import c99
from lightspeech.export.c99 import prefix


def sources(bundle: Bundle) -> dict[str, str]:
    """Write the C of a bundle under its usual names: name to text.

    Args:
        bundle: of generated C, or of the network that it is written from, as `bundle.read` gave it.

    Raises:
        BundleError: if it is neither, or its files are not what this version writes.
        ConfigError: if its front end is none for a device.
    """
    check(bundle)
    return c99.files_of(prefix.without(bundle), _model(bundle))


def _model(bundle: Bundle) -> bytes:
    return (bundle.path / bundle.model_file).read_bytes()


def check(bundle: Bundle) -> None:
    """Refuse C in a bundle that is another than this version writes; a network alone brings none.

    Args:
        bundle: as of `sources`.

    Raises:
        BundleError: as of `sources`.
        ConfigError: as of `sources`.
    """
    written = c99.files_of(bundle, _model(bundle))
    if not any((bundle.path / name).is_file() for name in written):
        return
    for name, text in written.items():
        file = bundle.path / name
        # Line ends of Windows, as git may make them, are no other code.
        if not file.is_file() or file.read_bytes().replace(b"\r\n", b"\n") != text.encode():
            raise BundleError(
                f"{file}: is not what this lightspeech writes of {bundle.model_file}; "
                "export the model again"
            )
