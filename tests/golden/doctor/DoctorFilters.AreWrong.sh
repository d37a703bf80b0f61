#!/bin/sh

### strict with one uplink

### strict with two, one default route

# rp-filter (looked up): strict on eth2, of 2 interfaces with addresses; the default route does not leave by all of them
# net.ipv4.conf.all.rp_filter = 2, with the settings at the end

# Kernel settings: now, and at each boot.
cat >>/etc/sysctl.d/61-vipherd-doctor.conf <<'END'
net.ipv4.conf.all.rp_filter = 2
END
sysctl -p /etc/sysctl.d/61-vipherd-doctor.conf

### strict with two default routes

# rp-filter (likely): strict on eth1 and eth2, of 2 interfaces with addresses
# net.ipv4.conf.all.rp_filter = 2, with the settings at the end

# Kernel settings: now, and at each boot.
cat >>/etc/sysctl.d/61-vipherd-doctor.conf <<'END'
net.ipv4.conf.all.rp_filter = 2
END
sysctl -p /etc/sysctl.d/61-vipherd-doctor.conf

### loose wins

### no MTU probing

# tcp-mtu-probing (looked up): net.ipv4.tcp_mtu_probing = 0
# net.ipv4.tcp_mtu_probing = 1, with the settings at the end

# Kernel settings: now, and at each boot.
cat >>/etc/sysctl.d/61-vipherd-doctor.conf <<'END'
net.ipv4.tcp_mtu_probing = 1
END
sysctl -p /etc/sysctl.d/61-vipherd-doctor.conf
