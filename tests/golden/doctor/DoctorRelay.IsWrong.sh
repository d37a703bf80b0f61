#!/bin/sh

### all is well

### none configured

### an old kernel

# relay-kernel (looked up): Linux 5.10.0-30-amd64
# by hand: A kernel of 6.1 or later, or no [relay] on this node.

### no rights

# relay-rights (looked up): vipherd.service, user frr, is without CAP_BPF and CAP_PERFMON
# by hand: The drop-in relay.conf for the unit, then systemctl daemon-reload and systemctl restart vipherd.

### CAP_PERFMON is not missed by a newer kernel

### no own address

# relay-own-address (looked up): none of relay.siblings is an address of this node
# by hand: The same list on all nodes, with one address of each node and family.

### two own addresses

# relay-own-address (looked up): 192.168.100.2 and 192.168.100.3 are both addresses of this node
# by hand: The same list on all nodes, with one address of each node and family.

### no such interface

# relay-interface (looked up): there is no interface eth7
# by hand: The names of interfaces that are up in relay.interfaces, or no such key: then it is all that are.

### an interface that is down

# relay-interface (looked up): eth8 is down
# by hand: The names of interfaces that are up in relay.interfaces, or no such key: then it is all that are.

### a build without it

# relay-build (looked up): [relay] is configured
# by hand: A build with VIPHERD_RELAY=ON, such as the Debian package.

### a key that the agent cannot read

# relay-key (looked up): user frr may not read /etc/vipherd/relay.key (root:root, 0600)
# by hand: The same file on all nodes, readable for the agent's user: chgrp frr and chmod 640.

### a relay that does not work

# relay-state (looked up): port 6512 is in use
# by hand: What the reason says; vipherd status shows when it works again.

### a key that all can read

# relay-key-mode (looked up): /etc/vipherd/relay key is readable for all
chmod o-rwx '/etc/vipherd/relay key'

### a silent sibling: the other one's heartbeats come in, whatever the firewall

# relay-sibling (looked up): 192.168.100.3 is silent: no heartbeat from it
# by hand: An agent with the same [relay] on that node, and between the nodes UDP from and to the relay's port and the one after it.

### siblings that do not hear this node

# relay-sibling (looked up): 192.168.100.3 is silent: it is heard, but does not hear this node
# by hand: An agent with the same [relay] on that node, and between the nodes UDP from and to the relay's port and the one after it.

# relay-sibling (looked up): 192.168.100.4 is silent: it is heard, but does not hear this node
# by hand: An agent with the same [relay] on that node, and between the nodes UDP from and to the relay's port and the one after it.

### no sibling heard, and a firewall that is open for them

# relay-sibling (looked up): 2001:db8:100::3 is silent: no heartbeat from it
# by hand: An agent with the same [relay] on that node, and between the nodes UDP from and to the relay's port and the one after it.

### a small MTU

# relay-mtu (looked up): eth1 has an MTU of 1300
# by hand: An MTU of at least 1336 between the nodes.
