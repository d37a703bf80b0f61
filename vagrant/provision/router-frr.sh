#!/usr/bin/env bash
# Makes a Debian machine the router between clients (swp1) and load balancers (swp2):
#   router-frr.sh MAC-OF-SWP1 MAC-OF-SWP2. Can be run again.
set -euo pipefail
# shellcheck source=vagrant/provision/debian.sh
. "$(dirname "$0")/debian.sh"

need frr
{
  name_ports "$@"
  echo 'ip address replace 172.16.100.1/24 dev swp1'
  echo 'ip address replace 192.168.100.1/24 dev swp2'
  echo 'sysctl -q -w net.ipv4.ip_forward=1'
} | put /usr/local/sbin/ports || true
unit ports "The ports of the router"

restart=false
sed 's/^ospfd=no/ospfd=yes/' /etc/frr/daemons | put /etc/frr/daemons && restart=true
# What NCLU and NVUE write on a Cumulus, but for their other defaults, none of which is about OSPF.
put /etc/frr/frr.conf <<'FRR' && restart=true
frr defaults traditional
service integrated-vtysh-config
router ospf
 ospf router-id 192.168.100.1
 network 192.168.100.0/24 area 0.0.0.0
exit
FRR
systemctl enable --quiet frr.service
if $restart; then systemctl restart frr.service; else systemctl start frr.service; fi
