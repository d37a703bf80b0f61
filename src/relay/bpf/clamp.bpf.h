/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Lowers the MSS that a SYN-ACK of a VIP offers, so that what the client sends leaves room for the outer headers. */
#ifndef VIPHERD_RELAY_CLAMP_BPF_H
#define VIPHERD_RELAY_CLAMP_BPF_H

#include "flow.bpf.h"

#define OPTION_END 0
#define OPTION_NOTHING 1
#define OPTION_MSS 2
/* At most so many are looked at; Linux writes the MSS first or after a signature. */
#define MOST_OPTIONS 10

/* The offset of the MSS option's value; 0: there is none. */
static __always_inline __u32 find_mss(struct __sk_buff *skb, enum relay_family family, const struct flow *flow) {
  const __u32 tcp = ETH_HLEN + ip_size(family);
  const __u32 end = tcp + flow->tcp.doff * 4;
  __u32 at = tcp + sizeof flow->tcp;
  for (int i = 0; i < MOST_OPTIONS && at + 4 <= end; i++) {
    __u8 option[2];
    if (bpf_skb_load_bytes(skb, at, option, sizeof option) || option[0] == OPTION_END) return 0;
    if (option[0] == OPTION_MSS && option[1] == 4) return at + 2;
    if (option[0] != OPTION_NOTHING && option[1] < 2) return 0;
    at += option[0] == OPTION_NOTHING ? 1 : option[1];
  }
  return 0;
}

static __always_inline void clamp_mss(struct __sk_buff *skb, enum relay_family family) {
  struct flow flow;
  if (!read_ip(skb, ETH_HLEN, family, &flow) || !flow.plain) return;
  if (read_transport(skb, ETH_HLEN + ip_size(family), family, &flow) != READ_SYN || !flow.tcp.ack || !is_vip(&flow.from)) return;
  const struct relay_ring *ring = current_ring(family);
  const __u32 most = ring ? ring->most_mss : 0;
  const __u32 at = find_mss(skb, family, &flow);
  __be16 offered = 0;
  if (!most || !at || !agent_is_alive() || bpf_skb_load_bytes(skb, at, &offered, sizeof offered)) return;
  if (bpf_ntohs(offered) <= most) return;
  const __be16 lowered = bpf_htons(most);
  if (bpf_skb_store_bytes(skb, at, &lowered, sizeof lowered, 0)) return;
  bpf_l4_csum_replace(skb, ETH_HLEN + ip_size(family) + __builtin_offsetof(struct tcphdr, check), offered, lowered, 2);
  count(0, RELAY_CLAMPED);
}

#endif
