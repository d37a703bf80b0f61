#!/usr/bin/env bash
# Makes a Cumulus VX a plain switch: switch.sh PORTS bridges swp1 to swpPORTS. Can be run again.
set -euo pipefail

ports=$1

bridged() {
  local port
  for port in $(seq 1 "$ports"); do
    ip -o link show master br1 2>/dev/null | grep -q " swp${port}[:@]" || return 1
  done
}

if bridged; then
  echo "br1 has swp1-$ports already"
  exit 0
fi

# NCLU is served by netd, which may still be starting.
for _ in $(seq 60); do
  systemctl is-active --quiet netd && break
  sleep 1
done
net add bridge br1 ports "swp1-$ports"
net commit
bridged || {
  echo "switch.sh: net commit has not put swp1-$ports into br1" >&2
  exit 1
}
