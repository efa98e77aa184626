# shellcheck shell=bash
# What every script here shares: where things are kept, how a failure is said, how time is told.
# Sourced, never run. A script that sources it starts with `set -euo pipefail`.

STEAD_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export STEAD_ROOT

# One folder outside the clone holds all that is slow to get twice: tools, wheels, npm's
# packages, the corpus, and in CI the build output too.
STEAD_CACHE=${STEAD_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/stead}
export STEAD_CACHE
mkdir -p "$STEAD_CACHE"

# A person finds the build where cargo puts it; CI starts from a fresh clone every time, so its
# build output lives in the cache and dependencies are compiled once.
if [[ -z ${CARGO_TARGET_DIR:-} && ${CI:-} == true ]]; then
    CARGO_TARGET_DIR=$STEAD_CACHE/target
fi
CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$STEAD_ROOT/target}
export CARGO_TARGET_DIR

# rustup's commands are in PATH only from the next login on; who has just installed it goes on here.
if ! command -v cargo >/dev/null 2>&1 && [[ -x ${CARGO_HOME:-${HOME:-}/.cargo}/bin/cargo ]]; then
    export PATH=${CARGO_HOME:-${HOME:-}/.cargo}/bin:$PATH
fi

VENV=$STEAD_CACHE/venv
TOOLS=$STEAD_CACHE/tools
export npm_config_cache=$STEAD_CACHE/npm
export npm_config_fund=false npm_config_audit=false npm_config_update_notifier=false
# npm's own pauses let a registry that cannot be reached look like work for more than a minute.
export npm_config_fetch_retry_mintimeout=1000 npm_config_fetch_retry_maxtimeout=5000

say() { printf '%s\n' "$*"; }
note() { printf '%s\n' "$*" >&2; }

# A failure is a sentence for a person, on stderr.
die() {
    printf '\nstead: %s\n' "$*" >&2
    exit 1
}

# as_root COMMAND: for whatever makes an image. COMMAND is what to type as root.
as_root() {
    [[ $(id -u) == 0 ]] || die "the files of the image belong to many users, so it is made as root: sudo $1"
}

have() { command -v "$1" >/dev/null 2>&1; }

# need COMMAND SENTENCE: the sentence says how to get what is missing.
need() { have "$1" || die "$2"; }

# What is asked to be free where the build goes, in MB, so that a full disk is told before the
# first compiler and not as a linker that was killed or a test that went red. Measured in November
# 2026: a cold run of everything, the cross build included, leaves 3 GB there, and a person's
# incremental builds as much again; with the dependencies built, a run writes about 1 GB.
ROOM_COLD_MB=7000
ROOM_WARM_MB=2000

# room_for_build [BUILT]: ends with a sentence when too little is free for what is still to be
# built. BUILT is the folder of a target and profile below CARGO_TARGET_DIR.
room_for_build() {
    local folder=$CARGO_TARGET_DIR built=${1:-debug} need_mb=$ROOM_COLD_MB state=cold free_mb
    # What the largest dependency left: with it, the others are there too.
    if compgen -G "$folder/$built/deps/libtokio-*.rlib" >/dev/null; then need_mb=$ROOM_WARM_MB state=warm; fi
    while [[ ! -d $folder ]]; do folder=$(dirname "$folder"); done
    free_mb=$(df -Pm "$folder" | awk 'NR == 2 {print $4}')
    ((free_mb >= need_mb)) || die "only $free_mb MB are free in $folder, and a $state build needs $need_mb MB there.
  Make room on that disk, or name a folder on another one: CARGO_TARGET_DIR=/elsewhere/target"
}

milliseconds() { date +%s%3N; }

# stage NAME COMMAND…: runs it, and says how long it took. A function run by it must not rely on
# `set -e`, which bash switches off inside: its commands are joined by && or `|| return`.
stage() {
    local name=$1 started status=0
    shift
    started=$(date +%s)
    printf '\n== %s\n' "$name"
    "$@" || status=$?
    printf '== %s: %s s%s\n' "$name" $(($(date +%s) - started)) \
        "$([[ $status == 0 ]] || printf ' — FAILED')"
    return "$status"
}

# stamp_of FILE…: one hash over contents, to tell whether a step must be done again.
stamp_of() { cat "$@" | sha256sum | cut -d' ' -f1; }
