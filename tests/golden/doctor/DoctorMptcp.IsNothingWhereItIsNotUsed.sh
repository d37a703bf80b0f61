#!/bin/sh

### no ip

### a kernel without it

### what cannot be asked

# mptcp-address (cannot tell): ip did not end within 2 s
# by hand: Endpoints are the node's own addresses, on interfaces that are up.
