#!/usr/bin/env bash
# Makes a Cumulus VX with NVUE (Cumulus Linux 5) the router between clients (swp1) and load balancers
# (swp2). Can be run again.
set -euo pipefail

configured() {
  ip -o address show swp1 | grep -q "inet 172.16.100.1/24" &&
    ip -o address show swp2 | grep -q "inet 192.168.100.1/24" &&
    vtysh -c "show ip ospf interface swp2" | grep -q "Area 0.0.0.0"
}

if configured; then
  echo "the router is configured already"
  exit 0
fi

# NVUE is served by nvued, which may still be starting.
for _ in $(seq 120); do
  systemctl is-active --quiet nvued && break
  sleep 1
done
nv set interface swp1 ip address 172.16.100.1/24
nv set interface swp2 ip address 192.168.100.1/24
nv set router ospf enable on
nv set vrf default router ospf enable on
nv set vrf default router ospf router-id 192.168.100.1
nv set vrf default router ospf area 0 network 192.168.100.0/24
# Restarts FRR, which answers a little later.
nv config apply -y
for _ in $(seq 60); do
  configured && exit 0
  sleep 1
done
echo "router-cumulus5.sh: nv config apply has not configured swp1, swp2 and OSPF" >&2
exit 1
