#!/usr/bin/env bash
# Makes a Cumulus VX with NVUE a plain switch: switch-cumulus5.sh MAC... bridges swp1 and so on, one for
# each cable. Can be run again.
set -euo pipefail

ports=$#

bridged() {
  local port
  for port in $(seq "$ports"); do
    ip -o link show master br_default 2>/dev/null | grep -q " swp${port}[:@]" || return 1
  done
}

if bridged; then
  echo "br_default has swp1-$ports already"
  exit 0
fi

# NVUE is served by nvued, which may still be starting.
for _ in $(seq 120); do
  systemctl is-active --quiet nvued && break
  sleep 1
done
# All ports are in VLAN 1, untagged.
nv set interface "swp1-$ports" bridge domain br_default
nv config apply -y
for _ in $(seq 30); do
  bridged && exit 0
  sleep 1
done
echo "switch-cumulus5.sh: nv config apply has not put swp1-$ports into br_default" >&2
exit 1
