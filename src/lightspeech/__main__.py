"""``python -m lightspeech``."""

from lightspeech.cli import main

main()
