#!/bin/sh

### L3 over two default routes

# node-hash (looked up): net.ipv4.fib_multipath_hash_policy = 0, and default routes leave by eth1 and eth2
# net.ipv4.fib_multipath_hash_policy = 1, with the settings at the end

# node-hash (looked up): net.ipv6.fib_multipath_hash_policy = 0, and default routes leave by eth1 and eth2
# net.ipv6.fib_multipath_hash_policy = 1, with the settings at the end

# Kernel settings: now, and at each boot.
cat >>/etc/sysctl.d/61-vipherd-doctor.conf <<'END'
net.ipv4.fib_multipath_hash_policy = 1
net.ipv6.fib_multipath_hash_policy = 1
END
sysctl -p /etc/sysctl.d/61-vipherd-doctor.conf

### inner L3

# node-hash (looked up): net.ipv4.fib_multipath_hash_policy = 2, and default routes leave by eth1 and eth2
# net.ipv4.fib_multipath_hash_policy = 1, with the settings at the end

# node-hash (looked up): net.ipv6.fib_multipath_hash_policy = 2, and default routes leave by eth1 and eth2
# net.ipv6.fib_multipath_hash_policy = 1, with the settings at the end

# Kernel settings: now, and at each boot.
cat >>/etc/sysctl.d/61-vipherd-doctor.conf <<'END'
net.ipv4.fib_multipath_hash_policy = 1
net.ipv6.fib_multipath_hash_policy = 1
END
sysctl -p /etc/sysctl.d/61-vipherd-doctor.conf

### L4

### by the client's port

### no default route over the second

### a second that cannot be told

# node-hash (cannot tell): net.ipv4.fib_multipath_hash_policy = 0, and default routes may leave by eth1 and eth2: which of them cannot be told
# by hand: Install deploy/sysctl.d/60-vipherd.conf.

### a second that does not matter
