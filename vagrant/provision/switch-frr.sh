#!/usr/bin/env bash
# Makes a Debian machine a plain switch: switch-frr.sh MAC... bridges its cables. Can be run again.
set -euo pipefail
# shellcheck source=vagrant/provision/debian.sh
. "$(dirname "$0")/debian.sh"

{
  name_ports "$@"
  # STP would hold each port back for 30 s, and there is no loop.
  echo 'ip link show dev br1 >/dev/null 2>&1 || ip link add name br1 type bridge stp_state 0'
  echo 'ip link set br1 up'
  for port in $(seq $#); do echo "ip link set swp$port master br1"; done
} | put /usr/local/sbin/ports || true
unit ports "The ports of the switch, and the bridge br1"
