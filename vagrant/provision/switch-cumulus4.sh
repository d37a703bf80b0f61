#!/usr/bin/env bash
# Makes a Cumulus VX with NCLU a plain switch: switch-cumulus4.sh MAC... bridges swp1 and so on, one for
# each cable. Can be run again.
set -euo pipefail

ports=$#

bridged() {
  local port
  for port in $(seq "$ports"); do
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
  echo "switch-cumulus4.sh: net commit has not put swp1-$ports into br1" >&2
  exit 1
}
