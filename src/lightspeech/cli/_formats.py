"""The formats that models are exported in, as one types them."""

from lightspeech import plugins

FORMATS = ", ".join(plugins.names("lightspeech.export")).replace("_", "-")
"""For the help of options; read from the sources, nothing heavy is imported."""
