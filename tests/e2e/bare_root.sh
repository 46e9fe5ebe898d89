#!/usr/bin/env bash
# Proof that a machine with only Python is enough: a bare Debian made with debootstrap and python3-venv, no node, no
# compiler; this clone copied in; script/server started in it; its page asked for from outside. Needs root and the network.
#
#   tests/e2e/bare_root.sh [FOLDER]      FOLDER/root is used as it is when it exists
set -euo pipefail
clone="$(cd "$(dirname "$0")/../.." && pwd)"
folder="${1:-$(mktemp -d)}"
root="$folder/root"
port="${PORT:-8931}"
if [ ! -x "$root/usr/bin/python3" ]; then
  debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$root" >"$folder/debootstrap.log"
fi
for absent in node npm gcc; do
  if chroot "$root" sh -c "command -v $absent" >/dev/null; then echo "this root has $absent"; exit 1; fi
done

# The network of this machine: its resolver, its certificates, its pip and npm settings.
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
cp -L /etc/hosts "$root/etc/hosts"
mkdir -p "$root/etc/ssl/certs"
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
for file in /etc/pip.conf "$HOME/.config/pip/pip.conf" "$HOME/.npmrc"; do
  if [ -f "$file" ]; then
    mkdir -p "$root$(dirname "$file")"
    cp -L "$file" "$root$file"
  fi
done
mkdir -p "$root/clone"
git -C "$clone" archive HEAD | tar -x -C "$root/clone"
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
mountpoint -q "$root/dev" || mount --rbind /dev "$root/dev"
mount --make-rslave "$root/dev" 2>/dev/null || true

keep() { env | grep -E '^(PIP_|NPM_CONFIG_|npm_config_|SSL_CERT_|REQUESTS_CA|CURL_CA|NODE_EXTRA_CA|https?_proxy=|HTTPS?_PROXY=|no_proxy=|NO_PROXY=)' || true; }
mapfile -t kept < <(keep)
inside() { # to be called in a subshell, which becomes the command: so its process id is the command's
  exec chroot "$root" env -i "HOME=$HOME" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${kept[@]}" \
    TRADEWIND_HOME=/home/tradewind "TRADEWIND__API__PORT=$port" "$@"
}
server=
finish() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  umount -l "$root/proc" "$root/dev" 2>/dev/null || true
}
trap finish EXIT

start() { # start and wait for /health; prints the seconds it took
  local began now
  began="$(date +%s%N)"
  (inside /clone/script/server) >"$folder/server.log" 2>&1 &
  server=$!
  until curl -fsS -o /dev/null "http://127.0.0.1:$port/health" 2>/dev/null; do
    if ! kill -0 "$server" 2>/dev/null; then cat "$folder/server.log"; echo "script/server ended"; exit 1; fi
    sleep 0.02
  done
  now="$(date +%s%N)"
  echo "$1: ready after $(((now - began) / 1000000)) ms"
}
start "first start"
page="$(curl -fsS "http://127.0.0.1:$port/")"
case "$page" in *'<div id="root"'*) echo "the page answers (${#page} bytes)" ;; *) cat "$folder/server.log"; echo "no page"; exit 1 ;; esac
kill "$server"
wait "$server" || true
start "second start"
