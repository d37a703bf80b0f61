#!/bin/sh

### not enabled

# frr-daemon-disabled (looked up): /etc/frr/daemons does not say ospf6d=yes
sed -i '/^ospf6d=/d' /etc/frr/daemons
echo ospf6d=yes >>/etc/frr/daemons
systemctl restart frr  # this ends all sessions for a moment

### bfdd runs and is not enabled

# frr-daemon-disabled (looked up): /etc/frr/daemons does not say bfdd=yes
sed -i '/^bfdd=/d' /etc/frr/daemons
echo bfdd=yes >>/etc/frr/daemons
systemctl restart frr  # this ends all sessions for a moment

### dead

# frr-daemon-absent (looked up): bgpd does not run: Connection refused
# by hand: systemctl status frr; the daemon's log says why it ended.

### no right to ask

# frr-daemon-silent (cannot tell): bgpd: Permission denied
# by hand: Run the doctor as root, or as a member of group frrvty.

### no zserv

# frr-zserv (looked up): No such file or directory
# by hand: systemctl status frr; the path is frr.zserv_socket in vipherd.toml.

### the agent's user may not

# frr-socket-rights (looked up): user frr: /run/frr/zserv.api (root:root, 0700)
# by hand: Run the agent as user frr, as deploy/systemd/vipherd.service does; Debian's FRR gives that user these rights.

### an unknown version

# frr-version (likely): zebra is of FRR 11.0
# by hand: Run an FRR of docs/frr.md, "Versions"; or try frr.dialect on a node that serves nothing.

### with the operator's word for it

### only OSPF is wanted
