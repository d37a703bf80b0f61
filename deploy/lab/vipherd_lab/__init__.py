"""A vipherd network in namespaces: real FRR, real nginx or NSD, the agent, and the means to break them.

Modules, from the ground up: errors, processes, netlink, namespaces (one host), topology (addresses and
links), frr, nginx, nsd, supervisor and agent (what runs on a host), lab (all hosts together), scenarios
(ways to fail), fib, prefixes and client (what the router and the client see), measure, scale, show, demo, cli.
"""
