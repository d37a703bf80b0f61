/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Reads a packet as far as the relay has to: which connection it belongs to, and whether that is one of this node's.
 * Works on copies of the headers: a packet's bytes may lie in several pieces. Changes nothing. */
#ifndef VIPHERD_RELAY_FLOW_BPF_H
#define VIPHERD_RELAY_FLOW_BPF_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>

#include "state.bpf.h"

#define TCP_LISTEN 10 /* include/net/tcp_states.h */
#define FRAGMENT 0x3fff

struct flow {
  struct relay_address from, to;
  __u8 protocol;
  bool plain; /* neither a fragment nor one with options or extension headers */
  union {
    struct iphdr ip4;
    struct ipv6hdr ip6;
  };
  struct tcphdr tcp;
  struct bpf_sock_tuple tuple; /* as the connection's client sends */
};

enum reading {
  READ_OTHER,     /* nothing for the relay */
  READ_MALFORMED, /* shorter than its headers, or no such headers */
  READ_SYN,
  READ_SEGMENT, /* of a connection that should exist */
  READ_ERROR,   /* ICMP, about a segment of such a connection */
};

static __always_inline void map_ipv4(struct relay_address *to, __be32 from) {
  __builtin_memset(to, 0, 10);
  to->bytes[10] = to->bytes[11] = 0xff;
  __builtin_memcpy(&to->bytes[12], &from, 4);
}

static __always_inline __be32 ipv4_of(const struct relay_address *address) {
  __be32 found;
  __builtin_memcpy(&found, &address->bytes[12], 4);
  return found;
}

static __always_inline bool is_ipv4(const struct relay_address *address) {
  const __u32 *words = (const void *)address;
  return !words[0] && !words[1] && words[2] == bpf_htonl(0xffff);
}

static __always_inline bool same_address(const struct relay_address *left, const struct relay_address *right) {
  const __u64 *one = (const void *)left, *other = (const void *)right;
  return one[0] == other[0] && one[1] == other[1];
}

static __always_inline __u32 ip_size(enum relay_family family) {
  return family == RELAY_V4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
}

static __always_inline bool is_extension(__u8 protocol) {
  return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING || protocol == IPPROTO_FRAGMENT ||
         protocol == IPPROTO_AH || protocol == IPPROTO_DSTOPTS || protocol == 135 /* mobility */;
}

/* Copies bytes of the packet, by words: behind Ethernet's 14 bytes each header lies on a multiple of four, as `to` has to.
 * Nonzero: the packet has none there. Nearly always the headers lie in one piece, where this is cheaper than a call. */
static __always_inline long load(struct __sk_buff *skb, __u32 at, void *to, __u32 size) {
  const void *from = (const void *)(long)skb->data + at;
  if (from + size <= (const void *)(long)skb->data_end) {
    if (size % 4 == 0) {
      from = __builtin_assume_aligned(from, 4);
      to = __builtin_assume_aligned(to, 4);
    }
    __builtin_memcpy(to, from, size);
    return 0;
  }
  return bpf_skb_load_bytes(skb, at, to, size);
}

/* The IP header at `at`; false: there is none. */
static __always_inline bool read_ip(struct __sk_buff *skb, __u32 at, enum relay_family family, struct flow *flow) {
  if (family == RELAY_V4) {
    struct iphdr *ip = &flow->ip4;
    if (load(skb, at, ip, sizeof *ip) || ip->version != 4 || ip->ihl < 5) return false;
    map_ipv4(&flow->from, ip->saddr);
    map_ipv4(&flow->to, ip->daddr);
    flow->protocol = ip->protocol;
    flow->plain = ip->ihl == 5 && !(ip->frag_off & bpf_htons(FRAGMENT));
    return true;
  }
  struct ipv6hdr *ip = &flow->ip6;
  if (load(skb, at, ip, sizeof *ip) || ip->version != 6) return false;
  __builtin_memcpy(&flow->from, &ip->saddr, sizeof flow->from);
  __builtin_memcpy(&flow->to, &ip->daddr, sizeof flow->to);
  flow->protocol = ip->nexthdr;
  flow->plain = !is_extension(ip->nexthdr);
  return true;
}

static __always_inline void set_tuple(struct flow *flow, enum relay_family family, const struct relay_address *client,
                                      const struct relay_address *vip, __be16 client_port, __be16 vip_port) {
  if (family == RELAY_V4) {
    flow->tuple.ipv4.saddr = ipv4_of(client);
    flow->tuple.ipv4.daddr = ipv4_of(vip);
    flow->tuple.ipv4.sport = client_port;
    flow->tuple.ipv4.dport = vip_port;
    return;
  }
  __builtin_memcpy(flow->tuple.ipv6.saddr, client, sizeof *client);
  __builtin_memcpy(flow->tuple.ipv6.daddr, vip, sizeof *vip);
  flow->tuple.ipv6.sport = client_port;
  flow->tuple.ipv6.dport = vip_port;
}

