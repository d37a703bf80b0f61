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
/* Which rings are in force: those from here on, by family. */
volatile __u32 active_rings = 0;

/* Each family's twice, so that no packet meets a half-written one: the loader writes the other ones, then
 * `active_rings`. A map, since arithmetic with pointers takes CAP_PERFMON; so are the counters. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 2 * RELAY_FAMILIES);
  __type(key, __u32);
  __type(value, struct relay_ring);
} rings SEC(".maps");

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
  __uint(max_entries, (RELAY_MAX_SIBLINGS + 1) * RELAY_COUNTS);
  __type(key, __u32); /* RELAY_COUNTS for each index */
  __type(value, __u64);
} counts SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, RELAY_MAX_SIBLINGS + 1);
  __type(key, __u32);
  __type(value, struct relay_rate);
} rates SEC(".maps");

/* Where a connection is put together: the stack has no room for it. */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct relay_connection);
} scratch SEC(".maps");

/* Connections that are counted. As it fills, about those go that had no packet for longest, and count again if one comes. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, RELAY_CONNECTIONS);
  __type(key, struct relay_connection);
  __type(value, __u8);
} counted_connections SEC(".maps");

static __always_inline void count(__u32 index, enum relay_count what) {
  const __u32 key = index * RELAY_COUNTS + what;
  __u64 *found = bpf_map_lookup_elem(&counts, &key);
  if (found) ++*found;
}

/* BPF_NOEXIST: of two processors with a packet each, one counts. */
static __always_inline void count_connection(const struct relay_connection *connection) {
  if (bpf_map_lookup_elem(&counted_connections, connection)) return;
  const __u8 present = 1;
  if (bpf_map_update_elem(&counted_connections, connection, &present, BPF_NOEXIST)) return;
  count(connection->index, connection->count);
}

static __always_inline bool agent_is_alive(void) { return bpf_ktime_get_coarse_ns() < valid_until; }

static __always_inline bool is_vip(const struct relay_address *address) {
  return bpf_map_lookup_elem(&vips, address) != NULL;
}

/* NULL: there is none, which does not happen, but the verifier cannot know. */
static __always_inline const struct relay_ring *current_ring(enum relay_family family) {
  const __u32 key = active_rings + family;
  return bpf_map_lookup_elem(&rings, &key);
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
  __sync_fetch_and_add(&rate->packets, 1);
  return rate->packets > packets_per_window;
}

#endif
