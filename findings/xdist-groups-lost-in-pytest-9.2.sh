#!/usr/bin/env bash
# pytest-xdist 3.8.0 with pytest 9.2.0: `--dist loadgroup` spreads a group over all workers, and
# nobody says so.
#
# Guess: tests that bear one mark `xdist_group` run in one worker, one after the other, as they do
# under pytest 9.0; what they share by a fixture of their module is made once. If the two versions
# did not fit, one of them would refuse or warn.
#
# Seen: in a worker, xdist writes the group behind a test's id, into its attribute `_nodeid`. In
# pytest 9.2 an id is an object of its own, and `nodeid` no longer reads that attribute, so the
# scheduler sees no group and deals the tests out singly. Twelve tests of one group run in both of
# two workers; under pytest 9.0.2 they run in one. `--dist loadfile` goes by the file's name in the
# id and holds together under both. Where groups keep tests apart that must not meet (a port, a
# file), they now meet; where they share what is dear, it is made once a worker.
#
# Fails if the group holds together under pytest 9.2.0, or not under 9.0.2.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
mkdir "$folder/tests"
cat > "$folder/tests/test_group.py" <<'PYTHON'
import os
import time

import pytest


@pytest.mark.xdist_group("together")
@pytest.mark.parametrize("number", range(12))
def test_of_a_group(number):
    time.sleep(0.05)
    with open(os.environ["WORKERS"], "a") as file:
        file.write(os.environ["PYTEST_XDIST_WORKER"] + "\n")
PYTHON
cd "$folder/tests"
workers() { # pytest's version, how tests are dealt out: how many workers had tests of the group
  rm -f "$folder/workers"
  "$folder/venv/bin/pip" install -q "pytest==$1" pytest-xdist==3.8.0
  WORKERS="$folder/workers" "$folder/venv/bin/pytest" -q -p no:cacheprovider -n 2 --dist "$2" > /dev/null
  sort -u "$folder/workers" | wc -l
}
before=$(workers 9.0.2 loadgroup) now=$(workers 9.2.0 loadgroup) by_file=$(workers 9.2.0 loadfile)
echo "workers that ran one group: $before under pytest 9.0.2, $now under 9.2.0; by file: $by_file"
[[ $before == 1 && $now == 2 && $by_file == 1 ]]
