#!/usr/bin/env bash
# Gives the cable of a Debian machine its address and makes it the way to everywhere:
#   uplink.sh MAC ADDRESS/LENGTH GATEWAY
# uplink.sh internet [GATEWAY] takes the default route back to Vagrant's NAT, to install packages.
# Can be run again; what it does holds over reboots.
set -euo pipefail

if [ "$1" = internet ]; then
  # VirtualBox's NAT: always this network, the second address is the gateway.
  gateway=${2:-10.0.2.2}
  device=$(ip -o route get "$gateway" | sed -n 's/.* dev \([^ ]*\).*/\1/p')
  ip route replace default via "$gateway" dev "$device"
  exit 0
fi

mac=$1 address=$2 gateway=$3

# Vagrant's NAT keeps its address, but is no default route, also not when its lease is renewed.
mkdir -p /etc/dhcp/dhclient-enter-hooks.d
echo 'unset new_routers' >/etc/dhcp/dhclient-enter-hooks.d/vipherd-no-default-route

cat >/usr/local/sbin/uplink <<SCRIPT
#!/bin/sh
# Written by the provisioning.
set -eu
device=\$(ip -o link | sed -n 's/^[0-9]*: \([^:@]*\)[:@].* link\/ether $mac .*/\1/p')
ip link set "\$device" up
ip address replace $address dev "\$device"
ip route replace default via $gateway dev "\$device"
SCRIPT
chmod 755 /usr/local/sbin/uplink

cat >/etc/systemd/system/uplink.service <<'UNIT'
[Unit]
Description=The cable into the lab
# After the NAT's interface, before everything that wants a network.
After=networking.service
Before=network-online.target frr.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/uplink

[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable --quiet uplink.service
systemctl restart uplink.service
