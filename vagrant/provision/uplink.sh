#!/usr/bin/env bash
# Gives the cable of a Debian machine its address and makes it the way to everywhere:
#   uplink.sh MAC ADDRESS/LENGTH GATEWAY
# Can be run again; what it does holds over reboots.
set -euo pipefail
mac=$1 address=$2 gateway=$3
# shellcheck source=vagrant/provision/debian.sh
. "$(dirname "$0")/debian.sh"

remember_nat_route
# Vagrant's NAT keeps its address, but is no default route, also not when its lease is renewed.
put /etc/dhcp/dhclient-enter-hooks.d/vipherd-no-default-route <<<'unset new_routers' || true

put /usr/local/sbin/uplink <<SCRIPT || true
#!/bin/sh
# Written by the provisioning.
set -eu
device=\$(ip -o link | sed -n 's/^[0-9]*: \([^:@]*\)[:@].* link\/ether $mac .*/\1/p')
ip link set "\$device" up
ip address replace $address dev "\$device"
ip route replace default via $gateway dev "\$device"
SCRIPT
unit uplink "The cable into the lab"
