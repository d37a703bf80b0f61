/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the agent tells the program, and what the program counts. */
#ifndef VIPHERD_RELAY_STATE_BPF_H
#define VIPHERD_RELAY_STATE_BPF_H

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include "shared.h"

/* Constants from the moment the program is loaded. */
const volatile __u16 relay_port = 0;  /* network order */
const volatile __u32 relay_token = 0; /* network order */
const volatile __u64 packets_per_window = 0;

/* CLOCK_MONOTONIC, ns. After it the program lets everything pass: its agent is dead or hangs. */
volatile __u64 valid_until = 0;
/* Two of each, so that no packet meets a half-written one: the loader writes the other one, then `active_ring`. */
struct relay_ring rings[2][RELAY_FAMILIES] = {};
volatile __u32 active_ring = 0;

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 1); /* the loader knows */
  __type(key, struct relay_address);
  __type(value, __u8);
} vips SEC(".maps");

/* Addresses that packets of the relay's port are taken from. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, RELAY_MAX_SIBLINGS);
  __type(key, struct relay_address);
  __type(value, __u32); /* index */
} siblings SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, RELAY_MAX_SIBLINGS + 1);
  __type(key, __u32);
  __type(value, struct relay_counts);
} counts SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, RELAY_MAX_SIBLINGS + 1);
  __type(key, __u32);
  __type(value, struct relay_rate);
} rates SEC(".maps");

static __always_inline void count(__u32 index, enum relay_count what) {
  struct relay_counts *found = bpf_map_lookup_elem(&counts, &index);
  if (found) found->of[what]++;
}

static __always_inline bool agent_is_alive(void) { return bpf_ktime_get_coarse_ns() < valid_until; }

static __always_inline bool is_vip(const struct relay_address *address) {
  return bpf_map_lookup_elem(&vips, address) != NULL;
}

static __always_inline const struct relay_ring *current_ring(enum relay_family family) {
  return &rings[active_ring & 1][family];
}

/* Whether this packet is one too many. The windows of two CPUs may overlap by a few packets, which does no harm. */
static __always_inline bool is_over_rate(__u32 index) {
  struct relay_rate *rate = bpf_map_lookup_elem(&rates, &index);
  if (!rate) return true;
  const __u64 window = bpf_ktime_get_coarse_ns() >> RELAY_WINDOW_SHIFT;
  if (rate->window != window) {
    rate->window = window;
    rate->packets = 0;
  }
  return __sync_fetch_and_add(&rate->packets, 1) >= packets_per_window;
}

#endif
