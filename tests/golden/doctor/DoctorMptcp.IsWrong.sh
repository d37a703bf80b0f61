#!/bin/sh

### all is well

### nothing is signalled

### switched off

# mptcp-enabled (looked up): net.mptcp.enabled = 0
# net.mptcp.enabled = 1, with the settings at the end

# Kernel settings: now, and at each boot.
cat >>/etc/sysctl.d/61-vipherd-doctor.conf <<'END'
net.mptcp.enabled = 1
END
sysctl -p /etc/sysctl.d/61-vipherd-doctor.conf

### a VIP is signalled

# mptcp-vip (looked up): 10.10.10.10 is signalled, and a VIP
# by hand: Endpoints are the node's own addresses, one for each uplink.

### an address of no interface

# mptcp-address (looked up): 192.168.102.2 is signalled, and on no interface
# by hand: Endpoints are the node's own addresses, on interfaces that are up.

### an interface that is down

# mptcp-address (looked up): 192.168.101.2 is signalled, and eth2 is down
# by hand: Endpoints are the node's own addresses, on interfaces that are up.

### few subflows

# mptcp-subflows (looked up): 2 addresses of one family are signalled, and the limit of subflows is 1
ip mptcp limits set subflow 8

### no rules

# mptcp-source-rule (looked up): there is no rule from 192.168.101.2
# by hand: For each uplink a table with its router, and ip rule add from ADDRESS table TABLE.

### a rule from its network
