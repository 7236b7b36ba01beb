#!/bin/sh
# The models that come with the package, of the sets named (open, open6, six), from recordings to
# cards and figures: supply/zoo.sh open six, or `make zoo-open`. What is done is not done again.
# `--export` makes bundles of finished runs alone.
set -eu
run() { echo "+ $*"; "$@"; }
speech() { run .venv/bin/lightspeech "$@"; }

students() {
  case $1 in open6) echo micro ;; *) echo "nano micro small" ;; esac
}

name_of() {
  case $1 in open) echo "$2" ;; open6) echo "$2-6" ;; six) echo "$2-research" ;; esac
}

folder_of() { # those too large for the package lie beside it
  case $1 in base* | small-research) echo models ;; *) echo src/lightspeech/zoo ;; esac
}

encoder() { # the first two blocks of whisper-tiny.en, judged by speech that nobody owns
  test -e "$LIGHTSPEECH_ENCODERS/base_level" && return
  speech prepare synthetic --output synthetic.csv
  speech shrink "$LIGHTSPEECH_ENCODERS/base_level" --speech cache/synthetic-* --units 1408 \
    --level loudest
}

learn() {
  speech train "recipes/zoo_$1_teacher.yaml" --resume
  speech run "recipes/$1_teacher.yaml" --resume --publish results
  for tier in $(students "$1"); do
    speech compress "recipes/zoo_$1_$tier.yaml" --resume
    speech compress "recipes/$1_$tier.yaml" --resume --publish results
    run .venv/bin/python benchmarks/calibration.py "runs/$1_$tier/2-quantize"
  done
  test "$1" != open6 || return 0
  encoder
  speech compress "recipes/zoo_$1_base.yaml" --resume
  speech compress "recipes/$1_base.yaml" --resume --publish results
  run .venv/bin/python benchmarks/calibration.py "runs/$1_base/1-distill"
}

bundle() { # name, finished model, its study on corpora left out
  folder=$(folder_of "$1")
  speech export "$2/fold0-seed0" --calibrated-by "$3" --bundles "$folder" --name "$1"
  case $1 in base*) format=litert ;; *) format=litert-network ;; esac
  speech export "$folder/$1" --format $format --bundles "$folder/$1"
  speech explain "$folder/$1" --speakers "${2%/*}"
  rm -f "$folder/$1"/*/README.md "$folder/$1/gate.onnx"
}

bundles() {
  for tier in $(students "$1"); do
    bundle "$(name_of "$1" "$tier")" "runs/zoo_$1_$tier/2-quantize" "runs/$1_$tier/2-quantize"
  done
  test "$1" != open6 || return 0
  bundle "$(name_of "$1" base)" "runs/zoo_$1_base/1-distill" "runs/$1_base/1-distill"
}

figures() { # of what is shipped: other rooms and lines, by people it never heard
  case $1 in
  open) set -- nano micro small models/base --corpora ravdess nemo savee ;;
  open6) set -- micro-6 --corpora ravdess savee ;;
  six) set -- nano-research micro-research models/small-research models/base-research \
    --corpora urdu ;;
  esac
  run .venv/bin/python -m benchmarks.robustness --bundles "$@"
}

export=
test "${1:?name a set: open, open6 or six}" = --export && { export=1; shift; }
for set in "$@"; do
  test -n "$export" || learn "$set"
  bundles "$set"
  test -n "$export" || figures "$set"
done
run .venv/bin/python supply/checksums.py
speech tables
