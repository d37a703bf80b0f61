#!/usr/bin/env bash
# Makes a Cumulus VX with NCLU (Cumulus Linux 3.7 to 4.4) the router between clients (swp1) and load
# balancers (swp2). Can be run again.
set -euo pipefail

configured() {
  ip -o address show swp1 | grep -q "inet 172.16.100.1/24" &&
    ip -o address show swp2 | grep -q "inet 192.168.100.1/24" &&
    vtysh -c "show running-config" | grep -q "network 192.168.100.0/24 area 0"
}

if configured; then
  echo "the router is configured already"
  exit 0
fi

# NCLU is served by netd, which may still be starting.
for _ in $(seq 60); do
  systemctl is-active --quiet netd && break
  sleep 1
done
net add interface swp1 ip address 172.16.100.1/24
net add interface swp2 ip address 192.168.100.1/24
net add ospf router-id 192.168.100.1
net add ospf network 192.168.100.0/24 area 0.0.0.0
# Starts ospfd as well, for which FRR is restarted: it answers a little later.
net commit
for _ in $(seq 30); do
  configured && exit 0
  sleep 1
done
echo "router-cumulus4.sh: net commit has not configured swp1, swp2 and OSPF" >&2
exit 1
