// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* The relay: a segment for a VIP whose connection this node does not have goes on to the next sibling, which does the
 * same, until the node is found that has it, or the packet is back where it came from, whose kernel resets it.
 *
 * A packet that is not the relay's business goes on to the next filter (TC_ACT_UNSPEC), as if this one were not there.
 * Fragments and errors of helpers before a packet is changed count as none of its business; after that it is dropped. */
#include <linux/if_packet.h>

#include "clamp.bpf.h"
#include "tunnel.bpf.h"

#define NOT_OURS TC_ACT_UNSPEC

/* From a client, or from a router. */
static __always_inline int from_outside(struct __sk_buff *skb, enum relay_family family, struct flow *flow) {
  if (!is_vip(&flow->to)) return NOT_OURS;
  if (!flow->plain) {
    count(0, RELAY_UNTOUCHED);
    return NOT_OURS;
  }
  const enum reading reading = read_transport(skb, ETH_HLEN + ip_size(family), family, flow);
  if (reading != READ_SEGMENT && reading != READ_ERROR) return NOT_OURS;
  const struct relay_ring *ring = current_ring(family);
  if (!ring || !ring->hops || is_ours(skb, family, reading, flow) || !agent_is_alive()) return NOT_OURS;
  /* A reset is better than silence: what cannot be passed on is left to the kernel, which sends one. */
  if (!fits(skb, family, ring)) {
    count(0, RELAY_TOO_BIG);
    return NOT_OURS;
  }
  if (is_over_rate(0)) {
    count(0, RELAY_LIMITED);
    return NOT_OURS;
  }
  const int failed = wrap(skb, family, flow, ring);
  if (failed) return failed > 0 ? failed : NOT_OURS;
  count_both(ring->next_index, RELAY_PASSED_ON, RELAY_CONNECTIONS_PASSED_ON, family, flow);
  return send(ring);
}

static __always_inline int dropped(__u32 index, enum relay_count why) {
  count(index, why);
  return TC_ACT_SHOT;
}

static __always_inline int delivered(struct __sk_buff *skb, enum relay_family family, const struct flow *inner,
                                     __u32 index, enum relay_count packets, enum relay_count connections) {
  if (unwrap(skb, family)) return TC_ACT_SHOT;
  count_both(index, packets, connections, family, inner);
  return NOT_OURS;
}

/* A packet of the relay's port, addressed to this node. */
static __always_inline int from_sibling(struct __sk_buff *skb, enum relay_family family, struct flow *outer,
                                        const struct relay_ring *ring) {
  const __u32 *sibling = bpf_map_lookup_elem(&siblings, &outer->from);
  if (!sibling) return dropped(0, RELAY_STRANGERS);
  const __u32 index = *sibling;
  struct relay_header header = {};
  if (load(skb, ETH_HLEN + ip_size(family) + sizeof(struct udphdr), &header, sizeof header) ||
      header.version != RELAY_VERSION || header.token != relay_token || header.hops > RELAY_MAX_HOPS) {
    return dropped(index, RELAY_MALFORMED);
  }
  /* After the token: who forges a sibling's address alone uses up none of its rate. */
  if (is_over_rate(index)) return dropped(index, RELAY_LIMITED);
  struct flow inner;
  if (!read_ip(skb, ETH_HLEN + outer_size(family), family, &inner) || !inner.plain) {
    return dropped(index, RELAY_MALFORMED);
  }
  const enum reading reading = read_transport(skb, ETH_HLEN + outer_size(family) + ip_size(family), family, &inner);
  if (reading != READ_SEGMENT && reading != READ_ERROR) return dropped(index, RELAY_MALFORMED);

  const bool last = !header.hops || !ring->hops;
  if (is_vip(&inner.to)) {
    if (is_ours(skb, family, reading, &inner)) {
      return delivered(skb, family, &inner, index, RELAY_ACCEPTED, RELAY_CONNECTIONS_ACCEPTED);
    }
    if (last) return delivered(skb, family, &inner, index, RELAY_UNOWNED, RELAY_CONNECTIONS_UNOWNED);
  } else if (last) {
    /* Only a node with the VIP can answer; any other would send the packet back to the router. */
    return dropped(index, RELAY_UNDELIVERABLE);
  }
  if (readdress(skb, family, outer, ring, header.hops - 1)) return TC_ACT_SHOT;
  count(ring->next_index, RELAY_FORWARDED);
  return send(ring);
}

static __always_inline int receive(struct __sk_buff *skb, enum relay_family family) {
  struct flow flow;
  if (!read_ip(skb, ETH_HLEN, family, &flow)) return NOT_OURS;
  if (flow.protocol != IPPROTO_UDP) return from_outside(skb, family, &flow);
  struct udphdr udp;
  if (!flow.plain || load(skb, ETH_HLEN + ip_size(family), &udp, sizeof udp) || udp.dest != relay_port) {
    return NOT_OURS;
  }
  const struct relay_ring *ring = current_ring(family);
  if (!ring || !same_address(&flow.to, &ring->self) || !agent_is_alive()) return NOT_OURS;
  return from_sibling(skb, family, &flow, ring);
}

/* Functions of their own, lest the compiler make one of both, with variable offsets (flow.bpf.h). */
static __attribute__((noinline)) int receive_v4(struct __sk_buff *skb) { return receive(skb, RELAY_V4); }
static __attribute__((noinline)) int receive_v6(struct __sk_buff *skb) { return receive(skb, RELAY_V6); }

SEC("tc")
int vipherd_ingress(struct __sk_buff *skb) {
  /* With a tag it belongs to a VLAN device on top of this one, which has a filter of its own. */
  if (skb->vlan_present) return NOT_OURS;
  /* A frame to another node, which a switch floods because it does not know where that is: there the connection lives. */
  if (skb->pkt_type != PACKET_HOST) return NOT_OURS;
  if (skb->protocol == bpf_htons(ETH_P_IP)) return receive_v4(skb);
  if (skb->protocol == bpf_htons(ETH_P_IPV6)) return receive_v6(skb);
  return NOT_OURS;
}

SEC("tc")
int vipherd_egress(struct __sk_buff *skb) {
  if (skb->protocol == bpf_htons(ETH_P_IP)) clamp_mss(skb, RELAY_V4);
  if (skb->protocol == bpf_htons(ETH_P_IPV6)) clamp_mss(skb, RELAY_V6);
  return NOT_OURS;
}

/* bpf_tcp_check_syncookie is for programs under the GPL. */
char relay_license[] SEC("license") = "GPL";
