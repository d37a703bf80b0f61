/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The outer headers: put on, changed on the way, taken off. */
#ifndef VIPHERD_RELAY_TUNNEL_BPF_H
#define VIPHERD_RELAY_TUNNEL_BPF_H

#include <linux/pkt_cls.h>

#include "flow.bpf.h"

#define AF_INET 2   /* linux/socket.h has them for the kernel alone */
#define AF_INET6 10
#define OUTER_TTL 64
#define DONT_FRAGMENT 0x4000
/* The outer source port tells flows apart for whatever spreads packets by it: RFC 7510 section 3. */
#define EPHEMERAL 0xc000

struct outer_v4 {
  struct iphdr ip;
  struct udphdr udp;
  struct relay_header relay;
} __attribute__((packed, aligned(4)));

struct outer_v6 {
  struct ipv6hdr ip;
  struct udphdr udp;
  struct relay_header relay;
} __attribute__((packed, aligned(4)));

static __always_inline __u32 outer_size(enum relay_family family) {
  return family == RELAY_V4 ? sizeof(struct outer_v4) : sizeof(struct outer_v6);
}

static __always_inline void set_checksum(struct iphdr *ip) {
  ip->check = 0;
  __u64 sum = bpf_csum_diff(NULL, 0, (__be32 *)ip, sizeof *ip, 0);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  ip->check = (__u16)~sum;
}

/* Of a stream that the network card or the kernel joined, each segment is cut smaller by the kernel. */
static __always_inline bool fits(struct __sk_buff *skb, enum relay_family family, const struct relay_ring *ring) {
  return !ring->mtu || skb->gso_size || skb->len - ETH_HLEN + outer_size(family) <= ring->mtu;
}

static __always_inline void set_udp(struct udphdr *udp, struct relay_header *relay, __be16 flow_port, __u32 length,
                                    __u32 hops) {
  udp->source = flow_port | bpf_htons(EPHEMERAL);
  udp->dest = relay_port;
  udp->len = bpf_htons(length);
  relay->version = RELAY_VERSION;
  relay->hops = hops;
  relay->token = relay_token;
}

/* Puts the headers on; nonzero: nothing was changed. Outer ECN bits stay 0, so that a router in between drops what it
 * would mark, as without them (RFC 6040 section 4.3, compatibility mode). */
static __always_inline int wrap(struct __sk_buff *skb, enum relay_family family, const struct flow *flow,
                                const struct relay_ring *ring) {
  const __u64 flags = BPF_F_ADJ_ROOM_ENCAP_L4_UDP |
                      (family == RELAY_V4 ? BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 : BPF_F_ADJ_ROOM_ENCAP_L3_IPV6);
  if (bpf_skb_adjust_room(skb, outer_size(family), BPF_ADJ_ROOM_MAC, flags)) return -1;
  __u32 length = skb->len - ETH_HLEN;
  if (length > 0xffff) length = 0xffff; /* a joined stream: each segment gets its own */
  if (family == RELAY_V4) {
    struct outer_v4 outer = {};
    outer.ip.version = 4;
    outer.ip.ihl = 5;
    outer.ip.tos = flow->ip4.tos & 0xfc;
    outer.ip.tot_len = bpf_htons(length);
    outer.ip.frag_off = bpf_htons(DONT_FRAGMENT);
    outer.ip.ttl = OUTER_TTL;
    outer.ip.protocol = IPPROTO_UDP;
    outer.ip.saddr = ipv4_of(&ring->self);
    outer.ip.daddr = ipv4_of(&ring->next);
    set_checksum(&outer.ip);
    set_udp(&outer.udp, &outer.relay, flow->tuple.ipv4.sport, length - sizeof outer.ip, ring->hops);
    return bpf_skb_store_bytes(skb, ETH_HLEN, &outer, sizeof outer, 0) ? TC_ACT_SHOT : 0;
  }
  struct outer_v6 outer = {};
  length -= sizeof outer.ip;
  outer.ip.version = 6;
  outer.ip.priority = flow->ip6.priority;
  outer.ip.flow_lbl[0] = flow->ip6.flow_lbl[0] & 0xc0;
  outer.ip.payload_len = bpf_htons(length);
  outer.ip.nexthdr = IPPROTO_UDP;
  outer.ip.hop_limit = OUTER_TTL;
  __builtin_memcpy(&outer.ip.saddr, &ring->self, sizeof outer.ip.saddr);
  __builtin_memcpy(&outer.ip.daddr, &ring->next, sizeof outer.ip.daddr);
  set_udp(&outer.udp, &outer.relay, flow->tuple.ipv6.sport, length, ring->hops);
  return bpf_skb_store_bytes(skb, ETH_HLEN, &outer, sizeof outer, 0) ? TC_ACT_SHOT : 0;
}

/* Takes the headers off. Kernels before 6.3 know no flag that says which; of the same family none is needed. */
static __always_inline int unwrap(struct __sk_buff *skb, enum relay_family family) {
  return bpf_skb_adjust_room(skb, -(__s32)outer_size(family), BPF_ADJ_ROOM_MAC, 0);
}

/* To the next sibling. The kernel is not asked for a route: of several IPv6 next hops it would take one without
 * regard to the interface. */
static __always_inline long send(const struct relay_ring *ring) {
  struct bpf_redir_neigh gateway = {};
  if (is_ipv4(&ring->gateway)) {
    gateway.nh_family = AF_INET;
    gateway.ipv4_nh = ipv4_of(&ring->gateway);
  } else {
    gateway.nh_family = AF_INET6;
    __builtin_memcpy(gateway.ipv6_nh, &ring->gateway, sizeof gateway.ipv6_nh);
  }
  return bpf_redirect_neigh(ring->ifindex, &gateway, sizeof gateway, 0);
}

/* Aims an already wrapped packet at the next sibling. */
static __always_inline int readdress(struct __sk_buff *skb, enum relay_family family, struct flow *outer,
                                     const struct relay_ring *ring, __u8 hops) {
  const __u32 relay = ETH_HLEN + ip_size(family) + sizeof(struct udphdr);
  if (bpf_skb_store_bytes(skb, relay + __builtin_offsetof(struct relay_header, hops), &hops, sizeof hops, 0)) return -1;
  if (family == RELAY_V4) {
    outer->ip4.saddr = ipv4_of(&ring->self);
    outer->ip4.daddr = ipv4_of(&ring->next);
    outer->ip4.ttl = OUTER_TTL;
    set_checksum(&outer->ip4);
    return bpf_skb_store_bytes(skb, ETH_HLEN, &outer->ip4, sizeof outer->ip4, 0);
  }
  __builtin_memcpy(&outer->ip6.saddr, &ring->self, sizeof outer->ip6.saddr);
  __builtin_memcpy(&outer->ip6.daddr, &ring->next, sizeof outer->ip6.daddr);
  outer->ip6.hop_limit = OUTER_TTL;
  return bpf_skb_store_bytes(skb, ETH_HLEN, &outer->ip6, sizeof outer->ip6, 0);
}

#endif
