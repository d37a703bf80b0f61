#!/bin/sh

### a firewall

# relay-firewall (likely): chain input of table inet filter drops what no rule accepts, and none names port 6512 of UDP
# by hand: A rule that accepts UDP to the port after relay.port (6512) from the siblings.

### what cannot be asked

# relay-firewall (cannot tell): nft: Operation not permitted
# by hand: A rule that accepts UDP to the port after relay.port (6512) from the siblings.
