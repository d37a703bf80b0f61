#!/bin/sh

### nobody

# service-not-listening (looked up): service web: nothing listens on TCP port 80
# by hand: Start the service, or correct the check.

### IPv4 only

# service-not-on-vip (likely): service web: on TCP port 80 nothing listens for 2001:db8:10::10
# by hand: Have the service listen on the VIP (with attach = "always") or on all addresses; or check the VIP itself (via_vip = true).

### the VIPs alone

# service-not-listening (looked up): service web: nothing listens on TCP port 80 of 127.0.0.1, which is checked
# by hand: Start the service, or correct the check.

### the VIPs alone, of which one is checked

### a VIP that is checked and not served, and one that is

# service-not-listening (looked up): service web: nothing listens on TCP port 80 of 2001:db8:10::10, which is checked
# by hand: Start the service, or correct the check.

### the dual wildcard

### loopback alone

# service-not-on-vip (likely): service web: on TCP port 80 nothing listens for 10.10.10.10 and 2001:db8:10::10
# by hand: Have the service listen on the VIP (with attach = "always") or on all addresses; or check the VIP itself (via_vip = true).

### not readable

# service-not-listening (cannot tell): cannot read /proc/net/tcp
# by hand: Start the service, or correct the check.

### DNS on the wildcard

# udp-wildcard (likely): service web: the server on UDP port 53 listens on all addresses
# by hand: Have the service listen on each VIP (with attach = "always").

### a check elsewhere
