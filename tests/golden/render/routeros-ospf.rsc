# MikroTik RouterOS 7.16, in front of the load balancers: /import file-name=vipherd.rsc
# Written by `vipherd render router --platform routeros`.

# A connection is sent by addresses and ports. By addresses alone (l3, the default) all connections of
# one client reach one node.
/ip/settings/set ipv4-multipath-hash-policy=l4

# The pool of VIPs: host routes out of it are all that is taken from a load balancer. A route that no
# rule accepts is rejected.
/routing/filter/rule/add chain=vipherd-in4 rule="if (dst in 10.10.10.0/24 && dst-len==32) { accept }"
/routing/filter/rule/add chain=vipherd-in4 rule="reject"
/routing/filter/rule/add chain=vipherd-out4 rule="if (dst==0.0.0.0/0) { accept }"
/routing/filter/rule/add chain=vipherd-out4 rule="reject"

# --- OSPFv2 and OSPFv3
/routing/ospf/instance/add name=vipherd-v2 version=2 router-id=192.168.100.1 in-filter-chain=vipherd-in4 originate-default=if-installed
/routing/ospf/area/add name=vipherd-backbone-v2 instance=vipherd-v2 area-id=0.0.0.0
# Be the designated router.
/routing/ospf/interface-template/add area=vipherd-backbone-v2 interfaces=ether2 type=broadcast priority=100
# Be the designated router.
/routing/ospf/interface-template/add area=vipherd-backbone-v2 interfaces=ether3 type=broadcast priority=100
