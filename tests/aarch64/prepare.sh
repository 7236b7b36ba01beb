#!/usr/bin/env bash
# Python and the core install for aarch64 in FOLDER, and the emulator that runs them; no root needed.
# Usage: prepare.sh FOLDER. About 200 MB come over the network.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
folder=$(realpath -m "$1")
keys=/usr/share/keyrings/debian-archive-keyring.gpg
for needed in /usr/bin/apt-get /usr/bin/dpkg-deb $keys; do
  [[ -f $needed ]] || { echo "error: no $needed; use Debian, or apt install debian-archive-keyring" >&2; exit 1; }
done

rm -rf "$folder"/{apt,root,core}  # what an earlier version fetched

# fetch NAME SUITE ARCHITECTURE PACKAGE…: Debian packages, and what they need, to apt/NAME/*.deb.
# apt gets a state of its own, so that the machine's packages neither count nor change.
fetch() {
  local state=$folder/apt/$1 suite=$2 architecture=$3
  shift 3
  mkdir -p "$state"/{lists,archives}/partial
  : > "$state/status"
  echo "deb [signed-by=$keys] http://deb.debian.org/debian $suite main" > "$state/sources.list"
  local own=(
    -qq -y -o "Dir::State::lists=$state/lists" -o "Dir::State::status=$state/status"
    -o "Dir::Cache=$state" -o "Dir::Etc::sourcelist=$state/sources.list" -o Dir::Etc::sourceparts=-
    -o "APT::Architecture=$architecture" -o "APT::Architectures=$architecture"
    -o APT::Sandbox::User= -o APT::Install-Recommends=0
  )
  apt-get "${own[@]}" update
  apt-get "${own[@]}" --download-only install "$@"
}

# The emulator of bookworm (7.2) crashes on onnxruntime. Of the 600 MB of this one we need one file.
fetch qemu trixie "$(dpkg --print-architecture)" qemu-user
dpkg-deb --fsys-tarfile "$folder"/apt/qemu/archives/qemu-user_*.deb | tar -xC "$folder" ./usr/bin/qemu-aarch64

fetch root bookworm arm64 python3.11-minimal libpython3.11-stdlib libstdc++6 libgcc-s1 zlib1g
mkdir -p "$folder/root"
for package in "$folder"/apt/root/archives/*.deb; do
  dpkg-deb -x "$package" "$folder/root"
done
rm -r "$folder/apt"

core=$(sed -n '/^dependencies/,/^]/s/^ *"\([a-z0-9-]*\).*/\1/p' pyproject.toml)
platforms=(--platform manylinux_2_28_aarch64 --platform manylinux_2_27_aarch64 --platform manylinux2014_aarch64)
# shellcheck disable=SC2086  # a word each
"${PYTHON:-python3}" -m pip install -q --no-compile --target "$folder/core" \
  "${platforms[@]}" --python-version 311 --only-binary=:all: -c constraints.txt $core ai-edge-litert
