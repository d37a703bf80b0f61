/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the program in the kernel and its loader have in common: the layout of maps and of what siblings send each
 * other (docs/relay.md). C and C++ both read it. */
#ifndef VIPHERD_RELAY_SHARED_H
#define VIPHERD_RELAY_SHARED_H

#include <linux/bpf.h>
#include <linux/types.h>

/* Both kept small, so that a packet can never go far: the hop limit also ends what a wrong ring makes circle. */
#define RELAY_MAX_SIBLINGS 63
#define RELAY_MAX_HOPS 63

#define RELAY_VERSION 1
/* Windows of the rate limit: 2^24 ns, 16.8 ms. */
#define RELAY_WINDOW_SHIFT 24

enum relay_family { RELAY_V4, RELAY_V6, RELAY_FAMILIES };

/* Network order; IPv4 as ::ffff:a.b.c.d. */
struct relay_address {
  __u8 bytes[16];
};

/* Behind the outer IP and UDP headers; then comes the packet as it was, from its IP header on. */
struct relay_header {
  __u8 version;
  __u8 hops; /* that may still follow */
  __u16 reserved;
  __u32 token; /* network order */
};

/* Where the packets of one family go on to. */
struct relay_ring {
  struct relay_address self;
  struct relay_address next;
  struct relay_address gateway; /* to it; on one link: itself. An IPv4 packet may have an IPv6 one (RFC 5549) */
  __u32 next_index; /* of the sibling, for its counters */
  __u32 ifindex;    /* by which it is reached */
  __u32 hops;       /* until a packet is back here; 0: there is no sibling to pass anything on to */
  __u32 mtu;        /* of the way there; 0: not known */
  __u32 most_mss;   /* that this node may offer clients; 0: whatever it likes */
};

/* Per sibling, by its index. Index 0 is what belongs to no sibling. */
enum relay_count {
  RELAY_PASSED_ON,     /* to the sibling: packets that came from a client */
  RELAY_FORWARDED,     /* to the sibling: packets that came from another sibling */
  RELAY_ACCEPTED,      /* from the sibling: of a connection of this node */
  RELAY_UNOWNED,       /* from the sibling: back where it came from, of no node's connection; the kernel resets it */
  RELAY_UNDELIVERABLE, /* from the sibling: at the end of its hops, and the VIP is not attached here; dropped */
  RELAY_MALFORMED,     /* from the sibling; dropped */
  RELAY_LIMITED,       /* over the rate. Sibling: dropped. Index 0: not passed on, but left to the kernel */
  RELAY_STRANGERS,     /* index 0: sent to the relay's port by other addresses; dropped */
  RELAY_UNTOUCHED,     /* index 0: fragments, IP options, extension headers of packets for a VIP; left to the kernel */
  RELAY_TOO_BIG,       /* index 0: no room for the outer header; left to the kernel */
  RELAY_CLAMPED,       /* index 0: SYN-ACKs whose MSS was lowered */
  RELAY_CONNECTIONS_PASSED_ON, /* connections, of which the packets above are */
  RELAY_CONNECTIONS_ACCEPTED,
  RELAY_CONNECTIONS_UNOWNED,
  RELAY_COUNTS
};

/* A connection as it is counted: for each sibling once, however many packets it has. */
struct relay_connection {
  struct bpf_sock_tuple tuple; /* as the client sends; behind an IPv4 one: 0 */
  __u16 index;
  __u16 count; /* of enum relay_count */
};
/* That are remembered for it. */
#define RELAY_CONNECTIONS 32768

struct relay_rate {
  __u64 window;
  __u64 packets;
};

#endif
