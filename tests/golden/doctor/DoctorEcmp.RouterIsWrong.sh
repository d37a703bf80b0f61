#!/bin/sh

### L3, IPv4

# ecmp-hash-ipv4 (looked up): net.ipv4.fib_multipath_hash_policy = 0
# net.ipv4.fib_multipath_hash_policy = 1, with the settings at the end

# Kernel settings: now, and at each boot.
cat >>/etc/sysctl.d/61-vipherd-doctor.conf <<'END'
net.ipv4.fib_multipath_hash_policy = 1
END
sysctl -p /etc/sysctl.d/61-vipherd-doctor.conf

### L3, IPv6

# ecmp-hash-ipv6 (looked up): net.ipv6.fib_multipath_hash_policy = 0
# net.ipv6.fib_multipath_hash_policy = 1, with the settings at the end

# Kernel settings: now, and at each boot.
cat >>/etc/sysctl.d/61-vipherd-doctor.conf <<'END'
net.ipv6.fib_multipath_hash_policy = 1
END
sysctl -p /etc/sysctl.d/61-vipherd-doctor.conf

### inner L3, IPv4

# ecmp-hash-ipv4 (looked up): net.ipv4.fib_multipath_hash_policy = 2
# net.ipv4.fib_multipath_hash_policy = 1, with the settings at the end

# Kernel settings: now, and at each boot.
cat >>/etc/sysctl.d/61-vipherd-doctor.conf <<'END'
net.ipv4.fib_multipath_hash_policy = 1
END
sysctl -p /etc/sysctl.d/61-vipherd-doctor.conf

### inner L3, IPv6

# ecmp-hash-ipv6 (looked up): net.ipv6.fib_multipath_hash_policy = 2
# net.ipv6.fib_multipath_hash_policy = 1, with the settings at the end

# Kernel settings: now, and at each boot.
cat >>/etc/sysctl.d/61-vipherd-doctor.conf <<'END'
net.ipv6.fib_multipath_hash_policy = 1
END
sysctl -p /etc/sysctl.d/61-vipherd-doctor.conf

### fields with ports

### fields without ports

# ecmp-hash-ipv4 (looked up): net.ipv4.fib_multipath_hash_policy = 3 and net.ipv4.fib_multipath_hash_fields = 7
# net.ipv4.fib_multipath_hash_policy = 1, with the settings at the end

# Kernel settings: now, and at each boot.
cat >>/etc/sysctl.d/61-vipherd-doctor.conf <<'END'
net.ipv4.fib_multipath_hash_policy = 1
END
sysctl -p /etc/sysctl.d/61-vipherd-doctor.conf

### fields with the port that all clients share

# ecmp-hash-ipv4 (looked up): net.ipv4.fib_multipath_hash_policy = 3 and net.ipv4.fib_multipath_hash_fields = 39
# net.ipv4.fib_multipath_hash_policy = 1, with the settings at the end

# Kernel settings: now, and at each boot.
cat >>/etc/sysctl.d/61-vipherd-doctor.conf <<'END'
net.ipv4.fib_multipath_hash_policy = 1
END
sysctl -p /etc/sysctl.d/61-vipherd-doctor.conf

### fields that were not read

# ecmp-hash-ipv4 (cannot tell): net.ipv4.fib_multipath_hash_fields was not looked at
# by hand: Hash by ports as well: net.ipv4.fib_multipath_hash_policy = 1 (kernel 4.12 and newer).

### a policy of the future

# ecmp-hash-ipv6 (cannot tell): net.ipv6.fib_multipath_hash_policy = 4, which is not known here
# by hand: Hash by ports as well: net.ipv6.fib_multipath_hash_policy = 1 (kernel 4.17 and newer).

### an unreadable setting

# ecmp-hash-ipv4 (cannot tell): cannot read /proc/sys/net/ipv4/fib_multipath_hash_policy
# by hand: Hash by ports as well: net.ipv4.fib_multipath_hash_policy = 1 (kernel 4.12 and newer).

### dead next hops

# ecmp-dead-next-hop (looked up): net.ipv4.fib_multipath_use_neigh = 0
# net.ipv4.fib_multipath_use_neigh = 1, with the settings at the end

# Kernel settings: now, and at each boot.
cat >>/etc/sysctl.d/61-vipherd-doctor.conf <<'END'
net.ipv4.fib_multipath_use_neigh = 1
END
sysctl -p /etc/sysctl.d/61-vipherd-doctor.conf

### per packet

# kernel-ecmp-ipv4 (looked up): the kernel is 4.1.52
# by hand: Run a kernel of 4.12 or newer.

# icmp-errors-ipv6 (looked up): the kernel is 4.1.52
# by hand: Run a kernel of 4.17 or newer; until then set net.ipv4.tcp_mtu_probing = 1 on the nodes.

### route cache

# kernel-ecmp-ipv4 (looked up): the kernel is 3.2.0-6-amd64
# by hand: Run a kernel of 4.12 or newer.

# kernel-ecmp-ipv6 (looked up): the kernel is 3.2.0-6-amd64
# by hand: Run a kernel of 4.17 or newer.

### no L4 yet for IPv6

# ecmp-hash-ipv6 (looked up): this kernel has no net.ipv6.fib_multipath_hash_policy
# by hand: Hash by ports as well: net.ipv6.fib_multipath_hash_policy = 1 (kernel 4.17 and newer).

### not built in

# kernel-multipath (looked up): this kernel has no net.ipv4.fib_multipath_use_neigh
# by hand: Run a kernel that is built with it, as those of all distributions are.

# ecmp-hash-ipv4 (looked up): this kernel has no net.ipv4.fib_multipath_hash_policy
# by hand: Hash by ports as well: net.ipv4.fib_multipath_hash_policy = 1 (kernel 4.12 and newer).

### not built in, as the boot directory says

# icmp-errors-ipv6 (looked up): the kernel is 4.5.0
# by hand: Run a kernel of 4.17 or newer; until then set net.ipv4.tcp_mtu_probing = 1 on the nodes.

# kernel-multipath (looked up): CONFIG_IP_ROUTE_MULTIPATH is not set in the kernel's configuration
# by hand: Run a kernel that is built with it, as those of all distributions are.
