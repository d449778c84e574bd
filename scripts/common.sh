#!/bin/bash
# What scripts/* share: where things are, quiet steps with a log, the right Node. Sourced, not run.
# Everything the scripts make is in build/ (and web/node_modules), so removing it undoes them.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
logs=$root/build/logs
venv=$root/build/venv
mkdir -p "$logs"

say() { printf '%s\n' "$*" >&2; }

# watch_log TITLE LOG: until killed, shows how long a step has been at it and its log's last line;
# on a terminal in place, elsewhere one line a minute.
watch_log() {
  local start=$SECONDS last
  while :; do
    if [ -t 2 ]; then
      last=$(tail -c 400 "$2" 2>/dev/null | tr '\r' '\n' | tail -n 1 | tr -cd '[:print:]')
      printf '\r\033[K%s: %d s  %.70s' "$1" $((SECONDS - start)) "$last" >&2
      sleep 0.5
    else
      sleep 60
      say "$1: $((SECONDS - start)) s"
    fi
  done
}

# quietly TITLE COMMAND...: runs it with its output in build/logs/TITLE.log; shows the log's end
# when it fails. The status is the command's.
quietly() {
  local title=$1 log=$logs/${1// /-}.log start=$SECONDS status=0 watcher
  shift
  : >"$log"
  watch_log "$title" "$log" &
  watcher=$!
  "$@" >"$log" 2>&1 </dev/null || status=$?
  { kill "$watcher" && wait "$watcher"; } 2>/dev/null || :
  [ -t 2 ] && printf '\r\033[K' >&2
  if [ "$status" = 0 ]; then
    say "$title: done in $((SECONDS - start)) s"
  else
    tail -n 60 "$log" >&2
    say "$title: FAILED after $((SECONDS - start)) s; all of it is in ${log#"$root"/}"
  fi
  return "$status"
}

# The hash of the given files and words: what a stamp is compared with. Words that
# name no file stand for themselves.
key_of() { { printf '%s\n' "$root" "$@"; cat -- "$@" 2>/dev/null || :; } | sha256sum | cut -c1-32; }

# is_stamped STAMP KEY / stamp STAMP KEY: whether the thing behind the stamp was made from KEY.
is_stamped() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }
stamp() { printf '%s\n' "$2" >"$1"; }

# Puts the Node that scripts/setup brought first on PATH, where the machine's own is too old.
use_node() {
  if [ -x "$root/build/node/bin/node" ]; then PATH=$root/build/node/bin:$PATH; fi
}