static __always_inline bool is_icmp_error(enum relay_family family, __u8 type) {
  /* Destination unreachable, time exceeded, parameter problem; ICMPv6: those and packet too big. */
  if (family == RELAY_V4) return type == 3 || type == 11 || type == 12;
  return type >= 1 && type <= 4;
}

/* An ICMP error quotes what this VIP sent: its connection is the one of the quoted segment, read backwards. A router
 * that balances by the quoted addresses sends it where the client's segments go: to the wrong node, too. */
static __always_inline enum reading read_icmp(struct __sk_buff *skb, __u32 at, enum relay_family family,
                                              struct flow *flow) {
  __u8 type = 0, protocol = 0;
  __be16 ports[2] __attribute__((aligned(4))) = {};
  struct relay_address source, destination;
  const __u32 quoted = at + 8;
  if (load(skb, at, &type, 1)) return READ_OTHER;
  if (!is_icmp_error(family, type)) return READ_OTHER;
  if (family == RELAY_V4) {
    struct iphdr ip;
    if (load(skb, quoted, &ip, sizeof ip)) return READ_OTHER;
    if (ip.version != 4 || ip.ihl != 5 || ip.frag_off & bpf_htons(FRAGMENT)) return READ_OTHER;
    map_ipv4(&source, ip.saddr);
    map_ipv4(&destination, ip.daddr);
    protocol = ip.protocol;
  } else {
    struct ipv6hdr ip;
    if (load(skb, quoted, &ip, sizeof ip) || ip.version != 6) return READ_OTHER;
    __builtin_memcpy(&source, &ip.saddr, sizeof source);
    __builtin_memcpy(&destination, &ip.daddr, sizeof destination);
    protocol = ip.nexthdr;
  }
  if (protocol != IPPROTO_TCP || !same_address(&source, &flow->to)) return READ_OTHER;
  const __u32 segment = quoted + ip_size(family);
  if (load(skb, segment, ports, sizeof ports)) return READ_OTHER;
  set_tuple(flow, family, &destination, &source, ports[1], ports[0]);
  return READ_ERROR;
}

/* Counts the packet, and its connection if it is the first of it. */
static __always_inline void count_both(__u32 index, enum relay_count packets, enum relay_count connections,
                                       enum relay_family family, const struct flow *flow) {
  count(index, packets);
  const __u32 only = 0;
  struct relay_connection *connection = bpf_map_lookup_elem(&scratch, &only);
  if (!connection) return;
  __builtin_memset(connection, 0, sizeof *connection);
  connection->index = index;
  connection->count = connections;
  if (family == RELAY_V4) {
    connection->tuple.ipv4 = flow->tuple.ipv4;
  } else {
    connection->tuple.ipv6 = flow->tuple.ipv6;
  }
  count_connection(connection);
}

/* What follows the IP header of a plain packet. `at` is a constant for the compiler, as each offset has to be:
 * arithmetic with variables on a packet takes CAP_PERFMON. */
static __always_inline enum reading read_transport(struct __sk_buff *skb, __u32 at, enum relay_family family,
                                                   struct flow *flow) {
  if (flow->protocol == (family == RELAY_V4 ? IPPROTO_ICMP : IPPROTO_ICMPV6)) return read_icmp(skb, at, family, flow);
  if (flow->protocol != IPPROTO_TCP) return READ_OTHER;
  if (load(skb, at, &flow->tcp, sizeof flow->tcp)) return READ_MALFORMED;
  if (flow->tcp.syn) return READ_SYN;
  set_tuple(flow, family, &flow->from, &flow->to, flow->tcp.source, flow->tcp.dest);
  return READ_SEGMENT;
}

/* Whether this node has the connection: established, closing, in TIME_WAIT, or half open, be it that only a SYN
 * cookie tells so. A listening socket has none: it is what resets a connection that it does not know. */
static __always_inline bool is_ours(struct __sk_buff *skb, enum relay_family family, enum reading reading,
                                    struct flow *flow) {
  const __u32 size = family == RELAY_V4 ? sizeof flow->tuple.ipv4 : sizeof flow->tuple.ipv6;
  struct bpf_sock *socket = bpf_skc_lookup_tcp(skb, &flow->tuple, size, BPF_F_CURRENT_NETNS, 0);
  if (!socket) return false;
  bool ours = socket->state != TCP_LISTEN;
  if (!ours && reading == READ_SEGMENT) {
    ours = bpf_tcp_check_syncookie(socket, &flow->ip6, ip_size(family), &flow->tcp, sizeof flow->tcp) == 0;
  }
  bpf_sk_release(socket);
  return ours;
}

#endif
